"""What tools made of a design, beside what the gauges planned of it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

FLASH_TOLERANCE = 0.02
"""The share of the linked program's flash within which its plan must lie; RAM must be equal to the byte."""


class Check(msgspec.Struct, frozen=True):
    """A figure in bytes: as it was planned, and as it was found.

    `tolerance` is the share of what was found by which a plan may be off; None for a part, whose sum alone is promised.
    """

    figure: str
    planned: int
    found: int
    tolerance: float | None = 0.0

    @property
    def difference(self) -> int:
        """Bytes found beyond the plan; below 0 where less was found."""
        return self.found - self.planned

    @property
    def holds(self) -> bool:
        """Whether the plan kept its promise."""
        return self.tolerance is None or abs(self.difference) <= self.tolerance * self.found

    @property
    def words(self) -> str:
        """The difference as people read it: "exact", "-36 (-0.1 %)"."""
        if not self.difference:
            return "exact"
        percent = 100 * self.difference / self.planned if self.planned else 100.0
        return f"{self.difference:+,} ({'< 0.1' if abs(percent) < 0.05 else f'{percent:+.1f}'} %)"


class Refinement(msgspec.Struct, frozen=True):
    """A design refined for one target and runtime.

    "compiled": `tool` compiled and linked the engine; `flash` and `ram` (without the stack) are the program's bytes by part.
    "allocated": TFLM's own allocator planned the arena, on the host and for its reference kernels alone; `target` is "" then, and only
    `checks` hold anything. `when` is in seconds since 1970; `trained` tells real weights from random ones.
    """

    kind: Literal["compiled", "allocated"]
    design: str
    target: str
    runtime: str
    tool: str
    when: float
    trained: bool
    checks: tuple[Check, ...]
    flash: Mapping[str, int] = msgspec.field(default_factory=dict)
    ram: Mapping[str, int] = msgspec.field(default_factory=dict)

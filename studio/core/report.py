"""What a design costs on one target with one runtime."""

from collections.abc import Mapping, Sequence

import msgspec

from studio.core.issue import Issue
from studio.core.units import Provenance


class Parts(msgspec.Struct, frozen=True):
    """Bytes split into named parts; the total is their sum."""

    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Sum of the parts."""
        return sum(self.parts.values())


class Arena(msgspec.Struct, frozen=True):
    """TFLM's arena: what it plans (head), what it reports as used, and the size with which it really runs.

    `offline` is the same with the plan that the studio writes into the file, None where that saves nothing.
    """

    used: int
    required: int
    head: int
    offline: "Arena | None" = None


class Interval(msgspec.Struct, frozen=True):
    """A value with its band."""

    value: float
    low: float
    high: float


class DayEnergy(msgspec.Struct, frozen=True):
    """A day of one inference an interval: joules awake and asleep, the mean current in A at the board's supply, and days on a battery.

    `interval_ms` is the interval that was counted, `duty` the part of it that the board is awake.
    """

    awake_j: float
    asleep_j: float
    mean_a: float
    battery_days: float
    interval_ms: float
    duty: float


class OpCost(msgspec.Struct, frozen=True):
    """What one operator costs: `where` is its block in a graph, else its output's name."""

    where: str
    kind: str
    macs: int
    weights_bytes: int
    instructions: int
    cycles: int


class ResourceReport(msgspec.Struct, frozen=True):
    """The cost of a network on one target and runtime.

    `ram` leaves out the stack, which stands in `stack_bytes`. `instructions` and `cycles` count one inference
    without the front end; `frontend_instructions` and `frontend_cycles` the features of one whole clip. `latency_ms`
    is both together. `limits` says in words what limits the design first. `day` is the energy of a day on a battery, where the board's
    currents are known. `memory_provenance` is that of `ram` and `flash`, `provenance` that of all else.
    """

    target: str
    runtime: str
    runtime_version: str
    provenance: Provenance
    ram: Parts
    flash: Parts
    stack_bytes: int
    instructions: int
    cycles: int
    frontend_instructions: int
    frontend_cycles: int
    latency_ms: Interval
    energy_uj: float | None
    fits: bool
    limits: str
    issues: tuple[Issue, ...] = ()
    arena: Arena | None = None
    ops: Sequence[OpCost] = ()
    sources: Mapping[str, str] = msgspec.field(default_factory=dict)
    day: DayEnergy | None = None
    memory_provenance: Provenance = "estimated"

    @property
    def provenance_words(self) -> str:
        """Where the figures come from: "estimated", or "memory planned, else estimated"."""
        same = self.memory_provenance == self.provenance
        return self.provenance if same else f"memory {self.memory_provenance}, else {self.provenance}"


class ModelFigures(msgspec.Struct, frozen=True):
    """What holds for a network on every target: exact counts in both conventions.

    `macs`: multiply-accumulates of convolutions and dense layers. `macc_st`: ST's convention (bias, pool and softmax count).
    """

    model: str
    macs: int
    macc_st: int
    parameters: int
    weights_bytes: int

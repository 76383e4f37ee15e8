"""A board as the gauges and the tool chain see it: core, SoC and board merged into one record."""

from collections.abc import Mapping
from typing import Any

import msgspec

POWER_PARTS = ("supply", "active", "sleep", "regulator")


class MemoryRegion(msgspec.Struct, frozen=True):
    """A memory as the linker sees it; `reserved` bytes at its start belong to the base firmware."""

    origin: int
    size: int
    reserved: int = 0

    @property
    def free(self) -> int:
        """Bytes left for the application."""
        return self.size - self.reserved


class Core(msgspec.Struct, frozen=True):
    """A CPU core: what it can do and how to compile for it; `helium` is the M-profile vector extension.

    `costs` names the core whose measured tables count for it: None its own, "" says that there are none. `family` is "cortex-m",
    "risc-v", "xtensa" or "cortex-a".
    """

    id: str
    name: str
    fpu: bool
    dsp: bool
    zig_target: str
    zig_cpu: str
    gcc_flags: tuple[str, ...]
    unicorn_cpu: str = ""
    family: str = "cortex-m"
    costs: str | None = None
    helium: bool = False

    @property
    def tabled(self) -> bool:
        """Whether measured tables of code and cycles exist for it, its own or those of a core like it."""
        return self.costs != ""


class Power(msgspec.Struct, frozen=True):
    """Current draw at a supply voltage: running from flash at the board's clock, and asleep with RAM kept, None where it has no source."""

    supply_v: float
    active_a: float
    sleep_a: float | None
    regulator: str = ""


class FlashMethod(msgspec.Struct, frozen=True):
    """A way to program the board: the flasher's id and what it needs to know."""

    flasher: str
    options: Mapping[str, Any] = msgspec.field(default_factory=dict)


class TargetDevice(msgspec.Struct, frozen=True):
    """A board. `sources` names where each number that a gauge uses comes from, by field name.

    What stands in `power` may have a source of its own ("supply", "active", "sleep", "regulator"), else that of "power" speaks for it.
    `xip` says that code and constants run from serial flash through a cache, which no number of wait states describes.
    """

    id: str
    name: str
    vendor: str
    soc: str
    core: Core
    clock_hz: float
    flash: MemoryRegion
    ram: MemoryRegion
    flash_wait_states: int
    flash_methods: tuple[FlashMethod, ...]
    sources: Mapping[str, str]
    power: Power | None = None
    virtual: bool = False
    audio_input: str = ""
    usb_ids: tuple[str, ...] = ()
    url: str = ""
    xip: bool = False
    caches: str = ""

    def source_of(self, name: str) -> str:
        """Return where a number comes from, "" where nothing is said."""
        return self.sources.get(name) or (self.sources.get("power", "") if name in POWER_PARTS else "")

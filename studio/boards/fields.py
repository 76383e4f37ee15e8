"""The fields of a board as a form shows them: title, unit, range, help and the place of their source. The files' records hold the help."""

import typing
from collections.abc import Mapping
from typing import Literal

import msgspec

from studio.boards.merge import RANGES
from studio.boards.records import REGULATORS, DeviceFile, MemoryTable, MethodTable, PowerTable

Kind = Literal["text", "quantity", "whole", "address", "choice"]
UNKNOWN, NONE, AS_IN_FILE = "unknown", "none", "file"
PYOCD, PYOCD_PACK = "flash_pyocd", "flash_pyocd pack"


class Field(msgspec.Struct, frozen=True):
    """A field by its key in the file. `source` is the key of its source, "" where it needs none; `choices` are values with their titles."""

    key: str
    title: str
    section: str
    kind: Kind = "text"
    source: str = ""
    units: tuple[str, ...] = ()
    range: str = ""
    example: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def help(self) -> str:
        """What the field is, with its units and its range."""
        units = f"; in {' or '.join(self.units)}" if self.units else ""
        return f"{HELP[self.key]}{units}{f'; from {self.range}' if self.range else ''}"


def _range(key: str) -> str:
    return RANGES[key][2]


_SIZES, _CURRENTS = ("KiB", "MiB", "B"), ("mA", "uA", "A")
_ADDRESSES = "0 to 0xffff_ffff"

FIELDS = (
    Field("name", "Name", "Board", example="My board"),
    Field("vendor", "Made by", "Board", example="me"),
    Field("url", "Web page", "Board", example="https://…"),
    Field("audio_input", "Microphone", "Board", example="PDM microphone on the board"),
    Field("clock", "Clock", "Processor", "quantity", "clock", ("MHz", "kHz", "Hz"), _range("clock"), "80 MHz"),
    Field("flash_wait_states", "Flash wait states", "Processor", "whole", "flash_wait_states", range="0 to 64", example="4"),
    Field("xip", "Runs from serial flash", "Processor", "choice", choices=(("", ""), ("yes", "yes"), ("no", "no"))),
    Field("caches", "Caches", "Processor", example="16 KiB of instructions"),
    Field("flash.size", "Flash", "Memory", "quantity", "flash", _SIZES, "1 B to 4096 MiB", "1 MiB"),
    Field("flash.origin", "Flash starts at", "Memory", "address", range=_ADDRESSES, example="0x0800_0000"),
    Field("flash.reserved", "Flash kept by firmware", "Memory", "quantity", units=_SIZES, range="0 B to below its size", example="0 B"),
    Field("ram.size", "RAM", "Memory", "quantity", "ram", _SIZES, "1 B to 4096 MiB", "256 KiB"),
    Field("ram.origin", "RAM starts at", "Memory", "address", range=_ADDRESSES, example="0x2000_0000"),
    Field("ram.reserved", "RAM kept by firmware", "Memory", "quantity", units=_SIZES, range="0 B to below its size", example="0 B"),
    Field("power.supply", "Supply voltage", "Power", "quantity", "supply", ("V",), _range("power.supply"), "3.0 V"),
    Field("power.active", "Current awake", "Power", "quantity", "active", _CURRENTS, _range("power.active"), "5 mA"),
    Field("power.sleep", "Current asleep", "Power", "quantity", "sleep", ("uA", "mA", "A"), _range("power.sleep"), "2 uA"),
    Field(
        "power.regulator",
        "Regulator",
        "Power",
        "choice",
        "regulator",
        choices=(("", ""), (UNKNOWN, "unknown"), *((r, r) for r in REGULATORS if r)),
    ),
    Field(
        "flasher",
        "Programmed by",
        "Programming",
        "choice",
        choices=(
            ("", ""),
            (NONE, "nothing from here: export the code"),
            (PYOCD, "pyOCD, by a debug probe"),
            (PYOCD_PACK, "pyOCD, its target from a CMSIS pack"),
            (AS_IN_FILE, "as it stands in the file"),
        ),
    ),
    Field("flasher.target", "Target's name", "Programming", example="stm32l475xg"),
)
BY_KEY: Mapping[str, Field] = {field.key: field for field in FIELDS}
SECTIONS = tuple(dict.fromkeys(field.section for field in FIELDS))
TABLES: Mapping[str, tuple[str, ...]] = {
    name: tuple(f.key for f in FIELDS if f.key.startswith(f"{name}.")) for name in ("flash", "ram", "power")
}


def _described(kind: type, prefix: str = "") -> dict[str, str]:
    """Return what the records say of each key."""
    said = {}
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        notes = [m.description for m in getattr(hint, "__metadata__", ()) if isinstance(m, msgspec.Meta) and m.description]
        said[f"{prefix}{name}"] = notes[-1] if notes else ""
    return said


HELP: Mapping[str, str] = {
    **_described(DeviceFile),
    **_described(MemoryTable, "flash."),
    **_described(MemoryTable, "ram."),
    **_described(PowerTable, "power."),
    "flasher": _described(MethodTable)["flasher"],
    "flasher.target": _described(MethodTable)["options"],
}

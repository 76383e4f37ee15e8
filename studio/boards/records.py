"""What a core, SoC or board file may hold: strict, with units as text; an unknown key is an error."""

from typing import Annotated, Any, Literal

import msgspec

SCHEMA = 1


def _text(pattern: str, description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description, extra_json_schema={"pattern": pattern})


_NUMBER = r"^\s*[0-9]+(\.[0-9]+)?\s*"
Size = Annotated[str, _text(_NUMBER + r"(B|KiB|MiB)\s*$", 'a size, such as "256 KiB"')]
Frequency = Annotated[str, _text(_NUMBER + r"(Hz|kHz|MHz)\s*$", 'a frequency, such as "80 MHz"')]
Current = Annotated[str, _text(_NUMBER + r"(A|mA|uA)\s*$", 'a current, such as "3.3 mA"')]
Voltage = Annotated[str, _text(_NUMBER + r"V\s*$", 'a voltage, such as "3.0 V"')]
Id = Annotated[str, _text(r"^[a-z0-9][a-z0-9-]*$", "lower-case letters, digits and hyphens; the same as the file's name")]


class CoreFile(msgspec.Struct, forbid_unknown_fields=True):
    """cores/<id>.toml: a CPU core and how to compile for it."""

    schema: int
    id: Id
    name: str
    fpu: bool
    dsp: bool
    zig_target: str
    zig_cpu: str
    gcc_flags: list[str]
    unicorn_cpu: str = ""
    family: Literal["cortex-m", "risc-v", "xtensa", "cortex-a"] = "cortex-m"
    helium: Annotated[bool, msgspec.Meta(description="the M-profile vector extension")] = False
    costs: Annotated[str | None, msgspec.Meta(description="the core whose cost tables count for it; left out: its own; empty: none")] = None


class MemoryTable(msgspec.Struct, forbid_unknown_fields=True):
    """A memory: where it starts, its size, and what the base firmware keeps at its start."""

    origin: int
    size: Size
    reserved: Size = "0 B"


class PowerTable(msgspec.Struct, forbid_unknown_fields=True):
    """Current draw at a supply voltage: running from flash at the record's clock, and asleep with RAM kept, where that is known.

    Behind an LDO a battery gives this current at any voltage, behind an SMPS this power.
    """

    supply: Voltage
    active: Current
    sleep: Current | None = None
    regulator: Literal["", "internal LDO", "internal SMPS", "external LDO", "external SMPS"] = ""


class MethodTable(msgspec.Struct, forbid_unknown_fields=True):
    """A way to program the board: the flasher's id and what it needs to know."""

    flasher: str
    options: dict[str, Any] = {}


class DeviceFile(msgspec.Struct, forbid_unknown_fields=True):
    """socs/<id>.toml or boards/<id>.toml; what is left out comes from the file that `extends` names."""

    schema: int
    id: Id
    name: str
    extends: Id
    vendor: str | None = None
    clock: Frequency | None = None
    flash: MemoryTable | None = None
    ram: MemoryTable | None = None
    flash_wait_states: Annotated[int, msgspec.Meta(ge=0, le=64)] | None = None
    xip: bool | None = None
    caches: str | None = None
    power: PowerTable | None = None
    flash_methods: list[MethodTable] | None = None
    sources: dict[str, str] = {}
    virtual: bool | None = None
    audio_input: str | None = None
    usb_ids: list[str] | None = None
    url: str | None = None


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of these files for editors, as it stands in board_support/schema.json."""
    _, parts = msgspec.json.schema_components((CoreFile, DeviceFile), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cores, SoCs and boards of Otolith Studio",
        "anyOf": [{"$ref": "#/$defs/CoreFile"}, {"$ref": "#/$defs/DeviceFile"}],
        "$defs": parts,
    }

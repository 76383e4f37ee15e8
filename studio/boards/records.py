"""What a core, SoC or board file may hold: strict, with units as text; an unknown key is an error."""

from typing import Annotated, Any, Literal

import msgspec

SCHEMA = 1

Regulator = Literal["", "internal LDO", "internal SMPS", "external LDO", "external SMPS"]
REGULATORS = ("", "internal LDO", "internal SMPS", "external LDO", "external SMPS")

_NUMBER = r"^\s*[0-9]+(\.[0-9]+)?\s*"
_SIZE, _FREQUENCY, _CURRENT, _VOLTAGE = r"(B|KiB|MiB)\s*$", r"(Hz|kHz|MHz)\s*$", r"(A|mA|uA)\s*$", r"V\s*$"


def _says(description: str, pattern: str = "") -> msgspec.Meta:
    return msgspec.Meta(description=description, extra_json_schema={"pattern": pattern} if pattern else None)


def _quantity(description: str, unit: str) -> msgspec.Meta:
    return _says(description, _NUMBER + unit)


Id = Annotated[str, _says("lower-case letters, digits and hyphens; the same as the file's name", r"^[a-z0-9][a-z0-9-]*$")]
Extends = Annotated[str, _says("the core, SoC or board whose numbers count where this file gives none")]
Origin = Annotated[
    int,
    msgspec.Meta(
        description="the 32-bit address at which it starts, such as 0x0800_0000", extra_json_schema={"minimum": 0, "maximum": 2**32 - 1}
    ),
]
Schema = Annotated[int, _says(f"the version of these files: {SCHEMA}")]


class CoreFile(msgspec.Struct, forbid_unknown_fields=True):
    """cores/<id>.toml: a CPU core and how to compile for it."""

    schema: Schema
    id: Id
    name: Annotated[str, _says("the core's name as its maker writes it")]
    fpu: Annotated[bool, _says("whether floats are computed in hardware")]
    dsp: Annotated[bool, _says("whether it has the DSP instructions, with two 16-bit products at once")]
    zig_target: Annotated[str, _says('the target that zig compiles for, such as "thumb-freestanding-eabihf"; empty: none')]
    zig_cpu: Annotated[str, _says('the CPU that zig compiles for, such as "cortex_m4+vfp4d16sp"')]
    gcc_flags: Annotated[list[str], _says("what arm-none-eabi-gcc is told of the core")]
    unicorn_cpu: Annotated[str, _says("the CPU that the virtual kit emulates; empty: none")] = ""
    family: Annotated[Literal["cortex-m", "risc-v", "xtensa", "cortex-a"], _says("the family of instruction sets")] = "cortex-m"
    helium: Annotated[bool, _says("the M-profile vector extension")] = False
    costs: Annotated[str | None, _says("the core whose cost tables count for it; left out: its own; empty: none")] = None


class MemoryTable(msgspec.Struct, forbid_unknown_fields=True):
    """A memory: where it starts, its size, and what the base firmware keeps at its start."""

    origin: Origin
    size: Annotated[str, _quantity('its whole size, such as "256 KiB"', _SIZE)]
    reserved: Annotated[str, _quantity('what a boot loader or base firmware keeps at its start, such as "64 KiB"', _SIZE)] = "0 B"


class PowerTable(msgspec.Struct, forbid_unknown_fields=True):
    """Current draw at a supply voltage: running from flash at the record's clock, and asleep with RAM kept, where that is known.

    Behind an LDO a battery gives this current at any voltage, behind an SMPS this power.
    """

    supply: Annotated[str, _quantity('the voltage at which the currents were measured, such as "3.0 V"', _VOLTAGE)]
    active: Annotated[str, _quantity('the current while it computes from flash at its clock, such as "3.3 mA"', _CURRENT)]
    sleep: Annotated[str | None, _quantity('the current asleep with RAM kept, such as "2.4 uA"; left out: unknown', _CURRENT)] = None
    regulator: Annotated[Regulator, _says("what makes the core's voltage from the supply; empty: unknown")] = ""


class MethodTable(msgspec.Struct, forbid_unknown_fields=True):
    """A way to program the board: the flasher's id and what it needs to know."""

    flasher: Annotated[str, _says('the flasher, such as "flash_pyocd"; `otolith plugins` lists them')]
    options: Annotated[dict[str, Any], _says("what the flasher needs to know, such as pyOCD's name of the target")] = {}


class SourcesTable(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Where each number that this file gives comes from. `power` speaks for those of the power table that have no line of their own."""

    clock: Annotated[str | None, _says("the source of the clock")] = None
    flash: Annotated[str | None, _says("the source of the flash's size")] = None
    ram: Annotated[str | None, _says("the source of the RAM's size")] = None
    flash_wait_states: Annotated[str | None, _says("the source of the wait states")] = None
    power: Annotated[str | None, _says("the source of the power table")] = None
    supply: Annotated[str | None, _says("the source of the supply voltage")] = None
    active: Annotated[str | None, _says("the source of the current awake")] = None
    sleep: Annotated[str | None, _says("the source of the current asleep")] = None
    regulator: Annotated[str | None, _says("the source of the regulator")] = None
    audio_input: Annotated[str | None, _says("the source of the microphone")] = None


class DeviceFile(msgspec.Struct, forbid_unknown_fields=True):
    """socs/<id>.toml or boards/<id>.toml; what is left out comes from the file that `extends` names."""

    schema: Schema
    id: Id
    name: Annotated[str, _says("the board's or SoC's name as people know it")]
    extends: Extends
    vendor: Annotated[str | None, _says("who makes it; X-CUBE-AI's figures are for STMicroelectronics alone")] = None
    clock: Annotated[str | None, _quantity('the core\'s clock while it computes, such as "80 MHz"', _FREQUENCY)] = None
    flash: Annotated[MemoryTable | None, _says("the memory that code and weights lie in")] = None
    ram: Annotated[MemoryTable | None, _says("the memory that the arena, the stack and the variables lie in, in one piece")] = None
    flash_wait_states: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=64)] | None, _says("wait states of the flash at this clock, 0 to 64")
    ] = None
    xip: Annotated[bool | None, _says("whether code and weights run from serial flash through a cache")] = None
    caches: Annotated[str | None, _says("caches in words, such as 16 KiB of instructions and 16 KiB of data")] = None
    power: Annotated[PowerTable | None, _says("supply and currents; left out: no energy is shown")] = None
    flash_methods: Annotated[list[MethodTable] | None, _says("ways to program it, the best first; []: none from here")] = None
    sources: SourcesTable = msgspec.field(default_factory=SourcesTable)
    virtual: Annotated[bool | None, _says("whether it is one of the studio's virtual kits")] = None
    audio_input: Annotated[str | None, _says("the microphone on the board, in words")] = None
    usb_ids: Annotated[list[str] | None, _says('USB ids of the board\'s probe, such as "1366:1015"')] = None
    url: Annotated[str | None, _says("the board's page at its maker")] = None


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of these files for editors, as it stands in board_support/schema.json."""
    _, parts = msgspec.json.schema_components((CoreFile, DeviceFile), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cores, SoCs and boards of Otolith Studio",
        "anyOf": [{"$ref": "#/$defs/CoreFile"}, {"$ref": "#/$defs/DeviceFile"}],
        "$defs": parts,
    }

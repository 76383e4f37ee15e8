"""Core, SoC and board merged by `extends` into one TargetDevice, every number with its source."""

from collections.abc import Mapping
from typing import Any

import msgspec

from studio.boards.place import Source
from studio.boards.records import CoreFile, DeviceFile, MemoryTable, PowerTable
from studio.core.errors import InputError
from studio.core.target import POWER_PARTS, Core, FlashMethod, MemoryRegion, Power, TargetDevice
from studio.core.units import format_size, parse_quantity, parse_size

REQUIRED = ("vendor", "clock", "flash", "ram", "flash_wait_states", "flash_methods")
SOURCED = ("clock", "flash", "ram", "flash_wait_states", "power")
RANGES: Mapping[str, tuple[float, float, str]] = {
    "clock": (1e4, 1e10, "10 kHz to 10000 MHz"),
    "power.supply": (0.5, 60.0, "0.5 V to 60 V"),
    "power.active": (1e-7, 20.0, "0.1 uA to 20 A"),
    "power.sleep": (1e-10, 20.0, "0.0001 uA to 20 A"),
}
ADDRESSES = 2**32
_EXAMPLE = 'name where the number comes from, such as "data sheet DS10969"'

Cores = Mapping[str, tuple[Source, CoreFile]]
Devices = Mapping[str, tuple[Source, DeviceFile]]
Chain = list[tuple[Source, DeviceFile]]


class Merged(msgspec.Struct, frozen=True):
    """What a chain of files gives: values by key, each with the file that gives it, and sources."""

    values: Mapping[str, Any]
    origin: Mapping[str, Source]
    sources: Mapping[str, str]


def merge(id: str, cores: Cores, devices: Devices) -> TargetDevice:
    """Merge a board with all that it extends into one record.

    Raises BoardFileError where a link of the chain, a number, its unit or its source is missing.
    """
    chain = chain_of(id, cores, devices)
    merged = merged_values(chain)
    _check_complete(chain[0][0], merged)
    made = _device(chain, _core(cores[chain[-1][1].extends][1]), merged)
    for source, record in chain:
        _check_sources(source, record)
    return made


def chain_of(id: str, cores: Cores, devices: Devices) -> Chain:
    """Return a board's file and those that it extends, itself first; raise BoardFileError where a link is missing."""
    chain = [devices[id]]
    while (parent := chain[-1][1].extends) not in cores:
        source = chain[-1][0]
        if parent not in devices:
            raise source.refuse("extends", f"there is no core, SoC or board {parent!r}", "known: " + ", ".join([*cores, *devices]))
        if any(record.id == parent for _, record in chain):
            raise source.refuse("extends", f"{parent!r} extends itself in the end")
        chain.append(devices[parent])
    return chain


def merged_values(chain: Chain) -> Merged:
    """Let each file of a chain overrule those that it extends; a table is overruled whole, and its sources with it."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    origin: dict[str, Source] = {}
    for file, record in reversed(chain):
        given = {f: v for f, v in msgspec.structs.asdict(record).items() if v is not None}
        named = {f: v for f, v in msgspec.structs.asdict(given.pop("sources")).items() if v is not None}
        if "power" in given:
            sources = {f: v for f, v in sources.items() if f not in ("power", *POWER_PARTS)}
        sources.update(named)
        values.update(given)
        origin.update(dict.fromkeys(given, file))
    return Merged(values, origin, sources)


def _check_complete(file: Source, merged: Merged) -> None:
    for field in REQUIRED:
        if field not in merged.values:
            raise file.refuse(field, f"{field} is given neither here nor in what it extends")
    for field, text in merged.sources.items():
        if not text.strip():
            raise file.refuse(f"sources.{field}", f"{field} has no source", _EXAMPLE)


def _check_sources(file: Source, record: DeviceFile) -> None:
    """A file names the source of every number that it gives itself: one of what it extends would speak of another number."""
    for field in SOURCED:
        if getattr(record, field) is None:
            continue
        if getattr(record.sources, field) is None:
            missing = _missing_power(record) if field == "power" else field
            if missing:
                raise file.refuse(f"sources.{missing}", f"{missing} has no source", _EXAMPLE)


def _missing_power(record: DeviceFile) -> str:
    """Return what of the power table has no source where the table as a whole has none; "power" where nothing has one."""
    given = [part for part in POWER_PARTS if getattr(record.power, part) not in (None, "")]
    bare = [part for part in given if getattr(record.sources, part) is None]
    return "power" if bare == given else next(iter(bare), "")


def _core(file: CoreFile) -> Core:
    flags = tuple(file.gcc_flags)
    machine = (file.zig_target, file.zig_cpu, flags, file.unicorn_cpu)
    return Core(file.id, file.name, file.fpu, file.dsp, *machine, file.family, file.costs, file.helium)


def _device(chain: Chain, core: Core, merged: Merged) -> TargetDevice:
    values, origin = merged.values, merged.origin
    soc = next((record.name for source, record in chain if source.path.parent.name == "socs"), chain[-1][1].name)
    flash, ram = (_memory(values[name], origin[name], name) for name in ("flash", "ram"))
    if flash.origin < ram.origin + ram.size and ram.origin < flash.origin + flash.size:
        raise origin["ram"].refuse("ram.origin", "flash and RAM lie on the same addresses", "the data sheet's memory map tells both")
    return TargetDevice(
        id=values["id"],
        name=values["name"],
        vendor=values["vendor"],
        soc=soc,
        core=core,
        clock_hz=_amount(values["clock"], "frequency", origin["clock"], "clock"),
        flash=flash,
        ram=ram,
        flash_wait_states=values["flash_wait_states"],
        flash_methods=tuple(FlashMethod(m.flasher, m.options) for m in values["flash_methods"]),
        sources=merged.sources,
        power=_power(values["power"], origin["power"]) if "power" in values else None,
        virtual=values.get("virtual", False),
        audio_input=values.get("audio_input", ""),
        usb_ids=tuple(values.get("usb_ids", ())),
        url=values.get("url", ""),
        xip=values.get("xip", False),
        caches=values.get("caches", ""),
    )


def _memory(table: MemoryTable, file: Source, name: str) -> MemoryRegion:
    def size(text: str, key: str) -> int:
        try:
            return parse_size(text)
        except InputError as error:
            raise file.refuse(f"{name}.{key}", error.message, error.hint) from None

    region = MemoryRegion(table.origin, size(table.size, "size"), size(table.reserved, "reserved"))
    if not 0 <= table.origin < ADDRESSES:
        raise file.refuse(f"{name}.origin", f"origin = {table.origin:#x} is no 32-bit address")
    if region.origin + region.size > ADDRESSES:
        raise file.refuse(f"{name}.size", f"{format_size(region.size)} from {region.origin:#x} on end behind the 32-bit addresses")
    if region.free <= 0:
        raise file.refuse(f"{name}.reserved", "nothing of it is left for the application")
    return region


def _power(table: PowerTable, file: Source) -> Power:
    supply = _amount(table.supply, "voltage", file, "power.supply")
    active = _amount(table.active, "current", file, "power.active")
    sleep = None if table.sleep is None else _amount(table.sleep, "current", file, "power.sleep")
    if sleep is not None and sleep >= active:
        raise file.refuse("power.sleep", "asleep it draws no less than awake", "compare the units: uA asleep, mA awake")
    return Power(supply, active, sleep, table.regulator)


def _amount(text: str, dimension: str, file: Source, field: str) -> float:
    try:
        value = parse_quantity(text, dimension)
    except InputError as error:
        raise file.refuse(field, error.message, error.hint) from None
    low, high, words = RANGES[field]
    if value <= 0:
        raise file.refuse(field, "it must be above 0")
    if not low <= value <= high:
        raise file.refuse(field, f"{text} is out of range", f"from {words}")
    return value

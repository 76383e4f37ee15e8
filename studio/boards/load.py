"""Read the board files, merge core, SoC and board by `extends`, and make TargetDevices of them."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from studio.boards.place import place
from studio.boards.records import SCHEMA, CoreFile, DeviceFile, MemoryTable, PowerTable
from studio.core.errors import InputError
from studio.core.places import home, shipped
from studio.core.target import Core, FlashMethod, MemoryRegion, Power, TargetDevice
from studio.core.units import parse_quantity, parse_size

REQUIRED = ("vendor", "clock", "flash", "ram", "flash_wait_states", "flash_methods")
SOURCED = ("clock", "flash", "ram", "flash_wait_states", "power")

F = TypeVar("F", CoreFile, DeviceFile)


def load_boards(extra: Iterable[Path] = (), wrong: list[InputError] | None = None) -> dict[str, TargetDevice]:
    """Return all boards by id: the shipped ones, those of `extra` files (plugins add them), and those in the user's own "boards" folder.

    An added board may extend any shipped core, SoC or board; one whose id is taken is an error. A wrong file is left out and its error
    appended to `wrong`; without that list it is raised. The InputError names file, line and field.
    """
    boards, errors = _load((shipped("board_support"), home() / "boards"), tuple(extra))
    if wrong is not None:
        wrong.extend(errors)
    elif errors:
        raise errors[0]
    return dict(boards)


def board(id: str, extra: Iterable[Path] = ()) -> TargetDevice:
    """Return the board of this id; raise InputError with the known ids where there is none."""
    boards = load_boards(extra)
    if id not in boards:
        raise InputError(f"there is no board {id!r}", where=id, hint="known: " + ", ".join(sorted(boards)))
    return boards[id]


Devices = dict[str, tuple[Path, DeviceFile]]


def _load(folders: tuple[Path, Path], extra: tuple[Path, ...]) -> tuple[Mapping[str, TargetDevice], tuple[InputError, ...]]:
    support, own = folders
    added = (*extra, *(sorted(own.glob("*.toml")) if own.is_dir() else ()))
    files = tuple((str(p), p.stat().st_mtime_ns if p.is_file() else 0) for p in (*sorted(support.rglob("*.toml")), *added))
    return _merge_all(str(support), tuple(map(str, added)), files)


@lru_cache(maxsize=8)
def _merge_all(
    support: str, added: tuple[str, ...], files: tuple[tuple[str, int], ...]
) -> tuple[Mapping[str, TargetDevice], tuple[InputError, ...]]:
    cores = _read_folder(Path(support, "cores"), CoreFile)
    devices: Devices = {**_read_folder(Path(support, "socs"), DeviceFile), **_read_folder(Path(support, "boards"), DeviceFile)}
    boards = {path.stem: merge(path.stem, cores, devices) for path, _ in devices.values() if path.parent.name == "boards"}
    errors = []
    for path in map(Path, added):
        try:
            record = _add(path, devices)
        except InputError as error:
            errors.append(error)
        else:
            devices[record.id] = (path, record)
    for path in map(Path, added):
        if devices.get(path.stem, (None,))[0] == path:
            try:
                boards[path.stem] = merge(path.stem, cores, devices)
            except InputError as error:
                errors.append(error)
    return boards, tuple(errors)


def _add(path: Path, devices: Devices) -> DeviceFile:
    record = read_file(path, DeviceFile)
    if record.id in devices:
        raise InputError(
            f"there is a board {record.id!r} already, {devices[record.id][0]}; the studio ships it or another file adds it",
            where=place(path, "id"),
            hint="give yours another id",
        )
    return record


def _read_folder(folder: Path, kind: type[F]) -> dict[str, tuple[Path, F]]:
    if not folder.is_dir():
        return {}
    return {record.id: (path, record) for path in sorted(folder.glob("*.toml")) for record in [read_file(path, kind)]}


def read_file(path: Path, kind: type[F]) -> F:
    """Read one file strictly; raise InputError naming the file and the key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"it is no TOML: {error}", where=str(path)) from None
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", where=str(path)) from None
    if table.get("schema") != SCHEMA:
        raise InputError(f"schema = {table.get('schema')!r} is not {SCHEMA}", where=place(path, "schema"), hint=f"write schema = {SCHEMA}")
    try:
        record = msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise _explain(path, kind, str(error)) from None
    if record.id != path.stem:
        raise InputError(f"id {record.id!r} is not the file's name", where=place(path, "id"), hint=f'write id = "{path.stem}"')
    return record


def _explain(path: Path, kind: type, message: str) -> InputError:
    what, _, path_in_file = message.partition(" - at `$")
    field = path_in_file.rstrip("`").lstrip(".")
    unknown = re.search(r"unknown field `(.+)`", what)
    if unknown is None:
        missing = re.search(r"missing required field `(.+)`", what)
        if missing:
            field, what = ".".join(filter(None, (field, missing[1]))), "this key is missing"
        return InputError(what[0].lower() + what[1:], where=place(path, field), hint="keys and types stand in board_support/schema.json")
    field = ".".join(filter(None, (field, unknown[1])))
    hint = "known: " + ", ".join(kind.__struct_fields__) if "." not in field else "keys stand in board_support/schema.json"
    return InputError(f"unknown key {unknown[1]!r}", where=place(path, field), hint=hint)


def merge(id: str, cores: Mapping[str, tuple[Path, CoreFile]], devices: Mapping[str, tuple[Path, DeviceFile]]) -> TargetDevice:
    """Merge a board with all that it extends into one record.

    Raises InputError where a link of the chain, a number, its unit or its source is missing.
    """
    chain = _chain(id, cores, devices)
    core = _core(cores[chain[-1][1].extends][1])
    merged: dict[str, Any] = {}
    sources: dict[str, str] = {}
    origin: dict[str, Path] = {}
    for path, record in reversed(chain):
        given = {f: v for f, v in msgspec.structs.asdict(record).items() if v is not None}
        sources = {**sources, **given.pop("sources")}
        merged.update(given)
        origin.update(dict.fromkeys(given, path))
    _check_complete(chain[0][0], merged, sources)
    return _device(chain, core, merged, sources, origin)


def _chain(
    id: str, cores: Mapping[str, tuple[Path, CoreFile]], devices: Mapping[str, tuple[Path, DeviceFile]]
) -> list[tuple[Path, DeviceFile]]:
    chain = [devices[id]]
    while (parent := chain[-1][1].extends) not in cores:
        where = place(chain[-1][0], "extends")
        if parent not in devices:
            raise InputError(f"there is no core, SoC or board {parent!r}", where=where, hint="known: " + ", ".join([*cores, *devices]))
        if any(record.id == parent for _, record in chain):
            raise InputError(f"{parent!r} extends itself in the end", where=where)
        chain.append(devices[parent])
    return chain


def _check_complete(path: Path, merged: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    for field in REQUIRED:
        if field not in merged:
            raise InputError(f"{field} is given neither here nor in what it extends", where=place(path, field))
    for field in SOURCED:
        if field in merged and not sources.get(field, "").strip():
            raise InputError(
                f"{field} has no source",
                where=place(path, f"sources.{field}"),
                hint='name where the number comes from, such as "data sheet DS10969"',
            )
    unknown = sorted(set(sources) - set(SOURCED) - {"audio_input"})
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}", where=place(path, f"sources.{unknown[0]}"), hint="known: " + ", ".join(SOURCED))


def _core(file: CoreFile) -> Core:
    flags = tuple(file.gcc_flags)
    machine = (file.zig_target, file.zig_cpu, flags, file.unicorn_cpu)
    return Core(file.id, file.name, file.fpu, file.dsp, *machine, file.family, file.costs, file.helium)


def _device(
    chain: list[tuple[Path, DeviceFile]], core: Core, merged: Mapping[str, Any], sources: Mapping[str, str], origin: Mapping[str, Path]
) -> TargetDevice:
    soc = next((record.name for path, record in chain if path.parent.name == "socs"), chain[-1][1].name)
    return TargetDevice(
        id=merged["id"],
        name=merged["name"],
        vendor=merged["vendor"],
        soc=soc,
        core=core,
        clock_hz=_clock(merged["clock"], origin["clock"]),
        flash=_memory(merged["flash"], origin["flash"], "flash"),
        ram=_memory(merged["ram"], origin["ram"], "ram"),
        flash_wait_states=merged["flash_wait_states"],
        flash_methods=tuple(FlashMethod(m.flasher, m.options) for m in merged["flash_methods"]),
        sources=sources,
        power=_power(merged["power"], origin["power"]) if "power" in merged else None,
        virtual=merged.get("virtual", False),
        audio_input=merged.get("audio_input", ""),
        usb_ids=tuple(merged.get("usb_ids", ())),
        url=merged.get("url", ""),
        xip=merged.get("xip", False),
        caches=merged.get("caches", ""),
    )


def _memory(table: MemoryTable, path: Path, name: str) -> MemoryRegion:
    def where(key: str) -> str:
        return place(path, f"{name}.{key}")

    region = MemoryRegion(table.origin, parse_size(table.size, where("size")), parse_size(table.reserved, where("reserved")))
    if not 0 <= table.origin < 2**32:
        raise InputError(f"origin = {table.origin:#x} is no 32-bit address", where=where("origin"))
    if region.free <= 0:
        raise InputError("nothing of it is left for the application", where=where("reserved"))
    return region


def _power(table: PowerTable, path: Path) -> Power:
    def amount(text: str, dimension: str, key: str) -> float:
        where = place(path, f"power.{key}")
        return _positive(parse_quantity(text, dimension, where), where)

    return Power(
        amount(table.supply, "voltage", "supply"),
        amount(table.active, "current", "active"),
        None if table.sleep is None else amount(table.sleep, "current", "sleep"),
        table.regulator,
    )


def _clock(text: str, path: Path) -> float:
    where = place(path, "clock")
    return _positive(parse_quantity(text, "frequency", where), where)


def _positive(value: float, where: str) -> float:
    if value <= 0:
        raise InputError("it must be above 0", where=where)
    return value

"""A board as a form holds it, a text for each field, and the file that it makes; what is wrong is what the files' reader says."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit

from studio.boards.fields import AS_IN_FILE, BY_KEY, FIELDS, NONE, PYOCD, PYOCD_PACK, TABLES, UNKNOWN
from studio.boards.load import Catalogue
from studio.boards.merge import Merged
from studio.boards.place import BoardFileError, Source
from studio.boards.records import SCHEMA, DeviceFile, MethodTable
from studio.core.target import POWER_PARTS
from studio.core.units import slug

Values = Mapping[str, str]

ID_TAKEN = ("check", "folder", "schema")  # what `otolith boards` takes for its own words
_YES = {"yes": True, "no": False}
_BY_SOURCE = {f.source: f for f in FIELDS if f.source}


def free_id(name: str, catalogue: Catalogue) -> str:
    """Return an id for a name that no core, SoC, board or file has yet."""
    stem = slug(name) or "board"
    taken = {*catalogue.cores, *catalogue.devices, *ID_TAKEN, *(e.path.stem for e in catalogue.errors if e.path)}
    free, number = stem, 1
    while free in taken:
        number += 1
        free = f"{stem}-{number}"
    return free


def values_of(record: DeviceFile) -> dict[str, str]:
    """Return what a file itself gives, by field and "sources." with the source's key."""
    return {"extends": record.extends, **dict(_given({f: getattr(record, f) for f in record.__struct_fields__})), **_sources(record)}


def inherited_values(merged: Merged) -> dict[str, str]:
    """Return what a file would take from those that it extends, with the source of each; without their name and page."""
    given = {k: v for k, v in dict(_given(merged.values)).items() if k not in ("name", "url")}
    sources = dict(merged.sources)
    for part in POWER_PARTS if "power" in sources else ():
        sources.setdefault(part, sources["power"])
    return {**given, **{f"sources.{k}": v for k, v in sources.items()}}


def _given(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("name", "vendor", "url", "audio_input", "clock", "caches"):
        if values.get(key) is not None:
            yield key, values[key]
    if values.get("flash_wait_states") is not None:
        yield "flash_wait_states", str(values["flash_wait_states"])
    if values.get("xip") is not None:
        yield "xip", "yes" if values["xip"] else "no"
    for name in ("flash", "ram"):
        if table := values.get(name):
            yield from ((f"{name}.size", table.size), (f"{name}.origin", address(table.origin)), (f"{name}.reserved", table.reserved))
    if table := values.get("power"):
        yield from ((f"power.{part}", getattr(table, part)) for part in ("supply", "active") if getattr(table, part))
        yield from ((("power.sleep", table.sleep),) if table.sleep is not None else ())
        yield "power.regulator", table.regulator or UNKNOWN
    if values.get("flash_methods") is not None:
        yield from _method(values["flash_methods"])


def _method(methods: list[MethodTable]) -> Iterator[tuple[str, str]]:
    if not methods:
        yield "flasher", NONE
    elif len(methods) == 1 and set(methods[0].options) <= {"target", "pack"}:
        only = methods[0]
        yield "flasher", PYOCD_PACK if only.flasher == PYOCD and only.options.get("pack") else only.flasher
        yield "flasher.target", str(only.options.get("target", ""))
    else:
        yield "flasher", AS_IN_FILE


def _sources(record: DeviceFile) -> dict[str, str]:
    said = {name: text for name in record.sources.__struct_fields__ if (text := getattr(record.sources, name)) is not None}
    if "power" in said:
        whole = said.pop("power")
        given = [part for part in POWER_PARTS if record.power is None or getattr(record.power, part)]
        said = {**dict.fromkeys(given, whole), **said}
    return {f"sources.{name}": text for name, text in said.items()}


def address(number: int) -> str:
    """Write an address: "0x2000_0000"."""
    digits = f"{number:08x}"
    return f"0x{digits[:4]}_{digits[4:]}"


def board_toml(id: str, values: Values, inherited: Values, old: str = "") -> str:
    """Return the file of a board; where there is an old one its comments stay.

    A field left empty is taken from what the board extends. A table is overruled whole: where one field of it is given, the others come
    from there with their sources.
    """
    document = tomlkit.parse(old) if old else tomlkit.document()
    whole = _whole(values, inherited)
    keep = whole.get("flasher") == AS_IN_FILE
    wanted = _tables(id, whole, inherited)
    for key in [k for k in document if k not in wanted and k in _WRITTEN and not (keep and k == "flash_methods")]:
        del document[key]
    for key, value in wanted.items():
        _put(document, key, value)
    return tomlkit.dumps(document)


_WRITTEN = ("name", "vendor", "url", "audio_input", "clock", "flash_wait_states", "xip", "caches", "flash", "ram", "power", "flash_methods", "sources")  # fmt: skip


def _whole(values: Values, inherited: Values) -> dict[str, str]:
    """Complete the tables of which something is given."""
    whole = {k: v.strip() for k, v in values.items() if v.strip()}
    for keys in TABLES.values():
        if not any(k in whole for k in keys):
            continue
        for key in keys:
            if key not in whole and inherited.get(key):
                whole[key] = inherited[key]
                source = f"sources.{BY_KEY[key].source}"
                if key.startswith("power.") and inherited.get(source):
                    whole.setdefault(source, inherited[source])
    return whole


def _tables(id: str, whole: Values, inherited: Values) -> dict[str, Any]:
    wanted: dict[str, Any] = {"schema": SCHEMA, "id": id}
    wanted.update({k: whole[k] for k in ("name", "extends", "vendor", "url", "audio_input", "clock") if k in whole})
    if "flash_wait_states" in whole:
        wanted["flash_wait_states"] = _number(whole["flash_wait_states"])
    if "xip" in whole:
        wanted["xip"] = _YES.get(whole["xip"], whole["xip"])
    if "caches" in whole:
        wanted["caches"] = whole["caches"]
    methods = _methods(whole, inherited)
    if methods == []:  # before the tables: a plain key behind one would belong to it
        wanted["flash_methods"] = []
    for name, keys in TABLES.items():
        table = {key.partition(".")[2]: _cell(key, whole[key]) for key in keys if key in whole}
        if table:
            wanted[name] = table
    if methods:
        wanted["flash_methods"] = methods
    sources = {k.partition(".")[2]: v for k, v in whole.items() if k.startswith("sources.")}
    if sources:
        wanted["sources"] = sources
    return wanted


def _methods(whole: Values, inherited: Values) -> list[dict[str, Any]] | None:
    """Return the ways to program it: None for those of what it extends or of the file, [] for none."""
    chosen = whole.get("flasher", "")
    if chosen == AS_IN_FILE or (not chosen and "flasher" in inherited):
        return None
    if chosen in ("", NONE):
        return []
    options: dict[str, Any] = {"target": whole["flasher.target"]} if "flasher.target" in whole else {}
    return [{"flasher": PYOCD if chosen == PYOCD_PACK else chosen, "options": options | ({"pack": True} if chosen == PYOCD_PACK else {})}]


def _cell(key: str, text: str) -> Any:
    if key.endswith(".origin"):
        return _number(text)
    return "" if key == "power.regulator" and text == UNKNOWN else text


def _number(text: str) -> int | str:
    """Read a number as TOML writes it; what is none stays a text, for the reader to refuse."""
    try:
        return int(text, 0)
    except ValueError:
        return text


def _put(document: Any, key: str, value: Any) -> None:
    if isinstance(value, dict) and isinstance(document.get(key), dict):
        table = document[key]
        for gone in [k for k in table if k not in value]:
            del table[gone]
        for name, cell in value.items():
            if name not in table or table[name] != cell:
                table[name] = _written(name, cell)
    elif key not in document or document[key] != value:
        document[key] = _made(key, value)


def _made(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        table = tomlkit.table()
        for name, cell in value.items():
            table.add(name, _written(name, cell))
        return table
    if isinstance(value, list) and value:
        methods = tomlkit.aot()
        for each in value:
            method = tomlkit.table()
            method.add("flasher", each["flasher"])
            if each["options"]:
                options = tomlkit.inline_table()
                options.update(each["options"])
                method.add("options", options)
            methods.append(method)
        return methods
    return value


def _written(name: str, cell: Any) -> Any:
    """Write an address in sixteens."""
    return tomlkit.parse(f"a = {address(cell)}")["a"] if name == "origin" and isinstance(cell, int) and 0 <= cell < 2**32 else cell


def problems(path: Path, values: Values, catalogue: Catalogue, old: str = "") -> dict[str, BoardFileError]:
    """Return what the reader of the files has against a board, by field; {} where it is whole.

    The reader stops at the first fault: the field is given what it lacks, and the rest is asked again.
    """
    found: dict[str, BoardFileError] = {}
    tried = dict(values)
    for _ in range(2 * len(FIELDS) + 4):
        error = fault(path, tried, catalogue, old)
        if error is None or error.field in found:
            break
        found[error.field] = error
        if not _mend(tried, error.field):
            break
    return found


def fault(path: Path, values: Values, catalogue: Catalogue, old: str = "") -> BoardFileError | None:
    """Return the first thing that the reader of the files has against a board."""
    try:
        inherited = inherited_values(catalogue.inherited(values.get("extends", "")))
    except KeyError:
        return Source(path, "").refuse("extends", "choose the core, SoC or board that it is based on")
    except BoardFileError as error:
        return Source(path, "").refuse("extends", str(error), error.hint)
    try:
        catalogue.check(Source(path, board_toml(path.stem, values, inherited, old)))
    except BoardFileError as error:
        return error
    return None


def _mend(values: dict[str, str], field: str) -> bool:
    """Put something that can be read into a field, so that the next fault shows."""
    if field.startswith("sources."):
        part = field.partition(".")[2]
        for name in ("supply", "active", "sleep", "regulator") if part == "power" else (part,):
            values[f"sources.{name}"] = "a source"
        return True
    key = {"flash": "flash.size", "ram": "ram.size"}.get(field, field)
    if key not in BY_KEY or not BY_KEY[key].example:
        return False
    values[key] = BY_KEY[key].example
    for other in TABLES.get(key.partition(".")[0], ()):
        if not values.get(other) and BY_KEY[other].kind != "choice" and field in ("flash", "ram"):
            values[other] = BY_KEY[other].example
    return True

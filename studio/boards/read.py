"""One core, SoC or board file: read strictly, refused with its line."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from studio.boards.place import BoardFileError, Source
from studio.boards.records import SCHEMA, CoreFile, DeviceFile, MemoryTable, MethodTable, PowerTable, SourcesTable

F = TypeVar("F", CoreFile, DeviceFile)

_TABLES: dict[str, type[msgspec.Struct]] = {
    "flash": MemoryTable,
    "ram": MemoryTable,
    "power": PowerTable,
    "sources": SourcesTable,
    "flash_methods": MethodTable,
}
_TOML_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "int | null": "a whole number",
    "str | null": "a text in quotes",
    "bool | null": "true or false",
    "array | null": "a list",
    "object | null": "a table",
}
_MAPS = "keys and types stand in board_support/schema.json"


def read_file(path: Path, kind: type[F]) -> F:
    """Read one file strictly; raise BoardFileError naming the file, the line and the key."""
    return parse(load_text(path), kind)


def load_text(path: Path) -> Source:
    """Read a file's text; raise BoardFileError where that fails."""
    try:
        return Source(path, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Source(path, "").refuse("", f"it is no TOML: {error}") from None
    except OSError as error:
        raise Source(path, "").refuse("", f"it cannot be read: {error.strerror}") from None


def parse(source: Source, kind: type[F]) -> F:
    """Make a record of a file's text; raise BoardFileError naming the line and the key."""
    try:
        table = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(source, str(error)) from None
    if table.get("schema") != SCHEMA:
        raise source.refuse("schema", f"schema = {table.get('schema')!r} is not {SCHEMA}", f"write schema = {SCHEMA}")
    try:
        record = msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise _explain(source, kind, str(error)) from None
    if record.id != source.path.stem:
        raise source.refuse("id", f"id {record.id!r} is not the file's name", f'write id = "{source.path.stem}"')
    return record


def _no_toml(source: Source, said: str) -> BoardFileError:
    found = _TOML_LINE.search(said)
    words = f"it is no TOML: {said[: found.start()] if found else said}"
    return source.refuse("", words, line=int(found[1]) if found else len(source.text.splitlines()) or None)


def _explain(source: Source, kind: type, message: str) -> BoardFileError:
    what, _, path_in_file = message.partition(" - at `$")
    field = path_in_file.rstrip("`").lstrip(".")
    unknown = re.search(r"unknown field `(.+)`", what)
    if unknown:
        known = _TABLES.get(field.partition("[")[0], kind).__struct_fields__
        full = ".".join(filter(None, (field, unknown[1])))
        return source.refuse(full, f"unknown key {unknown[1]!r}", "known: " + ", ".join(known))
    missing = re.search(r"missing required field `(.+)`", what)
    if missing:
        return source.refuse(".".join(filter(None, (field, missing[1]))), "this key is missing", _MAPS)
    return source.refuse(field, _in_words(what), _MAPS)


def _in_words(what: str) -> str:
    """Name TOML's kinds of value as people do."""
    for name, words in _KINDS.items():
        what = what.replace(f"`{name}`", words)
    return what[0].lower() + what[1:]

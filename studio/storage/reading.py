"""Strict reading: every complaint names the file, the place in it and the way out."""

import difflib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from studio.core.errors import InputError
from studio.core.project import SCHEMA

T = TypeVar("T")
Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[str, dict[int, Migration]] = {}
"""By file name, then by the schema that a step starts from: what turns it into the next schema."""

_LARGEST = 256 * 2**20


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes or raise InputError."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"the file is larger than {_LARGEST >> 20} MiB", where=str(path), hint="is it the right file?")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("the file is missing", where=str(path), hint="is this a project's folder? make one with: otolith new") from error
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", where=str(path), hint="check its permissions") from error


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text or raise InputError."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} is not UTF-8", where=str(path), hint="save it as UTF-8") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raise InputError with the line."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is not TOML: {error}", where=str(path), hint="mend the line, or take back the last change") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raise InputError with the line, also for a key that stands twice."""
    try:
        data = json.loads(read_text(path), object_pairs_hook=lambda pairs: _no_twins(pairs, path))
    except json.JSONDecodeError as error:
        hint = "mend the line, or take back the last change"
        raise InputError(
            f"this is not JSON: {error.msg} (line {error.lineno}, column {error.colno})", where=str(path), hint=hint
        ) from error
    except RecursionError as error:
        raise InputError("it is nested too deeply", where=str(path)) from error
    if not isinstance(data, dict):
        raise InputError("it does not begin with {", where=str(path), hint="take back the last change")
    return data


def _no_twins(pairs: list[tuple[str, Any]], path: Path) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [k for k, _ in pairs]
        twice = next(k for k in names if names.count(k) > 1)
        raise InputError(f"the key {twice!r} stands twice", where=str(path), hint="keep one of them")
    return data


def migrate(data: dict[str, Any], path: Path, newest: int = SCHEMA) -> dict[str, Any]:
    """Bring a file's content to the newest schema and drop the number; raise InputError for one of a newer studio."""
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise InputError(f"schema = {schema!r} is no schema", where=str(path), hint=f"the first line should be: schema = {newest}")
    if schema > newest:
        hint = f"update Otolith Studio; this one reads up to schema {newest}"
        raise InputError(f"it was made by a newer studio (schema {schema})", where=str(path), hint=hint)
    for step in range(schema, newest):
        data = MIGRATIONS.get(path.name, {}).get(step, dict)(data)
    return {k: v for k, v in data.items() if k != "schema"}


def convert(data: Any, kind: type[T], path: Path) -> T:
    """Turn plain values into a Struct; raise InputError naming file and key, with the nearest known key."""
    refuse_unknown(data, kind, path, "")
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        where = f"{path}: {place.rstrip('`')}" if place else str(path)
        raise InputError(text[0].lower() + text[1:], where=where, hint="see the value in a new project, or remove the line") from error


def refuse_unknown(data: Any, kind: Any, path: Path, above: str) -> None:
    """Raise InputError for the first key that a Struct, or one within it, has no field for."""
    if not isinstance(data, Mapping) or not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return
    known = {f.name: f.type for f in msgspec.structs.fields(kind)}
    for key, value in data.items():
        if key not in known:
            raise unknown_key(key, known, f"{path}: {above}{key}")
        refuse_unknown(value, known[key], path, f"{above}{key}.")


def unknown_key(key: str, known: Iterable[str], where: str) -> InputError:
    """Return the error for a key that is not known, with the nearest that is."""
    names = list(known)
    near = difflib.get_close_matches(key, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(names)
    return InputError(f"unknown key {key!r}", where=where, hint=hint)

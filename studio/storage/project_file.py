"""project.toml: the part of a project that people edit by hand; comments stay."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from studio.core.energy import EnergyPlan
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd, check_frontend
from studio.core.graph import ModelGraph
from studio.core.project import SCHEMA, Project, Recipe, check_project, check_recipe
from studio.storage.reading import convert, migrate, read_toml

NAME = "project.toml"

_HEAD = "An Otolith Studio project. Edit by hand as you like; comments are kept."


class _ProjectFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Project without its graph, in the order of the file."""

    name: str
    labels: tuple[str, ...]
    task: str = "classification"
    targets: tuple[str, ...] = ("virtual-m4",)
    interval_ms: float = 1000.0
    frontend: FrontEnd = FrontEnd()
    recipe: Recipe = Recipe()
    energy: dict[str, EnergyPlan] = {}


def read_project(path: Path, graph: ModelGraph) -> Project:
    """Read the file and join it with its graph; raise InputError naming file and field."""
    stored = convert(migrate(read_toml(path), path), _ProjectFile, path)
    if stored.task != "classification":
        raise InputError(f"task = {stored.task!r} is not known", where=str(path), hint='write task = "classification"')
    whole = {n: getattr(stored, n) for n in _ProjectFile.__struct_fields__}
    project = Project(**whole, graph=graph)
    check_stored(project, path)
    return project


def check_stored(project: Project, path: Path) -> None:
    """Check every field; raise InputError naming the file and the field."""
    try:
        check_project(project)
        check_frontend(project.frontend)
        check_recipe(project.recipe)
    except InputError as error:
        raise type(error)(error.message, where=f"{path}: {error.where}", hint=error.hint) from error


def project_toml(project: Project, old: str | None = None) -> str:
    """Return the file's text: the old one with its comments where there is one, changed only where a value changed."""
    values = {n: _builtins(getattr(project, n)) for n in _ProjectFile.__struct_fields__}
    if old is None:
        document = tomlkit.document()
        document.add(tomlkit.comment(_HEAD))
        document.add("schema", tomlkit.item(SCHEMA))
        defaults: Mapping[str, Any] = {}
    else:
        document = _parse(old)
        document["schema"] = SCHEMA
        defaults = _builtins(_ProjectFile(project.name, project.labels))
    _update(document, values, defaults)
    return tomlkit.dumps(document)


def _parse(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        hint = "mend the line that was edited by hand, then save again"
        raise InputError(f"this is no longer TOML: {error}; nothing was saved", where=NAME, hint=hint) from error


def _update(table: Any, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Set what differs; leave out what was left out and is the default."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            if key not in table and (not value or value == defaults.get(key)):
                continue
            if not value:
                del table[key]
                continue
            if not isinstance(table.get(key), Mapping):
                table[key] = tomlkit.table()
            for gone in [k for k in table[key] if k not in value]:
                del table[key][gone]
            _update(table[key], value, defaults.get(key, {}))
        elif key not in table:
            if key not in defaults or value != defaults[key]:
                table[key] = _item(value)
        elif _plain(table[key]) != value:
            table[key] = _item(value)


def _builtins(value: Any) -> Any:
    """Return plain values as TOML has them: dicts, lists, numbers, texts."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):
        return {k: _builtins(v) for k, v in plain.items()}
    return list(plain) if isinstance(plain, tuple) else plain


def _plain(item: Any) -> Any:
    plain = item.unwrap() if hasattr(item, "unwrap") else item
    return list(plain) if isinstance(plain, Sequence) and not isinstance(plain, str) else plain


def _item(value: Any) -> Any:
    if not isinstance(value, list):
        return tomlkit.item(value)
    array = tomlkit.array()
    array.extend(value)
    return array.multiline(len(str(value)) > 100)

"""plugin.toml: what a plugin is, what it needs and what it adds; read without importing anything of it.

schema = 1

[plugin]
id = "my_export"                    # letters, digits, underscores; also the package's name in `object`
name = "Export for my runtime"
version = "1.0"
api = ">=1.0,<2"                    # the range of studio.api.API_VERSION that it was written for
requires = ["unicorn", "elftools:pyelftools"]   # modules it imports; after a colon pip's name where it differs
description = "..."
licence = "..."                     # a note, where something it starts or imports is not MIT-like

[[contributions]]
kind = "exporter"                   # exporter | flasher | block: an object of that Protocol of studio.api
id = "my_export"
object = "my_export.exporter:EXPORTER"

[[contributions]]
kind = "board"                      # a TOML file in the plugin's folder
id = "my_board"
file = "boards/my_board.toml"
"""

import re
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from studio.core.errors import InputError

FILE = "plugin.toml"
SCHEMA = 1
_ID = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_OBJECT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_BOUND = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)")

Kind = Literal["exporter", "flasher", "block", "board"]


class PluginInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The [plugin] table."""

    id: str
    name: str
    version: str
    api: str
    requires: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    description: str = ""
    licence: str = ""

    @property
    def modules(self) -> dict[str, str]:
        """The modules it needs, each with its name on PyPI."""
        return {m: package or m for m, _, package in (r.partition(":") for r in self.requires)}


class Contribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a plugin adds: an object in its package, or a file in its folder (boards)."""

    kind: Kind
    id: str
    object: str = ""
    file: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole plugin.toml."""

    schema: int
    plugin: PluginInfo
    contributions: tuple[Contribution, ...]


def read_manifest(folder: Path) -> Manifest:
    """Read a plugin folder's manifest; raise InputError naming the file and the key."""
    path = folder / FILE
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        _check_schema(data, path)
        manifest = msgspec.convert(data, Manifest)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), hint="a plugin is a folder with a plugin.toml") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is no TOML: {error}", where=str(path)) from error
    except msgspec.ValidationError as error:
        raise InputError(str(error), where=str(path), hint="studio/plugin/manifest.py shows all keys") from error
    _check(manifest, folder, str(path))
    return manifest


def _check_schema(data: dict[str, object], path: Path) -> None:
    if data.get("schema") != SCHEMA:
        hint = f"this studio reads schema {SCHEMA}"
        raise InputError(f"schema = {data.get('schema')!r} is not known", where=str(path), hint=hint)


def _check(manifest: Manifest, folder: Path, where: str) -> None:
    info = manifest.plugin
    if not _ID.fullmatch(info.id):
        raise InputError(f"plugin.id = {info.id!r} is no name", where=where, hint="letters, digits and underscores")
    _bounds(info.api, where)
    for module in (*info.modules, *info.optional):
        if not _ID.fullmatch(module):
            raise InputError(
                f"plugin.requires or optional names {module!r}, which is no module", where=where, hint='"module" or "module:pip-name"'
            )
    if not manifest.contributions:
        raise InputError("there are no contributions", where=where, hint="add a [[contributions]] table")
    for contribution in manifest.contributions:
        _check_contribution(contribution, info.id, folder, where)


def _check_contribution(c: Contribution, plugin: str, folder: Path, where: str) -> None:
    key = f"contribution {c.kind} {c.id!r}"
    if not _ID.fullmatch(c.id):
        raise InputError(f"{key}: id is no name", where=where, hint="letters, digits and underscores")
    if c.kind == "board":
        _check_file(c, key, folder, where)
    elif c.file or not _OBJECT.fullmatch(c.object):
        raise InputError(f"{key}: object = {c.object!r} is not package.module:NAME", where=where, hint=f'as in "{plugin}.module:NAME"')
    elif re.split("[.:]", c.object)[0] != plugin:
        raise InputError(f"{key}: object lies outside the plugin", where=where, hint=f'it must begin with the plugin\'s id, "{plugin}."')


def _check_file(c: Contribution, key: str, folder: Path, where: str) -> None:
    inside = (folder / c.file).resolve()
    if c.object or not c.file or not inside.is_relative_to(folder.resolve()):
        raise InputError(f"{key}: file = {c.file!r} is no file in the plugin's folder", where=where, hint='as in "boards/my_board.toml"')
    if not inside.is_file():
        raise InputError(f"{key}: file = {c.file!r} is missing", where=where)


def api_accepts(wanted: str, version: str) -> bool:
    """Whether a range such as ">=1.0,<2" holds the version."""
    have = _numbers(version)
    return all(_holds(have, sign, _numbers(bound)) for sign, bound in _bounds(wanted, ""))


def _bounds(wanted: str, where: str) -> list[tuple[str, str]]:
    matches = [_BOUND.fullmatch(part.strip()) for part in wanted.split(",")]
    if any(m is None for m in matches):
        raise InputError(f"plugin.api = {wanted!r} is no range", where=where, hint='as in ">=1.0,<2"')
    return [(m[1], m[2]) for m in matches if m]


def _holds(have: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    return {
        ">=": have >= bound,
        "<=": have <= bound,
        ">": have > bound,
        "<": have < bound,
        "==": have == bound,
        "!=": have != bound,
    }[sign]


def _numbers(version: str) -> tuple[int, ...]:
    """Read "1.0" as (1,): trailing zeros do not count, so that 2 and 2.0 are one version."""
    numbers = [int(n) for n in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)

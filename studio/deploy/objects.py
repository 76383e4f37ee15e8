"""Compiled objects, kept by the content they were made of."""

import contextlib
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from studio.core.places import cache

KEPT = 4000
"""Objects in the cache before the least used go."""
SPARED_S = 600.0
"""Objects used as lately as this stay: another process may be about to link them."""

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)


class Unit(msgspec.Struct, frozen=True):
    """A C file with its flags and the folders in which its headers lie."""

    source: Path
    flags: tuple[str, ...]
    includes: tuple[Path, ...]


def object_path(unit: Unit, compiler: str) -> Path:
    """Return where the unit's object lies, whether it does or not.

    The name is a hash of the compiler, the flags, the file and every header it may include; its folder does not count.
    """
    h = hashlib.sha256(repr((compiler, unit.flags, unit.source.name)).encode())
    for name, content in closure(unit):
        h.update(f"\0{name}\0{len(content)}\0".encode() + content)
    digest = h.hexdigest()[:40]
    return cache() / "objects" / digest[:2] / f"{digest}.o"


def closure(unit: Unit) -> list[tuple[str, bytes]]:
    """Read the unit and, once each, all files that it or its headers include by name in quotes."""
    seen: dict[Path, None] = {}
    found: list[tuple[str, bytes]] = []

    def visit(name: str, path: Path) -> None:
        if path in seen:
            return
        seen[path] = None
        content = path.read_bytes()
        found.append((name, content))
        for match in _INCLUDE.finditer(content):
            header = match[1].decode(errors="replace")
            for folder in (path.parent, *unit.includes):
                if (folder / header).is_file():
                    visit(header, (folder / header).resolve())
                    break

    visit(unit.source.name, unit.source.resolve())
    return found


def in_use(made: Path) -> bool:
    """Note that an object is used now; tell whether it is there."""
    try:
        os.utime(made)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def compiled(target: Path) -> Iterator[Path]:
    """Give a path to compile to; the object appears under its name only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".o", dir=target.parent)
    os.close(handle)
    try:
        yield Path(name)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    _prune(target.parent.parent)


def _prune(folder: Path) -> None:
    # Counting one of the 256 folders is enough to know how full all are.
    objects = list(folder.glob("00/*.o"))
    if len(objects) * 256 <= KEPT:
        return
    for path in sorted(folder.glob("*/*.o"), key=last_used)[:-KEPT]:
        if time.time() - last_used(path) > SPARED_S:  # it may have come into use since it was listed
            path.unlink(missing_ok=True)


def last_used(path: Path) -> float:
    """Return when a cached file was last written or touched; 0 where another process took it away meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0

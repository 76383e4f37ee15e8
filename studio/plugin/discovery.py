"""Where plugins lie: shipped ones, the user's, those of OTOLITH_PLUGINS, and installed ones by entry points."""

import importlib.machinery
import importlib.metadata
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from studio.core.places import home, shipped
from studio.plugin.manifest import FILE

GROUP = "studio.plugins"
Origin = Literal["shipped", "user", "path", "installed"]


class Source(msgspec.Struct, frozen=True):
    """A plugin's folder and by which way it was found."""

    folder: Path
    origin: Origin


def discover() -> tuple[Source, ...]:
    """List all plugin folders, each once, in the order in which they win over later ones of the same id."""
    found: dict[Path, Source] = {}
    for source in _all():
        found.setdefault(source.folder.resolve(), source)
    return tuple(found.values())


def _all() -> Iterator[Source]:
    yield from scan(shipped("plugins"), "shipped")
    yield from scan(home() / "plugins", "user")
    for entry in filter(None, os.environ.get("OTOLITH_PLUGINS", "").split(os.pathsep)):
        yield from scan(Path(entry), "path")
    for point in _entry_points():
        folder = package_folder(point.value)
        if folder is not None:
            yield Source(folder, "installed")


def _entry_points() -> Iterator[importlib.metadata.EntryPoint]:
    """Yield the group's entry points; importlib.metadata's own search reads every package's, which the window's start would feel."""
    for package in importlib.metadata.distributions():
        if f"[{GROUP}]" in (package.read_text("entry_points.txt") or ""):
            yield from package.entry_points.select(group=GROUP)


def scan(folder: Path, origin: Origin) -> Iterator[Source]:
    """Yield the folder where it is a plugin itself, else the plugins directly in it, by name."""
    if (folder / FILE).is_file():
        yield Source(folder, origin)
        return
    try:
        inside = sorted(p for p in folder.iterdir() if (p / FILE).is_file())
    except OSError:
        return
    for path in inside:
        yield Source(path, origin)


def package_folder(name: str) -> Path | None:
    """Find the folder of an installed package without importing it or its parents; None where there is none."""
    first, *rest = name.partition(":")[0].split(".")
    spec = importlib.util.find_spec(first)
    for part in rest:
        if spec is None or not spec.submodule_search_locations:
            return None
        spec = importlib.machinery.PathFinder.find_spec(part, list(spec.submodule_search_locations))
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None

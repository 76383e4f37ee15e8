"""The boards that the studio knows in all: shipped, from plugins, and the user's own. Every caller that takes a board's id asks here."""

from pathlib import Path

from studio.boards import BoardFileError, Catalogue, catalogue
from studio.core.target import TargetDevice
from studio.plugin import Plugins, load_plugins


def known_catalogue(plugins: Plugins | None = None) -> Catalogue:
    """Return all cores, SoCs and boards, those of plugins too, and why files were left out."""
    return catalogue(plugin_boards(load_plugins() if plugins is None else plugins))


def known_boards(plugins: Plugins | None = None, wrong: list[BoardFileError] | None = None) -> dict[str, TargetDevice]:
    """Return all boards by id, those of plugins too; a wrong file is left out, and its error appended to `wrong`."""
    found = known_catalogue(plugins)
    if wrong is not None:
        wrong.extend(found.errors)
    return dict(found.boards)


def known_board(id: str, plugins: Plugins | None = None) -> TargetDevice:
    """Return the board of this id; raise InputError where there is none, with the known ids or why its file is refused."""
    return known_catalogue(plugins).board(id)


def plugin_boards(plugins: Plugins) -> tuple[Path, ...]:
    """Return the board files that plugins add."""
    return tuple(plugins.boards.get(name) for name in plugins.boards)

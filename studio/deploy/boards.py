"""The boards that the studio knows in all: shipped, from plugins, and the user's own."""

from pathlib import Path

from studio.boards import load_boards
from studio.core.errors import InputError
from studio.core.target import TargetDevice
from studio.plugin import Plugins, load_plugins


def known_boards(plugins: Plugins | None = None, wrong: list[InputError] | None = None) -> dict[str, TargetDevice]:
    """Return all boards by id, those of plugins too.

    A wrong file is left out and its error appended to `wrong`; without that list it is raised, naming file, line and field.
    """
    return load_boards(plugin_boards(load_plugins() if plugins is None else plugins), wrong)


def known_board(id: str, plugins: Plugins | None = None) -> TargetDevice:
    """Return the board of this id; raise InputError with the known ids where there is none."""
    boards = known_boards(plugins)
    if id not in boards:
        raise InputError(f"there is no board {id!r}", where=id, hint="known: " + ", ".join(sorted(boards)))
    return boards[id]


def plugin_boards(plugins: Plugins) -> tuple[Path, ...]:
    """Return the board files that plugins add."""
    return tuple(plugins.boards.get(name) for name in plugins.boards)

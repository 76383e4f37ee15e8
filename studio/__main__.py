"""The command `otolith`, the same as `python -m studio`: the window, or one command of the command line."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

BEFORE_QT = ("studio.storage.folder", "studio.estimate.report", "studio.lower.engine", "studio.plugin", "studio.boards")
"""What the window needs besides Qt: PySide6 reads the source of every module that is imported after it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, or run one command, and return the exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two threads make small transforms ten times slower
    argv = sys.argv[1:] if argv is None else argv
    wanted = _window_wanted(argv)
    if wanted is not None:
        return _window(wanted)
    from studio.cli.app import run

    return run(argv)


def _window_wanted(argv: Sequence[str]) -> list[str] | None:
    """Return the project in a list, or an empty one for the last project; None where this is for the command line."""
    if not argv:
        return []
    from studio.cli.app import COMMANDS

    if argv[0] == "window" and len(argv) < 3 and not argv[-1].startswith("-"):
        return list(argv[1:])
    if len(argv) == 1 and argv[0] not in COMMANDS and Path(argv[0]).is_dir():
        return list(argv)
    return None


def _window(project: list[str]) -> int:
    from studio.ui.screen import no_screen

    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(n) for n in names):
        return no_screen("neither DISPLAY nor WAYLAND_DISPLAY is set")
    for name in BEFORE_QT:
        import_module(name)
    try:
        from studio.ui.app import run
    except ImportError as error:
        if (error.name or "").split(".")[0] == "studio":
            raise
        return no_screen(str(error))
    return run(["otolith"], Path(project[0]) if project else None)


if __name__ == "__main__":
    sys.exit(main())

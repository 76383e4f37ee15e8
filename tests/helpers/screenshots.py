"""Pictures of every room and view on a fresh copy of the sample: `python tests/helpers/screenshots.py OUT`.

Both sizes, both themes; a design that is proven and trained for two epochs, so that the rooms hold something (`--bare` leaves
that out). Without a screen set QT_QPA_PLATFORM=offscreen, which is what this script does where nothing is set.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgspec
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import SetRecipe, SetTargets
from studio.storage.folder import ProjectFolder
from studio.ui import theme
from studio.ui.main_window import ROOMS, MainWindow
from studio.ui.panels.cost_tabs import VIEWS
from studio.ui.session import Session
from studio.ui.settings import Settings

SIZES = ((1280, 800), (1920, 1080))
TARGETS = ("virtual-m4", "nrf52840dk", "pico", "nucleo-l031k6")
SETTLE_MS = 400
WORK_S = 240.0


def main(argv: list[str] | None = None) -> int:
    """Take the pictures; return the exit code."""
    parser = argparse.ArgumentParser(description="pictures of every room")
    parser.add_argument("out", type=Path)
    parser.add_argument("--bare", action="store_true", help="neither prove nor train first")
    parser.add_argument("--rooms", nargs="*", default=[r.id for r in ROOMS])
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="otolith-pictures-") as scratch:
        os.environ["OTOLITH_HOME"] = str(Path(scratch) / "home")
        window = open_window(Path(scratch) / "keywords")
        if not args.bare:
            fill(window)
        take_all(window, args.out, args.rooms)
        window.session.document.undo_stack.setClean()
        window.close()
    return 0


def open_window(folder: Path) -> MainWindow:
    """Show the window on a copy of the sample with four targets, on one of which it does not fit."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    theme.apply(app, "dark")
    session = Session(ProjectFolder.copy_sample("keywords", folder).path, Settings())
    session.document.push(SetTargets(TARGETS))
    session.document.push(SetRecipe(msgspec.structs.replace(session.document.project.recipe, epochs=12)))
    session.document.save()
    window = MainWindow(session)
    window.resize(*SIZES[0])
    window.show()
    QTest.qWait(SETTLE_MS)
    return window


def fill(window: MainWindow) -> None:
    """Prove, train and flash, so that every room shows what it is for."""
    commands, jobs = window.commands, window.session.jobs
    works = {"prove": commands.prove, "train": commands.train, "flash": commands.flash}
    missing = {"train": "train", "flash": "deploy"}
    for name, work in works.items():
        if missing.get(name, "design") in {r.id for r in ROOMS}:
            work()
            wait(lambda: not jobs.running())
    window.session.select(("conv2d_1",))


def take_all(window: MainWindow, out: Path, rooms: list[str]) -> None:
    """Write room-theme-width.png for every room, theme and size, and design.view-theme-width.png for what the design costs."""
    for mode in ("dark", "light"):
        window.session.change_setting("theme", mode)
        for width, height in SIZES:
            window.resize(width, height)
            for room in rooms:
                window.show_room(room)
                window.setFocus()
                QTest.qWait(SETTLE_MS)
                window.grab().save(str(out / f"{room}-{mode}-{width}.png"))
            for view in VIEWS[1:] if "design" in rooms else ():
                window.show_view(view.id)
                QTest.qWait(2 * SETTLE_MS)
                window.grab().save(str(out / f"design.{view.id}-{mode}-{width}.png"))
            window.room("design").show_view(VIEWS[0].id)


def wait(done: Callable[[], bool]) -> None:
    """Let the window live until something is done; raise TimeoutError where it never is."""
    end = time.monotonic() + WORK_S
    QTest.qWait(100)
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the window's job does not end")
        QTest.qWait(50)


if __name__ == "__main__":
    sys.exit(main())

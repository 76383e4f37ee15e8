"""Loads the window's code once, then forks a window for each line "<project> <seed>" on stdin.

Each window is a process of its own on the real journal, lock and event loop; it says "window <pid>", then "done <n>" each
time that it has shown a step, and "ended" once it was killed.
"""

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import scipy.fft  # noqa: F401 - the clip's features need it
from PySide6.QtCore import QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from studio.ui import app as studio_app
from tests.helpers.restless import RestlessUser


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def show(project: Path, seed: int) -> None:
    """Run a window that edits by itself until it is killed."""
    app = QApplication(["otolith"])
    window = studio_app.open_window(app, project)
    window.show()
    user = RestlessUser(window.session.document, seed)
    done = 0

    def step() -> None:
        nonlocal done
        user.step()
        app.processEvents()
        done += 1
        say(f"done {done}")

    timer = QTimer(interval=0)
    timer.timeout.connect(step)
    timer.start()
    app.exec()


def main() -> None:
    """Fork a window a line."""
    qInstallMessageHandler(lambda *_: None)
    say("ready")
    for line in sys.stdin:
        project, seed = line.rsplit(maxsplit=1)
        pid = os.fork()
        if pid == 0:
            try:
                show(Path(project), int(seed))
            finally:
                os._exit(1)
        say(f"window {pid}")
        os.waitpid(pid, 0)
        say("ended")


if __name__ == "__main__":
    main()

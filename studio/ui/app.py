"""Start the window: the theme first, then the last project or the sample, then everything that can wait."""

import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.core.errors import StudioError
from studio.storage.project_file import NAME as PROJECT_FILE
from studio.ui import theme
from studio.ui.commands import fresh_sample
from studio.ui.main_window import MainWindow
from studio.ui.session import Session
from studio.ui.settings import Settings


def run(argv: list[str], project: Path | None = None) -> int:
    """Open the window and run until it closes."""
    app = QApplication(argv)
    window = open_window(app, project)
    window.show()
    return app.exec()


def open_window(app: QApplication, project: Path | None = None) -> MainWindow:
    """Make the window on a project, the last one, or the sample."""
    app.setApplicationName("Otolith Studio")
    settings = Settings()
    theme.apply(app, theme.resolve(settings.get("theme")))
    session, problem = _session(settings, project)
    window = MainWindow(session)
    _install_hook(window)
    if problem is not None:
        QTimer.singleShot(0, window, lambda: window.commands.show_error(problem))
    return window


def _session(settings: Settings, project: Path | None) -> tuple[Session, StudioError | None]:
    """Open what was asked for; where that fails, open the sample and say why."""
    last = settings.get("last_project")
    wanted = project or (Path(last) if isinstance(last, str) and (Path(last) / PROJECT_FILE).is_file() else None)
    problem = None
    if wanted is not None:
        try:
            return Session(wanted, settings), None
        except StudioError as error:
            problem = error
    return Session(fresh_sample(), settings), problem


def _install_hook(window: MainWindow) -> None:
    """Show what nobody caught, once, instead of dying or repeating it."""

    def hook(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        text = "".join(traceback.format_exception(kind, value, trace))
        sys.stderr.write(text)
        window.commands.show_error(value)

    sys.excepthook = hook

"""Start the window: the colours first, then the last project or the sample, then everything that can wait."""

import contextlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QSocketNotifier, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from studio.core.errors import StudioError
from studio.ui import opening, theme
from studio.ui.idle import IdleCollector
from studio.ui.main_window import MainWindow
from studio.ui.screen import no_screen
from studio.ui.session import Session
from studio.ui.settings import Settings

REMEMBER_MS = 300
REFINE_MS = 3000


def run(argv: list[str], project: Path | None = None) -> int:
    """Open the window, run until it closes, and return the exit code."""
    with _word_before_abort():
        app = QApplication(argv[:1])
    try:
        window = open_window(app, project)
    except StudioError as error:
        print(f"otolith: {error}", f"  {error.hint}", sep="\n", file=sys.stderr)
        return error.exit_code
    if window is None:
        return 0
    _install_hook(window)
    _follow_signals(window)
    window.show()
    QTimer.singleShot(2000, window, lambda: IdleCollector(window.session.gauges, window))
    QTimer.singleShot(REFINE_MS, window, window.session.refiner.start)
    code = app.exec()
    window.close_now()
    return code


def open_window(app: QApplication, project: Path | None = None) -> MainWindow | None:
    """Make the window on a project, the last one, or the sample; None where the user wants none. Raises InputError for `project`."""
    app.setApplicationName("Otolith Studio")
    app.setDesktopFileName("otolith")
    settings = Settings()
    theme.prepare(app, theme.resolve(settings.get("theme")))
    session, problem = opening.first_session(settings, project)
    if session is None:
        return None
    window = _window(session, problem)
    theme.style(app)
    return window


def _window(session: Session, problem: StudioError | None) -> MainWindow:
    window = MainWindow(session)
    remember = partial(opening.remember, session.settings, session.document.path)
    QTimer.singleShot(REMEMBER_MS, window, lambda: session.attempt(remember))  # the first paint waits for no disk
    if problem is not None:
        QTimer.singleShot(0, window, lambda: window.commands.show_error(problem))
    return window


@contextlib.contextmanager
def _word_before_abort() -> Iterator[None]:
    """Say what to do where Qt finds no screen: by itself it would abort."""
    said: list[str] = []

    def handle(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        said.append(text.strip().splitlines()[0].rstrip("."))
        if kind == QtMsgType.QtFatalMsg:
            code = no_screen(said[0])
            sys.stderr.flush()
            os._exit(code)

    before = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _install_hook(window: MainWindow) -> None:
    """Show what nobody caught, instead of dying; what goes wrong in showing it is printed alone, never shown in turn."""
    showing = False

    def hook(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        nonlocal showing
        if issubclass(kind, KeyboardInterrupt):
            window.close_now()
            return
        traceback.print_exception(kind, value, trace)
        if showing:
            return
        showing = True
        try:
            window.commands.show_error(value)
        finally:
            showing = False

    sys.excepthook = hook


def _follow_signals(window: MainWindow) -> None:
    """Close at Ctrl+C in the terminal and at the session's end; what is unsaved waits in the journal.

    Python runs its handlers only between two steps of its own, and Qt's loop makes none while nothing happens: so the
    interpreter writes each signal into a socket that Qt watches.
    """
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    ours.setblocking(False)
    signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)

    def close(_number: int, _frame: FrameType | None) -> None:
        window.close_now()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    window.signal_sockets = _Wake(ours, pythons, window)


class _Wake(QObject):
    """Keeps the sockets, and gives Python its turn when one has something to say."""

    def __init__(self, ours: socket.socket, pythons: socket.socket, parent: QObject) -> None:
        super().__init__(parent)
        self._ours, self._pythons = ours, pythons
        self._notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ours.recv(64)

"""Work in a thread of which only the latest answer counts: a preview while the user types."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.core.errors import Cancelled, StudioError
from studio.jobs.border import as_studio_error

Work = Callable[[Callable[[], None]], Any]


class Latest(QObject):
    """Runs what was asked last in a short-lived thread; `answered` carries its result, or its StudioError.

    The work is handed a function that raises Cancelled once nobody waits for it any more: it calls that often.
    """

    answered = Signal(object)
    _made = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: Work | None = None
        self._thread: threading.Thread | None = None
        self._made.connect(self._take)

    def ask(self, work: Work) -> None:
        """Do this, and drop what was asked before."""
        self._wanted = work
        if self._thread is None:
            self._start()

    def close(self) -> None:
        """Drop everything and wait for the thread, which ends at its next check."""
        self._wanted = None
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        work = self._wanted
        self._thread = threading.Thread(target=self._work, args=(work,), name="latest")
        self._thread.start()

    def _work(self, work: Work) -> None:
        def check() -> None:
            if self._wanted is not work:
                raise Cancelled("nobody waits for this any more")

        try:
            made = work(check)
        except (StudioError, OSError) as error:
            made = as_studio_error(error)
        try:
            self._made.emit(work, made)
        except RuntimeError:  # the window was closed meanwhile
            return

    def _take(self, work: Work, made: object) -> None:
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        if self._wanted is work:
            self._wanted = None
            self.answered.emit(made)
        elif self._wanted is not None:
            self._start()

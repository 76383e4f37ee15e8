"""Looks for advice while the design rests: in slices of a few milliseconds between the window's events, never in an edit's turn."""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from studio.advise import Advice, Design, advice_steps
from studio.advise.advice import Place
from studio.advise.search import Steps
from studio.core.project import Project
from studio.ui.session import Session

REST_MS = 600
SLICE_S = 0.006


class Advisor(QObject):
    """Keeps the advice for the design as it stands, the best first.

    `outdated` follows an edit that makes it that of another design, `found` the end of a search. `places` names the boards and
    runtimes that count, `wanted` tells whether anybody looks.
    """

    outdated = Signal()
    found = Signal()

    def __init__(self, session: Session, places: Callable[[], Sequence[Place]], wanted: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._places, self._wanted = session, places, wanted
        self.advice: tuple[Advice, ...] = ()
        self._of: tuple[Project, tuple[Place, ...]] | None = None
        self._steps: Steps | None = None
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._begin)
        self._turn = QTimer(self, interval=0, singleShot=True)  # what an edit's turn leaves for the next
        self._turn.timeout.connect(self._tell_outdated)
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._work)
        session.gauges.updated.connect(self.wake)

    @property
    def current(self) -> bool:
        """Whether the advice is for the design, the boards and the runtimes as they stand."""
        return self._of is not None and not self._session.gauges.stale and _alike(self._of, self._subject())

    @property
    def searching(self) -> bool:
        """Whether a search waits or runs."""
        return self._rest.isActive() or self._steps is not None

    def wake(self) -> None:
        """Give up what runs, and look once the design rests."""
        self._slices.stop()
        self._steps = None
        self._turn.start()
        self._rest.start()

    def _tell_outdated(self) -> None:
        if not self.current:
            self.outdated.emit()

    def _subject(self) -> tuple[Project, tuple[Place, ...]]:
        return self._session.document.project, tuple(self._places())

    def _begin(self) -> None:
        present = self._session.gauges.present
        if not self._wanted():
            return
        if self.current:
            self.found.emit()
            return
        places = self._places()
        if present is None or not places:
            self._end(())
            return
        now = Design(present.project, self._session.blocks, self._session.gauges.inference, present.network, present.figures)
        self._steps = advice_steps(now, places)
        self._slices.start()

    def _work(self) -> None:
        """Do steps until the slice is over: one step, the longest, may take as long again."""
        end = time.perf_counter() + SLICE_S
        assert self._steps is not None
        try:
            while time.perf_counter() < end:
                next(self._steps)
        except StopIteration as done:
            self._end(done.value)

    def _end(self, found: tuple[Advice, ...]) -> None:
        self._slices.stop()
        self._steps = None
        self.advice = found
        self._of = None if self._session.gauges.stale else self._subject()
        self.found.emit()


def _alike(a: tuple[Project, object], b: tuple[Project, object]) -> bool:
    """Whether two projects on their places have the same figures: graph, front end and interval count, names do not."""
    same = a[0].graph is b[0].graph and a[0].frontend == b[0].frontend and a[0].interval_ms == b[0].interval_ms
    return same and a[1] == b[1]

"""Python's garbage collector kept out of an edit's turn: it runs when the user rests."""

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from studio.ui.gauges import Gauges

PERIOD_MS = 2000
REST_S = 0.7
LONGEST_S = 20.0


class IdleCollector(QObject):
    """Looks every two seconds, and collects where no edit came of late and no button is held; after twenty in any case.

    A full collection takes some 30 ms, four times the budget of an edit's turn.
    """

    def __init__(self, gauges: Gauges, parent: QObject) -> None:
        super().__init__(parent)
        self._edited = self._collected = time.monotonic()
        gauges.updated.connect(self._note_edit)
        gc.collect()
        gc.freeze()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(PERIOD_MS)

    def stop(self) -> None:
        """Leave the collector to Python again."""
        self._timer.stop()
        gc.enable()
        gc.unfreeze()

    def _note_edit(self) -> None:
        self._edited = time.monotonic()

    def _look(self) -> None:
        now = time.monotonic()
        resting = now - self._edited > REST_S and QApplication.mouseButtons() == Qt.MouseButton.NoButton
        if resting or now - self._collected > LONGEST_S:
            gc.collect()
            self._collected = time.monotonic()

"""A level meter: RMS as a bar, the peak as a tick that falls slowly, a lamp for clipping."""

import time

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.audio.level import SILENCE, Level
from studio.ui.theme import theme

LOWEST_DB = -60.0
HOT_DB = -6.0
FALL_DB_S = 20.0
LAMP_S = 1.5


class LevelMeter(QWidget):
    """Shows the level that `show_level` was last given; -60 to 0 dB of full scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("level_meter")
        self.setAccessibleName("Level of the recording device")
        self.setToolTip("Bar: RMS; tick: peak; the lamp at the right lights when samples are clipped")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.level, self.peak_db = SILENCE, LOWEST_DB
        self._shown_at = self._clipped_at = 0.0

    def show_level(self, level: Level) -> None:
        """Show a level; the peak tick falls by 20 dB a second."""
        now = time.monotonic()
        self.peak_db = max(level.peak_db, LOWEST_DB, self.peak_db - FALL_DB_S * (now - self._shown_at))
        self.level, self._shown_at = level, now
        if level.clipped:
            self._clipped_at = now
        self.update()

    @property
    def clipped(self) -> bool:
        """Whether samples were clipped just now."""
        return self._clipped_at > 0 and time.monotonic() - self._clipped_at < LAMP_S

    def clear(self) -> None:
        """Show silence."""
        self.level, self.peak_db, self._clipped_at = SILENCE, LOWEST_DB, 0.0
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(160, 10)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        lamp = QRectF(self.width() - 12, 0, 12, self.height())
        track = QRectF(0, 0, self.width() - 16, self.height())
        for rect, colour in ((track, t.line), (lamp, t.too_large if self.clipped else t.line)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(rect, 3, 3)
        filled = track.adjusted(0, 0, self._x(self.level.rms_db, track) - track.width(), 0)
        painter.setBrush(QColor(t.tight if self.level.rms_db > HOT_DB else t.fits))
        if filled.width() > 1:
            painter.drawRoundedRect(filled, 3, 3)
        if self.peak_db > LOWEST_DB:
            painter.setBrush(QColor(t.tight if self.peak_db > HOT_DB else t.text))
            painter.drawRect(QRectF(max(0.0, self._x(self.peak_db, track) - 2), 0, 2, self.height()))

    def _x(self, db: float, track: QRectF) -> float:
        return track.width() * min(1.0, max(0.0, (db - LOWEST_DB) / -LOWEST_DB))

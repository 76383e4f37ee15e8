"""The last take: its whole waveform, with the part that became the clip set off."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.audio.level import envelope
from studio.ui.theme import RADIUS, theme
from studio.ui.widgets.live_wave import outline_polygon

COLUMNS = 280


class TakeView(QWidget):
    """Draws what `show_take` was given; hidden until then."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("take_view")
        self.setAccessibleName("Waveform of the last take")
        self.setToolTip("The whole take as it is in the file; the clip is the bright part")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._columns = np.zeros((COLUMNS, 2), np.float32)
        self._part = (0.0, 1.0)
        self.hide()

    def show_take(self, samples: np.ndarray, start: int, end: int) -> None:
        """Show samples of which `start` to `end` are the clip."""
        loudest = max(0.05, float(np.abs(samples).max()))
        self._columns = envelope(samples, COLUMNS) / loudest
        self._part = (start / len(samples), end / len(samples))
        self.show()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, 72)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.background))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        left, right = (self.width() * share for share in self._part)
        painter.setPen(QPen(QColor(t.dim), 1, Qt.PenStyle.DashLine))
        for x in (left, right):
            if 1 < x < self.width() - 1:
                painter.drawLine(QPointF(x, 4), QPointF(x, self.height() - 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.translate(0, self.height() / 2)
        painter.scale(self.width() / (COLUMNS - 1), self.height() / 2 - 6)
        polygon, first, last = outline_polygon(self._columns), COLUMNS * self._part[0], COLUMNS * self._part[1]
        for begin, end, colour in ((0, first, t.line), (first, last, t.accent), (last, COLUMNS, t.line)):
            painter.setClipRect(QRectF(begin, -2, end - begin, 4))
            painter.setBrush(QColor(colour))
            painter.drawPolygon(polygon)

"""The last seconds of a stream as a waveform that scrolls, with the take that is being recorded marked in it."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.audio.level import Outline
from studio.audio.ring import Ring
from studio.ui.theme import RADIUS, theme

COLUMNS = 300
SECONDS = 4.0


def outline_polygon(columns: np.ndarray, thin: float = 0.012) -> QPolygonF:
    """Return the closed outline of (n, 2) lowest and highest values: x from 0 to n - 1, y downwards, never thinner than `thin`."""
    low, high = columns[:, 0], columns[:, 1]
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, thin)
    top = [QPointF(x, y) for x, y in enumerate((-(middle + half)).tolist())]
    bottom = [QPointF(x, y) for x, y in enumerate((-(middle - half)).tolist())]
    return QPolygonF(top + bottom[::-1])


class LiveWave(QWidget):
    """Draws what `listen` was last given; `text` stands in its middle where there is nothing to draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("live_wave")
        self.setAccessibleName("Live waveform")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.text = ""
        self._outline: Outline | None = None
        self._take = 0.0

    def clear(self, text: str = "") -> None:
        """Forget the waveform and say why there is none."""
        self._outline, self._take, self.text = None, 0.0, text
        self.update()

    def listen(self, ring: Ring, rate: int, take_samples: int = 0) -> None:
        """Take in what is new in the ring; the newest `take_samples` belong to a take."""
        if self._outline is None:
            self._outline = Outline(COLUMNS, max(1, round(SECONDS * rate / COLUMNS)))
            self.text = ""
        outline = self._outline
        written = ring.written
        new, until = outline.wanted(written), written // outline.step * outline.step
        if new:
            outline.push(ring.window(new, until), written)
        self._take = take_samples / outline.step
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, 96)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.background))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        if self._outline is None:
            painter.setPen(QColor(t.dim))
            painter.drawText(self.rect().adjusted(8, 4, -8, -4), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.text)
            return
        painter.setPen(QPen(QColor(t.line), 1))
        painter.drawLine(QPointF(0, self.height() / 2), QPointF(self.width(), self.height() / 2))
        painter.setPen(Qt.PenStyle.NoPen)
        self._draw_columns(painter)

    def _draw_columns(self, painter: QPainter) -> None:
        assert self._outline is not None
        t, columns = theme(), self._outline.columns
        split = max(0, len(columns) - round(self._take))
        painter.translate(0, self.height() / 2)
        painter.scale(self.width() / (len(columns) - 1), self.height() / 2 - 4)
        polygon = outline_polygon(columns)
        for first, last, colour in ((0, split, t.dim if split < len(columns) else t.accent), (split, len(columns), t.too_large)):
            if last > first:
                painter.setClipRect(QRectF(first, -2, last - first, 4))
                painter.setBrush(QColor(colour))
                painter.drawPolygon(polygon)

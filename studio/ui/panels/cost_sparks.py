"""Small lines over the last edits: one for each measure, each point a design that a click goes to."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.units import format_ms, format_size
from studio.ui.paint import colour, pen, width, write
from studio.ui.panels.target_reading import Measure
from studio.ui.theme import GAP, PAD, theme

NAMES = ("Flash", "RAM", "Time")
LEFT, RIGHT = 56, 130
_SMALL, _DOT = 11, 3.0
_SPAN = 0.1


class Sparks(QWidget):
    """Paints the lines. `pointed` carries the point under the pointer or the keys, -1 for none; `wanted` the one to go to."""

    pointed = Signal(int)
    wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What the last edits cost")
        self.points: Sequence[tuple[Measure, ...]] = ()
        self.present, self.at, self.reason = 0, -1, ""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, 180)

    def show_points(self, points: Sequence[tuple[Measure, ...]], present: int, reason: str) -> None:
        """Show these measures of one design after another; `reason` says why there is nothing to show."""
        if (points, present, reason) != (self.points, self.present, self.reason):
            self.points, self.present, self.reason = points, present, reason
            self.at = self.at if self.at < len(points) else -1
            self.setAccessibleName(reason or f"What the last {len(points) - 1} edits cost")
            self.update()

    def x(self, number: int) -> float:
        """Return where a point stands."""
        room = self.width() - LEFT - RIGHT
        return LEFT + room * (number + 0.5) / max(1, len(self.points))

    def point_at(self, x: float) -> int:
        """Return the number of the point at a place, -1 for none."""
        room = self.width() - LEFT - RIGHT
        if self.reason or not LEFT <= x < LEFT + room:
            return -1
        return min(int((x - LEFT) * len(self.points) / room), len(self.points) - 1)

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter, t = QPainter(self), theme()
        painter.fillRect(self.rect(), colour(t.panel))
        if self.reason:
            painter.setPen(pen(t.dim))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.reason)
        else:
            self._paint_guides(painter)
            high = self.height() / len(NAMES)
            for row in range(len(NAMES)):
                self._paint_row(painter, row, QRectF(0, row * high, self.width(), high).adjusted(0, GAP, 0, -GAP))
        if self.hasFocus():
            painter.setPen(pen(t.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_guides(self, painter: QPainter) -> None:
        """Mark the present, and the point that is spoken of, through all rows."""
        t = theme()
        wide = (self.width() - LEFT - RIGHT) / max(1, len(self.points))
        for number, ink in ((self.at, colour(t.dim, 0.2)), (self.present, colour(t.accent, 0.16))):
            if number >= 0:
                painter.fillRect(QRectF(self.x(number) - wide / 2, 1, wide, self.height() - 2), ink)

    def _paint_row(self, painter: QPainter, row: int, box: QRectF) -> None:
        t = theme()
        painter.fillRect(QRectF(LEFT, box.bottom() + GAP - 1, self.width() - LEFT - RIGHT, 1), colour(t.line))
        write(painter, QPointF(PAD, box.center().y()), NAMES[row], _SMALL, t.dim)
        known = [(i, measured[row]) for i, measured in enumerate(self.points) if measured]
        if not known:
            return
        low, high = _range([m.taken for _, m in known])
        places = {i: QPointF(self.x(i), box.bottom() - 4 - (box.height() - 8) * (m.taken - low) / (high - low)) for i, m in known}
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for run in _runs(sorted(places)):
            for ink, part in (
                (t.dim, [i for i in run if i >= self.present]),
                (t.accent, [i for i in run if i <= self.present]),
            ):
                painter.setPen(pen(ink, 1.5))
                painter.drawPolyline(QPolygonF([places[i] for i in part]))
        for i, measure in known:
            ink = t.too_large if measure.share > 1 else t.accent if i <= self.present else t.dim
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(ink))
            size = _DOT + (1.5 if i == self.present else 0)
            painter.drawEllipse(places[i], size, size)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._write_figure(painter, row, box)

    def _write_figure(self, painter: QPainter, row: int, box: QRectF) -> None:
        """Write the figure of the point that is spoken of, else of the present, and its part of the budget."""
        t, measured = theme(), self.points[self.at if self.at >= 0 else self.present]
        if not measured:
            return
        measure = measured[row]
        text = format_ms(measure.taken) if measure.name == "Time" else format_size(measure.taken)
        share = f"{100 * measure.share:.0f} %"
        middle = box.center().y()
        write(painter, QPointF(self.width() - 56 - width(text, 12, True), middle), text, 12, t.text, bold=True)
        ink = t.too_large if measure.share > 1 else t.dim
        write(painter, QPointF(self.width() - PAD - width(share, _SMALL), middle), share, _SMALL, ink)

    # pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._point(self.point_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._point(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        number = self.point_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self.wanted.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if self.reason:
            super().keyPressEvent(event)
        elif step is not None:
            start = self.at if self.at >= 0 else self.present
            self._point(min(max(start + step, 0), len(self.points) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.at >= 0:
            self.wanted.emit(self.at)
        else:
            super().keyPressEvent(event)

    def _point(self, number: int) -> None:
        if number != self.at:
            self.at = number
            self.pointed.emit(number)
            self.update()


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the axis' ends: small changes stay small."""
    low, high = min(values), max(values)
    room = max(high - low, _SPAN * high, 1e-9)
    return low - (room - (high - low)) / 2, low + (high - low) + (room - (high - low)) / 2


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Split numbers where one is missing."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs

"""A wire on the canvas: a curve with the shape that it carries."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.core.graph import Wire
from studio.ui.canvas.block_item import font
from studio.ui.canvas.geometry import CORNER, PORT_REACH, SPACING, wire_path
from studio.ui.theme import theme


class WireItem(QGraphicsItem):
    """Draws a Wire between two cards."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self.path = QPainterPath()
        self.label = ""
        self.selected, self.marked = False, False
        self._ends: tuple[QRectF, QRectF, QPointF] | None = None
        self._middle = QPointF()
        self._label_rect = QRectF()
        self._bounds = QRectF()
        self.setZValue(1)

    def route(self, source: QRectF, target: QRectF, end: QPointF, cards: Sequence[QRectF]) -> None:
        """Lead the wire from one card to another's port, around the cards in its way."""
        ends = (source, target, end)
        if ends == self._ends and 2 * CORNER <= end.x() - source.right() < SPACING.width:
            return
        self._ends = ends
        path, middle = wire_path(source, target, end, self.wire.port, cards)
        if path != self.path:
            self.prepareGeometryChange()
            self.path, self._middle = path, middle
            self._measure()

    def show_label(self, text: str) -> None:
        """Write the shape on the wire."""
        if text != self.label:
            self.prepareGeometryChange()
            self.label = text
            self._measure()
            self.update()

    def show_state(self, selected: bool, marked: bool) -> None:
        """Show whether the wire is selected, or would take the block being dropped."""
        if (selected, marked) != (self.selected, self.marked):
            self.selected, self.marked = selected, marked
            self.update()

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.update()

    def covers(self, point: QPointF) -> bool:
        """Whether this point of the scene lies on the wire."""
        if not self._bounds.contains(point):
            return False
        return self._stroke(1.3 * PORT_REACH).contains(point)

    def crosses(self, area: QRectF) -> bool:
        """Whether the wire runs through this area of the scene."""
        return self._bounds.intersects(area) and self._stroke(1.0).intersects(area)

    def _stroke(self, width: float) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(width)
        return stroker.createStroke(self.path)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong = self.selected or self.marked
        painter.setPen(QPen(QColor(t.accent if strong else t.dim), 2.6 if strong else 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)
        if not self.label:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.background))
        painter.drawRect(self._label_rect.adjusted(0, 1, 0, -1))
        painter.setPen(QColor(t.accent if strong else t.dim))
        painter.setFont(font(11))
        painter.drawText(self._label_rect, int(Qt.AlignmentFlag.AlignCenter), self.label)

    def _measure(self) -> None:
        size = QRectF(0, 0, QFontMetricsF(font(11)).horizontalAdvance(self.label) + 2, 14) if self.label else QRectF()
        size.moveCenter(self._middle)
        self._label_rect = size
        self._bounds = self.path.boundingRect().adjusted(-9, -9, 9, 9).united(size)

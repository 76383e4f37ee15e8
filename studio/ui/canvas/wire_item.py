"""A wire on the canvas: a curve with the shape that it carries.

The curve belongs to the scene's background, which the view keeps as a picture: an edit that changes every shape draws labels alone.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from studio.core.graph import Wire
from studio.ui.canvas.geometry import CORNER, PORT_REACH, SPACING, wire_path
from studio.ui.paint import colour, font, pen, width, written
from studio.ui.theme import theme

_LABEL = 14.0


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
        self._ground, self._corner = QRectF(), QPointF()
        self._around = self._bounds = QRectF()
        self.setZValue(1)

    def route(self, source: QRectF, target: QRectF, end: QPointF, cards: Sequence[QRectF]) -> None:
        """Lead the wire from one card to another's port, around the cards in its way."""
        ends = (source, target, end)
        if ends == self._ends and 2 * CORNER <= end.x() - source.right() < SPACING.width:
            return
        self._ends = ends
        path, middle = wire_path(source, target, end, self.wire.port, cards)
        if path != self.path:
            self.forget()
            self.path, self._middle = path, middle
            self._around = path.boundingRect().adjusted(-9, -9, 9, 9)
            self._measure()
            self.forget()

    def forget(self) -> None:
        """Have the background drawn anew where the curve is."""
        if self.scene() is not None:
            self.scene().invalidate(self._bounds, QGraphicsScene.SceneLayer.BackgroundLayer)

    def show_loose(self, loose: bool) -> None:
        """Hide the wire while it is drawn to another end."""
        self.setVisible(not loose)
        self.forget()

    def show_label(self, text: str) -> None:
        """Write the shape on the wire; the curve is not painted anew for it."""
        if text == self.label:
            return
        self.update(self._ground)
        as_wide = bool(text and self.label) and width(text, 11) == width(self.label, 11)
        self.label = text
        if not as_wide:
            self._measure()
            self.update(self._ground)

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

    def paint_curve(self, painter: QPainter, area: QRectF) -> None:
        """Draw the curve where it runs through an area of the background."""
        if self.isVisible() and self._bounds.intersects(area):
            painter.strokePath(self.path, pen(theme().dim, 1.4))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t = theme()
        strong = self.selected or self.marked
        if strong:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.strokePath(self.path, pen(t.accent, 2.6))
        if self.label:
            painter.fillRect(self._ground, colour(t.background))
            painter.setPen(pen(t.accent if strong else t.dim))
            painter.setFont(font(11))
            painter.drawStaticText(self._corner, written(self.label, 11))

    def _measure(self) -> None:
        """Work out where the label stands, and the rectangle around label and curve."""
        wide = width(self.label, 11) if self.label else 0.0
        left, top = self._middle.x() - wide / 2, self._middle.y() - _LABEL / 2
        self._ground, self._corner = QRectF(left - 1, top + 1, wide + 2, _LABEL - 2), QPointF(left, top + 0.5)
        bounds = self._around.united(self._ground) if self.label else self._around
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds

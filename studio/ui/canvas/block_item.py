"""A block on the canvas: a card with its name, parameters and cost, its ports, and beneath it what is wrong."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.ui.canvas.faces import Face, short_title
from studio.ui.canvas.geometry import PORT_RADIUS, SPACING, input_point, output_point
from studio.ui.theme import PAD, RADIUS, theme

STRIPE = 3.0
_LEFT = STRIPE + PAD
_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


@lru_cache(maxsize=8)
def font(pixels: int, bold: bool = False) -> QFont:
    """Return the application's font at this size."""
    made = QFont(QApplication.font())
    made.setPixelSize(pixels)
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


@lru_cache(maxsize=1024)
def fitted(text: str, pixels: int, bold: bool, width: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than this."""
    return QFontMetricsF(font(pixels, bold)).elidedText(text, Qt.TextElideMode.ElideRight, width)


@lru_cache(maxsize=256)
def _title(text: str, width: float) -> str:
    metrics = QFontMetricsF(font(12, True))
    short = text if metrics.horizontalAdvance(text) <= width else short_title(text)
    return fitted(short, 12, True, width)


class BlockItem(QGraphicsItem):
    """Draws a Face; the view tells it whether it is selected, has the focus, or may take the wire being drawn."""

    def __init__(self, face: Face) -> None:
        super().__init__()
        self.face = face
        self.selected, self.focused = False, False
        self.open_ports: frozenset[int | str] = frozenset()
        self.callout: Callout | None = None
        self.setZValue(2)
        self._show_error()

    @property
    def card(self) -> QRectF:
        """The card in the scene."""
        return QRectF(self.x(), self.y(), SPACING.width, SPACING.height)

    def show_face(self, face: Face) -> None:
        """Show another face of the same block."""
        if face == self.face:
            return
        complains = (face.error, face.fix) != (self.face.error, self.face.fix)
        self.face = face
        self.update()
        if complains:
            self._show_error()

    def show_state(self, selected: bool, focused: bool) -> None:
        """Show whether the block is selected and has the keyboard."""
        if (selected, focused) != (self.selected, self.focused):
            self.selected, self.focused = selected, focused
            self._raise()
            self.update()

    def show_open_ports(self, ports: frozenset[int | str]) -> None:
        """Mark the ports that the wire being drawn may end at."""
        if ports != self.open_ports:
            self.open_ports = ports
            self.update()

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.update()
        if self.callout:
            self.callout.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(-9, -6, SPACING.width + 18, SPACING.height + 12)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t = theme()
        card = QRectF(0, 0, SPACING.width, SPACING.height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.focused:
            painter.setPen(QPen(QColor(t.accent), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card.adjusted(-4, -4, 4, 4), RADIUS + 3, RADIUS + 3)
        edge = t.too_large if self.face.error else t.accent if self.selected else t.line
        painter.setPen(QPen(QColor(edge), 2.0 if self.selected else 1.4 if self.face.error else 1.0))
        painter.setBrush(QColor(t.panel))
        painter.drawRoundedRect(card, RADIUS, RADIUS)
        if self.face.error and self.selected:
            painter.setPen(QPen(QColor(t.accent), 1.2))
            painter.drawRoundedRect(card.adjusted(3, 3, -3, -3), RADIUS - 2, RADIUS - 2)
        self._paint_stripe(painter)
        self._paint_text(painter)
        self._paint_ports(painter, card)

    def _paint_stripe(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().stripe(self.face.category)))
        painter.drawRoundedRect(QRectF(1, 5, STRIPE, SPACING.height - 10), 1.5, 1.5)

    def _paint_text(self, painter: QPainter) -> None:
        t = theme()
        width = SPACING.width - _LEFT - PAD
        painter.setPen(QColor(t.text))
        painter.setFont(font(12, True))
        painter.drawText(QPointF(_LEFT, 17), _title(self.face.title, width))
        painter.setFont(font(11))
        painter.setPen(QColor(t.dim))
        baseline = 32.0
        for text in (self.face.line, self.face.cost):
            if text:
                painter.drawText(QPointF(_LEFT, baseline), fitted(text, 11, False, width))
                baseline += 14

    def _paint_ports(self, painter: QPainter, card: QRectF) -> None:
        ports: list[tuple[int | str, QPointF]] = [(n, input_point(card, n, self.face.ports)) for n in range(self.face.ports)]
        for port, point in [*ports, ("out", output_point(card))]:
            may = port in self.open_ports
            painter.setPen(QPen(QColor(theme().accent if may else theme().dim), 1.4))
            painter.setBrush(QColor(theme().accent if may else theme().background))
            painter.drawEllipse(point, PORT_RADIUS + 2 * may, PORT_RADIUS + 2 * may)

    def _show_error(self) -> None:
        scene = self.scene()
        if self.callout is not None:
            self.callout.setParentItem(None)
            if scene is not None:
                scene.removeItem(self.callout)
            self.callout = None
        if self.face.error:
            self.callout = Callout(self.face.error, getattr(self.face.fix, "title", "") if self.face.fix is not None else "", self)
        self._raise()

    def _raise(self) -> None:
        self.setZValue(5 if self.face.error else 3 if self.selected else 2)


class Callout(QGraphicsItem):
    """The reason beneath a block, in words, and a button with its mend where there is one."""

    def __init__(self, text: str, fix: str, parent: BlockItem) -> None:
        super().__init__(parent)
        self.text, self.fix = text[0].upper() + text[1:], fix[:1].upper() + fix[1:]
        self.setPos(0, SPACING.height + 6)
        width = SPACING.width + SPACING.gap
        metrics = QFontMetricsF(font(11))
        inner = metrics.boundingRect(QRectF(0, 0, width - 2 * PAD, 400), int(_WRAP), self.text)
        self._text_rect = QRectF(PAD, 6, width - 2 * PAD, inner.height() + 2)
        bottom = self._text_rect.bottom() + 6
        self.fix_rect = QRectF()
        if fix:
            self.fix_rect = QRectF(PAD, bottom, min(width - 2 * PAD, metrics.horizontalAdvance(self.fix) + 18), 22)
            bottom += 28
        self._rect = QRectF(0, 0, width, bottom)

    def keep_within(self, view: QRectF) -> None:
        """Stand beneath the card, or above and to the left where the view (in the scene) ends."""
        card = self.parentItem().pos()
        below, above = SPACING.height + 6, -self._rect.height() - 6
        fits = card.y() + below + self._rect.height() <= view.bottom() or card.y() + above < view.top()
        self.setPos(min(0.0, max(view.right() - 4 - self._rect.width() - card.x(), -card.x() + view.left())), below if fits else above)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._rect.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(t.too_large), 1))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(self._rect, RADIUS, RADIUS)
        painter.setFont(font(11))
        painter.setPen(QColor(t.too_large))
        painter.drawText(self._text_rect, int(_WRAP), self.text)
        if self.fix:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.accent))
            painter.drawRoundedRect(self.fix_rect, 4, 4)
            painter.setPen(QColor(t.on_accent))
            label = fitted(self.fix, 11, False, self.fix_rect.width() - 12)
            painter.drawText(self.fix_rect, int(Qt.AlignmentFlag.AlignCenter), label)

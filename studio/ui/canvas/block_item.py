"""A block on the canvas: a card with its name, parameters and cost, its ports, and beneath it what is wrong."""

import math
from functools import lru_cache

import msgspec
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.ui.canvas.faces import Face, short_title
from studio.ui.canvas.geometry import PORT_RADIUS, SPACING, input_point, output_point
from studio.ui.paint import ascent, colour, fitted, font, pen, width, written
from studio.ui.theme import PAD, RADIUS, Theme, theme

STRIPE = 3.0
_LEFT = STRIPE + PAD
_ROOM = SPACING.width - _LEFT - PAD
_CARD = QRectF(0, 0, SPACING.width, SPACING.height)
_MARGIN = 9
_BOUNDS = QRectF(-_MARGIN, -6, SPACING.width + 2 * _MARGIN, SPACING.height + 12)
_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


@lru_cache(maxsize=256)
def _title(text: str, room: float) -> str:
    short = text if width(text, 12, True) <= room else short_title(text)
    return fitted(short, 12, True, room)


def _on_card(face: Face) -> tuple[object, ...]:
    return face.title, face.category, face.line, face.cost, face.ports


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
        """Show another face of the same block; a shape that alone is new stands on the wires."""
        last, self.face = self.face, face
        if _on_card(face) != _on_card(last):
            self.update()
        if (face.error, face.fix) != (last.error, last.fix):
            self.update()
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
        return _BOUNDS

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t, at = theme(), painter.worldTransform()
        scale, ratio = at.m11(), painter.device().devicePixelRatioF()
        look = Look(t, self.face.category, self.face.ports, bool(self.face.error), self.selected, self.focused, self.open_ports)
        card = _drawn(look, scale, ratio)
        margin = math.ceil(_MARGIN * scale)
        corner = QPoint(round(at.dx()), round(at.dy()))  # on whole pixels: the picture is sharp, and the text stands still in it
        painter.resetTransform()
        painter.drawImage(corner - QPoint(margin, margin), card)
        painter.setWorldTransform(QTransform(scale, 0, 0, scale, corner.x(), corner.y()))
        self._paint_text(painter, t)

    def _paint_text(self, painter: QPainter, t: Theme) -> None:
        painter.setPen(pen(t.text))
        painter.setFont(font(12, True))
        painter.drawStaticText(QPointF(_LEFT, 17 - ascent(12, True)), written(_title(self.face.title, _ROOM), 12, True))
        painter.setFont(font(11))
        painter.setPen(pen(t.dim))
        top = 32.0 - ascent(11)
        for text in (self.face.line, self.face.cost):
            if text:
                painter.drawStaticText(QPointF(_LEFT, top), written(fitted(text, 11, False, _ROOM), 11))
                top += 14

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


class Look(msgspec.Struct, frozen=True):
    """What a card is apart from its words; cards that look alike share a picture."""

    theme: Theme
    category: str
    ports: int
    wrong: bool
    selected: bool
    focused: bool
    open_ports: frozenset[int | str]


@lru_cache(maxsize=64)
def _drawn(look: Look, scale: float, ratio: float) -> QImage:
    """Draw a card and its ports at this scale, with a margin around for the ports and the focus."""
    margin = math.ceil(_MARGIN * scale)
    size = [math.ceil(length * scale) + 2 * margin for length in (SPACING.width, SPACING.height)]
    image = QImage(math.ceil(size[0] * ratio), math.ceil(size[1] * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(margin, margin)
    painter.scale(scale, scale)
    _draw_card(painter, look)
    _draw_ports(painter, look)
    painter.end()
    return image


def _draw_card(painter: QPainter, look: Look) -> None:
    t = look.theme
    if look.focused:
        painter.setPen(QPen(QColor(t.accent), 1, Qt.PenStyle.DotLine))
        painter.drawRoundedRect(_CARD.adjusted(-4, -4, 4, 4), RADIUS + 3, RADIUS + 3)
    edge = t.too_large if look.wrong else t.accent if look.selected else t.line
    painter.setPen(pen(edge, 2.0 if look.selected else 1.4 if look.wrong else 1.0))
    painter.setBrush(colour(t.panel))
    painter.drawRoundedRect(_CARD, RADIUS, RADIUS)
    if look.wrong and look.selected:
        painter.setPen(pen(t.accent, 1.2))
        painter.drawRoundedRect(_CARD.adjusted(3, 3, -3, -3), RADIUS - 2, RADIUS - 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(t.stripe(look.category)))
    painter.drawRoundedRect(QRectF(1, 5, STRIPE, SPACING.height - 10), 1.5, 1.5)


def _draw_ports(painter: QPainter, look: Look) -> None:
    t = look.theme
    ports: list[tuple[int | str, QPointF]] = [(n, input_point(_CARD, n, look.ports)) for n in range(look.ports)]
    for port, point in [*ports, ("out", output_point(_CARD))]:
        may = port in look.open_ports
        painter.setPen(pen(t.accent if may else t.dim, 1.4))
        painter.setBrush(colour(t.accent if may else t.background))
        painter.drawEllipse(point, PORT_RADIUS + 2 * may, PORT_RADIUS + 2 * may)


class Callout(QGraphicsItem):
    """The reason beneath a block, in words, and a button with its mend where there is one."""

    def __init__(self, text: str, fix: str, parent: BlockItem) -> None:
        super().__init__(parent)
        self.text, self.fix = text[0].upper() + text[1:], fix[:1].upper() + fix[1:]
        self.setPos(0, SPACING.height + 6)
        wide = SPACING.width + SPACING.gap
        metrics = QFontMetricsF(font(11))
        inner = metrics.boundingRect(QRectF(0, 0, wide - 2 * PAD, 400), int(_WRAP), self.text)
        self._text_rect = QRectF(PAD, 6, wide - 2 * PAD, inner.height() + 2)
        bottom = self._text_rect.bottom() + 6
        self.fix_rect = QRectF()
        if fix:
            self.fix_rect = QRectF(PAD, bottom, min(wide - 2 * PAD, metrics.horizontalAdvance(self.fix) + 18), 22)
            bottom += 28
        self._rect = QRectF(0, 0, wide, bottom)

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

"""How things that are drawn over each other are told apart: by colour and by dashes, never by one alone."""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from studio.ui.theme import theme

STROKES = 5
SWATCH = 26
_DASHES = ((), (6, 3), (2, 2), (9, 3, 2, 3), (12, 4))


class Stroke(msgspec.Struct, frozen=True):
    """A colour and the lengths of dashes and gaps in pixels; none for a solid line."""

    colour: str
    dashes: tuple[int, ...]

    def pen(self, width: float, alpha: int = 255) -> QPen:
        """Return a pen of this stroke, of the same width at any scale."""
        colour = QColor(self.colour)
        colour.setAlpha(alpha)
        pen = QPen(colour, width)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if self.dashes:
            pen.setDashPattern([d / width * 1.5 for d in self.dashes])
        return pen

    def swatch(self) -> QIcon:
        """Return a short piece of it, which a selection leaves as it is."""
        picture = QPixmap(2 * SWATCH, 20)
        picture.setDevicePixelRatio(2)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        pen = self.pen(2)
        pen.setCosmetic(False)
        painter.setPen(pen)
        painter.drawLine(0, 5, SWATCH, 5)
        painter.end()
        icon = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(picture, mode)
        return icon


def stroke(place: int) -> Stroke:
    """Return the stroke of what is at this place of those that are drawn together."""
    t = theme()
    colours = (t.accent, t.dense, t.pooling, t.composite, t.frontend)
    return Stroke(colours[place % STROKES], _DASHES[place % STROKES])

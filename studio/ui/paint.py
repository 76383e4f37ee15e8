"""What painting needs again and again, made once: colours, pens, fonts, texts that are laid out already.

An edit that changes every shape paints hundreds of short texts: reading a colour's name and shaping a word cost more than the ink.
"""

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QApplication

_TEXTS = 2048


@lru_cache(maxsize=128)
def colour(name: str, alpha: float = 1.0) -> QColor:
    """Return a colour of the theme; not to be changed."""
    made = QColor(name)
    made.setAlphaF(alpha)
    return made


@lru_cache(maxsize=128)
def pen(name: str, width: float = 1.0) -> QPen:
    """Return a pen in a colour of the theme; not to be changed."""
    return QPen(QColor(name), width)


@lru_cache(maxsize=8)
def font(pixels: int, bold: bool = False) -> QFont:
    """Return the application's font at this size."""
    made = QFont(QApplication.font())
    made.setPixelSize(pixels)
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


@lru_cache(maxsize=_TEXTS)
def width(text: str, pixels: int, bold: bool = False) -> float:
    """Return how wide a text is."""
    return QFontMetricsF(font(pixels, bold)).horizontalAdvance(text)


@lru_cache(maxsize=_TEXTS)
def fitted(text: str, pixels: int, bold: bool, room: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than this."""
    return QFontMetricsF(font(pixels, bold)).elidedText(text, Qt.TextElideMode.ElideRight, room)


@lru_cache(maxsize=_TEXTS)
def written(text: str, pixels: int, bold: bool = False) -> QStaticText:
    """Return a line of plain text laid out in `font(pixels, bold)`, to be drawn with that font at its top left corner."""
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.prepare(QTransform(), font(pixels, bold))
    return made


@lru_cache(maxsize=8)
def ascent(pixels: int, bold: bool = False) -> float:
    """Return how far a line's baseline stands beneath its top."""
    return QFontMetricsF(font(pixels, bold)).ascent()


def write(painter: QPainter, at: QPointF, text: str, pixels: int, ink: str, bold: bool = False) -> None:
    """Write a line in a colour of the theme, its left end at this point and its middle at this height."""
    line = written(text, pixels, bold)
    painter.setFont(font(pixels, bold))
    painter.setPen(pen(ink))
    painter.drawStaticText(QPointF(at.x(), at.y() - line.size().height() / 2), line)

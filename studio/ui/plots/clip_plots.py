"""The two plots of a clip, waveform and features, on one time axis; each is drawn once a change, and repaints alone.

They paint themselves: a scene of graphics items would have the whole window painted at once for every change in it.
"""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QPolygonF, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.dsp.picture import magma
from studio.ui import paint
from studio.ui.plots.clip_features import Picture, hz_ticks
from studio.ui.plots.shown_clip import Envelope, ShownClip
from studio.ui.plots.stretch import ZOOM, Stretch
from studio.ui.theme import theme

LEFT, RIGHT, BOTTOM, TOP = 34, 6, 20, 2
TICK, TEXT_PIXELS = 3, 10
TICK_ROOM = 72
NOTCH = 120
PAN = 0.1


def _packed(colours: np.ndarray) -> np.ndarray:
    """Return RGB colours, uint8 (n, 3), as a QImage's 32 bits each."""
    red, green, blue = colours.astype(np.uint32).T
    return np.uint32(0xFF000000) | red << 16 | green << 8 | blue


MAGMA = _packed(magma(np.linspace(0, 1, 256)))


class TimePlot(QWidget):
    """A plot over time: wheel and +/- zoom, dragging and arrows pan, a double click or Home shows all.

    `hovered` says where the mouse is, in seconds from the left and in the plot's own measure from the bottom.
    """

    hovered = Signal(QPointF)
    unhovered = Signal()
    bottom = 0

    def __init__(self, name: str, stretch: Stretch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.stretch = stretch
        self.cursor_seconds: float | None = None
        self._dragged_from: float | None = None
        stretch.changed.connect(self.redraw)

    # where things stand

    @property
    def area(self) -> QRect:
        """The plot within its axes."""
        return self.rect().adjusted(LEFT, TOP, -RIGHT, -self.bottom)

    @property
    def top_value(self) -> float:
        """What the upper edge stands for; the lower one is 0."""
        return 1.0

    @property
    def shown_seconds(self) -> tuple[float, float]:
        """The stretch that is shown."""
        return self.stretch.start, self.stretch.end

    def x_of(self, seconds: float) -> float:
        """Return where a time stands in the widget."""
        area = self.area
        return area.left() + (seconds - self.stretch.start) / self.stretch.seconds * area.width()

    def seconds_at(self, x: float) -> float:
        """Return the time at a place of the widget."""
        area = self.area
        return self.stretch.start + (x - area.left()) / max(1, area.width()) * self.stretch.seconds

    # showing

    def show_cursor(self, seconds: float | None) -> None:
        """Show where the sound plays; None hides it."""
        before, self.cursor_seconds = self.cursor_seconds, seconds
        for at in (before, seconds):
            if at is not None:
                self.update(QRect(round(self.x_of(at)) - 2, 0, 5, self.height()))

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.redraw()

    def redraw(self) -> None:
        """Draw anew with the next paint."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, area = QPainter(self), self.area
        painter.fillRect(event.rect(), paint.colour(theme().panel))
        if area.width() > 0 and area.height() > 0:
            self._paint_inside(painter, area)
            self._paint_axes(painter, area, event.rect())
            self._paint_cursor(painter, area)
        if self.hasFocus():
            painter.setPen(paint.pen(theme().accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_inside(self, painter: QPainter, area: QRect) -> None:
        """Paint what the plot shows."""

    def _paint_axes(self, painter: QPainter, area: QRect, _wanted: QRect) -> None:
        painter.setPen(paint.pen(theme().line))
        painter.drawLine(area.left() - 1, area.top(), area.left() - 1, area.bottom())

    def _paint_cursor(self, painter: QPainter, area: QRect) -> None:
        if self.cursor_seconds is not None and self.stretch.start <= self.cursor_seconds <= self.stretch.end:
            painter.setPen(paint.pen(theme().accent, 2))
            x = round(self.x_of(self.cursor_seconds))
            painter.drawLine(x, area.top(), x, area.bottom())

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at, area = event.position(), self.area
        if self._dragged_from is not None:
            self.stretch.pan(self._dragged_from - self.seconds_at(at.x()))
        elif area.contains(at.toPoint()):
            self.hovered.emit(QPointF(self.seconds_at(at.x()), (area.bottom() + 1 - at.y()) / area.height() * self.top_value))
        else:
            self.unhovered.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged_from = self.seconds_at(event.position().x())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.stretch.show_all()

    def leaveEvent(self, event) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.unhovered.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        turned = event.angleDelta()
        if turned.y():
            self.stretch.zoom(ZOOM ** (turned.y() / NOTCH), self.seconds_at(event.position().x()))
        elif turned.x():
            self.stretch.pan(-turned.x() / NOTCH * PAN * self.stretch.seconds)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        stretch = self.stretch
        moves: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Left: lambda: stretch.pan(-PAN * stretch.seconds),
            Qt.Key.Key_Right: lambda: stretch.pan(PAN * stretch.seconds),
            Qt.Key.Key_Plus: lambda: stretch.zoom(ZOOM),
            Qt.Key.Key_Equal: lambda: stretch.zoom(ZOOM),
            Qt.Key.Key_Minus: lambda: stretch.zoom(1 / ZOOM),
            Qt.Key.Key_Home: stretch.show_all,
        }
        if event.key() in moves and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            moves[event.key()]()
        else:
            event.ignore()


class WavePlot(TimePlot):
    """The waveform, drawn from the extremes in each column of pixels; the part that the network hears is marked where it is not all."""

    def __init__(self, stretch: Stretch, parent: QWidget | None = None) -> None:
        super().__init__("Waveform", stretch, parent)
        self._envelope: Envelope | None = None
        self._rate, self._reach = 1, 1.0
        self.heard: tuple[float, float] | None = None
        self._drawn: QPixmap | None = None

    def show_clip(self, clip: ShownClip) -> None:
        """Show a sound."""
        self._envelope, self._rate = Envelope(clip.samples), clip.rate
        self._reach = max(0.02, 1.08 * self._envelope.peak)
        self.heard = None if clip.is_whole else (clip.heard[0] / clip.rate, clip.heard[1] / clip.rate)
        self.redraw()

    def redraw(self) -> None:
        self._drawn = None
        super().redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._drawn = None

    def _paint_inside(self, painter: QPainter, area: QRect) -> None:
        if self._drawn is None:
            self._drawn = self._draw(area)
        painter.drawPixmap(area.topLeft(), self._drawn)

    def _draw(self, area: QRect) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(area.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(paint.colour(theme().panel))
        painter = QPainter(made)
        painter.translate(-area.topLeft())
        self._draw_heard(painter, area)
        painter.setPen(paint.pen(theme().accent))
        painter.drawPolyline(self._outline(area, round(area.width() * ratio)))
        painter.end()
        return made

    def _draw_heard(self, painter: QPainter, area: QRect) -> None:
        if self.heard is not None:
            left, right = (self.x_of(at) for at in self.heard)
            painter.fillRect(QRectF(left, area.top(), right - left, area.height()), paint.colour(theme().line))
            painter.setPen(paint.pen(theme().dim))
            for x in (left, right):
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _outline(self, area: QRect, columns: int) -> QPolygonF:
        if self._envelope is None:
            return QPolygonF()
        start, end = (round(at * self._rate) for at in self.shown_seconds)
        at, values = self._envelope.outline(start, end + 1, max(64, columns))
        xs = area.left() + (at / self._rate - self.stretch.start) * (area.width() / self.stretch.seconds)
        ys = area.center().y() - values * (area.height() / 2 / self._reach)
        return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


class FeaturePlot(TimePlot):
    """The features as a picture, low bands at the bottom, frequencies on its left."""

    bottom = BOTTOM

    def __init__(self, stretch: Stretch, parent: QWidget | None = None) -> None:
        super().__init__("Features", stretch, parent)
        self.picture: Picture | None = None
        self.ticks: list[tuple[float, str]] = []
        self._pixels: np.ndarray | None = None
        self._image = QImage()

    @property
    def top_value(self) -> float:
        return float(self.picture.frontend.mels) if self.picture else 1.0

    def show_picture(self, shown: Picture) -> None:
        """Show features."""
        old, self.picture = self.picture, shown
        if old is None or old.frontend is not shown.frontend:
            self.ticks = hz_ticks(shown.frontend)
        self._pixels = None
        self.update(self.rect().adjusted(0, 0, 0, -self.bottom))

    def redraw(self) -> None:
        self._pixels = None
        super().redraw()

    def text_at(self, at: QPointF) -> str:
        """Say what stands at a place."""
        return self.picture.at(at.x(), at.y()) if self.picture else ""

    def _paint_inside(self, painter: QPainter, area: QRect) -> None:
        if self.picture is None:
            return
        columns = round(area.width() * self.devicePixelRatioF())
        if self._pixels is None or self._pixels.shape[1] != columns:
            self._pixels = column_pixels(self.picture, self.stretch.start, self.stretch.seconds, columns, QColor(theme().panel).rgb())
            high, wide = self._pixels.shape
            self._image = QImage(self._pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
        painter.drawImage(area, self._image)

    def _paint_axes(self, painter: QPainter, area: QRect, wanted: QRect) -> None:
        super()._paint_axes(painter, area, wanted)
        painter.setFont(paint.font(TEXT_PIXELS))
        for band, text in self.ticks:
            y = area.bottom() + 1 - band / self.top_value * area.height()
            self._paint_tick(painter, QPointF(area.left() - 1, y), QPointF(area.left() - 1 - TICK, y), text)
        if wanted.bottom() >= area.bottom():
            painter.setPen(paint.pen(theme().line))
            painter.drawLine(area.left() - 1, area.bottom() + 1, area.right(), area.bottom() + 1)
            for seconds, text in self.stretch.ticks(area.width() // TICK_ROOM):
                x, y = self.x_of(seconds), area.bottom() + 1
                self._paint_tick(painter, QPointF(x, y), QPointF(x, y + TICK), text)

    def _paint_tick(self, painter: QPainter, root: QPointF, tip: QPointF, text: str) -> None:
        """Paint a tick and its text: to the left of a level one, beneath an upright one, and within the widget."""
        painter.setPen(paint.pen(theme().line))
        painter.drawLine(root, tip)
        painter.setPen(paint.pen(theme().dim))
        wide, high = paint.width(text, TEXT_PIXELS), paint.written(text, TEXT_PIXELS).size().height()
        level = root.y() == tip.y()
        x = tip.x() - 3 - wide if level else min(self.width() - wide - 1, tip.x() - wide / 2)
        y = max(0.0, tip.y() - high / 2) if level else tip.y() + 1
        painter.drawStaticText(QPointF(x, y), paint.written(text, TEXT_PIXELS))


def column_pixels(shown: Picture, start: float, seconds: float, columns: int, outside: int) -> np.ndarray:
    """Return 32-bit colours (mels, columns) of the frames beneath each column's middle, the highest band first, `outside` where none is."""
    at, wide = shown.seconds
    count = len(shown.features)
    frames = np.floor((start + (np.arange(columns) + 0.5) * (seconds / columns) - at) * (count / wide)).astype(np.int64)
    first, last = np.searchsorted(frames, (0, count))
    pixels = np.full((shown.frontend.mels, columns), outside, np.uint32)
    pixels[:, first:last] = MAGMA[shown.colours[::-1, frames[first:last]]]
    return pixels

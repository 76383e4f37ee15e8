"""The two plots of a clip, waveform and features, on one time axis; each repaints alone."""

import math
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.dsp.picture import magma
from studio.ui.plots.clip_features import Picture, hz_ticks
from studio.ui.plots.shown_clip import Envelope, ShownClip
from studio.ui.theme import theme

pg.setConfigOptions(antialias=False, imageAxisOrder="row-major")
AXIS_WIDTH = 34
MAGMA = magma(np.linspace(0, 1, 256))
_ZOOM = 0.8


class SecondsAxis(pg.AxisItem):
    """A time axis whose numbers bear their unit."""

    def tickStrings(self, values, scale, spacing):  # noqa: N802
        return [f"{value:.{_decimals(spacing)}f} s" for value in values]


def _decimals(spacing: float) -> int:
    return max(0, math.ceil(-math.log10(spacing) - 1e-9)) if spacing > 0 else 3


class TimePlot(pg.PlotWidget):
    """A plot over time: wheel and +/- zoom, dragging and arrows pan, a double click or Home shows all."""

    hovered = Signal(QPointF)
    unhovered = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"bottom": SecondsAxis("bottom")})
        self.setObjectName(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.box: pg.ViewBox = self.getViewBox()
        self.box.setMouseEnabled(x=True, y=False)
        self.box.setDefaultPadding(0)
        self.plotItem.setContentsMargins(0, 0, 6, 0)
        self.getAxis("left").setWidth(AXIS_WIDTH)
        self.cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self.cursor_line.setZValue(10)
        self.cursor_line.hide()
        self.addItem(self.cursor_line, ignoreBounds=True)
        self.scene().sigMouseMoved.connect(self._moved)
        self._seconds = 1.0

    def set_length(self, seconds: float) -> None:
        """Set what there is to see, and show all of it."""
        self._seconds = seconds
        self.box.setLimits(xMin=0, xMax=seconds, minXRange=min(seconds, 0.002), maxXRange=seconds)
        self.show_all()

    def show_all(self) -> None:
        """Show the whole length."""
        self.box.setXRange(0, self._seconds, padding=0)

    @property
    def shown_seconds(self) -> tuple[float, float]:
        """The stretch that is shown."""
        start, end = self.box.viewRange()[0]
        return max(0.0, start), min(self._seconds, end)

    def show_cursor(self, seconds: float | None) -> None:
        """Show where the sound plays; None hides it."""
        self.cursor_line.setVisible(seconds is not None)
        if seconds is not None:
            self.cursor_line.setPos(seconds)

    def restyle(self) -> None:
        """Take the theme's colours."""
        t = theme()
        self.setBackground(t.panel)
        self.cursor_line.setPen(pg.mkPen(t.accent, width=2))
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(t.line))
            axis.setTextPen(pg.mkPen(t.dim))
            axis.setTickFont(self._tick_font())
            axis.setStyle(tickLength=3)

    def _tick_font(self):
        font = self.font()
        font.setPixelSize(10)
        return font

    def _moved(self, at: QPointF) -> None:
        if self.box.sceneBoundingRect().contains(at):
            self.hovered.emit(self.box.mapSceneToView(at))
        else:
            self.unhovered.emit()

    def leaveEvent(self, event) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.unhovered.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.show_all()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        start, end = self.shown_seconds
        moves: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Left: lambda: self._pan(-0.1),
            Qt.Key.Key_Right: lambda: self._pan(0.1),
            Qt.Key.Key_Plus: lambda: self._zoom(_ZOOM),
            Qt.Key.Key_Equal: lambda: self._zoom(_ZOOM),
            Qt.Key.Key_Minus: lambda: self._zoom(1 / _ZOOM),
            Qt.Key.Key_Home: self.show_all,
        }
        if event.key() in moves and not event.modifiers() & Qt.KeyboardModifier.ControlModifier and end > start:
            moves[event.key()]()
        else:
            event.ignore()

    def _pan(self, share: float) -> None:
        start, end = self.shown_seconds
        step = (end - start) * share
        step = max(-start, min(step, self._seconds - end))
        self.box.setXRange(start + step, end + step, padding=0)

    def _zoom(self, factor: float) -> None:
        start, end = self.shown_seconds
        middle, half = (start + end) / 2, (end - start) / 2 * factor
        self.box.setXRange(max(0.0, middle - half), min(self._seconds, middle + half), padding=0)


class WavePlot(TimePlot):
    """The waveform, drawn from the extremes in each column of pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Waveform", parent)
        self._envelope: Envelope | None = None
        self._rate = 1
        self.curve = pg.PlotCurveItem()
        self.heard = pg.LinearRegionItem(movable=False)
        self.heard.setZValue(-5)
        self.addItem(self.heard, ignoreBounds=True)
        self.addItem(self.curve)
        self.getAxis("left").setTicks([])
        self.getAxis("bottom").hide()
        self.box.sigXRangeChanged.connect(lambda *_: self._draw())

    def show_clip(self, clip: ShownClip) -> None:
        """Show a sound."""
        self._envelope, self._rate = Envelope(clip.samples), clip.rate
        reach = max(0.02, 1.08 * self._envelope.peak)
        self.box.setYRange(-reach, reach, padding=0)
        self.heard.setVisible(not clip.is_whole)
        self.heard.setRegion([x / clip.rate for x in clip.heard])
        self.set_length(clip.seconds)
        self._draw()

    def restyle(self) -> None:
        super().restyle()
        self.curve.setPen(pg.mkPen(theme().accent))
        self.heard.setBrush(pg.mkBrush(theme().line))
        for line in self.heard.lines:
            line.setPen(pg.mkPen(theme().dim))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if hasattr(self, "curve"):
            self._draw()

    def _draw(self) -> None:
        if self._envelope is None:
            return
        start, end = self.shown_seconds
        columns = max(64, int(self.box.width()))
        at, values = self._envelope.outline(int(start * self._rate), int(end * self._rate) + 2, columns)
        self.curve.setData(at / self._rate, values)


class FeaturePlot(TimePlot):
    """The features as a picture, low bands at the bottom, frequencies on its left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Features", parent)
        self.image = pg.ImageItem()
        self.image.setLookupTable(MAGMA)
        self.addItem(self.image)
        self.getAxis("bottom").setHeight(20)
        self.picture: Picture | None = None
        self._ticks: list[tuple[float, str]] = []

    def show_picture(self, shown: Picture) -> None:
        """Show features."""
        old, self.picture = self.picture, shown
        self.image.setImage(shown.colours, autoLevels=False, levels=None, autoDownsample=False)
        if old is None or old.extent != shown.extent:
            self.image.setRect(QRectF(*shown.extent))
            self.box.setYRange(0, shown.frontend.mels, padding=0)
        if old is None or old.frontend is not shown.frontend:
            self._show_ticks(hz_ticks(shown.frontend))

    def _show_ticks(self, ticks: list[tuple[float, str]]) -> None:
        if ticks != self._ticks:
            self._ticks = ticks
            self.getAxis("left").setTicks([ticks])

    def text_at(self, at: QPointF) -> str:
        """Say what stands at a place."""
        return self.picture.at(at.x(), at.y()) if self.picture else ""

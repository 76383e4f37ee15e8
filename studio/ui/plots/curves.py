"""Loss and accuracy over the epochs, of one training or of several side by side, each in its own stroke."""

import math
from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.panels.train_series import LIVE, Series
from studio.ui.theme import GAP, PAD, ROOM, theme
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.stroke import STROKES, SWATCH, stroke

pg.setConfigOptions(antialias=False, imageAxisOrder="row-major")
AXIS_WIDTH = 42
TRAIN_ALPHA = 130


class EpochAxis(pg.AxisItem):
    """An axis of whole epochs."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802
        room = max(2.0, size / 44)
        step = next(s * 10**e for e in range(6) for s in (1, 2, 5) if (high - low) / (s * 10**e) <= room)
        first = math.ceil(max(1.0, low) / step) * step
        values = [float(v) for v in range(int(first), int(high) + 1, int(step))]
        return [(step, [1.0, *values] if first > 1 and step > 1 and low <= 1 and first - 1 >= step / 2 else values)]

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:  # noqa: N802
        return [f"{v:.0f}" for v in values]


class ShareAxis(pg.AxisItem):
    """An axis of shares, written in per cent."""

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:  # noqa: N802
        return [f"{100 * v:.{0 if spacing >= 0.0099 else 1}f} %" for v in values]


class CurvePlot(pg.PlotWidget):
    """One figure over the epochs: thin what training clips gave, bold what validation clips gave."""

    hovered = Signal(object)

    def __init__(self, figure: str, title: str, share: bool, parent: QWidget | None = None) -> None:
        axes = {"bottom": EpochAxis("bottom"), "left": ShareAxis("left") if share else pg.AxisItem("left")}
        super().__init__(parent, axisItems=axes)
        self.figure, self.share = figure, share
        self.setObjectName(f"curve_{figure}")
        self.setAccessibleName(f"{title} over the epochs")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.box: pg.ViewBox = self.getViewBox()
        self.box.setMouseEnabled(x=False, y=False)
        self.box.setDefaultPadding(0)
        self.getAxis("left").setWidth(AXIS_WIDTH)
        self.getAxis("bottom").setHeight(20)
        self.showGrid(y=True, alpha=0.15)
        self.lines = [(pg.PlotCurveItem(), pg.PlotDataItem()) for _ in range(STROKES)]
        self.best = [pg.InfiniteLine(angle=90, movable=False) for _ in range(STROKES)]
        for items in (*self.lines, *((line,) for line in self.best)):
            for item in items:
                self.addItem(item, ignoreBounds=True)
        self.cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self.cursor_line.hide()
        self.addItem(self.cursor_line, ignoreBounds=True)
        self.scene().sigMouseMoved.connect(self._mouse_moved)

    def show_series(self, shown: Sequence[Series]) -> None:
        """Draw trainings; those beyond the number of strokes are left out."""
        for place, (train, validation) in enumerate(self.lines):
            series = shown[place] if place < len(shown) else None
            found = series is not None and bool(series.rows)
            train.setVisible(found)
            validation.setVisible(found)
            self.best[place].setVisible(found and series.best_epoch > 0)
            if found:
                self._draw(place, series)
        self._fit(shown)

    def _draw(self, place: int, series: Series) -> None:
        kind, (train, validation) = stroke(place), self.lines[place]
        train.setPen(kind.pen(1, TRAIN_ALPHA))
        train.setData(*series.points(self.figure))
        epochs, values = series.points(f"val_{self.figure}")
        few = len(epochs) < 3
        validation.setData(epochs, values, pen=kind.pen(2), symbol="o" if few else None, symbolSize=5, symbolPen=None)
        validation.setSymbolBrush(pg.mkBrush(kind.colour))
        self.best[place].setPos(series.best_epoch)
        self.best[place].setPen(pg.mkPen(kind.colour, width=1, style=Qt.PenStyle.DotLine))

    def _fit(self, shown: Sequence[Series]) -> None:
        values = [v for s in shown for name in (self.figure, f"val_{self.figure}") for v in s.points(name)[1]]
        last = max((max(s.epochs, len(s.rows)) for s in shown), default=1)
        self.box.setXRange(0.5 if last < 3 else 1, max(last, 1.5), padding=0.02)
        if self.share:
            low = min(values, default=0.0)
            self.box.setYRange(max(0.0, math.floor(10 * low) / 10), 1.0, padding=0.07)
        else:
            self.box.setYRange(0.0, max(max(values, default=1.0) * 1.05, 1e-3), padding=0.02)

    def show_cursor(self, epoch: int | None) -> None:
        """Mark an epoch; None marks none."""
        self.cursor_line.setVisible(epoch is not None)
        if epoch is not None:
            self.cursor_line.setPos(epoch)

    def restyle(self) -> None:
        """Take the theme's colours."""
        t = theme()
        self.setBackground(t.panel)
        self.cursor_line.setPen(pg.mkPen(t.dim, width=1))
        font = self.font()
        font.setPixelSize(10)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(t.line))
            axis.setTextPen(pg.mkPen(t.dim))
            axis.setTickFont(font)

    def _mouse_moved(self, at: QPointF) -> None:
        inside = self.box.sceneBoundingRect().contains(at)
        self.hovered.emit(round(self.box.mapSceneToView(at).x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        event.ignore()  # the arrows are the panel's


class Legend(QWidget):
    """The trainings that are drawn, each beside its stroke."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.titles: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_titles(self, titles: Sequence[str]) -> None:
        """Name the trainings in the order of their strokes."""
        self.titles = tuple(titles)
        self.setAccessibleName("Drawn: " + ", ".join(titles))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, self.fontMetrics().height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, left = self.height() // 2, 0
        for place, title in enumerate(self.titles):
            painter.setPen(stroke(place).pen(2))
            painter.drawLine(left, middle, left + SWATCH, middle)
            painter.setPen(QColor(theme().text))
            painter.drawText(left + SWATCH + 6, middle + metrics.ascent() // 2 - 1, title)
            left += SWATCH + 6 + metrics.horizontalAdvance(title) + ROOM


class Curves(QWidget):
    """Loss beside accuracy, one cursor over both. The mouse or the arrow keys choose the epoch whose figures are written above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curves")
        self.shown: tuple[Series, ...] = ()
        self.epoch: int | None = None
        self.legend, self.readout = Legend(), ElidedLabel()
        self.readout.setObjectName("curve_readout")
        self.readout.setProperty("kind", "dim")
        self.loss, self.accuracy = CurvePlot("loss", "Loss", share=False), CurvePlot("accuracy", "Accuracy", share=True)
        row = QHBoxLayout()
        row.setSpacing(PAD)
        for plot, title in ((self.loss, "LOSS"), (self.accuracy, "ACCURACY")):
            row.addLayout(_titled(title, plot), 1)
            plot.hovered.connect(self.show_epoch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.legend)
        column.addLayout(row, 1)
        column.addWidget(self.readout)
        self.restyle()

    def show_series(self, shown: Sequence[Series]) -> None:
        """Draw these trainings, the first in the boldest stroke."""
        self.shown = tuple(shown[:STROKES])
        self.legend.show_titles([s.title for s in self.shown])
        for plot in (self.loss, self.accuracy):
            plot.show_series(self.shown)
        self.show_epoch(self.epoch)

    def show_epoch(self, epoch: int | None) -> None:
        """Write an epoch's figures; None goes back to what the strokes mean."""
        last = max((len(s.rows) for s in self.shown), default=0)
        self.epoch = None if epoch is None or not last else min(last, max(1, epoch))
        for plot in (self.loss, self.accuracy):
            plot.show_cursor(self.epoch)
        text = _key(self.shown) if self.epoch is None else _figures(self.shown, self.epoch)
        self.readout.setText(text)
        for plot in (self.loss, self.accuracy):
            plot.setAccessibleDescription(f"{text}. The arrows choose an epoch.")

    def restyle(self) -> None:
        """Take the theme's colours."""
        for plot in (self.loss, self.accuracy):
            plot.restyle()
        self.show_series(self.shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        last = max((len(s.rows) for s in self.shown), default=0)
        here = self.epoch or next((s.best_epoch for s in self.shown if s.best_epoch), 1)
        moves = {
            Qt.Key.Key_Left: here - 1 if self.epoch else here,
            Qt.Key.Key_Right: here + 1 if self.epoch else here,
            Qt.Key.Key_Home: 1,
            Qt.Key.Key_End: last,
            Qt.Key.Key_Escape: None,
        }
        if event.key() in moves and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.show_epoch(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


def _titled(title: str, plot: QWidget) -> QVBoxLayout:
    heading = QLabel(title)
    heading.setProperty("kind", "heading")
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addWidget(heading)
    column.addWidget(plot, 1)
    return column


def _key(shown: Sequence[Series]) -> str:
    if not any(s.rows for s in shown):
        live = any(s.number == LIVE for s in shown)
        return "the first point comes at the end of the first epoch" if live else "no figures of the epochs were kept" if shown else ""
    best = ", ".join(f"{s.best_epoch}{' so far' if s.number == LIVE else ''}" for s in shown if s.best_epoch)
    return f"bold: validation clips · thin: training clips · dotted: best epoch ({best})"


def _figures(shown: Sequence[Series], epoch: int) -> str:
    parts = [f"epoch {epoch}"]
    for series in shown:
        row = series.at(epoch)
        if row is not None:
            name = f"{series.title}: " if len(shown) > 1 else ""
            parts.append(f"{name}loss {_pair(row, 'loss', '{:.3g}')}, accuracy {_pair(row, 'accuracy', '{:.1%}')}")
    return " · ".join(parts)


def _pair(row: Mapping[str, float], name: str, form: str) -> str:
    train, validation = row.get(name), row.get(f"val_{name}")
    if validation is None:
        return form.format(train).replace("%", " %") if train is not None else "none"
    both = f"{form.format(train)} (validation {form.format(validation)})" if train is not None else form.format(validation)
    return both.replace("%", " %")

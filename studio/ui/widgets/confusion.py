"""The confusion matrix: rows the label, columns what was heard, the recall at each row's end; its cells can be chosen."""

from collections.abc import Sequence
from functools import cached_property

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.ui.theme import GAP, PAD, theme

SMALLEST, LARGEST = 3, 64
COUNT_FITS, SHARE_FITS = 15, 38
RECALL = 46
READABLE = 4.5
_MOVES = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}

Cell = tuple[int, int]


class Confusion(msgspec.Struct, frozen=True, dict=True):
    """Counted clips: `matrix[row][column]` clips of label `row` were heard as label `column`."""

    labels: tuple[str, ...] = ()
    matrix: tuple[tuple[int, ...], ...] = ()

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Clips of each label."""
        return tuple(map(sum, self.matrix))

    def share(self, cell: Cell) -> float:
        """Return the share of the label's clips that were heard so."""
        row, column = cell
        return self.matrix[row][column] / max(1, self.totals[row])

    def worst(self) -> Cell | None:
        """Return the mistake that was made most often; the first cell of all where there is none, None without labels."""
        cells = [(i, j) for i in range(len(self.matrix)) for j in range(len(self.labels)) if i != j and self.matrix[i][j]]
        if not cells:
            return (0, 0) if self.matrix else None
        return max(cells, key=lambda c: (self.matrix[c[0]][c[1]], self.share(c)))

    def says(self, cell: Cell) -> str:
        """Say a cell in words."""
        row, column = cell
        label, total, count = self.labels[row], self.totals[row], self.matrix[row][column]
        if not total:
            return f"there are no test clips of “{label}”"
        heard = "heard right" if row == column else f"heard as “{self.labels[column]}”"
        return f"“{label}” {heard}: {count} of {total} clip{'s' * (total != 1)} ({_per_cent(self.share(cell))})"


class ConfusionView(QWidget):
    """Draws a confusion matrix in shades of one hue. Arrows move the cell, a click or Return opens it.

    `moved(row, column)` follows every change of the cell, `opened(row, column)` a click or Return, `entered` Return alone.
    """

    opened = Signal(int, int)
    entered = Signal()
    moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusion")
        self.setAccessibleName("Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.confusion = Confusion()
        self.cell: Cell | None = None
        self._hovered: Cell | None = None

    def show_confusion(self, confusion: Confusion, cell: Cell | None) -> None:
        """Show another matrix with this cell chosen."""
        self.confusion, self._hovered = confusion, None
        self.cell = cell
        self._describe()
        self.updateGeometry()
        self.update()

    def choose(self, cell: Cell) -> None:
        """Move to a cell."""
        if cell != self.cell:
            self.cell = cell
            self._describe()
            self.update()
            self.moved.emit(*cell)

    # geometry

    def cell_rect(self, cell: Cell) -> QRectF:
        """Return where a cell stands."""
        grid = self._grid
        return QRectF(grid.left() + cell[1] * self._side, grid.top() + cell[0] * self._side, self._side, self._side)

    def cell_at(self, at: QPointF) -> Cell | None:
        """Return the cell at a place."""
        grid, side = self._grid, self._side
        if not grid.contains(at) or side <= 0:
            return None
        last = len(self.confusion.labels) - 1
        return min(last, int((at.y() - grid.top()) / side)), min(last, int((at.x() - grid.left()) / side))

    @property
    def _grid(self) -> QRectF:
        count, side = len(self.confusion.labels), self._side
        return QRectF(self._left, self._top, count * side, count * side)

    @property
    def _side(self) -> float:
        return self._side_beside(self._widest if self._named else 0.0)

    @property
    def _named(self) -> bool:
        """Whether the cells are large enough for names beside them; smaller ones have the names' room."""
        return self._side_beside(self._widest) >= 0.8 * self._metrics.height()

    def _side_beside(self, names: float) -> float:
        """Return the side of a cell beside names of this width."""
        count = max(1, len(self.confusion.labels))
        across = (self.width() - self._margin(names, self.width()) - (RECALL if names else 0) - GAP) / count
        down = (self.height() - self._margin(names, self.height()) - GAP) / count
        return max(SMALLEST, min(LARGEST, across, down) // 1)

    def _margin(self, names: float, whole: float) -> float:
        return min(names, 0.3 * whole) + PAD + self._axis

    @property
    def _widest(self) -> float:
        return max((self._metrics.horizontalAdvance(x) for x in self.confusion.labels), default=0.0)

    @property
    def _left(self) -> float:
        return self._margin(self._widest if self._named else 0.0, self.width())

    @property
    def _top(self) -> float:
        return self._margin(self._widest if self._named else 0.0, self.height())

    @property
    def _axis(self) -> float:
        return self._metrics.height() + GAP

    @property
    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(11)
        return font

    @property
    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._small)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(360, 360)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 200)

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._small)
        if not self.confusion.matrix:
            return
        self._paint_labels(painter)
        for row in range(len(self.confusion.matrix)):
            for column in range(len(self.confusion.labels)):
                self._paint_cell(painter, (row, column))
        self._paint_frames(painter)

    def _paint_cell(self, painter: QPainter, cell: Cell) -> None:
        rect, side = self.cell_rect(cell).adjusted(0.5, 0.5, -0.5, -0.5), self._side
        ground = shade(self.confusion.share(cell))
        painter.fillRect(rect, ground)
        count = self.confusion.matrix[cell[0]][cell[1]]
        if not count or side < COUNT_FITS:
            return
        painter.setPen(readable_on(ground))
        if side < SHARE_FITS:
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(count))
            return
        upper, lower = rect.adjusted(0, 3, 0, -side / 2 + 2), rect.adjusted(0, side / 2 - 1, 0, -3)
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, str(count))
        painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, _per_cent(self.confusion.share(cell)))

    def _paint_frames(self, painter: QPainter) -> None:
        t = theme()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for i in range(len(self.confusion.labels)):
            self._frame(painter, (i, i), t.dim, 1)
        if self._hovered is not None:
            self._frame(painter, self._hovered, t.text, 1)
        if self.cell is not None:
            self._frame(painter, self.cell, t.panel, 4)
            self._frame(painter, self.cell, t.accent if self.hasFocus() else t.text, 2)

    def _frame(self, painter: QPainter, cell: Cell, colour: str, width: int) -> None:
        painter.setPen(QPen(QColor(colour), width))
        painter.drawRoundedRect(self.cell_rect(cell).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)

    def _paint_labels(self, painter: QPainter) -> None:
        t, grid, side = theme(), self._grid, self._side
        painter.setPen(QColor(t.dim))
        painter.drawText(QRectF(grid.left(), 0, grid.width(), self._axis), Qt.AlignmentFlag.AlignCenter, "heard as")
        self._turned(painter, QRectF(0, grid.top(), self._axis, grid.height()), "label", Qt.AlignmentFlag.AlignCenter)
        if not self._named:
            return
        painter.drawText(QRectF(grid.right() + GAP, 0, RECALL, grid.top() - GAP), _RIGHT_BOTTOM, "right")
        for i, label in enumerate(self.confusion.labels):
            self._paint_label(painter, i, label, grid, side)

    def _paint_label(self, painter: QPainter, i: int, label: str, grid: QRectF, side: float) -> None:
        t, metrics = theme(), self._metrics
        row, column = self.cell or (-1, -1)
        painter.setPen(QColor(t.text if i == row else t.dim))
        left = QRectF(self._axis, grid.top() + i * side, grid.left() - self._axis - PAD, side)
        painter.drawText(left, _RIGHT, metrics.elidedText(label, Qt.TextElideMode.ElideRight, left.width()))
        total = self.confusion.totals[i]
        right = QRectF(grid.right() + GAP, grid.top() + i * side, RECALL, side)
        painter.drawText(right, _RIGHT, _per_cent(self.confusion.share((i, i))) if total else "none")
        painter.setPen(QColor(t.text if i == column else t.dim))
        above = QRectF(grid.left() + i * side, self._axis, side, grid.top() - self._axis - GAP)
        if metrics.horizontalAdvance(label) <= side - 2:
            painter.drawText(above, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, label)
        else:
            self._turned(painter, above, metrics.elidedText(label, Qt.TextElideMode.ElideRight, above.height()), _LEFT)

    def _turned(self, painter: QPainter, rect: QRectF, text: str, align: Qt.AlignmentFlag) -> None:
        painter.save()
        painter.translate(rect.left(), rect.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, rect.height(), rect.width()), align, text)
        painter.restore()

    # mouse and keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: N802
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.choose(cell)
            self.opened.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        last = len(self.confusion.labels) - 1
        if event.key() in _MOVES and last >= 0 and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            down, across = _MOVES[Qt.Key(event.key())]
            row, column = self.cell or (0, 0)
            self.choose((min(last, max(0, row + down)), min(last, max(0, column + across))))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.cell is not None:
            self.opened.emit(*self.cell)
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), f"{self.confusion.says(cell)}; click to list them" if cell else "", self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _describe(self) -> None:
        says = self.confusion.says(self.cell) if self.cell is not None and self.confusion.matrix else ""
        rows = ", ".join(f"{x} {_per_cent(self.confusion.share((i, i)))}" for i, x in enumerate(self.confusion.labels))
        self.setAccessibleDescription(f"{says}. Heard right: {rows}. Arrows move, Return lists the clips." if says else "")
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT_BOTTOM = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom


def _per_cent(share: float) -> str:
    return f"{100 * share:.0f} %"


def shade(share: float) -> QColor:
    """Return the colour of a share: the ground at 0, the accent at 1; small shares are lifted to be seen."""
    low, high = QColor(theme().raised), QColor(theme().accent)
    weight = share**0.5
    return QColor(
        *(round(a + (b - a) * weight) for a, b in zip(low.getRgb()[:3], high.getRgb()[:3], strict=True)),
    )


def readable_on(ground: QColor) -> QColor:
    """Return a text colour of at least 4.5:1 on a ground, the theme's own where they do."""
    t = theme()
    own = [QColor(t.text), QColor(t.on_accent)]
    best = max(own, key=lambda c: contrast(c, ground))
    if contrast(best, ground) >= READABLE:
        return best
    return max((QColor("white"), QColor("black")), key=lambda c: contrast(c, ground))


def contrast(a: QColor, b: QColor) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (colour.redF(), colour.greenF(), colour.blueF())]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def as_confusion(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Confusion:
    """Return a matrix that can be shown; an empty one where it does not fit the labels."""
    rows = tuple(tuple(row) for row in matrix)
    fits = len(rows) == len(labels) and all(len(row) == len(labels) for row in rows)
    return Confusion(tuple(labels), rows) if fits else Confusion()

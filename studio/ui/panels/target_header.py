"""The head of a target's card: name, verdict, a fold; it opens and closes, drags, and hears the keys."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from studio.ui.paint import colour, fitted, width, write
from studio.ui.theme import GAP, theme
from studio.ui.widgets.gauge import Verdict

_FOLD = 14
_TITLE, _SMALL = 13, 12
_OPEN = QPolygonF([QPointF(2, -3), QPointF(8, -3), QPointF(5, 2)])
_FOLDED = QPolygonF([QPointF(3, -4), QPointF(8, 0), QPointF(3, 4)])


class TargetHeader(QAbstractButton):
    """A line that is clicked to fold the card, dragged to move it; Delete removes, Alt+Up and Alt+Down move."""

    removed = Signal()
    stepped = Signal(int)
    dragged = Signal(int)
    dropped = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.open = True
        self.aside = ""
        self.state: Verdict = "unknown"
        self.word = ""
        self._pressed_at: int | None = None
        self._dragging = False

    def show_verdict(self, state: Verdict, aside: str, word: str) -> None:
        """Show the verdict at the right, in the colour of its state, and `aside` before it while the card is folded."""
        if (state, aside, word) != (self.state, self.aside, self.word):
            self.state, self.aside, self.word = state, aside, word
            self.setAccessibleName(f"{self.text()}: {word}. {aside}")
            self.update()

    def set_open(self, open: bool) -> None:
        """Turn the fold's arrow."""
        self.open = open
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 24)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t = theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(t.raised))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.accent), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._paint_fold(painter)
        right = self._paint_word(painter)
        self._paint_title(painter, right)

    def _paint_fold(self, painter: QPainter) -> None:
        painter.translate(0, self.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(theme().text if self.underMouse() else theme().dim))
        painter.drawPolygon(_OPEN if self.open else _FOLDED)
        painter.resetTransform()

    def _paint_word(self, painter: QPainter) -> float:
        """Paint verdict and aside from the right; return where they begin."""
        t = theme()
        right = self._write_before(painter, self.width() - GAP, self.word, t.dim if self.state == "unknown" else getattr(t, self.state))
        return right if self.open else self._write_before(painter, right, self.aside, t.dim)

    def _write_before(self, painter: QPainter, right: float, text: str, ink: str) -> float:
        if not text:
            return right
        left = right - width(text, _SMALL)
        write(painter, QPointF(left, self.height() / 2), text, _SMALL, ink)
        return left - 2 * GAP

    def _paint_title(self, painter: QPainter, right: float) -> None:
        text = fitted(self.text(), _TITLE, True, right - _FOLD)
        write(painter, QPointF(_FOLD, self.height() / 2), text, _TITLE, theme().text, bold=True)

    # dragging and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._pressed_at = event.globalPosition().toPoint().y() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        y = event.globalPosition().toPoint().y()
        if self._pressed_at is not None and abs(y - self._pressed_at) >= QApplication.startDragDistance():
            self._dragging = True
        if self._dragging:
            self.dragged.emit(y)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        was, self._dragging, self._pressed_at = self._dragging, False, None
        if was:
            self.setDown(False)
            self.dropped.emit()
        else:
            super().mouseReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep Delete from the window's own action while the head has the focus; stay opaque, which a style takes from every button."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _wanted(event):
            event.accept()
            return True
        done = super().event(event)
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange):
            self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the card beneath need not be painted again
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        elif _wanted(event):
            self.stepped.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def column_title(states: Sequence[Verdict]) -> str:
    """Head the column of cards: how many do not fit, which may stand beneath the others, out of sight; else how many there are."""
    if not states:
        return "TARGETS"
    bad = states.count("too_large")
    said = f"{bad} of {len(states)} {'does' if bad == 1 else 'do'} not fit"
    return "TARGETS · " + (f"<span style='color: {theme().too_large}'>{said}</span>" if bad else f"{len(states)} selected")


def _wanted(event: QKeyEvent) -> bool:
    alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
    return event.key() == Qt.Key.Key_Delete or (alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down))

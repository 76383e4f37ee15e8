"""A line of dim text that is elided to its room and never makes the layout count anew."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.ui.paint import colour, fitted, width, write
from studio.ui.theme import theme

_PIXELS, _ON_CARD = 11, 12


class Line(QWidget):
    """Words at the right of a panel, or at the left of a card: of several texts the first that there is room for.

    `tip` is asked for the tooltip.
    """

    def __init__(self, tip: Callable[[], str] | None = None, parent: QWidget | None = None, on_card: bool = False) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the panel beneath need not be painted again
        self._texts: tuple[str, ...] = ("",)
        self._tip, self._on_card = tip, on_card
        self._pixels = _ON_CARD if on_card else _PIXELS

    def text(self) -> str:
        """Return the fullest text."""
        return self._texts[0]

    def show_texts(self, texts: Sequence[str]) -> None:
        """Show the first of these texts that there is room for, the last one cut short where there is for none."""
        if tuple(texts) != self._texts:
            self._texts = tuple(texts)
            self.setAccessibleName(self._texts[0])
            self.update()

    def explain(self) -> str:
        """Return the tooltip."""
        return self._tip() if self._tip else self._texts[0]

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(60, 16)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(theme().raised if self._on_card else theme().panel))
        text = next((t for t in self._texts if width(t, self._pixels) <= self.width()), "") or self._cut()
        left = 0 if self._on_card else self.width() - width(text, self._pixels)
        write(painter, QPointF(left, self.height() / 2), text, self._pixels, theme().dim)

    def _cut(self) -> str:
        return fitted(self._texts[-1], self._pixels, False, self.width())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(), self)
            return True
        return super().event(event)

"""A line of dim text that changes with every edit: it is elided to its room and never makes the layout count anew."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.ui.paint import colour, fitted, width, write
from studio.ui.theme import theme

_PIXELS = 11


class Line(QWidget):
    """Right-aligned words on a panel. Of several texts, it shows the first that there is room for; `tip` is asked for the tooltip."""

    def __init__(self, tip: Callable[[], str] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the panel beneath need not be painted again
        self._texts: tuple[str, ...] = ("",)
        self._tip = tip

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
        painter.fillRect(self.rect(), colour(theme().panel))
        text = next((t for t in self._texts if width(t, _PIXELS) <= self.width()), "") or self._cut()
        write(painter, QPointF(self.width() - width(text, _PIXELS), self.height() / 2), text, _PIXELS, theme().dim)

    def _cut(self) -> str:
        return fitted(self._texts[-1], _PIXELS, False, self.width())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(), self)
            return True
        return super().event(event)

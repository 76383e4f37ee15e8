"""What a gauge's figure is made of: its parts under each other, each with its share of the whole, and what they rest on."""

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.paint import colour, fitted, width, write
from studio.ui.theme import GAP, PAD, theme
from studio.ui.widgets.still import Still

ROW, SHARE = 18, 40
_SMALL = 12


class Part(msgspec.Struct, frozen=True):
    """A part: its name, its figure in words, and its share of the whole, None for what is no part of a sum."""

    name: str
    value: str
    share: float | None = None


class Breakdown(msgspec.Struct, frozen=True):
    """A figure's parts, and in words what they rest on."""

    parts: tuple[Part, ...]
    source: str


class PartRows(QWidget):
    """Paints the parts, a line each, over a bar as long as their share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.parts: tuple[Part, ...] = ()

    def show_parts(self, parts: tuple[Part, ...]) -> None:
        """Show these."""
        if parts == self.parts:
            return
        if len(parts) != len(self.parts):
            self.setFixedHeight(ROW * len(parts))
        self.parts = parts
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter, t = QPainter(self), theme()
        painter.fillRect(self.rect(), colour(t.raised))
        for number, part in enumerate(self.parts):
            line = QRectF(0, number * ROW, self.width(), ROW)
            if part.share:
                bar = QRectF(0, line.top() + 1, max(2.0, line.width() * min(1.0, part.share)), ROW - 2)
                painter.fillRect(bar, colour(t.accent, 0.16))
            middle, end = line.center().y(), line.right() - (SHARE if part.share is not None else 0) - GAP
            left = end - width(part.value, _SMALL)
            write(painter, QPointF(GAP, middle), fitted(part.name, _SMALL, False, left - GAP - PAD), _SMALL, t.dim)
            write(painter, QPointF(left, middle), part.value, _SMALL, t.text)
            if part.share is not None:
                share = share_words(part.share)
                write(painter, QPointF(line.right() - GAP - width(share, _SMALL), middle), share, _SMALL, t.dim)


class PartsView(QWidget):
    """The parts of one gauge, beneath them what they rest on, and a button where there is `more` to do about it."""

    more_wanted = Signal()

    def __init__(self, name: str, parent: QWidget, more: str = "") -> None:
        super().__init__(parent)
        self.setObjectName(f"parts_{name.lower()}")
        self.rows, self.source = PartRows(), QLabel()
        self.source.setProperty("kind", "fine")
        self.source.setWordWrap(True)
        self.source.setContentsMargins(GAP, 0, GAP, 0)
        self._name = name
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, GAP)
        column.setSpacing(2)
        column.addWidget(self.rows)
        column.addWidget(Still(self.source))
        if more:
            self.more = QPushButton(more, objectName=f"parts_{name.lower()}_more")
            self.more.setProperty("kind", "link")
            self.more.clicked.connect(lambda _=False: self.more_wanted.emit())
            column.insertWidget(1, self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def show_breakdown(self, made: Breakdown) -> None:
        """Show a figure's parts."""
        self.rows.show_parts(made.parts)
        if self.source.text() != made.source:
            self.source.setText(made.source)
        said = ", ".join(f"{p.name} {p.value}" for p in made.parts)
        self.setAccessibleName(f"{self._name}: {said}. {made.source}")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.rows.update()


def share_words(share: float) -> str:
    """Write a part of a whole: "58 %", "< 1 %"."""
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else "< 1 %"

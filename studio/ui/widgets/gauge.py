"""A gauge: one resource against its budget, with what a kit said beside the estimate."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.ui.paint import colour, font, width, write
from studio.ui.theme import GAP, theme

Verdict = Literal["fits", "tight", "too_large", "unknown"]

LABEL, VALUE, SHARE = 48, 68, 72
LINE, BAR, UNDER = 20, 6, 14
_KIT_LABEL = 46
_TEXT, _SMALL = 13, 12
_STEPS = 512
_HINT = "<i>a click keeps the parts in sight</i>"


class Reading(msgspec.Struct, frozen=True):
    """What a gauge shows: a value in words, the share of its budget, the reserve's mark (0 to 1, 0 for none).

    `kit` and `difference` are what a kit said, "" where none did.
    """

    name: str
    value: str
    share: str
    state: Verdict
    fraction: float
    reserve: float = 0.0
    kit: str = ""
    difference: str = ""

    @property
    def words(self) -> str:
        """The gauge in a line, for those who cannot see it."""
        said = {"fits": "fits", "tight": "tight", "too_large": "too large", "unknown": ""}[self.state]
        kit = f"kit {self.kit}, {self.difference}" if self.kit else ""
        return ", ".join(filter(None, (f"{self.name} {self.value}", self.share, said, kit)))

    @property
    def sight(self) -> tuple[object, ...]:
        """What can be told apart on a screen: the bar's length in steps finer than a pixel."""
        length = round(_STEPS * min(1.0, self.fraction))
        return self.name, self.value, self.share, self.state, length, self.reserve, self.kit, self.difference


class GaugeRow(QWidget):
    """Paints a reading in one line, or in two where a kit spoke: label, estimate, kit and difference over the bar.

    `clicked` asks for its parts.
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the card beneath need not be painted again
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.reading: Reading | None = None
        self._greyed = False
        self._sight: tuple[object, ...] = ()
        self._tip: Callable[[str], str] | None = None

    def show_reading(self, reading: Reading, greyed: bool = False, tip: Callable[[str], str] | None = None) -> None:
        """Show a reading; `greyed` where it is no longer true of the design. `tip` explains a gauge by its name, when asked."""
        sight = (greyed, *reading.sight)
        last, self.reading, self._tip = self.reading, reading, tip
        if sight == self._sight:
            return
        self._sight, self._greyed = sight, greyed
        grown = last is None or bool(last.kit) != bool(reading.kit)
        if last is None or last.name != reading.name:
            self.setObjectName(f"gauge_{reading.name.lower()}")
        self.setAccessibleName(reading.words)
        if grown:
            self.updateGeometry()
        self.update()

    def explain(self) -> str:
        """Return the tooltip, rich text."""
        return f"{self._tip(self.reading.name)}<br>{_HINT}" if self._tip and self.reading else ""

    def sizeHint(self) -> QSize:  # noqa: N802
        two = self.reading is not None and self.reading.kit and self.reading.state != "unknown"
        return QSize(260, LINE + UNDER if two else LINE)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self.reading is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(theme().raised))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.reading.kit:
            self._paint_proven(painter, self.reading)
        else:
            self._paint_estimate(painter, self.reading)

    def _paint_estimate(self, painter: QPainter, reading: Reading) -> None:
        wide = self.width()
        self._text(painter, QRectF(0, 0, LABEL, LINE), reading.name, theme().text if self.underMouse() else theme().dim)
        bar = QRectF(LABEL, (LINE - BAR) / 2, wide - LABEL - VALUE - SHARE - 2 * GAP, BAR)
        self._bar(painter, bar, reading)
        value = QRectF(wide - SHARE - VALUE - 2 * GAP, 0, VALUE, LINE)
        self._text(painter, value, reading.value, theme().text, right=True)
        self._text(painter, QRectF(wide - SHARE, 0, SHARE, LINE), reading.share, self._colour(reading), small=True)

    def _paint_proven(self, painter: QPainter, reading: Reading) -> None:
        wide = self.width()
        columns = kit_columns(wide)
        self._text(painter, QRectF(0, 0, LABEL, LINE), reading.name, theme().text if self.underMouse() else theme().dim)
        texts = (reading.value, reading.kit, reading.difference)
        for (left, right), text, ink in zip(columns, texts, (theme().text, theme().text, theme().dim), strict=True):
            self._text(painter, QRectF(left, 0, right - left, LINE), text, ink, right=True)
        if reading.state == "unknown":
            return
        self._bar(painter, QRectF(0, LINE + (UNDER - BAR) / 2 - 1, wide - SHARE - GAP, BAR), reading)
        share = QRectF(wide - SHARE, LINE - 2, SHARE, UNDER)
        self._text(painter, share, reading.share, self._colour(reading), right=True, small=True)

    def _bar(self, painter: QPainter, rect: QRectF, reading: Reading) -> None:
        t = theme()
        if rect.width() < 8 or reading.state == "unknown":
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(t.background if t.mode == "dark" else t.line))
        painter.drawRoundedRect(rect, BAR / 2, BAR / 2)
        filled = QRectF(rect.left(), rect.top(), max(3.0, rect.width() * min(1.0, reading.fraction)), BAR)
        painter.setBrush(colour(self._colour(reading)))
        painter.drawRoundedRect(filled, BAR / 2, BAR / 2)
        if reading.reserve:
            mark = QRectF(rect.left() + rect.width() * reading.reserve, rect.top() - 2, 1.5, BAR + 4)
            painter.fillRect(mark, colour(t.dim))

    def _colour(self, reading: Reading) -> str:
        t = theme()
        return t.dim if self._greyed or reading.state == "unknown" else getattr(t, reading.state)

    def _text(self, painter: QPainter, rect: QRectF, text: str, ink: str, *, right: bool = False, small: bool = False) -> None:
        if not text:
            return
        pixels = _SMALL if small else _TEXT
        left = rect.right() - width(text, pixels) if right else rect.left()
        write(painter, QPointF(left, rect.center().y()), text, pixels, theme().dim if self._greyed else ink)


def kit_columns(wide: int) -> tuple[tuple[float, float], ...]:
    """Return where estimate, kit and difference stand in a row of this width."""
    room = wide - _KIT_LABEL
    ends = [_KIT_LABEL + share * room for share in (0.0, 0.36, 0.71, 1.0)]
    return tuple(pairwise(ends))


class KitHeading(QWidget):
    """The names of the columns above rows that a kit spoke of."""

    def __init__(self, words: tuple[str, str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = words
        self.setFixedHeight(16)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setFont(font(11))
        painter.setPen(colour(theme().dim))
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for (left, right), word in zip(kit_columns(self.width()), self.words, strict=True):
            painter.drawText(QRectF(left, 0, right - left, 16), align, word)

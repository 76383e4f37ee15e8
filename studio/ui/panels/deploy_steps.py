"""The steps of flashing as a checklist: which are done and how long they took, which one runs, what is still to come."""

import time
from collections.abc import Sequence
from typing import Literal

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.dialogs.jobs import seconds_in_words
from studio.ui.theme import PAD, theme

LINE, MARK = 30, 16
_FRAME_MS = 50
_DEGREES_A_FRAME = 18

State = Literal["waiting", "current", "done", "failed", "stopped"]


class Step(msgspec.Struct, frozen=True):
    """A step: it begins once the work has reached `begins` (0 to 1)."""

    title: str
    help: str
    begins: float


class Checklist(QWidget):
    """Paints the steps; `times` are the seconds that each took."""

    def __init__(self, steps: Sequence[Step], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps = tuple(steps)
        self.states: list[State] = ["waiting"] * len(self.steps)
        self.times: list[float | None] = [None] * len(self.steps)
        self._since = 0.0
        self._turn = 0
        self._frame = QTimer(self, interval=_FRAME_MS)
        self._frame.timeout.connect(self._animate)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    @property
    def current(self) -> int:
        """The number of the step that runs, -1 for none."""
        return self.states.index("current") if "current" in self.states else -1

    def begin(self) -> None:
        """Start with the first step."""
        self.states = ["waiting"] * len(self.steps)
        self.times = [None] * len(self.steps)
        self._go_to(0)
        self._frame.start()

    def show_fraction(self, fraction: float) -> None:
        """Tick off what lies behind this share of the work."""
        number = max(i for i, s in enumerate(self.steps) if i == 0 or fraction >= s.begins)
        if self.current >= 0 and number > self.current:
            self._go_to(number)

    def end(self, state: State) -> None:
        """Stop at the present step: "done" where all are, else "failed" or "stopped"."""
        if state == "done":
            self._go_to(len(self.steps))
        elif self.current >= 0:
            number = self.current
            self.times[number] = time.monotonic() - self._since
            self.states[number] = state
        self._frame.stop()
        self._describe()
        self.update()

    def reset(self) -> None:
        """Show the steps as they lie ahead."""
        self._frame.stop()
        self.states = ["waiting"] * len(self.steps)
        self.times = [None] * len(self.steps)
        self._describe()
        self.update()

    def _go_to(self, number: int) -> None:
        """Tick off the steps before `number`; those that were too quick to be seen took no time."""
        now = time.monotonic()
        if self.current >= 0:
            self.times[self.current] = now - self._since
        for i in range(min(number, len(self.steps))):
            self.states[i] = "done"
            self.times[i] = self.times[i] or 0.0
        if number < len(self.steps):
            self.states[number] = "current"
        self._since = now
        self._describe()
        self.update()

    def _describe(self) -> None:
        words = (f"{s.title}: {state}" for s, state in zip(self.steps, self.states, strict=True))
        self.setAccessibleName("Steps. " + ", ".join(words))

    def _animate(self) -> None:
        self._turn = (self._turn + _DEGREES_A_FRAME) % 360
        self.update()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self.current >= 0:
            self._frame.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._frame.stop()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(360, LINE * len(self.steps))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, LINE * len(self.steps))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (step, state) in enumerate(zip(self.steps, self.states, strict=True)):
            top = number * LINE
            self._paint_mark(painter, QRectF(1, top + (LINE - MARK) / 2, MARK, MARK), state)
            self._paint_words(painter, QRectF(MARK + PAD + 2, top, self.width() - MARK - PAD - 2, LINE), number, step, state)

    def _paint_words(self, painter: QPainter, box: QRectF, number: int, step: Step, state: State) -> None:
        t = theme()
        font = QFont(self.font())
        font.setBold(state in ("current", "failed"))
        painter.setFont(font)
        painter.setPen(QColor({"waiting": t.dim, "failed": t.too_large}.get(state, t.text)))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, step.title)
        left = painter.fontMetrics().horizontalAdvance(step.title) + PAD
        painter.setFont(self.font())
        painter.setPen(QColor(t.dim))
        took = self._time(number, state)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, took)
        rest = box.adjusted(left, 0, -painter.fontMetrics().horizontalAdvance(took) - PAD, 0)
        words = painter.fontMetrics().elidedText(step.help, Qt.TextElideMode.ElideRight, max(0, int(rest.width())))
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, words if rest.width() > 40 else "")

    def _time(self, number: int, state: State) -> str:
        if state == "current":
            return seconds_in_words(time.monotonic() - self._since)
        took = self.times[number]
        return "" if took is None else seconds_in_words(took)

    def _paint_mark(self, painter: QPainter, box: QRectF, state: State) -> None:
        t = theme()
        colours = {"waiting": t.line, "current": t.accent, "done": t.fits, "failed": t.too_large, "stopped": t.dim}
        pen = QPen(QColor(colours[state]), 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if state == "current":
            painter.drawArc(box, -16 * self._turn, 16 * 270)
            return
        painter.drawEllipse(box)
        x, y, s = box.left(), box.top(), MARK
        if state == "done":
            painter.drawPolyline(
                [QPointF(x + 0.28 * s, y + 0.52 * s), QPointF(x + 0.44 * s, y + 0.68 * s), QPointF(x + 0.73 * s, y + 0.35 * s)]
            )
        elif state == "failed":
            painter.drawLine(QPointF(x + 0.33 * s, y + 0.33 * s), QPointF(x + 0.67 * s, y + 0.67 * s))
            painter.drawLine(QPointF(x + 0.67 * s, y + 0.33 * s), QPointF(x + 0.33 * s, y + 0.67 * s))
        elif state == "stopped":
            painter.drawLine(QPointF(x + 0.33 * s, y + 0.5 * s), QPointF(x + 0.67 * s, y + 0.5 * s))

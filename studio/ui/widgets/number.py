"""Numbers with units that are typed, dragged, wheeled, stepped and reset; every gesture is one entry of the undo stack."""

import math
import re
import time
from collections.abc import Mapping
from itertools import count

import msgspec
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

BURST_S = 0.7
DRAG_PIXELS = 4
PATIENCE_MS = 600
NOTCH = 120
_NUMBER = re.compile(r"\s*([-+−]?[0-9]*[.,]?[0-9]+(?:[eE][-+]?[0-9]+)?[.,]?)\s*([^\s0-9]*)\s*$")
_STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
_UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class Measure(msgspec.Struct, frozen=True):
    """How a number is written and read: its unit, other units by their factors, the step of an arrow key."""

    unit: str = ""
    whole: bool = False
    step: float = 1.0
    digits: int = 4
    units: Mapping[str, float] = msgspec.field(default_factory=dict)
    doubles: bool = False

    def write(self, value: float) -> str:
        """Write a value with its unit, the largest in which it is at least 1: "7.6 kHz"."""
        unit, factor = self.unit, 1.0
        for name, of in self.units.items():
            if abs(value) >= of > factor:
                unit, factor = name, of
        number = str(round(value)) if self.whole and factor == 1 else f"{value / factor:.{self.digits}g}"
        return f"{number.replace('-', '−')} {unit}".rstrip()

    def read(self, text: str) -> float | None:
        """Read a number with or without its unit; None where it is neither."""
        match = _NUMBER.match(text)
        if match is None or (self.whole and "," in match[1]):
            return None
        unit = match[2].lower()
        known = {"": 1.0, self.unit.lower(): 1.0, **{name.lower(): of for name, of in self.units.items()}}
        known.update({name.lower()[:1]: of for name, of in self.units.items() if name[:1] not in (self.unit[:1], "")})
        if unit not in known:
            return None
        return float(match[1].replace("−", "-").replace(",", ".")) * known[unit]

    def stepped(self, value: float, steps: float) -> float:
        """Return the value so many steps further."""
        if self.doubles:
            return value * 2.0**steps
        grid = round(value / self.step + steps) * self.step
        return round(grid, 10) if not math.isclose(grid, value) else value + steps * self.step


class Gesture:
    """Merge keys: edits of one gesture get the same, those of the next another."""

    _numbers = count(1)

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = 0.0
        self.begin()

    @property
    def key(self) -> str:
        """The key of the gesture under way."""
        return f"{self._name} #{self._number}"

    def begin(self) -> None:
        """Start another gesture."""
        self._number = next(self._numbers)

    def burst(self) -> str:
        """Return the key of the present burst; a pause ends a burst."""
        now = time.monotonic()
        if now - self._last > BURST_S:
            self.begin()
        self._last = now
        return self.key


class NumberField(QLineEdit):
    """A number to type, step with the arrows (page keys: tenfold) and wheel; `edited(value, merge key)` asks for a change.

    Who listens answers with `show_value`, or with `refuse` where the value cannot be. `unreadable` is a text that is no number,
    `settled` the end of typing. Esc takes back what was typed, then asks to leave.
    """

    edited = Signal(object, str)
    unreadable = Signal(str)
    settled = Signal()
    left = Signal()

    def __init__(self, measure: Measure, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.measure = measure
        self.value: float | None = None
        self.differ = "differ"
        self._gesture = Gesture(name)
        self._start: float | None = None
        self._wheel = 0
        self.setObjectName("number")
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(34)
        self.textEdited.connect(self._typed)

    def show_value(self, value: float | None) -> None:
        """Show a value; None where several values differ. What is being typed stays while it means the same."""
        self.value = value
        text = "" if value is None else self.measure.write(value)
        if self.hasFocus() and self.isModified() and value is not None and self._reads_as(value):
            return
        if self.text() != text:
            self.setText(text)
        self.setPlaceholderText(self.differ if value is None else "")

    def refuse(self, refused: bool) -> None:
        """Mark the field as holding a value that cannot be."""
        state = "error" if refused else ""
        if self.property("state") != state:
            self.setProperty("state", state)
            self.style().polish(self)

    def step(self, steps: float, key: str = "") -> None:
        """Ask for the value so many steps further."""
        if self.value is None:
            return
        self.setModified(False)
        self.edited.emit(self._typed_value(self.measure.stepped(self.value, steps)), key or self._gesture.key)
        self._start = self.value
        self._select_number()

    def _reads_as(self, value: float) -> bool:
        read = self.measure.read(self.text())
        return read is not None and self.measure.write(read) == self.measure.write(value)

    def _typed_value(self, value: float) -> float | int:
        return round(value) if self.measure.whole and float(value).is_integer() else value

    def _typed(self, text: str) -> None:
        value = self.measure.read(text)
        if value is None:
            return
        if self.value is None or value != self.value:
            self.edited.emit(self._typed_value(value), self._gesture.key)
        else:
            self.refuse(False)

    def _select_number(self) -> None:
        text = self.text()
        number = text.split(" ")[0]
        self.setSelection(0, len(number))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self._begin()
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self._select_number()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._settle()

    def _begin(self) -> None:
        self._gesture.begin()
        self._start = self.value

    def _settle(self) -> None:
        """End typing: where the text cannot be, go back to what held before typing, and have it explained."""
        text = self.text().strip()
        unreadable = self.isModified() and bool(text) and self.measure.read(text) is None
        refused = self.isModified() and self.property("state") == "error"
        if (unreadable or refused) and self._start is not None and self._start != self.value:
            self.edited.emit(self._typed_value(self._start), self._gesture.key)
        if unreadable:
            self.unreadable.emit(text)
        elif refused:
            self._typed(text)
        self.setModified(False)
        self.show_value(self.value)
        self.refuse(False)
        self._begin()
        self.settled.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._select_number()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        steps = _STEPS.get(Qt.Key(event.key()))
        if steps:
            self.step(steps if not self.measure.doubles else math.copysign(1, steps))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._settle()
            self._select_number()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif any(event.matches(k) for k in _UNDO):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        if self.value is not None and self.text() != self.measure.write(self.value):
            self.setModified(False)
            self.show_value(self.value)
            self.refuse(False)
            self._select_number()
        else:
            self.left.emit()

    def event(self, event: QEvent) -> bool:
        # Undo belongs to the document: what is typed is in it already.
        if event.type() == QEvent.Type.ShortcutOverride and any(event.matches(k) for k in _UNDO):
            event.ignore()
            return False
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if not self.hasFocus():
            event.ignore()
            return
        self._wheel += event.angleDelta().y()
        steps, self._wheel = int(self._wheel / NOTCH), int(math.fmod(self._wheel, NOTCH))
        if steps:
            self.step(steps, self._gesture.burst())
        event.accept()


class Explanation(QLabel):
    """The line that says why a value was refused; it waits while typing goes on, and takes no room while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "heading")
        self.setProperty("state", "error")
        self.setWordWrap(True)
        self.hide()
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._timer.timeout.connect(self.show_now)

    def say(self, text: str) -> None:
        """Explain, after a moment; "" takes the explanation back at once."""
        self.setText(text)
        if not text:
            self._timer.stop()
            self.hide()
        elif self.isHidden():
            self._timer.start()

    def show_now(self) -> None:
        """Show what there is to say without waiting."""
        self._timer.stop()
        self.setVisible(bool(self.text()))


class DragLabel(QLabel):
    """A field's name: dragging it sideways steps the field, a double click resets it."""

    dragged = Signal(int, str)
    reset = Signal()

    def __init__(self, text: str, name: str, draggable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._gesture = Gesture(name)
        self._from: QPoint | None = None
        self._steps = 0
        self._draggable = draggable
        if draggable:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._draggable and event.button() == Qt.MouseButton.LeftButton:
            self._gesture.begin()
            self._from, self._steps = event.globalPosition().toPoint(), 0
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._from is None:
            return
        steps = int((event.globalPosition().toPoint().x() - self._from.x()) / DRAG_PIXELS)
        if steps != self._steps:
            self.dragged.emit(steps - self._steps, self._gesture.key)
            self._steps = steps

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._from = None
        self.reset.emit()

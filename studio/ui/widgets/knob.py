"""A knob: a name to drag, a slider, a number to type, and what is wrong with the last value."""

import math
from typing import Protocol

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QSlider, QStyle, QStyleOptionSlider, QWidget

from studio.ui.theme import GAP
from studio.ui.widgets.number import DragLabel, Explanation, Gesture, Measure, NumberField
from studio.ui.widgets.param_row import reset_button

NAME_WIDTH, NUMBER_WIDTH, HEIGHT = 66, 72, 25


class Scale(Protocol):
    """Where a value stands on a slider of whole positions."""

    @property
    def positions(self) -> int: ...

    def value(self, position: int) -> float:
        """Return the value at a position."""

    def position(self, value: float) -> int:
        """Return the position nearest to a value, the last one for those beyond."""


class Linear(msgspec.Struct, frozen=True):
    """Even steps from low to high."""

    low: float
    high: float
    step: float

    @property
    def positions(self) -> int:
        return max(1, round((self.high - self.low) / self.step))

    def value(self, position: int) -> float:
        return round(self.low + position * self.step, 6)

    def position(self, value: float) -> int:
        return min(self.positions, max(0, round((value - self.low) / self.step)))


class Doubling(msgspec.Struct, frozen=True):
    """Powers of two."""

    low: int
    high: int

    @property
    def positions(self) -> int:
        return round(math.log2(self.high / self.low))

    def value(self, position: int) -> float:
        return self.low << position

    def position(self, value: float) -> int:
        return min(self.positions, max(0, round(math.log2(max(value, self.low) / self.low))))


class Slider(QSlider):
    """A horizontal slider that jumps to where it is pressed, and that a wheel passes by unless it has the focus."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(40)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, control = self.style(), QStyle.ComplexControl.CC_Slider
        handle = style.subControlRect(control, option, QStyle.SubControl.SC_SliderHandle, self)
        at = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(at):
            groove = style.subControlRect(control, option, QStyle.SubControl.SC_SliderGroove, self)
            left = groove.x() + handle.width() // 2
            self.setSliderDown(True)
            self.setValue(QStyle.sliderValueFromPosition(0, self.maximum(), at.x() - left, groove.width() - handle.width()))
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Knob(QWidget):
    """A number with a slider; `edited(value, merge key)` asks for a change, `reset` for the default, `left` gives the focus back."""

    edited = Signal(object, str)
    reset = Signal()
    left = Signal()

    def __init__(self, title: str, measure: Measure, scale: Scale, name: str, help: str) -> None:
        super().__init__()
        self.name = DragLabel(title, name)
        self.slider, self.number = Slider(), NumberField(measure, f"{name}.number")
        self.reset_button = reset_button(f"Reset {title.lower()}", f"{name}.reset")
        self.message = Explanation()
        self._gesture = Gesture(f"{name}.slider")
        self._describe(title, name, help)
        self._lay_out()
        self._follow()
        self.set_scale(scale)

    def set_scale(self, scale: Scale) -> None:
        """Lay the slider out anew."""
        self.scale = scale
        self.slider.blockSignals(True)
        self.slider.setRange(0, scale.positions)
        self.slider.setPageStep(max(1, scale.positions // 10))
        self.slider.blockSignals(False)

    def show_value(self, value: float, is_default: bool = True, tip: str = "") -> None:
        """Show a value; `tip` says it in other words."""
        self.number.show_value(value)
        self._show_position(value)
        self.reset_button.setVisible(not is_default)
        if tip:
            self.number.setToolTip(tip)

    def explain(self, text: str) -> None:
        """Say why the last value was refused; "" takes it back."""
        self.message.say(text)
        self.number.refuse(bool(text) and self.number.isModified())

    def _describe(self, title: str, name: str, help: str) -> None:
        for widget, part in ((self.slider, ".slider"), (self.number, ".number")):
            widget.setObjectName(f"{name}{part}")
            widget.setAccessibleName(f"{title}{' slider' if part == '.slider' else ''}")
            widget.setAccessibleDescription(help)
            widget.setToolTip(help)
        self.name.setToolTip(f"{help}; drag sideways to change it; double click to reset")

    def _lay_out(self) -> None:
        self.name.setFixedWidth(NAME_WIDTH)
        self.number.setFixedSize(NUMBER_WIDTH, HEIGHT)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(2)
        for column, widget in enumerate((self.name, self.slider, self.number, self.reset_button)):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self.message, 1, 0, 1, 4)
        grid.setColumnStretch(1, 1)
        self.setFocusProxy(self.slider)

    def _follow(self) -> None:
        self.slider.sliderPressed.connect(self._gesture.begin)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self._released)
        self.slider.left.connect(self.left)
        self.number.edited.connect(self.edited)
        self.number.unreadable.connect(lambda text: self.explain(f"“{text}” is no number that can be read here"))
        self.number.settled.connect(self.message.show_now)
        self.number.left.connect(self.left)
        self.name.dragged.connect(self._dragged)
        for source in (self.name.reset, self.reset_button.clicked):
            source.connect(lambda *_: self.reset.emit())

    def _slid(self, position: int) -> None:
        value = self.scale.value(position)
        self.edited.emit(value, self._gesture.key if self.slider.isSliderDown() else self._gesture.burst())

    def _released(self) -> None:
        self._gesture.begin()
        if self.number.value is not None:
            self._show_position(self.number.value)
        self.message.show_now()

    def _dragged(self, steps: int, key: str) -> None:
        if self.number.value is not None:
            position = self.scale.position(self.number.value) + steps
            self.edited.emit(self.scale.value(min(self.scale.positions, max(0, position))), key)

    def _show_position(self, value: float) -> None:
        if self.slider.isSliderDown():
            return
        self.slider.blockSignals(True)
        self.slider.setValue(self.scale.position(value))
        self.slider.blockSignals(False)

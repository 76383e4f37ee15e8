"""One editor for each kind of parameter: whole and real numbers, yes or no, a choice, a pair, a shape."""

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from studio.core.block import Param
from studio.ui.theme import GAP, theme
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.number import Gesture, Measure, NumberField

AXES = ("time", "frequency")
_SEPARATORS = re.compile(r"[\s,;x×]+")


class Editor(QWidget):
    """Shows a parameter's value; `edited(value, merge key)` asks for another, `left` gives the focus back."""

    edited = Signal(object, str)
    unreadable = Signal(str)
    settled = Signal()
    left = Signal()
    steppable = False

    def show_value(self, value: Any) -> None:
        """Show a value, None where several blocks differ."""

    def refuse(self, refused: bool) -> None:
        """Mark the last value as one that cannot be."""

    def step(self, steps: int, key: str) -> None:
        """Step a number, where it is one."""

    def _row(self, *widgets: QWidget) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for widget in widgets:
            row.addWidget(widget, 0 if isinstance(widget, QToolButton | QLabel | QCheckBox) else 1)
        self.setFocusProxy(widgets[0])

    def _follow(self, field: NumberField) -> None:
        field.unreadable.connect(self.unreadable)
        field.settled.connect(self.settled)
        field.left.connect(self.left)


class NumberEditor(Editor):
    """A whole or real number."""

    steppable = True

    def __init__(self, param: Param, name: str) -> None:
        super().__init__()
        self.field = NumberField(_measure(param), name)
        _name(self.field, name, param)
        self._row(self.field)
        self._follow(self.field)
        self.field.edited.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self.field.show_value(value)

    def refuse(self, refused: bool) -> None:
        self.field.refuse(refused)

    def step(self, steps: int, key: str) -> None:
        self.field.step(steps, key)


class PairEditor(Editor):
    """Two numbers, time and frequency, that move together while the link is on."""

    steppable = True

    def __init__(self, param: Param, name: str) -> None:
        super().__init__()
        self.fields = tuple(NumberField(_measure(param), f"{name}.{axis}") for axis in AXES)
        self._value: tuple[int, int] | None = None
        self.link = QToolButton(objectName=f"{name}.link", checkable=True)
        self.link.setFixedSize(24, 24)
        self.link.setStyleSheet("QToolButton { background: transparent; padding: 0; } QToolButton:!focus { border-color: transparent; }")
        self.link.setToolTip("Linked: both numbers change together")
        self.link.setAccessibleName(f"Keep both numbers of {param.name} equal")
        for field, axis in zip(self.fields, AXES, strict=True):
            _name(field, f"{name}.{axis}", param, f" in {axis}")
            field.differ = "≠"
            self._follow(field)
        for axis, field in enumerate(self.fields):
            field.edited.connect(lambda value, key, axis=axis: self._edited(axis, value, key))
        self._row(self.fields[0], QLabel("×"), self.fields[1], self.link)
        self.link.toggled.connect(self._linked)
        self._linked(False)

    def show_value(self, value: Any) -> None:
        if self._value is None and value is not None:
            self.link.setChecked(value[0] == value[1])
        self._value = value
        for axis, field in enumerate(self.fields):
            field.show_value(None if value is None else value[axis])

    def refuse(self, refused: bool) -> None:
        for field in self.fields:
            field.refuse(refused)

    def step(self, steps: int, key: str) -> None:
        self.fields[0].step(steps, key)

    def restyle(self) -> None:
        """Draw the link's icon in the theme's colours."""
        self._linked(self.link.isChecked())

    def _linked(self, on: bool) -> None:
        self.link.setIcon(glyph("link" if on else "unlink", theme().accent if on else theme().dim, size=14))

    def _edited(self, axis: int, value: float, key: str) -> None:
        other = self._value[1 - axis] if self._value is not None else value
        both = (value, value) if self.link.isChecked() else (value, other) if axis == 0 else (other, value)
        self.edited.emit(both, key)


class ChoiceBox(QComboBox):
    """A drop-down list that a wheel passes by unless it has the focus."""

    left = Signal()

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__()
        self.addItems(list(choices))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

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


class ChoiceEditor(Editor):
    """One of several words."""

    def __init__(self, param: Param, name: str) -> None:
        super().__init__()
        self.box = ChoiceBox(param.choices)
        _name(self.box, name, param)
        self._gesture = Gesture(name)
        self._row(self.box)
        self.box.activated.connect(lambda _: self.edited.emit(self.box.currentText(), self._gesture.burst()))
        self.box.left.connect(self.left)

    def show_value(self, value: Any) -> None:
        self.box.setCurrentIndex(-1 if value is None else self.box.findText(value))


class BoolEditor(Editor):
    """Yes or no."""

    def __init__(self, param: Param, name: str) -> None:
        super().__init__()
        self.box = QCheckBox()
        _name(self.box, name, param)
        self._row(self.box)
        self.layout().addStretch(1)
        self.box.clicked.connect(lambda on: self.edited.emit(bool(on), ""))

    def show_value(self, value: Any) -> None:
        self.box.setTristate(value is None)
        self.box.setCheckState(
            Qt.CheckState.PartiallyChecked if value is None else Qt.CheckState.Checked if value else Qt.CheckState.Unchecked
        )
        self.box.setTristate(False)
        self.box.setText("" if value is None else "yes" if value else "no")


class ShapeField(NumberField):
    """Whole numbers between commas or crosses; they take hold with Return or when the focus leaves."""

    def show_value(self, value: Any) -> None:
        self.value = value
        if not (self.hasFocus() and self.isModified()):
            self.setText("" if value is None else " × ".join(map(str, value)))

    def _typed(self, text: str) -> None:
        self.refuse(False)

    def _select_number(self) -> None:
        self.selectAll()

    def _settle(self) -> None:
        if self.isModified():
            self.setModified(False)
            try:
                value = tuple(int(w.replace("−", "-")) for w in _SEPARATORS.split(self.text().strip()) if w)
            except ValueError:
                self.unreadable.emit(self.text().strip())
            else:
                self.edited.emit(value, "")
        self.show_value(self.value)
        self.settled.emit()

    def _escape(self) -> None:
        if not self.isModified():
            self.left.emit()
        self.setModified(False)
        self.show_value(self.value)

    def step(self, steps: float, key: str = "") -> None:
        """A shape has no steps."""

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.show_value(self.value)


class ShapeEditor(NumberEditor):
    """A shape such as 7 × 7 × 3."""

    steppable = False

    def __init__(self, param: Param, name: str) -> None:
        Editor.__init__(self)
        self.field = ShapeField(Measure(), name)
        _name(self.field, name, param)
        self._row(self.field)
        self._follow(self.field)
        self.field.edited.connect(self.edited)


_EDITORS = {
    "int": NumberEditor,
    "float": NumberEditor,
    "bool": BoolEditor,
    "choice": ChoiceEditor,
    "pair": PairEditor,
    "shape": ShapeEditor,
}


def editor(param: Param, name: str) -> Editor:
    """Make the editor of a parameter; its fields have `name` as object name."""
    return _EDITORS[param.kind](param, name)


def range_text(param: Param) -> str:
    """Say what a parameter takes: "1 to 4096"."""
    if param.minimum is None or param.maximum is None:
        return ""
    return f"{param.minimum:g} to {param.maximum:g}{' ' + param.unit if param.unit else ''}"


def _measure(param: Param) -> Measure:
    whole = param.kind != "float"
    return Measure(param.unit, whole, 1.0 if whole else _fine_step(param), 4 if whole else 6)


def _fine_step(param: Param) -> float:
    reach = (param.maximum or 1.0) - (param.minimum or 0.0)
    return 0.05 if 0.5 <= reach <= 2 else max(1e-3, reach / 100)


def _name(widget: QWidget, name: str, param: Param, more: str = "") -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(f"{param.name.replace('_', ' ')}{more}")
    widget.setAccessibleDescription(param.help)
    limits = range_text(param)
    widget.setToolTip(f"{param.help}{f' ({limits})' if limits else ''}")

"""A spin box whose number begins where the words of other fields do: a style sheet does not reach the line inside it."""

from PySide6.QtWidgets import QSpinBox, QWidget

INDENT = 5


class SpinBox(QSpinBox):
    """A whole number with arrows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lineEdit().setTextMargins(INDENT, 0, 0, 0)

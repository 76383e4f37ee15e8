"""One parameter of the inspector: its name, its editor, the way back to the default, and what is wrong with it."""

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Signal
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from studio.core.block import Param
from studio.ui.theme import GAP
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.number import DragLabel, Explanation
from studio.ui.widgets.param_editors import Editor, PairEditor, editor

NAME_WIDTH = 76


class ParamRow(QWidget):
    """A parameter; `edited(value, merge key)` asks for a change, `entered` says that the focus came in."""

    edited = Signal(object, str)
    entered = Signal()
    left = Signal()

    def __init__(self, param: Param, name: str) -> None:
        super().__init__()
        self.param = param
        self.editor: Editor = editor(param, name)
        self.name = DragLabel(param.name.replace("_", " ").capitalize(), name, draggable=self.editor.steppable)
        self.name.setProperty("kind", "dim")
        self.name.setFixedWidth(NAME_WIDTH)
        self.name.setToolTip(param.help + ("; drag sideways to change it" if self.editor.steppable else "") + "; double click to reset")
        self.reset = reset_button(f"Reset {param.name} to {_text(param.default)}", f"{name}.reset")
        self.message = Explanation()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.editor, 0, 1)
        grid.addWidget(self.reset, 0, 2)
        grid.addWidget(self.message, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self._follow()

    def _follow(self) -> None:
        self.editor.edited.connect(self.edited)
        self.editor.unreadable.connect(lambda text: self.explain(f"“{text}” is not what {self.param.name} takes"))
        self.editor.settled.connect(self.message.show_now)
        self.editor.left.connect(self.left)
        self.name.dragged.connect(self.editor.step)
        self.name.reset.connect(self._reset)
        self.reset.clicked.connect(self._reset)
        for child in self.editor.findChildren(QWidget):
            child.installEventFilter(self)

    def show_value(self, value: Any) -> None:
        """Show the value, None where several blocks differ."""
        self.editor.show_value(value)
        self.reset.setVisible(value != self.param.default)

    def explain(self, text: str) -> None:
        """Say why the last value was refused; "" takes it back."""
        self.message.say(text)
        self.editor.refuse(bool(text))

    def restyle(self) -> None:
        """Draw the icons in the theme's colours."""
        self.reset.setIcon(glyph("reset", size=14))
        if isinstance(self.editor, PairEditor):
            self.editor.restyle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.FocusIn:
            self.entered.emit()
        return False

    def _reset(self) -> None:
        self.edited.emit(self.param.default, "")


def reset_button(tip: str, name: str) -> QToolButton:
    """Make the small button that brings a default back; hidden it keeps its place."""
    button = QToolButton(objectName=name)
    button.setFixedSize(22, 24)
    button.setStyleSheet("QToolButton { padding: 0; border-color: transparent; background: transparent; }")
    button.setIcon(glyph("reset", size=14))
    button.setIconSize(QSize(14, 14))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
    button.hide()
    return button


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " × ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)

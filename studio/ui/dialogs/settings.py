"""The settings, made from their descriptions; each change counts at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import StudioError
from studio.ui.session import Session
from studio.ui.settings import SETTINGS, Setting
from studio.ui.theme import PAD, ROOM
from studio.ui.widgets.spin_box import SpinBox


class SettingsDialog(QDialog):
    """One line a setting: title, control, help."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("settings_dialog")
        self.setWindowTitle("Settings")
        self.setMinimumWidth(520)
        self.controls: dict[str, QWidget] = {}
        self._show: dict[str, Callable[[Any], None]] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * ROOM)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        for row, setting in enumerate(SETTINGS):
            self._add(3 * row, setting)
        self.problem = QLabel()
        self.problem.setObjectName("settings_problem")
        self.problem.setProperty("state", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        where = QLabel(f"kept in {session.settings.path}")
        where.setProperty("kind", "dim")
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * ROOM, 2 * ROOM, 2 * ROOM, ROOM)
        column.setSpacing(ROOM)
        column.addLayout(self._grid)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addWidget(where)
        column.addLayout(self._make_buttons())

    def _add(self, row: int, setting: Setting) -> None:
        title = QLabel(setting.title)
        control, show = _MAKERS[setting.kind](setting, partial(self._change, setting.key))
        control.setObjectName(f"setting_{setting.key}")
        control.setAccessibleName(setting.title)
        control.setAccessibleDescription(setting.help)
        control.setToolTip(setting.help)
        title.setBuddy(control)
        help = QLabel(setting.help)
        help.setProperty("kind", "dim")
        help.setWordWrap(True)
        self.controls[setting.key], self._show[setting.key] = control, show
        show(self.session.settings.get(setting.key))
        self._grid.addWidget(title, row, 0)
        self._grid.addWidget(control, row, 1)
        self._grid.addWidget(help, row + 1, 1)
        self._grid.setRowMinimumHeight(row + 2, PAD)

    def _make_buttons(self) -> QHBoxLayout:
        self.restore = QPushButton("Restore defaults")
        self.restore.setObjectName("settings_restore")
        self.restore.setAutoDefault(False)
        self.restore.clicked.connect(self._restore)
        self.close_button = QPushButton("Close")
        self.close_button.setObjectName("settings_close")
        self.close_button.setProperty("kind", "primary")
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.restore)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row

    def _change(self, key: str, value: Any) -> None:
        """Apply a setting; where it cannot be kept for the next start, say so beneath."""
        if value == self.session.settings.get(key):
            return
        try:
            self.session.change_setting(key, value)
        except StudioError as error:
            self.problem.setText(f"not kept for the next start: {error}; {error.hint}")
            self.problem.show()
        else:
            self.problem.hide()

    def _restore(self) -> None:
        for setting in SETTINGS:
            self._show[setting.key](setting.default)
            self._change(setting.key, setting.default)


Made = tuple[QWidget, Callable[[Any], None]]


def _choice(setting: Setting, changed: Callable[[Any], None]) -> Made:
    box = QComboBox()
    for id, name in zip(setting.choices, setting.names or setting.choices, strict=True):
        box.addItem(name, id)
    box.currentIndexChanged.connect(lambda _: changed(box.currentData()))
    return box, lambda value: box.setCurrentIndex(box.findData(value))


def _number(setting: Setting, changed: Callable[[Any], None]) -> Made:
    box = SpinBox()
    box.setRange(setting.minimum, setting.maximum)
    box.setSuffix(f" {setting.unit}" if setting.unit else "")
    box.setKeyboardTracking(False)
    box.valueChanged.connect(changed)
    return box, box.setValue


def _text(_setting: Setting, changed: Callable[[Any], None]) -> Made:
    line = QLineEdit()
    line.editingFinished.connect(lambda: changed(line.text()))
    return line, line.setText


def _switch(_setting: Setting, changed: Callable[[Any], None]) -> Made:
    box = QCheckBox()
    box.toggled.connect(changed)
    return box, box.setChecked


_MAKERS: dict[str, Callable[[Setting, Callable[[Any], None]], Made]] = {"choice": _choice, "int": _number, "text": _text, "bool": _switch}

"""A text that folds away: a log, a traceback."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from studio.ui.theme import GAP


class Fold(QWidget):
    """A heading that opens a read-only monospaced text; `toggled` says whether it is open."""

    toggled = Signal(bool)

    def __init__(self, title: str, copy: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.head = QToolButton()
        self.head.setObjectName("quiet")
        self.head.setCheckable(True)
        self.head.setText(title)
        self.head.setArrowType(Qt.ArrowType.RightArrow)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setAccessibleName(title)
        self.head.toggled.connect(self.set_open)
        self.body = QPlainTextEdit()
        self.body.setReadOnly(True)
        self.body.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.setFont(_monospaced())
        self.body.setMinimumHeight(120)
        self.body.setMaximumBlockCount(5000)
        self.body.setTabChangesFocus(True)
        self.body.setAccessibleName(title)
        self.body.hide()
        row = QHBoxLayout()
        row.addWidget(self.head)
        row.addStretch(1)
        self.copy = QToolButton()
        self.copy.setObjectName("quiet")
        self.copy.setText("Copy")
        self.copy.setAccessibleName(f"Copy: {title}")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.body.toPlainText()))
        self.copy.setVisible(False)
        self._copies = copy
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.body, 1)

    def set_open(self, open: bool) -> None:
        """Open or fold the text."""
        changed = open != self.body.isVisibleTo(self)
        self.head.setChecked(open)
        self.head.setArrowType(Qt.ArrowType.DownArrow if open else Qt.ArrowType.RightArrow)
        self.body.setVisible(open)
        self.copy.setVisible(open and self._copies)
        if changed:
            self.toggled.emit(open)

    def set_title(self, title: str) -> None:
        """Say what the text is."""
        self.head.setText(title)

    def set_text(self, text: str) -> None:
        """Show this text, unless it is on show already: a selection then stays."""
        if text != self.body.toPlainText():
            self.body.setPlainText(text)

    def add_line(self, text: str) -> None:
        """Add a line at the end; the view follows where it stood at the end."""
        bar = self.body.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        self.body.appendPlainText(text)
        if at_end:
            bar.setValue(bar.maximum())


def _monospaced():
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(12)
    return font

"""An error where it happened: what is wrong, the way out, and all the rest a click away."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.state import set_state


class Problem(QFrame):
    """Shows an error until it is put away; `details_wanted` carries it."""

    details_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        set_state(self, "too_large")
        self.error: StudioError | None = None
        self.message, self.hint = QLabel(), QLabel()
        self.message.setObjectName("problem_message")
        self.hint.setObjectName("problem_hint")
        self.message.setProperty("state", "error")
        for label in (self.message, self.hint):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPushButton("Details")
        self.details.setObjectName("problem_details")
        self.details.clicked.connect(lambda: self.details_wanted.emit(self.error))
        row = QHBoxLayout()
        row.addWidget(self.hint, 1)
        row.addWidget(self.details, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, PAD, ROOM, PAD)
        column.setSpacing(GAP)
        column.addWidget(self.message)
        column.addLayout(row)
        self.hide()

    def show_error(self, error: StudioError | None) -> None:
        """Show an error, or nothing."""
        self.error = error
        self.setVisible(error is not None)
        if error is not None:
            self.message.setText(str(error))
            self.hint.setText(error.hint)
            self.setAccessibleName(f"{error}. {error.hint}")

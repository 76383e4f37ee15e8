"""The line under the matrix about files of boards that are refused: which, at which line, and why."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from studio.boards import BoardFileError
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD

SHOWN = 3


class RefusedLine(QWidget):
    """Names the refused files; `show_fault` is called where the user wants to see more. It takes no room while all files are accepted."""

    def __init__(self, session: Session, show_fault: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.words = QLabel(objectName="matrix_refused", textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.words.setProperty("state", "error")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.why = QToolButton(objectName="matrix_why", text="Show it…", toolTip="the file's lines around the fault, and the way out")
        self.why.setAccessibleName("Show the refused file")
        self.why.clicked.connect(lambda _=False: show_fault())
        row = QHBoxLayout(self)
        row.setContentsMargins(PAD, GAP, PAD, GAP)
        row.addWidget(self.words, 1)
        row.addWidget(self.why)
        session.boards_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is refused now."""
        errors = self._session.catalogue.errors
        shown = [f"✕ {_in_words(error)}" for error in errors[:SHOWN]]
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        self.words.setText("\n".join((*shown, *more)))
        self.setVisible(bool(errors))


def _in_words(error: BoardFileError) -> str:
    name = error.path.name if error.path else error.where
    line = f", line {error.line}" if error.line else ""
    return f"{name}{line}{f': {error.field}' if error.field else ''}: {error.message}"

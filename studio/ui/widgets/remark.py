"""A remark on a design: a sentence in the colour of its weight, and a button that mends it where there is a mend."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from studio.core.issue import Issue
from studio.ui.theme import GAP
from studio.ui.widgets.state import set_state
from studio.ui.widgets.still import Still

_STATES = {"error": "error", "warning": "tight"}


class Remark(QWidget):
    """Shows one issue after the other; `mended` carries the edit that the user asks for."""

    mended = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._issue: Issue | None = None
        self.label = QLabel(objectName=f"{name}.issue")
        self.label.setWordWrap(True)
        self.fix = QPushButton("Fix", objectName=f"{name}.fix")
        self.fix.clicked.connect(lambda: self.mended.emit(self._issue.fix))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(Still(self.label), 1)
        row.addWidget(self.fix)

    def show_issue(self, issue: Issue, text: str) -> None:
        """Show an issue in these words."""
        self.label.setText(text)
        if issue != self._issue:
            set_state(self.label, _STATES.get(issue.severity, ""), "dim" if issue.severity == "advice" else "")
            self._show_fix(issue)
        self._issue = issue
        self.show()

    def _show_fix(self, issue: Issue) -> None:
        self.fix.setVisible(issue.fix is not None)
        if issue.fix is not None:
            self.fix.setToolTip(f"mend it: {issue.fix.title}")
            self.fix.setAccessibleName(f"Mend: {issue.fix.title}")

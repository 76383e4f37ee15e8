"""What the cost views have in common."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.core.graph import INPUT_KIND
from studio.ui.panels.cost_subject import Subject
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.panel import Panel


class CostView(Panel):
    """A view that works only while it is seen: `refresh()` comes with each change then, and when it is shown."""

    def __init__(self, session: Session, subject: Subject) -> None:
        super().__init__()
        self.session, self.subject = session, subject
        self.tools = QWidget()
        self.tool_row = QHBoxLayout(self.tools)
        self.tool_row.setContentsMargins(PAD, 2, 0, 2)
        self.tool_row.setSpacing(GAP)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(PAD + GAP, GAP, PAD + GAP, PAD)
        self.column.setSpacing(GAP)
        session.selection_changed.connect(self._follow_selection)
        session.theme_changed.connect(self.update)

    def refresh(self) -> None:
        """Show the figures as they stand."""

    def show_selection(self) -> None:
        """Show which blocks are selected."""

    def input_block(self) -> str:
        """Return the id of the block that stands for the features, "" where there is none."""
        nodes = self.session.document.project.graph.by_id.values()
        return next((node.id for node in nodes if node.kind == INPUT_KIND), "")

    def select(self, ids: tuple[str, ...]) -> None:
        """Select those of these blocks that the graph has, and show them on the canvas."""
        known = self.session.document.project.graph.by_id
        self.session.find(tuple(dict.fromkeys(id for id in ids if id in known)))

    def _follow_selection(self) -> None:
        if self.isVisible():
            self.show_selection()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.refresh()
        self.show_selection()


def dim_label(name: str) -> QLabel:
    """Make a line of dim words."""
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("kind", "dim")
    return label

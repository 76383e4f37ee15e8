"""How often the model runs: the budget of every card's time."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.core.edits import SetInterval
from studio.ui.session import Session
from studio.ui.theme import PAD
from studio.ui.widgets.number import DragLabel, Measure, NumberField

MEASURE = Measure("ms", step=50, digits=6, units={"s": 1000.0})
FIRST = 1000.0
_HELP = "The inference interval: how often the model runs. The time of one inference is held against it."


class IntervalRow(QWidget):
    """A label and a number, dragged, typed, wheeled; a double click on the label resets it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(PAD)
        label = DragLabel("One inference every", "interval")
        label.setProperty("kind", "dim")
        label.setToolTip(_HELP)
        self.field = NumberField(MEASURE, "interval")
        self.field.setObjectName("interval")
        self.field.setAccessibleName("Inference interval")
        self.field.setToolTip(_HELP)
        self.field.setFixedSize(76, 24)
        label.dragged.connect(lambda steps, key: self.field.step(steps, key))
        label.reset.connect(lambda: self._edit(FIRST, ""))
        self.field.edited.connect(self._edit)
        self.field.unreadable.connect(lambda text: session.told.emit(f"{text!r} is no time; write 250 ms or 1 s"))
        self.field.left.connect(self.field.clearFocus)
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.field, 0, Qt.AlignmentFlag.AlignRight)
        self.show_interval()

    def show_interval(self) -> None:
        """Show the project's interval."""
        now = self.session.document.project.interval_ms
        self.field.refuse(False)
        if self.field.value != now:
            self.field.show_value(now)

    def _edit(self, value: float, key: str) -> None:
        self.field.refuse(not self.session.try_push(SetInterval(float(value)), key))

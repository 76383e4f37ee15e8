"""Whose figures the cost views show: one target and one runtime, chosen here or taken from the first card."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.ui.settings import RUNTIME_NAMES
from studio.ui.theme import GAP

if TYPE_CHECKING:
    from studio.ui.session import Session

LEAST = 112  # pixels, where the row of tabs leaves no more
_TARGET, _RUNTIME = "cost.target", "cost.runtime"


class Subject(QObject):
    """The target and the runtime. `changed` says that another one was chosen; what an edit changes is the gauges' to tell."""

    changed = Signal()

    def __init__(self, session: "Session", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        session.settings_changed.connect(self._follow_cards)

    @property
    def target(self) -> str:
        """The chosen board while it is among the targets, else the first of them; "" where there is none."""
        targets = self.targets
        chosen = self.session.arrangement.noted(_TARGET)
        return chosen if chosen in targets else next(iter(targets), "")

    @property
    def targets(self) -> tuple[str, ...]:
        """The project's targets that are known here."""
        return tuple(t for t in self.session.document.project.targets if t in self.session.gauges.boards)

    @property
    def runtime(self) -> str:
        """The chosen runtime, else that of the target's card."""
        chosen = self.session.arrangement.noted(_RUNTIME)
        return chosen if chosen in RUNTIME_NAMES else self.session.settings.runtime_of(self.target)

    @property
    def board(self) -> TargetDevice | None:
        """The target's record."""
        return self.session.gauges.boards.get(self.target)

    @property
    def report(self) -> ResourceReport | None:
        """What the design, as it was last complete, costs there."""
        return self.session.gauges.report(self.target, self.runtime)

    @property
    def name(self) -> str:
        """The target and the runtime in words."""
        return f"{self.board.name} · {RUNTIME_NAMES[self.runtime]}" if self.board else ""

    def choose_target(self, id: str) -> None:
        """Show the figures of this board."""
        self._note(_TARGET, id)

    def choose_runtime(self, runtime: str) -> None:
        """Show the figures of this runtime."""
        self._note(_RUNTIME, runtime)

    def _note(self, key: str, value: str) -> None:
        if self.session.arrangement.noted(key) != value:
            self.session.arrangement.note(key, value)
            self.changed.emit()

    def _follow_cards(self, key: str) -> None:
        if key in ("card_runtimes", "runtime", "reserve_percent"):
            self.changed.emit()


class SubjectChooser(QWidget):
    """Two lists, of the targets and of the runtimes."""

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.subject = subject
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        self.targets = _list("cost_target", "Target of the figures", "which target's figures are shown")
        self.runtimes = _list("cost_runtime", "Runtime of the figures", "which runtime's figures are shown")
        for runtime, name in RUNTIME_NAMES.items():
            self.runtimes.addItem(name, runtime)
        row.addWidget(self.targets)
        row.addWidget(self.runtimes)
        self.targets.activated.connect(lambda at: subject.choose_target(self.targets.itemData(at)))
        self.runtimes.activated.connect(lambda at: subject.choose_runtime(self.runtimes.itemData(at)))
        self._listed: tuple[tuple[str, str], ...] = ()

    def refresh(self) -> None:
        """Show what is chosen."""
        targets = self.subject.targets
        with QSignalBlocker(self.targets):
            listed = tuple((id, self.subject.session.gauges.boards[id].name) for id in targets)
            if listed != self._listed:
                self._listed = listed
                self.targets.clear()
                for id, name in listed:
                    self.targets.addItem(name, id)
            self.targets.setCurrentIndex(self.targets.findData(self.subject.target))
        self.targets.setEnabled(bool(targets))
        self.runtimes.setCurrentIndex(self.runtimes.findData(self.subject.runtime))


def _list(name: str, spoken: str, tip: str) -> QComboBox:
    made = QComboBox()
    made.setObjectName(name)
    made.setAccessibleName(spoken)
    made.setToolTip(tip)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    made.setMinimumWidth(LEAST)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made

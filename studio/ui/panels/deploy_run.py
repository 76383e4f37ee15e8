"""The right side of the Deploy room: the steps, what went wrong, what the kit said, the log."""

import time
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.core.errors import Cancelled, StudioError
from studio.core.project import Project
from studio.core.target import TargetDevice
from studio.deploy.steps import STEPS
from studio.ui.dialogs.jobs import seconds_in_words
from studio.ui.gauges import same_design
from studio.ui.jobs import Job
from studio.ui.panels.deploy_outputs import KitOutputs
from studio.ui.panels.deploy_steps import Checklist, Step
from studio.ui.session import Session
from studio.ui.theme import PAD, ROOM
from studio.ui.widgets.fold import Fold
from studio.ui.widgets.problem import Problem

CHECKLIST = (
    Step("Write C", "weights, kernels, front end and labels; no interpreter, no malloc", STEPS["generate"]),
    Step("Compile", "for the target's core, and link for its memories", STEPS["compile"]),
    Step("Program", "erase, write and verify the flash", STEPS["program"]),
    Step("Run", "reset, send test vectors and clips, count", STEPS["run"]),
    Step("Read the answers", "compare them with the oracle, bit for bit", STEPS["answers"]),
)
_EMPTY = (
    "Nothing is flashed yet. Flash (F6) takes these steps with the design as it stands, trained or not; then the kit's answers stand here."
)


class RunPanel(QWidget):
    """Follows a flash job."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.job: Job | None = None
        self._target: TargetDevice | None = None
        self._project: Project | None = None
        self.title, self.words = QLabel("KIT"), QLabel(_EMPTY)
        self.title.setProperty("kind", "heading")
        self.words.setObjectName("run_words")
        self.words.setProperty("kind", "dim")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.checklist = Checklist(CHECKLIST)
        self.problem = Problem()
        self.problem.details_wanted.connect(session.erred)
        self.outputs = KitOutputs(session)
        self.outputs.hide()
        self.log = Fold("Log", copy=True)
        inside = QWidget()
        inside.setObjectName("panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, PAD, 0)
        column.setSpacing(ROOM)
        for widget in (self.title, self.words, self.checklist, self.problem, self.outputs):
            column.addWidget(widget)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(ROOM, ROOM, ROOM, PAD)
        outer.setSpacing(PAD)
        outer.addWidget(area, 1)
        outer.addWidget(self.log)
        session.document.changed.connect(self._compare)

    @property
    def running(self) -> bool:
        """Whether a kit is being flashed."""
        return self.job is not None and self.job.running

    def reset(self) -> None:
        """Show the empty state, for another project; what runs is let run."""
        self.session.document.changed.connect(self._compare)
        if not self.running:
            self.checklist.reset()
            self.problem.show_error(None)
            self.outputs.hide()
            self._say(_EMPTY)

    def follow(self, job: Job, target: TargetDevice, project: Project) -> None:
        """Show a flash job while it runs, and what comes of it."""
        self.job, self._target, self._project = job, target, project
        self.problem.show_error(None)
        self.outputs.hide()
        self.checklist.begin()
        self._say(f"{target.name}: starting")
        self.watch(job)
        job.progressed.connect(lambda fraction, words, _left: self._progressed(fraction, words))
        job.done.connect(self._done)
        job.failed.connect(self._failed)

    def watch(self, job: Job) -> None:
        """Write what a job says into the log."""
        self._note(job.title)
        job.logged.connect(self._note)
        job.done.connect(lambda _result: self._note(f"{job.title}: done"))
        job.failed.connect(lambda error: self._note("\n".join(filter(None, (str(error), error.hint, getattr(error, "traceback", ""))))))

    def show_error(self, error: StudioError) -> None:
        """Show why a job could not be started."""
        self.problem.show_error(error)

    def _progressed(self, fraction: float, words: str) -> None:
        self.checklist.show_fraction(fraction)
        if self.job is not None and not self.job.cancelled:
            self._say(words)

    def _done(self, result: dict[str, Any]) -> None:
        assert self._target is not None
        self.checklist.end("done")
        self._say(f"Done in {self._took()}.")
        self.outputs.show_result(result, self._target)
        self.outputs.show()
        self._compare()

    def _failed(self, error: StudioError) -> None:
        cancelled = isinstance(error, Cancelled)
        self.checklist.end("stopped" if cancelled else "failed")
        self._say("Cancelled." if cancelled else f"Failed after {self._took()}.")
        self.problem.show_error(None if cancelled else error)

    def _took(self) -> str:
        assert self.job is not None
        return seconds_in_words((self.job.ended_at or self.job.started_at) - self.job.started_at)

    def _compare(self, *_: object) -> None:
        """Say where the design is no longer what the kit ran."""
        if self.outputs.isHidden() or self._project is None:
            return
        same = same_design(self._project, self.session.document.project)
        random = "" if self.outputs.result.get("trained", True) else "random weights: the scores mean nothing yet"
        self.outputs.say("; ".join(filter(None, ("" if same else "the design has changed since this was flashed", random))))

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _note(self, line: str) -> None:
        self.log.add_line(f"{time.strftime('%H:%M:%S')}  {line}")

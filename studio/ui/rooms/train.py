"""The Train room: recipe and data at the left, the runs, their curves and what they came to at the right."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from studio.core.errors import Cancelled, InputError, JobFailed, StudioError
from studio.core.project import design_digest
from studio.core.state import State
from studio.storage.runs import Run
from studio.ui.document import Document
from studio.ui.jobs import Job
from studio.ui.panels.train_bar import TrainBar
from studio.ui.panels.train_data import DataSummary, obstacle
from studio.ui.panels.train_recipe import RecipePanel
from studio.ui.panels.train_series import Series, live, of_run, with_row
from studio.ui.panels.train_stage import TrainStage
from studio.ui.panels.train_words import outcome_in_words, sentence
from studio.ui.session import Session
from studio.ui.theme import PAD, ROOM
from studio.ui.widgets.thumbnails import Thumbnails

ENTRY = "studio.ml.train:run"
SIDE_WIDTH = 292
AFTER_PAINT_MS = 30
CHECK_MS = 400
NOTE = "Trains the design as it was at the start; what you edit now counts for the next run."


class TrainRoom(QWidget):
    """The room. `job` is the training that runs, `series` its epochs so far; both are None while none does."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train_room")
        self.session = session
        self.job: Job | None = None
        self.series: Series | None = None
        self._histories: dict[tuple[Path, float], Series] = {}
        self._listed = 0
        self._refused = False
        self._shown = self._design_stale = self._data_stale = False
        self.thumbnails = Thumbnails(self)
        self.recipe, self.data, self.bar = RecipePanel(session), DataSummary(self.thumbnails), TrainBar()
        self.stage = TrainStage(session, self.thumbnails)
        self.runs, self.result = self.stage.runs, self.stage.result
        self._check = QTimer(self, interval=CHECK_MS, singleShot=True)
        self._lay_out()
        self._connect()
        self._watch()
        self._show_data()
        self._list_runs()

    # what the window asks

    def train(self) -> None:
        """Save the document and train it; a training that runs goes on."""
        if self.job is not None:
            self.session.told.emit("a training runs already; Cancel keeps its best epoch so far")
            return
        document = self.session.document
        problem = obstacle(document.library, document.project.labels) or self._incomplete()
        if problem:
            self._refuse(problem)
            return
        try:
            _save(document)
            job = self.session.jobs.start(ENTRY, {"project": str(document.path)}, "Training")
        except StudioError as error:
            self._refuse(sentence(error))
            return
        self._begin(job, document)

    def cancel(self) -> None:
        """Stop the training and keep the best epoch so far."""
        if self.job is not None:
            self.job.cancel()
            self._show_progress(self.job)

    def play(self) -> None:
        """Play the shown clip, or stop."""
        self.result.clips.play(self.session.segment)

    def delete_selected(self) -> None:
        """Delete the chosen runs, where the runs have the focus."""
        if self.runs.view.hasFocus():
            self.runs.delete_chosen()
        else:
            self.session.told.emit("nothing is deleted here but runs: choose them in their list first")

    def reset_layout(self) -> None:
        """Give every panel its first size."""
        self._sides.setSizes([SIDE_WIDTH, max(400, self.width() - SIDE_WIDTH)])
        self.stage.reset_layout()

    def close_room(self) -> None:
        """Stop what runs here."""
        self.result.clips.stop()
        self.thumbnails.close()

    @property
    def curves(self) -> Any:
        """Loss and accuracy over the epochs."""
        return self.stage.curves

    # building

    def _lay_out(self) -> None:
        self._sides = QSplitter(Qt.Orientation.Horizontal)
        self._sides.setHandleWidth(1)
        self._sides.addWidget(self._make_side())
        self._sides.addWidget(self.stage)
        self._sides.setStretchFactor(1, 1)
        self._sides.setCollapsible(1, False)
        self._splitters = {"sides": self._sides, **self.stage.splitters}
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(self._sides)

    def _make_side(self) -> QFrame:
        side, inside, area, bottom = QFrame(), QWidget(), QScrollArea(), QVBoxLayout()
        for panel in (side, inside):
            panel.setObjectName("panel")
        side.setMinimumWidth(240)
        side.setMaximumWidth(420)
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(ROOM, PAD, PAD, PAD)
        cards.setSpacing(ROOM)
        cards.addWidget(self.recipe)
        cards.addWidget(self.data)
        cards.addStretch(1)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        bottom.setContentsMargins(ROOM, 0, ROOM, 0)
        bottom.addWidget(self.bar)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, ROOM)
        column.setSpacing(PAD)
        column.addWidget(area, 1)
        column.addLayout(bottom)
        return side

    def _connect(self) -> None:
        session = self.session
        for wish in (self.bar.train_wanted, self.stage.train_wanted):
            wish.connect(self.train)
        for wish in (self.data.sounds_wanted, self.stage.sounds_wanted):
            wish.connect(lambda: session.room_wanted.emit("sounds"))
        self.bar.cancel_wanted.connect(self.cancel)
        self.runs.chosen.connect(self._show_chosen)
        self.runs.removed.connect(self._runs_changed)
        self.thumbnails.ready.connect(self._data_changed)
        self._check.timeout.connect(self._show_data)
        session.document_replaced.connect(self._replace)
        session.segment_changed.connect(self.result.clips.show_segment)
        session.theme_changed.connect(self._restyle)

    # following the document

    def _watch(self) -> None:
        self.session.document.changed.connect(self._follow)

    def _replace(self) -> None:
        """Show another document; a training of the old one goes on in the list of jobs."""
        self.result.clips.stop()
        self.job = self.series = None
        self.bar.end("")
        self.runs.forget_deleted()
        self._watch()
        self.recipe.show_recipe(self.session.document.project.recipe)
        self._show_data()
        self._list_runs()

    def _follow(self, before: State, after: State) -> None:
        if self._refused:
            self._refused = False
            self.bar.say("")
        if before.project.recipe is not after.project.recipe:
            self.recipe.show_recipe(after.project.recipe)
        if before.library is not after.library:
            self.result.clips.refresh()
        if before.library is not after.library or before.project.labels != after.project.labels:
            self._data_changed()
        if before.project is not after.project:
            self._design_stale = True
            if self.isVisible():
                self._show_design()

    def _data_changed(self) -> None:
        self._data_stale = True
        if self.isVisible() and not self._check.isActive():
            self._check.start()

    def _show_data(self) -> None:
        """Count and check the clips; their levels are known of those whose outline was made, which goes on behind."""
        document, self._data_stale = self.session.document, False
        library, labels = document.library, document.project.labels
        if self._shown:
            self.thumbnails.survey(library, library.segments)
        self.data.show_data(library, labels)
        self.stage.show_empty(no_clips=not any(s.label in labels for s in library.segments))

    def _show_design(self) -> None:
        """Say of each run whether the design changed since."""
        self._design_stale = False
        self.runs.table.show_design(design_digest(self.session.document.project))

    def _restyle(self) -> None:
        for part in (self.recipe, self.data, self.bar, self.stage):
            part.restyle()

    # the runs

    def _list_runs(self, choose: int | None = None) -> None:
        document, self._design_stale = self.session.document, False
        self._listed = self._stamp()
        self.runs.show_runs(document.folder.runs(), design_digest(document.project), choose)

    def _stamp(self) -> int:
        folder = self.session.document.path / "runs"
        return folder.stat().st_mtime_ns if folder.is_dir() else 0

    def _runs_changed(self) -> None:
        """Runs came or went, and with them perhaps the trained model of this design."""
        self._list_runs()
        self.session.gauges.updated.emit()

    def _show_chosen(self) -> None:
        chosen = self.runs.chosen_runs()
        if chosen:
            self.result.show_run(chosen[0], self._folder(chosen[0]), chosen[1:])
        self.stage.show_page(self.job is not None)
        self._draw()

    def _draw(self) -> None:
        running = [self.series] if self.series is not None else []
        self.stage.draw([*running, *(self._history(r) for r in self.runs.chosen_runs())])

    def _history(self, run: Run) -> Series:
        key = (self._folder(run), run.started)
        if key not in self._histories:
            self._histories[key] = of_run(run, self._folder(run))
        return self._histories[key]

    def _folder(self, run: Run) -> Path:
        return self.session.document.path / "runs" / str(run.number)

    # training

    def _incomplete(self) -> str:
        stale = self.session.gauges.stale
        return f"The design cannot be trained yet: {stale}." if stale else ""

    def _refuse(self, text: str) -> None:
        """Say why no training starts, until something is changed."""
        self._refused = True
        self.bar.say(text, "error")
        if not self.isVisible():
            self.session.told.emit(text)

    def _begin(self, job: Job, document: Document) -> None:
        self._refused = False
        self.job, self.series = job, live(document.project.recipe)
        job.progressed.connect(lambda *_: self._show_progress(job))
        job.measured.connect(lambda name, row: self._measured(job, name, row))
        job.done.connect(lambda result: self._done(job, result))
        job.failed.connect(lambda error: self._failed(job, error))
        self.bar.start(NOTE)
        self.stage.show_page(running=True)
        self._draw()

    def _show_progress(self, job: Job) -> None:
        if job is self.job and self.series is not None:
            if job.cancelled and not self.bar.stopping:
                self.bar.show_stopping(self.series.best_epoch)
            self.bar.show_progress(job.fraction, job.message, job.seconds_left)

    def _measured(self, job: Job, name: str, row: Mapping[str, float]) -> None:
        if job is self.job and self.series is not None and name == "epoch":
            self.series = with_row(self.series, row)
            self._draw()

    def _done(self, job: Job, result: Mapping[str, Any]) -> None:
        words = outcome_in_words(result)
        self.session.told.emit(f"training: {words}")
        if job is self.job:
            self.job = self.series = None
            self.bar.end(f"{words[:1].upper()}{words[1:]}.", "" if result["cancelled"] else "fits")
            self._list_runs(int(result["number"]))
            self.session.gauges.updated.emit()
        elif result["project"] == str(self.session.document.path):
            self._runs_changed()

    def _failed(self, job: Job, error: StudioError) -> None:
        """Say it in place; a crash, and what nobody would see here, in a dialog too."""
        cancelled = isinstance(error, Cancelled)
        if isinstance(error, JobFailed) or not (cancelled or self.isVisible()):
            self.session.erred.emit(error)
        if cancelled:
            self.session.told.emit("training: cancelled before an epoch was done; nothing was changed")
        if job is self.job:
            self.job = self.series = None
            self.bar.end(
                "Cancelled before an epoch was done; nothing was changed." if cancelled else sentence(error), "" if cancelled else "error"
            )
            self.stage.show_page(running=False)
            self._draw()

    # showing

    def _place_panels(self) -> None:
        self.reset_layout()
        self.session.arrangement.place("train", self._splitters)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if not self._shown:
            self._shown = self._data_stale = True
            self._place_panels()
            QTimer.singleShot(AFTER_PAINT_MS, self, lambda: self.curves)
        if self._stamp() != self._listed:
            self._list_runs()
        if self._design_stale:
            self._show_design()
        if self._data_stale:
            self._check.start()


def _save(document: Document) -> None:
    """Save what is to be trained; raise InputError where that fails, or would undo what somebody else wrote."""
    changed = document.changed_on_disk()
    if changed:
        raise InputError(
            f"the project changed on disk since it was read ({', '.join(changed)})", hint="reload from disk, or save (Ctrl+S), first"
        )
    document.save()

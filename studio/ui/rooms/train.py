"""The Train room: recipe and data at the left, the runs, their curves and what they came to at the right."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.core.errors import Cancelled, JobFailed, StudioError
from studio.core.project import Project, design_digest
from studio.core.state import State
from studio.storage.runs import Run
from studio.ui.document import Document
from studio.ui.jobs import Job
from studio.ui.panels.train_bar import HINT, TrainBar
from studio.ui.panels.train_data import DataSummary, obstacle
from studio.ui.panels.train_recipe import RecipePanel
from studio.ui.panels.train_result import ResultPanel
from studio.ui.panels.train_runs import RunsPanel
from studio.ui.panels.train_series import Series, live, of_run, with_row
from studio.ui.panels.train_words import per_cent
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.thumbnails import Thumbnails

ENTRY = "studio.ml.train:run"
SETTING = "rooms"
SIDE_WIDTH = 292
AFTER_PAINT_MS = 30
NOTE = "Trains the design as it was at the start; what you edit now counts for the next run."
EMPTY = (
    "Curves, accuracy and confusions of each training appear here.\n"
    "Train hears the clips as often as the recipe says, keeps the best epoch, makes the int8 model and judges both on the test clips."
)


class TrainRoom(QWidget):
    """The room. The curves are made after it was first seen, for their library takes half a second to load."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train_room")
        self.session = session
        self.job: Job | None = None
        self.series: Series | None = None
        self._job_document: Document | None = None
        self._started: Project | None = None
        self._histories: dict[tuple[str, int, float], Series] = {}
        self._curves: Any = None
        self._shown = self._stale = self._data_stale = False
        self.thumbnails = Thumbnails(self)
        self.recipe, self.data, self.bar = RecipePanel(session), DataSummary(self.thumbnails), TrainBar()
        self.runs, self.result = RunsPanel(session), ResultPanel(session, self.thumbnails)
        self._lay_out()
        self._connect()
        self._watch()
        self._restore()
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
            self._save(document)
            job = self.session.jobs.start(ENTRY, {"project": str(document.path)}, "Training")
        except StudioError as error:
            self._refuse(_sentence(error))
            return
        self._begin(job, document)

    def cancel(self) -> None:
        """Stop the training and keep the best epoch so far."""
        if self.job is not None:
            self.job.cancel()
            self._show_progress()

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
        width, height = max(self.width() - SIDE_WIDTH, 500), max(self.height(), 500)
        runs = max(128, min(190, height // 7))
        curves = max(176, min(320, height - runs - 410))
        self._rows.setSizes([curves, runs, height - runs - curves])
        self.result.splitter.setSizes([round(0.56 * width), round(0.44 * width)])

    def close_room(self) -> None:
        """Stop what runs here and remember the sizes."""
        self.result.clips.stop()
        self.thumbnails.close()
        if self._shown:
            stored = self.session.settings.get(SETTING)
            rooms = dict(stored) if isinstance(stored, dict) else {}
            rooms["train"] = {name: splitter.sizes() for name, splitter in self._splitters.items()}
            self.session.attempt(lambda: self.session.settings.set(SETTING, rooms))

    @property
    def curves(self) -> Any:
        """Loss and accuracy over the epochs; made at the first call."""
        if self._curves is None:
            from studio.ui.plots.curves import Curves

            self._curves = Curves()
            self._place.layout().addWidget(self._curves)
            self._show_curves()
        return self._curves

    # building

    def _lay_out(self) -> None:
        side, right = self._make_side(), QVBoxLayout()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_empty())
        self._pages.addWidget(self._make_rows())
        self._splitters = {"rows": self._rows, "result": self.result.splitter}
        right.addWidget(self._pages)
        self._sides = QSplitter(Qt.Orientation.Horizontal)
        self._sides.setHandleWidth(1)
        self._sides.addWidget(side)
        self._sides.addWidget(self._pages)
        self._sides.setStretchFactor(1, 1)
        self._sides.setCollapsible(1, False)
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(self._sides)

    def _make_side(self) -> QFrame:
        side = QFrame()
        side.setObjectName("panel")
        side.setMinimumWidth(240)
        side.setMaximumWidth(420)
        inside = QWidget()
        inside.setObjectName("panel")
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(ROOM, PAD, PAD, PAD)
        cards.setSpacing(ROOM)
        cards.addWidget(self.recipe)
        cards.addWidget(self.data)
        cards.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, ROOM)
        column.setSpacing(PAD)
        column.addWidget(area, 1)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(ROOM, 0, ROOM, 0)
        bottom.addWidget(self.bar)
        column.addLayout(bottom)
        return side

    def _make_empty(self) -> QWidget:
        page = QWidget()
        page.setObjectName("panel")
        title, words = QLabel("No training yet"), QLabel(EMPTY, wordWrap=True)
        title.setProperty("kind", "big")
        words.setObjectName("no_runs")
        words.setProperty("kind", "dim")
        self.empty_button = QPushButton()
        self.empty_button.setObjectName("empty_action")
        self.empty_button.clicked.connect(self._empty_action)
        column = QVBoxLayout(page)
        column.setSpacing(ROOM)
        column.addStretch(2)
        for widget in (title, words):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(widget)
        column.addWidget(self.empty_button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(3)
        column.setContentsMargins(4 * ROOM, ROOM, 4 * ROOM, ROOM)
        return page

    def _make_rows(self) -> QSplitter:
        self._place = QWidget()
        self._place.setObjectName("panel")
        place = QVBoxLayout(self._place)
        place.setContentsMargins(ROOM, PAD, ROOM, GAP)
        self._waiting = QLabel("Float and int8 accuracy and the confusion matrix come when this training is done.", wordWrap=True)
        self._waiting.setObjectName("no_result")
        self._waiting.setProperty("kind", "dim")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        waiting = QWidget()
        waiting.setObjectName("panel")
        column = QVBoxLayout(waiting)
        column.setContentsMargins(4 * ROOM, ROOM, 4 * ROOM, ROOM)
        column.addWidget(self._waiting)
        self._results = QStackedWidget()
        self._results.addWidget(waiting)
        self._results.addWidget(self.result)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.setHandleWidth(1)
        for widget in (self._place, self.runs, self._results):
            self._rows.addWidget(widget)
        self._rows.setStretchFactor(0, 1)
        self._rows.setStretchFactor(2, 2)
        self._rows.setCollapsible(2, False)
        return self._rows

    def _connect(self) -> None:
        session = self.session
        self.bar.train_wanted.connect(self.train)
        self.bar.cancel_wanted.connect(self.cancel)
        self.data.sounds_wanted.connect(lambda: session.room_wanted.emit("sounds"))
        self.runs.chosen.connect(self._show_chosen)
        self.runs.removed.connect(self._runs_changed)
        self.thumbnails.ready.connect(self._data_soon)
        session.document_replaced.connect(self._replace)
        session.segment_changed.connect(self.result.clips.show_segment)
        session.theme_changed.connect(self._restyle)
        self._check = QTimer(self, interval=400, singleShot=True)
        self._check.timeout.connect(self._show_data)

    # following the document

    def _watch(self) -> None:
        self.session.document.changed.connect(self._follow)

    def _replace(self) -> None:
        """Show another document; a training of the old one goes on in the list of jobs."""
        self.result.clips.stop()
        self.job = self.series = self._job_document = None
        self.bar.end("")
        self.runs.forget_deleted()
        self._watch()
        self.recipe.show_recipe(self.session.document.project.recipe)
        self._show_data()
        self._list_runs()

    def _follow(self, before: State, after: State) -> None:
        if before.project.recipe is not after.project.recipe:
            self.recipe.show_recipe(after.project.recipe)
        if before.library is not after.library or before.project.labels != after.project.labels:
            self._data_soon()
            self.result.clips.refresh()
        if before.project is not after.project:
            self._stale = True
            if self.isVisible():
                self._show_design()

    def _data_soon(self) -> None:
        self._data_stale = True
        if self.isVisible() and not self._check.isActive():
            self._check.start()

    def _show_data(self) -> None:
        document, self._data_stale = self.session.document, False
        self.data.show_data(document.library, document.project.labels)
        self._show_empty()

    def _show_design(self) -> None:
        """Say of each run whether the design changed since."""
        self._stale = False
        self.runs.table.show_design(design_digest(self.session.document.project))

    def _restyle(self) -> None:
        self.recipe.restyle()
        self.data.restyle()
        self.bar.restyle()
        self.runs.restyle()
        self.result.restyle()
        if self._curves is not None:
            self._curves.restyle()

    # the runs

    def _list_runs(self, choose: int | None = None) -> None:
        document, self._stale = self.session.document, False
        self.runs.show_runs(document.folder.runs(), design_digest(document.project), choose)

    def _runs_changed(self) -> None:
        """Runs came or went, and with them perhaps the trained model of this design."""
        self._list_runs()
        self.session.gauges.updated.emit()

    def _show_chosen(self) -> None:
        chosen = self.runs.chosen_runs()
        if chosen:
            first, *others = chosen
            self.result.show_run(first, self._folder(first), others)
        self.runs.setVisible(bool(self.runs.table.runs))
        self._results.setCurrentIndex(1 if chosen else 0)
        self._show_page()
        self._show_curves()

    def _show_page(self) -> None:
        self._pages.setCurrentIndex(1 if self.runs.table.runs or self.job is not None else 0)
        self._show_empty()

    def _show_empty(self) -> None:
        document = self.session.document
        nothing = not any(s.label in document.project.labels for s in document.library.segments)
        self.empty_button.setText("Go to Sounds" if nothing else "Train")
        self.empty_button.setToolTip("Record clips there, or import a folder" if nothing else f"Train the design as it stands ({HINT})")

    def _empty_action(self) -> None:
        if self.empty_button.text() == "Train":
            self.train()
        else:
            self.session.room_wanted.emit("sounds")

    def _show_curves(self) -> None:
        if self._curves is not None:
            self._curves.show_series([*self._running(), *(self._history(r) for r in self.runs.chosen_runs())])
        first = len(self._running())
        self.runs.table.show_places({r.number: first + i for i, r in enumerate(self.runs.chosen_runs())})

    def _running(self) -> list[Series]:
        return [self.series] if self.series is not None else []

    def _history(self, run: Run) -> Series:
        key = (str(self.session.document.path), run.number, run.started)
        if key not in self._histories:
            self._histories[key] = of_run(run, self._folder(run))
        return self._histories[key]

    def _folder(self, run: Run) -> Any:
        return self.session.document.path / "runs" / str(run.number)

    # training

    def _incomplete(self) -> str:
        stale = self.session.gauges.stale
        return f"The design cannot be trained yet: {stale}." if stale else ""

    def _save(self, document: Document) -> None:
        changed = document.changed_on_disk()
        if changed and not document.is_saved:
            raise StudioError(f"{' and '.join(changed)} changed on disk", hint="save (Ctrl+S) or reload from disk first")
        document.save()

    def _refuse(self, text: str) -> None:
        self.bar.say(text, "error")
        if not self.isVisible():
            self.session.told.emit(text)

    def _begin(self, job: Job, document: Document) -> None:
        self.job, self._job_document = job, document
        self.series = live(document.project.recipe)
        job.progressed.connect(lambda *_: self._show_progress() if job is self.job else None)
        job.measured.connect(lambda name, row: self._measured(job, name, row))
        job.done.connect(lambda result: self._done(job, result))
        job.failed.connect(lambda error: self._failed(job, error))
        self.bar.start(NOTE)
        if not self.runs.table.runs:
            self._results.setCurrentIndex(0)
        self._show_page()
        self._show_curves()

    def _show_progress(self) -> None:
        job = self.job
        if job is None:
            return
        if job.cancelled and not self.bar.stopping:
            self.bar.show_stopping(self.series.best_epoch if self.series else 0)
        self.bar.show_progress(job.fraction, job.message, job.seconds_left)

    def _measured(self, job: Job, name: str, row: Mapping[str, float]) -> None:
        if job is self.job and name == "epoch" and self.series is not None:
            self.series = with_row(self.series, row)
            self._show_curves()

    def _done(self, job: Job, result: Mapping[str, Any]) -> None:
        words = _outcome(result)
        self.session.told.emit(f"training: {words}")
        if job is not self.job:
            return
        self.job = self.series = self._job_document = None
        self.bar.end(words[:1].upper() + words[1:], "" if result["cancelled"] else "fits")
        self._list_runs(int(result["number"]))
        self.session.gauges.updated.emit()

    def _failed(self, job: Job, error: StudioError) -> None:
        if isinstance(error, JobFailed) or not (self.isVisible() or isinstance(error, Cancelled)):
            self.session.erred.emit(error)
        if job is not self.job:
            return
        self.job = self.series = self._job_document = None
        if isinstance(error, Cancelled):
            words = "Cancelled before an epoch was done; nothing was changed."
            self.bar.end(words)
            self.session.told.emit(f"training: {words[:1].lower()}{words[1:-1]}")
        else:
            self.bar.end(_sentence(error), "error")
        self._show_page()
        self._show_curves()

    # showing

    def _restore(self) -> None:
        stored = self.session.settings.get(SETTING)
        sizes = stored.get("train") if isinstance(stored, dict) else None
        self._remembered = sizes if isinstance(sizes, dict) else {}

    def _place_panels(self) -> None:
        self._sides.setSizes([SIDE_WIDTH, max(400, self.width() - SIDE_WIDTH)])
        self.reset_layout()
        for name, splitter in self._splitters.items():
            sizes = self._remembered.get(name)
            whole = isinstance(sizes, list) and len(sizes) == splitter.count()
            if whole and all(isinstance(s, int) and s >= 0 for s in sizes) and any(sizes):
                splitter.setSizes(sizes)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._stale:
            self._show_design()
        if self._data_stale:
            self._show_data()
        if not self._shown:
            self._shown = True
            self._place_panels()
            self.thumbnails.survey(self.session.document.library, self.session.document.library.segments)
            QTimer.singleShot(AFTER_PAINT_MS, self, lambda: self.curves)


def _outcome(result: Mapping[str, Any]) -> str:
    """Say in words what a training came to."""
    accuracies = f"float {per_cent(result['float_accuracy'])}, int8 {per_cent(result['int8_accuracy'])} of the test clips"
    if result["cancelled"]:
        epochs = f"{result['epochs']} epoch{'s' * (result['epochs'] != 1)}"
        return f"stopped after {epochs}; the best, epoch {result['best_epoch']}, is kept as run {result['number']}: {accuracies}"
    return f"run {result['number']} is done: {accuracies}"


def _sentence(error: StudioError) -> str:
    text = f"{error}. {error.hint[:1].upper()}{error.hint[1:]}." if error.hint else f"{error}."
    return text[:1].upper() + text[1:]

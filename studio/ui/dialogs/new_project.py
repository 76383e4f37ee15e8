"""A new project from a folder of recordings: what is there, how it is split, where it goes, and what came of it."""

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import Cancelled, InputError, StudioError
from studio.core.places import home
from studio.storage.atomic import refuse_occupied
from studio.storage.names import safe_name
from studio.ui.dialogs.import_result import ImportResult
from studio.ui.dialogs.preview import Preview, in_words, preview
from studio.ui.dialogs.split_choice import SplitChoice
from studio.ui.jobs import Job
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.latest import Latest
from studio.ui.widgets.state import set_state

ENTRY = "studio.storage.new:run"
TYPING_MS = 200
_NO_NAMES = ("recordings", "audio", "data", "wav", "wavs", "clips", "sounds")
_EMPTY = "A folder that holds a folder for each label, or files whose names tell the label. WAV, FLAC, OGG, AIFF and MP3 can be read."


class NewProjectDialog(QDialog):
    """Asks, makes the project in a child process, and shows what came in; `folder` is the new project once it is there."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.folder: Path | None = None
        self.job: Job | None = None
        self._preview: Preview | None = None
        self._named = self._placed = False
        self.setObjectName("new_project")
        self.setWindowTitle("New project from recordings")
        self.setMinimumSize(680, 520)
        self._scan = Latest(self)
        self._scan.answered.connect(self._scanned)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._ask)
        self.form = self._make_form()
        self.result = ImportResult()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.form)
        self._pages.addWidget(self.result)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * ROOM, 2 * ROOM, 2 * ROOM, ROOM)
        column.setSpacing(ROOM)
        column.addWidget(self._pages, 1)
        column.addWidget(self._make_progress())
        column.addLayout(self._make_buttons())
        self._show_state()

    # building

    def _make_form(self) -> QWidget:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(ROOM)
        grid.setVerticalSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.source = _line("new_source", "Folder of recordings", "the folder that holds the recordings")
        self.found, self.left_out = _note("new_found"), _note("new_left_out")
        self.pattern = _line("new_pattern", "How file names tell the label", "{label}_{speaker}_{index}.wav")
        self.split = SplitChoice()
        self.name = _line("new_name", "Name", "kitchen words")
        self.dest = _line("new_dest", "Folder of the project", "a new folder")
        self.reference = QCheckBox("leave the recordings where they are")
        self.reference.setObjectName("new_reference")
        self.reference.setToolTip("the project then holds their paths, and stops working where they are moved")
        pattern_help = _note("new_pattern_help")
        pattern_help.setText("leave it empty where each label has a folder; {name} stands for a field, * for anything, / parts folders")
        _row(grid, 0, "Recordings", self.source, self._browse("new_browse_source", self._choose_source), (self.found, self.left_out))
        _row(grid, 4, "File names", self.pattern, None, (pattern_help,))
        _row(grid, 8, "Held out", self.split, None, ())
        _row(grid, 12, "Name", self.name, None, ())
        _row(grid, 16, "Folder", self.dest, self._browse("new_browse_dest", self._choose_dest), (self.reference,))
        grid.setRowStretch(20, 1)
        self.source.textChanged.connect(self._source_changed)
        self.pattern.textChanged.connect(lambda _: self._typing.start())
        self.name.textEdited.connect(self._name_edited)
        self.dest.textEdited.connect(self._dest_edited)
        for signal in (self.name.textChanged, self.dest.textChanged, self.split.changed):
            signal.connect(lambda *_: self._show_state())
        return form

    def _browse(self, name: str, call: Any) -> QPushButton:
        button = QPushButton("Browse…")
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(call)
        return button

    def _make_progress(self) -> QWidget:
        self.problem = QLabel()
        self.problem.setObjectName("new_problem")
        self.problem.setProperty("state", "error")
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.words = _note("new_words")
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for widget in (self.problem, self.words, self.bar):
            column.addWidget(widget)
        return holder

    def _make_buttons(self) -> QHBoxLayout:
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("new_cancel")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        self.create_button = QPushButton("Create the project")
        self.create_button.setObjectName("new_create")
        self.create_button.setProperty("kind", "primary")
        self.create_button.setDefault(True)
        self.create_button.clicked.connect(self._go_on)
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.create_button)
        return row

    # asking

    def _choose_source(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "The folder that holds the recordings", self.source.text())
        if chosen:
            self.source.setText(chosen)

    def _choose_dest(self) -> None:
        start = self.dest.text() or str(self._projects())
        chosen = QFileDialog.getExistingDirectory(self, "Make the project in this folder", str(Path(start).parent))
        if chosen:
            self._placed = True
            self.dest.setText(str(Path(chosen) / safe_name(self.name.text() or "project")))

    def _source_changed(self, text: str) -> None:
        path = Path(text)
        stem = path.parent.name if path.name.lower() in _NO_NAMES else path.name
        if stem and not self._named:
            self.name.setText(stem)
            self._suggest_dest(stem)
        self._typing.start()

    def _name_edited(self, text: str) -> None:
        self._named = True
        self._suggest_dest(text)

    def _dest_edited(self, _text: str) -> None:
        self._placed = True

    def _suggest_dest(self, name: str) -> None:
        if not self._placed:
            self.dest.setText(str(_free(self._projects() / safe_name(name))) if name.strip() else "")

    def _projects(self) -> Path:
        """Return the folder where projects are kept: beside the present one."""
        path = self.session.document.path.parent
        return path if path.is_dir() else home() / "projects"

    def _ask(self) -> None:
        """Look into the folder, in a thread."""
        text, pattern = self.source.text().strip(), self.pattern.text().strip()
        self._preview = None
        if not text:
            self._say_found(_EMPTY, "")
        else:
            self._say_found("looking…", "")
            self._scan.ask(partial(preview, Path(text).expanduser(), pattern))
        self._show_state()

    def _scanned(self, answer: Preview | StudioError) -> None:
        if isinstance(answer, StudioError):
            self._preview = None
            self._say_found(in_words(answer), "error")
        else:
            self._preview = answer
            self._say_found(answer.words, "fits", answer.left_out_words)
        self.split.show_preview(self._preview)
        self._show_state()

    def _say_found(self, words: str, state: str, left_out: str = "") -> None:
        self.found.setText(words)
        set_state(self.found, state, "" if state else "dim")
        self.left_out.setText(left_out)
        self.left_out.setVisible(bool(left_out))

    # what is asked for, and whether it can be made

    def _missing(self) -> str:
        """Say what stands against creating it, "" where nothing does."""
        if self._preview is None:
            return "" if self.source.text().strip() else "Choose the folder of your recordings first."
        problem = self.split.problem()
        if problem is not None:
            return in_words(problem)
        if not self.name.text().strip() or not self.dest.text().strip():
            return "Give it a name and a folder."
        try:
            refuse_occupied(Path(self.dest.text().strip()).expanduser())
        except InputError as error:
            return f"{self.dest.text()}: {in_words(error)}"
        return ""

    def _show_state(self) -> None:
        running, done = self.job is not None and self.job.running, self.folder is not None
        if not running and not done:
            missing = self._missing()
            self.words.setText(missing)
            self.words.setVisible(bool(missing))
            self.create_button.setEnabled(self._preview is not None and not missing)
        self.form.setEnabled(not running)
        self.bar.setVisible(running)
        if running:
            self.words.show()
            self.problem.hide()
            self.create_button.setEnabled(False)
        self.problem.setVisible(bool(self.problem.text()) and not running)

    def _go_on(self) -> None:
        if self.folder is not None:
            self.accept()
        else:
            self._create()

    def _create(self) -> None:
        args = {
            "dest": str(Path(self.dest.text().strip()).expanduser()),
            "source": str(Path(self.source.text().strip()).expanduser()),
            "name": self.name.text().strip(),
            "pattern": self.pattern.text().strip(),
            "split": self.split.text,
            "seed": self.split.seed.value(),
            "reference": self.reference.isChecked(),
        }
        self.problem.setText("")
        self.words.setText("starting")
        self.bar.setValue(0)
        self.job = self.session.jobs.start(ENTRY, args, f"New project {args['name']}")
        self.job.progressed.connect(self._progressed)
        self.job.done.connect(self._made)
        self.job.failed.connect(self._failed)
        self._show_state()

    def _progressed(self, fraction: float, words: str, _left: object) -> None:
        self.bar.setValue(round(1000 * fraction))
        if self.job is not None and not self.job.cancelled:
            self.words.setText(words)

    def _made(self, result: dict[str, Any]) -> None:
        self.folder = Path(result["path"])
        self.result.show_report(result)
        self._pages.setCurrentWidget(self.result)
        self.words.hide()
        self.create_button.setText("Open the project")
        self.create_button.setEnabled(True)
        self.create_button.setFocus()
        self.cancel.setText("Close")
        self._show_state()

    def _failed(self, error: StudioError) -> None:
        self.problem.setText(
            "" if isinstance(error, Cancelled) else f"{error.where}: {in_words(error)}" if error.where else in_words(error)
        )
        self._show_state()

    def reject(self) -> None:
        """Stop what runs; where nothing does, close."""
        if self.job is not None and self.job.running:
            self.words.setText("stopping")
            self.job.cancel()
            return
        super().reject()

    def done(self, result: int) -> None:
        self._typing.stop()
        self._scan.close()
        super().done(result)


def _line(name: str, accessible: str, placeholder: str) -> QLineEdit:
    line = QLineEdit(placeholderText=placeholder)
    line.setObjectName(name)
    line.setAccessibleName(accessible)
    return line


def _note(name: str) -> QLabel:
    label = QLabel(_EMPTY if name == "new_found" else "")
    label.setObjectName(name)
    label.setProperty("kind", "dim")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _row(grid: QGridLayout, row: int, title: str, control: QWidget, button: QWidget | None, notes: tuple[QWidget, ...]) -> None:
    """Lay a line of the form: title, control, button, and notes beneath."""
    label = QLabel(title)
    label.setBuddy(control)
    grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
    label.setContentsMargins(0, 6, 0, 0)
    grid.addWidget(control, row, 1, 1, 1 if button else 2)
    if button is not None:
        grid.addWidget(button, row, 2)
    for number, note in enumerate(notes, 1):
        grid.addWidget(note, row + number, 1, 1, 2)
    grid.setRowMinimumHeight(row + 3, PAD)


def _free(folder: Path) -> Path:
    """Return this folder, or the next of its name that is not there yet."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free

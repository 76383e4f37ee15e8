"""The list of jobs: what runs, how far it is, and how the others ended."""

import time

import msgspec
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studio.core.errors import Cancelled
from studio.ui.jobs import Work
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.fold import Fold
from studio.ui.widgets.state import set_state

_EMPTY = "Nothing has run yet. Training, proving, exporting and flashing each get a line here, with their progress and their log."


def seconds_in_words(seconds: float) -> str:
    """Write a duration as people say it: "0.4 s", "12 s", "3 min 05 s"."""
    if seconds < 1:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "0 s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def state_in_words(job: Work, now: float) -> tuple[str, str]:
    """Return how a job stands, and the state that colours it: "", "fits" or "error"."""
    if job.running:
        words = [job.message, f"{100 * job.fraction:.0f} %"]
        if job.seconds_left and job.seconds_left >= 0.5:
            words.append(f"{seconds_in_words(job.seconds_left)} left")
        return ("stopping · what is good is kept", "") if job.cancelled else (" · ".join(words), "")
    took = seconds_in_words((job.ended_at or now) - job.started_at)
    if job.error is None:
        return f"done in {took}", "fits"
    if isinstance(job.error, Cancelled):
        return f"cancelled after {took}", ""
    return f"failed after {took}: {job.error.message}", "error"


class JobLine(QFrame):
    """One job: title, state, bar, and what can be done about it."""

    def __init__(self, job: Work, window: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.job, self._window = job, window
        self.setObjectName("card")
        self.setAccessibleName(job.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, PAD, ROOM, PAD)
        column.setSpacing(GAP)
        column.addLayout(self._make_head())
        self.state = QLabel()
        self.state.setObjectName("job_state")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"Progress of {job.title}")
        self.log = Fold("Log", copy=True)
        self.log.toggled.connect(lambda open: self._fill_log() if open else None)
        for widget in (self.state, self.bar, self.log):
            column.addWidget(widget)
        job.progressed.connect(self.refresh)
        job.logged.connect(lambda text: self.log.add_line(text) if self.log.body.isVisibleTo(self.log) else None)
        job.ended.connect(self._ended)
        self.refresh()

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(PAD)
        title = QLabel(self.job.title)
        title.setProperty("kind", "title")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setWordWrap(True)
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("job_cancel")
        self.cancel.setAccessibleName(f"Cancel {self.job.title}")
        self.cancel.clicked.connect(self._cancel)
        self.error = QPushButton("Show error")
        self.error.setObjectName("job_error")
        self.error.setAccessibleName(f"Show the error of {self.job.title}")
        self.error.clicked.connect(self._show_error)
        row.addWidget(title, 1)
        row.addWidget(self.error)
        row.addWidget(self.cancel)
        return row

    def refresh(self, *_: object) -> None:
        """Show how the job stands."""
        words, state = state_in_words(self.job, time.monotonic())
        self.state.setText(words)
        set_state(self.state, state, kind="" if state else "dim")
        self.bar.setVisible(self.job.running)
        self.bar.setValue(round(1000 * self.job.fraction))
        self.cancel.setVisible(self.job.running)
        self.cancel.setEnabled(not self.job.cancelled)
        self.error.setVisible(self.job.error is not None and not isinstance(self.job.error, Cancelled))

    def _cancel(self) -> None:
        self.job.cancel()
        self.refresh()

    def _ended(self) -> None:
        self.refresh()
        if self.log.body.isVisibleTo(self.log):
            self._fill_log()

    def _fill_log(self) -> None:
        self.log.set_text(job_log(self.job) or "It has said nothing so far.")

    def _show_error(self) -> None:
        from studio.ui.dialogs.error import ErrorDialog

        ErrorDialog.show_for(self._window, self.job.error)


def job_log(job: Work) -> str:
    """Return all that a job said: its log, the tail of what it printed where it failed, and its result."""
    lines = list(job.log_lines)
    if job.error is not None:
        lines += filter(None, (str(job.error), job.error.hint, getattr(job.error, "traceback", "")))
    if job.result is not None:
        lines += ["result:", msgspec.json.format(msgspec.json.encode(job.result), indent=2).decode()]
    return "\n".join(lines)


class JobsDialog(QDialog):
    """All jobs of the session, the newest first; it stays open while one works on."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.session = window.session
        self.setObjectName("jobs_dialog")
        self.setWindowTitle("Jobs")
        self.setModal(False)
        self.resize(600, 460)
        self.lines: list[JobLine] = []
        self._empty = self._make_empty()
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(PAD)
        self._list.addStretch(1)
        holder = QWidget()
        holder.setLayout(self._list)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName("Jobs")
        area.setWidget(holder)
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(PAD)
        column.addWidget(self._empty)
        column.addWidget(area, 1)
        column.addLayout(self._make_buttons())
        self._area = area
        for job in self.session.jobs.jobs:
            self._add(job)
        self.session.jobs.added.connect(self._add)
        self.session.jobs.changed.connect(self._count)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)
        self._count()

    @classmethod
    def show_for(cls, window: QWidget) -> "JobsDialog":
        """Show the list over a window; the one that is open comes to the front."""
        dialog = window.findChild(cls, "jobs_dialog", Qt.FindChildOption.FindDirectChildrenOnly) or cls(window)
        dialog._clock.start()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def done(self, result: int) -> None:
        self._clock.stop()
        super().done(result)

    def _make_empty(self) -> QWidget:
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.setContentsMargins(ROOM, 2 * ROOM, ROOM, 2 * ROOM)
        column.setSpacing(ROOM)
        words = QLabel(_EMPTY)
        words.setProperty("kind", "dim")
        words.setWordWrap(True)
        prove = QPushButton("Prove it")
        prove.setObjectName("jobs_prove")
        prove.clicked.connect(lambda: self._window.actions_by_id["prove"].trigger())
        column.addWidget(words)
        column.addWidget(prove, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return empty

    def _make_buttons(self) -> QHBoxLayout:
        self._summary = QLabel()
        self._summary.setProperty("kind", "dim")
        self.clear = QPushButton("Clear the ended ones")
        self.clear.setObjectName("jobs_clear")
        self.clear.clicked.connect(self._clear)
        self.close_button = QPushButton("Close")
        self.close_button.setObjectName("jobs_close")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addWidget(self._summary, 1)
        row.addWidget(self.clear)
        row.addWidget(self.close_button)
        return row

    def _add(self, job: Work) -> None:
        line = JobLine(job, self._window)
        self.lines.insert(0, line)
        self._list.insertWidget(0, line)
        self._count()

    def _clear(self) -> None:
        self.session.jobs.forget_ended()
        for line in [x for x in self.lines if x.job not in self.session.jobs.jobs]:
            self.lines.remove(line)
            self._list.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._count()

    def _count(self) -> None:
        running = len(self.session.jobs.running())
        self._empty.setVisible(not self.lines)
        self._area.setVisible(bool(self.lines))
        self._summary.setText(f"{running} running, {len(self.lines) - running} ended" if self.lines else "")
        self.clear.setEnabled(running < len(self.lines))

    def _tick(self) -> None:
        for line in self.lines:
            if line.job.running:
                line.refresh()

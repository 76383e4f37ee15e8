"""An exporter's card: what it writes, where to, and what it wrote last."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.core.errors import Cancelled, StudioError
from studio.plugin.plugins import PluginRecord
from studio.ui.jobs import Job
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.fold import Fold
from studio.ui.widgets.problem import Problem


class ExportCard(QFrame):
    """One exporter; `export_wanted` asks for an export to the project's own folder, `folder_wanted` for one elsewhere."""

    export_wanted = Signal(str)
    folder_wanted = Signal(str)
    details_wanted = Signal(object)

    def __init__(self, exporter: str, record: PluginRecord, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exporter, self.record = exporter, record
        self.job: Job | None = None
        self.out = Path()
        self.setObjectName("card")
        self.title = QLabel(record.name if len(record.contributions) == 1 else f"{record.name} · {exporter}")
        self.title.setProperty("kind", "title")
        self.description, self.reason, self.words = QLabel(record.description), QLabel(), QLabel()
        self.reason.setProperty("state", "too_large")
        self.reason.setObjectName("export_reason")
        self.words.setObjectName("export_words")
        for label in (self.description, self.reason, self.words):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.description, self.words):
            label.setProperty("kind", "dim")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"Progress of {record.name}")
        self.bar.hide()
        self.problem = Problem()
        self.problem.details_wanted.connect(self.details_wanted)
        self.files = Fold("Files", copy=True)
        self.files.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(GAP + 2)
        for widget in (self.title, self.description, self.reason):
            column.addWidget(widget)
        column.addLayout(self._make_buttons())
        for widget in (self.words, self.bar, self.problem, self.files):
            column.addWidget(widget)
        self.words.hide()
        self.show_state()

    def _make_buttons(self) -> QHBoxLayout:
        self.export = self._button("Export", "export_button", "write it to build/ in the project's folder", self.export_wanted)
        self.elsewhere = self._button("To a folder…", "export_elsewhere", "choose the folder to write", self.folder_wanted)
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("export_cancel")
        self.cancel.clicked.connect(lambda: self.job.cancel() if self.job else None)
        self.cancel.hide()
        self.open_folder = QPushButton("Open folder")
        self.open_folder.setObjectName("export_open")
        self.open_folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.out))))
        self.open_folder.hide()
        row = QHBoxLayout()
        row.setSpacing(PAD)
        for widget in (self.export, self.elsewhere, self.cancel):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.open_folder)
        return row

    def _button(self, text: str, name: str, help: str, signal: Any) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(help)
        button.setAccessibleName(f"{text}: {self.record.name}")
        button.clicked.connect(lambda: signal.emit(self.exporter))
        return button

    def show_state(self, can_export: bool = True) -> None:
        """Show whether the plugin can be used; with `can_export` False there is nothing to write."""
        usable = self.record.state == "ready"
        self.reason.setVisible(not usable)
        self.reason.setText("" if usable else f"{self.record.state}: {self.record.reason}. {self.record.hint}")
        running = self.job is not None and self.job.running
        for button in (self.export, self.elsewhere):
            button.setEnabled(usable and can_export and not running)

    def follow(self, job: Job, out: Path) -> None:
        """Show an export while it runs, and what comes of it."""
        self.job, self.out = job, out
        self.problem.show_error(None)
        self.files.hide()
        self.open_folder.hide()
        self._say("starting")
        self._show_running(True)
        job.progressed.connect(lambda fraction, words, _left: self._progressed(fraction, words))
        job.done.connect(self._done)
        job.failed.connect(self._failed)

    def _progressed(self, fraction: float, words: str) -> None:
        self.bar.setValue(round(1000 * fraction))
        self._say("stopping" if self.job and self.job.cancelled else words)

    def _done(self, result: Mapping[str, Any]) -> None:
        self._show_running(False)
        weights = "" if result["trained"] else ", with random weights: train before you ship it"
        count = len(result["files"])
        self._say(f"{count} file{'' if count == 1 else 's'} for {result['target']} in {self.out}{weights}")
        self.files.set_title(f"{count} file{'' if count == 1 else 's'}")
        self.files.set_text("\n".join(result["files"]))
        self.files.show()
        self.open_folder.show()

    def _failed(self, error: StudioError) -> None:
        self._show_running(False)
        cancelled = isinstance(error, Cancelled)
        self._say("cancelled; nothing was written" if cancelled else "")
        self.problem.show_error(None if cancelled else error)

    def _show_running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.bar.setValue(0)
        self.cancel.setVisible(running)
        self.show_state()
        if running:
            self.export.setEnabled(False)
            self.elsewhere.setEnabled(False)

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

"""An import as it runs: a child process reads and copies, this line shows how far it is, the document gains its clips at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from studio.core.edits import SetLabels
from studio.core.errors import Cancelled, StudioError
from studio.core.library import Segment
from studio.data import curate
from studio.storage.importing import Gain
from studio.ui.jobs import Job
from studio.ui.session import Session
from studio.ui.theme import PAD

ENTRY = "studio.storage.importing:run"


class ImportBar(QWidget):
    """Hidden until an import runs; `imported` brings the number of the first new clip."""

    imported = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.job: Job | None = None
        self.text, self.progress, self.cancel_button = QLabel(), QProgressBar(textVisible=False), QPushButton("Cancel")
        self.text.setObjectName("import_text")
        self.text.setProperty("kind", "dim")
        self.progress.setRange(0, 1000)
        self.progress.setFixedWidth(140)
        self.progress.setAccessibleName("Progress of the import")
        self.cancel_button.setObjectName("cancel_import")
        self.cancel_button.setAccessibleName("Cancel the import")
        self.cancel_button.setToolTip("Stop; nothing that was copied stays")
        self.cancel_button.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(PAD)
        row.addWidget(self.text, 1)
        row.addWidget(self.progress)
        row.addWidget(self.cancel_button)
        self.hide()

    def ask(self) -> None:
        """Ask for a folder and import it."""
        chosen = QFileDialog.getExistingDirectory(self, "A folder that holds a folder for each label")
        if chosen:
            self.start(Path(chosen))

    def start(self, source: Path) -> None:
        """Import a folder, unless one is being imported."""
        if self.job is not None:
            return
        document = self.session.document
        library = document.library
        args = {
            "path": str(document.path),
            "source": str(source),
            "ids": [r.id for r in library.recordings],
            "sha256": [r.sha256 for r in library.recordings],
        }
        self._document = document
        self.job = self.session.jobs.start(ENTRY, args, f"Import {source.name}")
        self.job.progressed.connect(self._show)
        self.job.done.connect(lambda result: self._done(source, result))
        self.job.failed.connect(self._failed)
        self._show(0.0, "starting")
        self.cancel_button.show()
        self.progress.show()
        self.show()

    def _cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.text.setText("cancelling…")

    def _show(self, fraction: float, message: str, _left: object = None) -> None:
        self.progress.setValue(round(1000 * fraction))
        self.text.setText(f"Importing: {message}")

    def _done(self, source: Path, result: dict[str, Any]) -> None:
        self.job = None
        self.hide()
        gain = msgspec.convert(result, Gain)
        document = self.session.document
        if document is not self._document:
            self.session.told.emit(f"the import of {source.name} ended after its project was closed; its files are in data/recordings")
            return
        if gain.recordings:
            first = len(document.library.segments)
            library = curate.add(document.library, gain.recordings, gain.segments)
            new = _new_labels(gain.segments, document.project.labels)
            edits = [SetLabels((*document.project.labels, *new))] if new else []
            if not self.session.attempt(lambda: document.set_library(f"import {len(gain.segments)} clips", library, edits)):
                return
            self.imported.emit(first)
        self._tell(source, gain)

    def _tell(self, source: Path, gain: Gain) -> None:
        parts = [f"{len(gain.recordings)} clips imported from {source.name}"]
        parts += [f"{gain.known} were there already"] if gain.known else []
        parts += [f"{len(gain.problems)} left out, first {gain.problems[0].path}: {gain.problems[0].reason}"] if gain.problems else []
        self.session.told.emit("; ".join(parts))
        if gain.problems:
            self._stay("; ".join(parts), "\n".join(f"{p.path}: {p.reason}" for p in gain.problems[:20]))

    def _failed(self, error: StudioError) -> None:
        self.job = None
        if isinstance(error, Cancelled):
            self.hide()
            self.session.told.emit("the import was cancelled; nothing was added")
        else:
            self._stay(f"{error}; {error.hint}" if error.hint else str(error))

    def _stay(self, text: str, tip: str = "") -> None:
        self.text.setText(text)
        self.text.setWordWrap(True)
        self.text.setToolTip(tip or text)
        self.progress.hide()
        self.cancel_button.hide()
        self.show()


def _new_labels(segments: Sequence[Segment], labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.label for s in segments if s.label not in labels))

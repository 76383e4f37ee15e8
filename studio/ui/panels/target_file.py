"""A card for a .tflite that was dropped on the window: its name, the estimate on a kit, what the kit said."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.core.network import Network
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.core.units import format_count
from studio.deploy.subject import load_subject
from studio.estimate.counts import figures
from studio.estimate.report import report
from studio.ui.panels.target_body import TargetBody, say
from studio.ui.panels.target_parts import breakdown
from studio.ui.panels.target_prove import Prover
from studio.ui.panels.target_reading import excess, explain, readings, refusal, verdict, word_of
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, theme
from studio.ui.widgets.glyphs import glyph


class FileCard(QFrame):
    """The figures of a model file on one kit; `closed` asks to put it away."""

    closed = Signal()

    def __init__(self, session: Session, path: Path, kit: TargetDevice, prover: Prover, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(f"Model file {path.name}")
        self.path, self.kit, self.key = path, kit, f"file:{path}"
        self._session, self._prover = session, prover
        self._network: Network | None = None
        self._bytes = 0
        self._validation: Mapping[str, Any] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + 2, GAP + 2, PAD + 2, GAP + 2)
        column.setSpacing(GAP)
        column.addLayout(self._make_title())
        self.restyle()
        self._about = QLabel()
        self._about.setProperty("kind", "dim")
        self._about.setWordWrap(True)
        column.addWidget(self._about)
        self.body = TargetBody()
        self.body.cancelled.connect(lambda: prover.cancel(self.key))
        self.body.dismissed.connect(lambda: prover.dismiss(self.key))
        column.addWidget(self.body)

    def _make_title(self) -> QHBoxLayout:
        row = QHBoxLayout()
        name = QLabel(self.path.name)
        name.setProperty("kind", "title")
        name.setToolTip(str(self.path))
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.word = QLabel()
        self.close_button = QToolButton()
        self.close_button.setObjectName("quiet")
        self.close_button.setToolTip("Put this card away")
        self.close_button.setAccessibleName(f"Close {self.path.name}")
        self.close_button.clicked.connect(self.closed)
        row.addWidget(name, 1)
        row.addWidget(self.word)
        row.addWidget(self.close_button)
        return row

    def restyle(self) -> None:
        """Draw the icon in the theme's colours."""
        self.close_button.setIcon(glyph("close", theme().dim))

    def load(self) -> bool:
        """Read the file and show the estimate; where that fails, say why and return False."""
        self._about.setText(f"on {self.kit.name}, C engine")
        try:
            subject = load_subject(self.path)
            self._network, self._bytes = subject.network, len(subject.tflite or b"")
            count = figures(subject.network)
            made = report(subject.network, self.kit, "c", file_bytes=self._bytes or None)
        except StudioError as error:
            say(self.body.note, f"{error}" + (f"; {error.hint}" if error.hint else ""), "error")
            say(self.word, "✕ cannot be read", "too_large")
            return False
        self._about.setText(f"on {self.kit.name}, C engine · {format_count(count.macs)} MACs · {format_count(count.parameters)} parameters")
        self.show_figures()
        return not refusal(made)

    def show_kit(self, validation: Mapping[str, Any]) -> None:
        """Show what the kit said."""
        self._validation = validation
        self.show_figures()

    def show_figures(self) -> None:
        """Show estimate, kit and difference."""
        if self._network is None:
            return
        interval = self._session.document.project.interval_ms
        made = report(self._network, self.kit, "c", interval_ms=interval, file_bytes=self._bytes or None)
        shown = readings(made, self.kit, interval, self._session.settings.get("reserve_percent"), self._validation)
        tip = partial(self._explain, made, interval)
        self.body.show_readings(
            shown,
            self._validation,
            "emulated" if self.kit.virtual else "measured",
            tip=tip,
            parts=partial(breakdown, made, self.kit, interval),
        )
        say(self.body.note, refusal(made) or excess(made, self.kit, interval), "too_large")
        say(self.word, word_of(shown), verdict(shown))

    def _explain(self, made: ResourceReport, interval_ms: float, name: str) -> str:
        return explain(name, made, self.kit, interval_ms, self._session.settings.get("reserve_percent"))

    def show_run(self) -> None:
        """Show how far proving is."""
        self.body.show_run(self._prover.runs.get(self.key))

"""The lower part of a card: the gauges, what the kit said, and the proof while it runs or where it failed."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.ui.panels.target_parts import OWN_ENERGY, Breakdowns, Find
from studio.ui.panels.target_prove import Run
from studio.ui.panels.target_reading import proof_details, proof_words
from studio.ui.theme import GAP
from studio.ui.widgets.gauge import GaugeRow, KitHeading, Reading
from studio.ui.widgets.still import Still

GAUGES = ("Flash", "RAM", "Time", "Energy")


class TargetBody(QWidget):
    """Gauges under each other, each opened by a click into its parts, then lines of words.

    `cancelled` and `dismissed` are the user's answers to a proof that runs or failed, `energy_wanted` a click on the energy.
    """

    cancelled = Signal()
    dismissed = Signal()
    energy_wanted = Signal()

    def __init__(self, parent: QWidget | None = None, own_energy: bool = False) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._gauges = QWidget()
        rows = QVBoxLayout(self._gauges)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self._heading = KitHeading(("estimate", "emulated", "differs"))
        rows.addWidget(self._heading)
        self.rows = [GaugeRow() for _ in GAUGES]
        for row in self.rows:
            rows.addWidget(row)
        self.note = _label("target_note", kind="dim")
        self.proof = _label("target_proof")
        self.breakdowns = Breakdowns(dict(zip(GAUGES, self.rows, strict=True)), rows, self, {"Energy": OWN_ENERGY} if own_energy else {})
        self.breakdowns.more_wanted.connect(lambda _: self.energy_wanted.emit())
        column.addWidget(self._gauges)
        column.addWidget(Still(self.note))
        column.addWidget(self.proof)
        column.addWidget(self._make_progress())
        column.addWidget(self._make_failure())

    def _make_progress(self) -> QWidget:
        self._running = QWidget()
        column = QVBoxLayout(self._running)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        row = QHBoxLayout()
        self.words = _label("prove_words", kind="dim")
        self.words.setVisible(True)
        self.cancel = _button("prove_cancel", "Cancel", "stop proving; nothing changes")
        self.cancel.clicked.connect(self.cancelled)
        row.addWidget(self.words, 1)
        row.addWidget(self.cancel)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 100)
        self.bar.setAccessibleName("how far proving is")
        column.addLayout(row)
        column.addWidget(self.bar)
        self._running.hide()
        return self._running

    def _make_failure(self) -> QWidget:
        self._failed = QWidget()
        column = QVBoxLayout(self._failed)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        self.failure = _label("prove_failure", state="error")
        self.failure.setVisible(True)
        column.addWidget(self.failure)
        row = QHBoxLayout()
        self.copy = _button("prove_copy", "Copy details", "copy the error with everything that was logged")
        self.dismiss = _button("prove_dismiss", "Dismiss", "put this message away")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))
        self.dismiss.clicked.connect(self.dismissed)
        row.addWidget(self.copy)
        row.addWidget(self.dismiss)
        row.addStretch(1)
        column.addLayout(row)
        self._details = ""
        self._failed.hide()
        return self._failed

    def show_readings(
        self,
        readings: tuple[Reading, ...],
        kit: Mapping[str, Any] | None,
        kit_word: str,
        greyed: bool = False,
        tip: Callable[[str], str] | None = None,
        parts: Find | None = None,
    ) -> None:
        """Show gauges, and the line about a kit's outputs where one spoke; `tip` explains a gauge by its name, `parts` takes it apart."""
        self._gauges.setVisible(bool(readings))
        self._heading.setVisible(kit is not None)
        if self._heading.words[1] != kit_word:
            self._heading.words = ("estimate", kit_word, "differs")
        for row, reading in zip(self.rows, readings, strict=False):
            row.show_reading(reading, greyed, tip)
        self.breakdowns.show_figures(parts)
        self._show_proof(kit)

    def _show_proof(self, kit: Mapping[str, Any] | None) -> None:
        if kit is None:
            self.proof.hide()
            return
        equal, line = proof_words(kit)
        say(self.proof, f"{'✓' if equal else '✕'} {line}", "fits" if equal else "too_large")
        self.proof.setToolTip(proof_details(kit))

    def show_run(self, run: Run | None) -> None:
        """Show a proof that waits, runs or failed; nothing for None."""
        self._running.setVisible(run is not None and run.error is None)
        self._failed.setVisible(run is not None and run.error is not None)
        if run is None:
            return
        if run.error is None:
            self.words.setText(run.words)
            self.bar.setValue(round(100 * run.fraction))
            self.cancel.setEnabled(not run.stopping)
        else:
            error = run.error
            self.failure.setText(f"{error}" + (f"; {error.hint}" if error.hint else ""))
            self._details = run.details


def say(label: QLabel, text: str, state: str = "") -> None:
    """Show a line in the colour of a state; hide it where there is no text."""
    if label.text() != text:
        label.setText(text)
    if label.property("state") != state:
        label.setProperty("state", state)
        label.style().unpolish(label)
        label.style().polish(label)
    label.setVisible(bool(text))


def _label(name: str, kind: str = "", state: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setProperty("kind", kind)
    label.setProperty("state", state)
    label.setContentsMargins(0, GAP, 0, 0)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
    label.hide()
    return label


def _button(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    return button

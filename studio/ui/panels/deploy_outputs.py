"""What a kit said: whether it equals the oracle, what it took, and what it made of some clips."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.cli.terminal import table
from studio.core.target import TargetDevice
from studio.core.units import format_count, format_size
from studio.deploy.counts import OPERATOR_COLUMNS, operator_rows
from studio.ui.panels.target_reading import format_clock
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.fold import Fold
from studio.ui.widgets.score_bars import ScoreBars, written
from studio.ui.widgets.state import set_state

COLUMNS = ("Clip", "Label", "The kit says", "Score")
NARROW = 640


class KitOutputs(QWidget):
    """Shows a result of `studio.deploy.flash:run`. Choosing a clip shows it in the other rooms too."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.result: Mapping[str, Any] = {}
        self.title, self.verdict, self.note = QLabel(), QLabel(), QLabel()
        self.title.setProperty("kind", "title")
        self.verdict.setObjectName("kit_verdict")
        self.note.setProperty("kind", "dim")
        for label in (self.title, self.verdict, self.note):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._figures = QGridLayout()
        self._figures.setSpacing(PAD)
        self.operators = Fold("Operators: estimate and count", copy=True)
        self.operators.setObjectName("kit_operators")
        self.table = self._make_table()
        self.bars = ScoreBars()
        self.bars.setObjectName("kit_scores")
        self._heard = QLabel("WHAT THE KIT HEARD")
        self._heard.setProperty("kind", "heading")
        clips = QHBoxLayout()
        clips.setSpacing(ROOM)
        clips.addWidget(self.table, 3)
        clips.addWidget(self.bars, 2, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PAD)
        for widget in (self.title, self.verdict, self.note):
            column.addWidget(widget)
        column.addLayout(self._figures)
        column.addWidget(self.operators)
        column.addSpacing(GAP)
        column.addWidget(self._heard)
        column.addLayout(clips)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setObjectName("kit_clips")
        table.setAccessibleName("What the kit heard, by clip")
        table.setHorizontalHeaderLabels(list(COLUMNS))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.currentCellChanged.connect(lambda row, *_: self._choose(row))
        return table

    def show_result(self, result: Mapping[str, Any], target: TargetDevice) -> None:
        """Show what the kit said."""
        self.result = result
        self.title.setText(f"{target.name} · {format_clock(target.clock_hz)} · {result['compiler']}")
        self._show_verdict(result)
        self._show_figures(result, target)
        self._show_operators(result)
        self._fill(result)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.table.setColumnHidden(0, self.width() < NARROW)
        stretched = 1 if self.width() < NARROW else 0
        for column in range(len(COLUMNS)):
            mode = QHeaderView.ResizeMode.Stretch if column == stretched else QHeaderView.ResizeMode.ResizeToContents
            self.table.horizontalHeader().setSectionResizeMode(column, mode)

    def say(self, note: str) -> None:
        """Remark something on the result, "" for nothing."""
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _show_verdict(self, result: Mapping[str, Any]) -> None:
        asked, equal = result["golden"], result["golden_equal"]
        if not asked:
            self.verdict.setText("It ran. Its answers are not compared: tflite-micro, the oracle, is not installed here.")
            set_state(self.verdict, "", "dim")
        elif asked == equal:
            self.verdict.setText(f"✓ its answers equal the oracle's, {equal} of {asked}, bit for bit")
            set_state(self.verdict, "fits", "")
        else:
            self.verdict.setText(f"✕ only {equal} of {asked} answers equal the oracle's")
            set_state(self.verdict, "too_large", "")

    def _show_figures(self, result: Mapping[str, Any], target: TargetDevice) -> None:
        while self._figures.count():
            widget = self._figures.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for number, (title, value, small) in enumerate(figures(result, target)):
            self._figures.addWidget(_tile(title, value, small), 0, number)

    def _show_operators(self, result: Mapping[str, Any]) -> None:
        rows = operator_rows(result["operators"])
        self.operators.setVisible(bool(rows))
        self.operators.set_text(table(rows, OPERATOR_COLUMNS, (2, 3, 4, 5)))

    def _fill(self, result: Mapping[str, Any]) -> None:
        clips, labels = result["clips"], result["labels"]
        for widget in (self._heard, self.table, self.bars):
            widget.setVisible(bool(clips))
        self.table.blockSignals(True)
        self.table.setRowCount(len(clips))
        for row, clip in enumerate(clips):
            best = max(range(len(labels)), key=lambda i: clip["scores"][i])
            said = labels[best]
            right = said == clip["label"]
            texts = (clip["id"], clip["label"], f"{'✓' if right else '✕'} {said}", written(clip["scores"][best]))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(clip["id"])
                if column == 3:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.setFixedHeight(24 * len(clips) + self.table.horizontalHeader().sizeHint().height() + 2)
        self.table.setCurrentCell(0, 0)
        self.table.blockSignals(False)
        if clips:
            self._show_scores(0)

    def _choose(self, row: int) -> None:
        """Show a clip's scores, and the clip itself wherever it still is."""
        if not 0 <= row < len(self.result.get("clips", ())):
            return
        self._show_scores(row)
        number, segments = self.result["clips"][row]["segment"], self.session.document.library.segments
        if number < len(segments) and segments[number].label == self.result["clips"][row]["label"]:
            self.session.show_segment(number)

    def _show_scores(self, row: int) -> None:
        clip = self.result["clips"][row]
        self.bars.show_scores(self.result["labels"], clip["scores"], clip["label"])


def figures(result: Mapping[str, Any], target: TargetDevice) -> list[tuple[str, str, str]]:
    """Return the tiles of a result: title, value, and what stands beneath."""
    found = [
        ("Inference", _ms(result["run_ms"]), _counts(result["instructions"], result["cycles"])),
        ("Features", _ms(result["features_ms"]), _counts(result["frontend_instructions"], result["frontend_cycles"])),
        ("Flash", format_size(result["flash_bytes"]), f"of {format_size(target.flash.free)}"),
        ("RAM", format_size(result["ram_bytes"]), _stack(result["stack_bytes"])),
    ]
    return [f for f in found if f[1]]


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def _counts(instructions: int | None, cycles: int | None) -> str:
    words = (f"{format_count(n)} {what}" for n, what in ((instructions, "instr."), (cycles, "cycles")) if n is not None)
    return "\n".join(words)


def _stack(stack: int | None) -> str:
    return "+ stack" if stack is None else f"+ {format_size(stack)} stack"


def _tile(title: str, value: str, small: str) -> QFrame:
    tile = QFrame()
    tile.setObjectName("card")
    tile.setAccessibleName(f"{title}: {value}, {small}")
    column = QVBoxLayout(tile)
    column.setContentsMargins(PAD + 2, PAD, PAD, PAD)
    column.setSpacing(0)
    for text, kind in ((title, "heading"), (value, "big"), (small, "dim")):
        label = QLabel(text)
        label.setProperty("kind", kind)
        column.addWidget(label)
    column.addStretch(1)
    return tile

"""The self-check: every plan of the session that a compiler or TFLM's allocator was held against, and by how much it was off."""

from collections.abc import Sequence
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.refinement import FLASH_TOLERANCE, Check, Refinement
from studio.ui.panels.cost_table import Column, FigureModel, FigureTable, search_field
from studio.ui.panels.target_provenance import clock
from studio.ui.refiner import Refiner
from studio.ui.settings import RUNTIME_NAMES
from studio.ui.theme import PAD, ROOM, theme

PROMISE = (
    f"Promised with zig, for cores that have tables of their own: RAM and arena to the byte, flash within {100 * FLASH_TOLERANCE:.0f} %. "
    "The parts only help to find a difference."
)
EMPTY = "Nothing is checked yet. A second after an edit, the design is compiled for the targets' cards and TFLM plans its arena."
ANY = "any 32-bit core"
WHEN, DESIGN, TARGET, RUNTIME, FIGURE, PLANNED, FOUND, DIFFERENCE, TOOL = range(9)


class Row(msgspec.Struct, frozen=True):
    """A figure of a refinement."""

    made: Refinement
    check: Check
    target: str


class CheckModel(FigureModel):
    """The figures; those that broke a promise in the colour of what does not fit."""

    columns = (
        Column("When", False, 66),
        Column("Design", False, 96),
        Column("Target", False, 150),
        Column("Runtime", False, 132),
        Column("Figure", False, 172),
        Column("Planned", True, 68, "bytes, as the gauges had it"),
        Column("Found", True, 68, "bytes, as the compiler linked it or the allocator planned it"),
        Column("Difference", True, 116, "found beyond what was planned"),
        Column("By", False, 120),
    )

    def text(self, row: Row, column: int) -> str:
        check, made = row.check, row.made
        texts = (clock(made.when), made.design, row.target, RUNTIME_NAMES.get(made.runtime, made.runtime), check.figure)
        return (*texts, f"{check.planned:,}", f"{check.found:,}", check.words.replace("-", "−"), made.tool)[column]

    def value(self, row: Row, column: int) -> Any:
        numbers = {WHEN: row.made.when, PLANNED: row.check.planned, FOUND: row.check.found, DIFFERENCE: abs(row.check.difference)}
        return numbers.get(column, self.text(row, column))

    def ink(self, row: Row, column: int) -> str:
        if not row.check.holds:
            return theme().too_large
        return theme().dim if row.check.tolerance is None else theme().text

    def tip(self, row: Row, column: int) -> str:
        weights = "trained weights" if row.made.trained else "random weights"
        return f"{row.made.tool}, {weights}" if row.made.kind == "compiled" else f"{row.made.tool} on this computer, reference kernels"


class SelfCheck(QDialog):
    """The list, newest first; it follows the session while it is open."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.refiner: Refiner = window.session.refiner
        self._session = window.session
        self.setObjectName("self_check")
        self.setWindowTitle("Self-check")
        self.setModal(False)
        self.resize(1040, 480)
        self.rows = CheckModel()
        self.table = FigureTable("self_check_table", "Plans beside what came of them", self.rows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.filter.searched = lambda row: " ".join(self.rows.text(row, c) for c in (DESIGN, TARGET, RUNTIME, FIGURE, TOOL))
        self.summary, self.notes, self.promise = (
            _words("self_check_summary"),
            _words("self_check_notes"),
            _words("self_check_promise", PROMISE),
        )
        self.promise.setProperty("kind", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(PAD)
        for part in (self.summary, self.promise, self.notes):
            column.addWidget(part)
        column.addLayout(self._make_filters())
        column.addWidget(self.table, 1)
        column.addLayout(self._make_buttons())
        self.refiner.changed.connect(self.refresh)
        self._session.settings_changed.connect(self.refresh)
        self.refresh()

    @classmethod
    def show_for(cls, window: QWidget) -> "SelfCheck":
        """Show the list over a window; the one that is open comes to the front."""
        dialog = window.findChild(cls, "self_check", Qt.FindChildOption.FindDirectChildrenOnly) or cls(window)
        dialog.refresh()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def _make_filters(self) -> QHBoxLayout:
        self.search = search_field("self_check_search", "Find a design, a target or a figure", self.table)
        self.parts = QCheckBox("Parts")
        self.parts.setObjectName("self_check_parts")
        self.parts.setToolTip("list the parts of flash and RAM too")
        self.parts.toggled.connect(self.refresh)
        row = QHBoxLayout()
        row.setSpacing(ROOM)
        row.addWidget(self.search, 1)
        row.addWidget(self.parts)
        row.addStretch(1)
        return row

    def _make_buttons(self) -> QHBoxLayout:
        self.copy, self.clear, self.close_button = QPushButton("Copy all"), QPushButton("Clear"), QPushButton("Close")
        for name, button, act in (
            ("copy", self.copy, self.copy_all),
            ("clear", self.clear, self.refiner.forget),
            ("close", self.close_button, self.reject),
        ):
            button.setObjectName(f"self_check_{name}")
            button.clicked.connect(act)
        self.copy.setToolTip("copy the rows on show, tab separated; Ctrl+C copies the selected ones")
        self.clear.setToolTip("forget these differences; the figures on the cards stay")
        self.close_button.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addStretch(1)
        for button in (self.copy, self.clear, self.close_button):
            row.addWidget(button)
        return row

    def refresh(self, *_: object) -> None:
        """Show what is kept."""
        kept = self.refiner.kept
        shown = [Row(m, c, self._name_of(m)) for m in reversed(kept) for c in m.checks if c.tolerance is not None or self.parts.isChecked()]
        if shown != list(self.rows.rows):
            self.rows.show_rows(shown)
        self.summary.setText(summary(kept) if kept else EMPTY)
        off = self.refiner.off
        notes = [
            *([f"{off}: nothing more is checked."] if off else []),
            *(f"Not refined since {clock(when)}: {words}" for words, when in self.refiner.notes.items()),
        ]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.copy.setEnabled(bool(shown))
        self.clear.setEnabled(bool(kept or self.refiner.notes))

    def copy_all(self) -> None:
        """Copy what is on show with the heads, and what is said above it."""
        lines = self.table.as_lines(self.table.filter.shown_rows())
        said = [text for text in (self.summary.text(), self.notes.text()) if text]
        QGuiApplication.clipboard().setText("\n".join((*said, *("\t".join(line) for line in lines))))

    def _name_of(self, made: Refinement) -> str:
        board = self._session.gauges.boards.get(made.target)
        return board.name if board else made.target or ANY


def summary(kept: Sequence[Refinement]) -> str:
    """Say in a line how well the plans of the session did."""
    programs = [m for m in kept if m.kind == "compiled"]
    heads = [c for m in kept if m.kind == "allocated" for c in m.checks]
    said = []
    if programs:
        ram = [c for m in programs for c in m.checks if c.figure == "RAM"]
        flash = [100 * c.difference / c.found for m in programs for c in m.checks if c.figure == "flash"]
        count = f"{len(programs)} program{'s' if len(programs) > 1 else ''}"
        said.append(f"{count} compiled: RAM {_exact(ram)}, flash {min(flash):+.2f} to {max(flash):+.2f} % off the plan")
    if heads:
        said.append(f"{len(heads)} arena{'s' if len(heads) > 1 else ''} allocated by TFLM: head {_exact(heads)}")
    return (" · ".join(said)).replace("-", "−")


def _exact(checks: Sequence[Check]) -> str:
    equal = sum(not c.difference for c in checks)
    return "as planned in all" if equal == len(checks) else f"as planned in {equal} of {len(checks)}"


def _words(name: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label

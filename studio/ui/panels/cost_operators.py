"""The operators' table: what each costs, its part of the time, and a last line that is the gauges' figures."""

import csv
import io
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QToolButton

from studio.core.units import format_count, format_ms, format_size
from studio.storage.atomic import write_bytes
from studio.ui.panels.cost_plan import Plan, no_figures
from studio.ui.panels.cost_rows import FEATURES, Row, Total, rows, total
from studio.ui.panels.cost_subject import Subject, SubjectChooser
from studio.ui.panels.cost_table import Column, FigureModel, FigureTable, Footer, search_field
from studio.ui.panels.cost_view import CostView, dim_label
from studio.ui.session import Session
from studio.ui.theme import theme

BLOCK, OPERATOR, SHAPE, MACS, WEIGHTS, RAM, INSTRUCTIONS, TIME, SHARE = range(9)
_FIELDS = {MACS: "macs", WEIGHTS: "weights", RAM: "ram", INSTRUCTIONS: "instructions", TIME: "ms", SHARE: "share"}
_NONE = "–"


class OperatorModel(FigureModel):
    """The rows with bars as long as each value is beside the greatest of its column; the share's beside the whole."""

    columns = (
        Column("Block", False, 150),
        Column("Operator", False, 132),
        Column("Output", False, 84, "the shape of what it gives out, without the batch"),
        Column("MACs", True, 68, "multiply-accumulates of one inference"),
        Column("Weights", True, 74, "weights and biases in flash"),
        Column("RAM", True, 74, "bytes of the arena that are alive while it runs"),
        Column("Instructions", True, 88, "of one inference"),
        Column("Time", True, 74, "on the chosen board"),
        Column("Share", True, 70, "of the time of features and inference together"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._most: dict[int, float] = {}

    def show_rows(self, rows: Any) -> None:
        """Show these, the bars in their measure."""
        self._most = {c: max((getattr(r, f) or 0 for r in rows), default=0) or 1 for c, f in _FIELDS.items()}
        self._most[SHARE] = 1.0
        super().show_rows(rows)

    def text(self, row: Row, column: int) -> str:
        if column in _FIELDS:
            return figure_words(column, getattr(row, _FIELDS[column]))
        return (row.block, operator_words(row.operator), "×".join(map(str, row.shape[1:] or row.shape)))[column]

    def value(self, row: Row, column: int) -> Any:
        if column in _FIELDS:
            return getattr(row, _FIELDS[column])
        return self.text(row, column).lower()

    def bar(self, row: Row, column: int) -> float:
        return (getattr(row, _FIELDS[column]) or 0) / self._most[column] if column in _FIELDS else 0.0

    def ink(self, row: Row, column: int) -> str:
        if column == OPERATOR or self.text(row, column) == _NONE:
            return theme().dim
        if column == RAM and row.ram == self._most[RAM] and row.operator != FEATURES:
            return theme().tight
        return ""

    def tip(self, row: Row, column: int) -> str:
        if column == RAM and row.ram is None:
            return "it runs within its neighbour, and holds no memory of its own"
        exact = getattr(row, _FIELDS[column]) if column in _FIELDS else None
        return f"{exact:,}".replace(",", " ") if isinstance(exact, int) else ""


class OperatorsView(CostView):
    """The table; a selected row selects its block, and the other way round."""

    def __init__(self, session: Session, subject: Subject) -> None:
        super().__init__(session, subject)
        self.plan = Plan(session)
        self.rows = OperatorModel()
        self.table = FigureTable("operators", "Operators and their costs", self.rows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.filter.searched = lambda row: f"{row.block} {row.operator} {operator_words(row.operator)}"
        self.table.more.append(("Write as CSV…", self.export_csv))
        self.total = Footer(self.table)
        self.note = dim_label("operators_note")
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.note)
        self.column.addWidget(self.table, 1)
        self.column.addWidget(self.total)
        self.setFocusProxy(self.table)
        self.setFocusPolicy(self.table.focusPolicy())
        self._fill_tools()
        self.table.selectionModel().selectionChanged.connect(self._select_blocks)
        self._following = False
        self.table.filter.layoutChanged.connect(self.show_selection)

    def _fill_tools(self) -> None:
        self.search = search_field("operator_search", "Find a block or an operator by its name", self.table)
        self.export = QToolButton()
        self.export.setObjectName("operators_csv")
        self.export.setText("CSV…")
        self.export.setToolTip("write the rows on show, and the total, to a file; Ctrl+C copies the selected rows")
        self.export.setAccessibleName("Write the table as CSV")
        self.export.clicked.connect(self.export_csv)
        self.chooser = SubjectChooser(self.subject)
        self.tool_row.addWidget(self.search, 1)
        self.tool_row.addStretch(1)
        self.tool_row.addWidget(self.export)
        self.tool_row.addWidget(self.chooser)

    def refresh(self) -> None:
        """Show the figures as they stand."""
        self.chooser.refresh()
        gauges, made, board = self.session.gauges, self.subject.report, self.subject.board
        said = no_figures(self.subject)
        self._say(said or (f"as of the last complete graph: {gauges.stale}" if gauges.stale else ""))
        self.export.setEnabled(not said)
        if said or made is None or board is None:
            self.rows.show_rows(())
            self.total.show_texts(())
            return
        self._keep_selection(rows(gauges.shown.network, made, board, self.plan.of(self.subject), self.input_block()))
        parts = ", ".join(f"{name} {format_size(size)}" for name, size in {**made.ram.parts, "stack": made.stack_bytes}.items())
        self.total.show_texts(total_words(total(made, gauges.shown.figures)), f"as on the gauges; RAM: {parts}")

    def _say(self, text: str) -> None:
        self.note.setText(f"   {text}")
        self.note.setVisible(bool(text))

    def _keep_selection(self, shown: tuple[Row, ...]) -> None:
        """Show rows while the blocks stay selected that are."""
        following, self._following = self._following, True
        self.rows.show_rows(shown)
        self._following = following
        self.show_selection()

    def show_selection(self) -> None:
        """Select the rows of the selected blocks."""
        if self._following:
            return
        wanted = set(self.session.selection)
        if {self.rows.rows[i].block for i in self.table.selected_rows()} == wanted:
            return
        chosen = QItemSelection()
        shown = [i for i, row in enumerate(self.table.filter.shown_rows()) if row.block in wanted]
        for at in shown:
            chosen.select(self.table.filter.index(at, 0), self.table.filter.index(at, len(self.rows.columns) - 1))
        self._following = True
        self.table.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if shown:
            self.table.selectionModel().setCurrentIndex(self.table.filter.index(shown[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.table.scrollTo(self.table.filter.index(shown[0], 0))
        self._following = False

    def _select_blocks(self, *_: object) -> None:
        if self._following:
            return
        self._following = True
        self.select(tuple(self.rows.rows[i].block for i in self.table.selected_rows()))
        self._following = False

    def export_csv(self) -> None:
        """Ask for a file and write the table to it."""
        name = f"{self.session.document.project.name}-{self.subject.target}-{self.subject.runtime}.csv"
        start = str(self.session.document.path.parent / name)
        chosen, _ = QFileDialog.getSaveFileName(self, "Write the operators' costs", start, "CSV (*.csv)")
        if chosen:
            self.session.attempt(lambda: self.write_csv(Path(chosen)))

    def write_csv(self, path: Path) -> None:
        """Write the rows on show and the total as plain numbers; raise InputError where the file cannot be written."""
        write_bytes(path, self.as_csv().encode())
        self.session.told.emit(f"wrote {path}")

    def as_csv(self) -> str:
        """Return the rows on show and the total: bytes, counts and milliseconds as plain numbers."""
        made = total(self.subject.report, self.session.gauges.shown.figures)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("block", "operator", "output", "macs", "weights_bytes", "ram_bytes", "instructions", "time_ms", "time_share"))
        for row in self.table.filter.shown_rows():
            shape = "x".join(map(str, row.shape[1:] or row.shape))
            writer.writerow((row.block, row.operator, shape, *(getattr(row, f) for f in _FIELDS.values())))
        writer.writerow(("total", "", "", made.macs, made.weights, made.ram, made.instructions, made.ms, 1.0))
        return out.getvalue()


def figure_words(column: int, value: float | None) -> str:
    """Write a figure of a column with its unit."""
    if value is None:
        return _NONE
    if column in (WEIGHTS, RAM):
        return format_size(value) if value else _NONE
    if column == TIME:
        return format_ms(value) if value else _NONE
    if column == SHARE:
        return f"{100 * value:.1f} %" if value else _NONE
    return format_count(value) if value else _NONE


def operator_words(kind: str) -> str:
    """Write an operator's kind in words."""
    return kind.replace("_", " ").replace(" 2d", " 2D")


def total_words(whole: Total) -> tuple[str, ...]:
    """Write the last line."""
    figures = {
        MACS: whole.macs,
        WEIGHTS: whole.weights,
        RAM: whole.ram,
        INSTRUCTIONS: whole.instructions,
        TIME: whole.ms,
        SHARE: 1.0,
    }
    return ("Total", "as on the gauges", "", *(figure_words(c, v) for c, v in figures.items()))

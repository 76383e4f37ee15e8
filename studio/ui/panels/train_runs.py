"""The runs that are kept: their figures as a table, chosen to be shown and compared, deleted and brought back."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QAbstractTableModel, QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLabel, QMenu, QPushButton, QTableView, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.storage.runs import Run, discard_run, restore_run
from studio.ui.panels.train_words import epochs_in_words, per_cent, points, when_in_words
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.stroke import STROKES, SWATCH, stroke

Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Column(msgspec.Struct, frozen=True):
    """A column of the table: its title and what it counts."""

    title: str
    help: str


COLUMNS = (
    Column("Run", "its number, and its folder's name in runs/"),
    Column("When", "when it was started"),
    Column("Epochs", "epochs that were trained; of how many where it was stopped"),
    Column("Best", "the epoch whose weights were kept: the highest validation accuracy"),
    Column("Float", "test clips that the float model hears right"),
    Column("int8", "test clips that the int8 model, the kit's, hears right"),
    Column("Points", "int8 minus float, in points of accuracy"),
    Column("Design", "whether front end, graph or labels were changed since"),
)
DESIGN = len(COLUMNS) - 1


class RunTable(QAbstractTableModel):
    """Runs, the newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[Run, ...] = ()
        self.design = ""
        self.places: Mapping[int, int] = {}

    def show_runs(self, runs: Sequence[Run], design: str) -> None:
        """Show these runs beside the design as it stands."""
        self.beginResetModel()
        self.runs, self.design = tuple(sorted(runs, key=lambda r: -r.number)), design
        self.endResetModel()

    def show_design(self, design: str) -> None:
        """Compare with another design."""
        if design != self.design:
            self.design = design
            if self.runs:
                self.dataChanged.emit(self.index(0, DESIGN), self.index(len(self.runs) - 1, DESIGN))

    def show_places(self, places: Mapping[int, int]) -> None:
        """Show by its stroke which runs are drawn: the place of each among the curves."""
        if places != self.places:
            self.places = dict(places)
            if self.runs:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, 0))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802
        if way == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section].help
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.texts(run)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            place = self.places.get(run.number)
            return stroke(place).swatch() if place is not None and place < STROKES else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{COLUMNS[index.column()].help}\n{run.test_clips} test clips, int8 by {run.engine}; {run.seconds:.0f} s of training"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[index.column()].title}: {self.texts(run)[index.column()]}"
        return None

    def texts(self, run: Run) -> tuple[str, ...]:
        """Write a run's figures, one a column."""
        return (
            str(run.number),
            when_in_words(run.started),
            epochs_in_words(run),
            str(run.best_epoch),
            per_cent(run.float_accuracy),
            per_cent(run.int8_accuracy),
            points(run.int8_accuracy - run.float_accuracy),
            "unchanged" if run.design == self.design else "changed",
        )


def _alignment(column: int) -> Qt.AlignmentFlag:
    return _LEFT if COLUMNS[column].title in ("Run", "When", "Design") else _RIGHT


class RunsPanel(QWidget):
    """The table. `chosen` follows every change of the choice, `removed` a run that went or came back."""

    chosen = Signal()
    removed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self._trash: list[Path] = []
        self._quiet = False
        self.table = RunTable(self)
        self.view = self._make_view()
        self.heading = QLabel()
        self.heading.setProperty("kind", "heading")
        self.delete_button = QPushButton("Delete")
        self.delete_button.setObjectName("delete_run")
        self.delete_button.setAccessibleName("Delete the chosen runs")
        self.delete_button.setToolTip("Move the chosen runs to .studio/trash (Del)")
        self.delete_button.clicked.connect(self.delete_chosen)
        self.undo_bar = self._make_undo_bar()
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.undo_bar)
        head.addWidget(self.delete_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + GAP, GAP, PAD + GAP, GAP)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.view, 1)

    def _make_view(self) -> QTableView:
        view = QTableView()
        view.setObjectName("runs")
        view.setAccessibleName("Runs")
        view.setModel(self.table)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setIconSize(QSize(SWATCH, 10))
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(26)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        view.setMinimumHeight(26 + 28)
        view.selectionModel().selectionChanged.connect(self._selection_changed)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(lambda at: self.make_menu().exec(view.viewport().mapToGlobal(at)))
        return view

    def _make_undo_bar(self) -> QWidget:
        bar = QWidget()
        self.undo_text, self.undo_button = QLabel(), QPushButton("Undo")
        self.undo_text.setProperty("kind", "dim")
        self.undo_button.setObjectName("undo_delete_run")
        self.undo_button.setAccessibleName("Bring the deleted runs back")
        self.undo_button.clicked.connect(self.bring_back)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(PAD)
        row.addWidget(self.undo_text)
        row.addWidget(self.undo_button)
        bar.hide()
        return bar

    # what is shown

    def show_runs(self, runs: Sequence[Run], design: str, choose: int | None = None) -> None:
        """Show these runs; choose one of them, or keep the choice, or else take the newest."""
        kept = [choose] if choose is not None else [r.number for r in self.chosen_runs()]
        self._quiet = True
        self.table.show_runs(runs, design)
        known = [r.number for r in self.table.runs]
        self._choose([n for n in kept if n in known] or known[:1])
        self._quiet = False
        self._show_heading()
        self.chosen.emit()

    def forget_deleted(self) -> None:
        """Offer no undo any more: another document is shown."""
        self._trash.clear()
        self.undo_bar.hide()

    def chosen_runs(self) -> tuple[Run, ...]:
        """Return the chosen runs, the one that was chosen last first, then the newest first."""
        rows = sorted({i.row() for i in self.view.selectionModel().selectedRows()})
        current = self.view.currentIndex().row()
        ordered = ([current] if current in rows else []) + [r for r in rows if r != current]
        return tuple(self.table.runs[r] for r in ordered if r < len(self.table.runs))

    def _choose(self, numbers: Sequence[int]) -> None:
        rows = [i for i, run in enumerate(self.table.runs) if run.number in numbers]
        flags = QItemSelectionModel.SelectionFlag
        model = self.view.selectionModel()
        model.clear()
        for row in rows:
            model.select(self.table.index(row, 0), flags.Select | flags.Rows)
        if rows:
            first = next(i for i, run in enumerate(self.table.runs) if run.number == numbers[0])
            model.setCurrentIndex(self.table.index(first, 0), flags.NoUpdate)
            self.view.scrollTo(self.table.index(first, 0))

    def _selection_changed(self, _new: QItemSelection, _old: QItemSelection) -> None:
        self._show_heading()
        if not self._quiet:
            self.chosen.emit()

    def _show_heading(self) -> None:
        count, chosen = len(self.table.runs), len(self.chosen_runs())
        more = f"{chosen} chosen, compared" if chosen > 1 else "choose several with Ctrl to compare" if count > 1 else ""
        self.heading.setText(" · ".join(filter(None, (f"RUNS · {count}", more))))
        self.delete_button.setEnabled(chosen > 0)
        self.delete_button.setText(f"Delete {chosen} runs" if chosen > 1 else "Delete")

    def restyle(self) -> None:
        """Draw the strokes in the theme's colours."""
        self.view.viewport().update()

    # deleting

    def make_menu(self) -> QMenu:
        """Return the menu of the chosen runs."""
        menu = QMenu(self)
        menu.addAction(self.delete_button.text(), self.delete_chosen).setEnabled(bool(self.chosen_runs()))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def delete_chosen(self) -> None:
        """Move the chosen runs to the trash; a button brings them back."""
        runs = self.chosen_runs()
        if not runs:
            self.session.told.emit("choose the runs to delete first")
            return
        self._trash.clear()
        self.session.attempt(lambda: self._discard([r.number for r in runs]))
        if self._trash:
            numbers = " and ".join(p.name for p in reversed(self._trash)) if len(self._trash) < 3 else f"{len(self._trash)} runs"
            self.undo_text.setText(f"Deleted {'run ' if len(self._trash) < 3 else ''}{numbers}")
            self.undo_bar.show()
        self.removed.emit()

    def _discard(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._trash.append(discard_run(self.session.document.path, number))

    def bring_back(self) -> None:
        """Bring the runs back that were deleted last."""
        places, self._trash = self._trash, []
        back: list[int] = []
        try:
            for place in places:
                back.append(restore_run(self.session.document.path, place))
        except StudioError as error:
            self.session.told.emit(f"{error}; {error.hint}" if error.hint else str(error))
        self.undo_bar.hide()
        self.removed.emit()
        if back:
            self._choose(back)

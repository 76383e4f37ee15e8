"""Choose targets: every board, found as you type, with what the present design would do on it."""

from functools import cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QDialog, QDialogButtonBox, QHeaderView, QLabel, QLineEdit, QTableView, QVBoxLayout, QWidget

from studio.core.edits import SetTargets
from studio.core.target import TargetDevice
from studio.core.units import format_size
from studio.ui.panels.target_reading import excess, format_clock, readings, refusal, short_core, verdict, word_of
from studio.ui.session import Session
from studio.ui.theme import PAD, theme

COLUMNS = ("Board", "Core", "Clock", "Flash", "RAM", "This design")
_Index = QModelIndex | QPersistentModelIndex
SORT = Qt.ItemDataRole.UserRole


class BoardTable(QAbstractTableModel):
    """The boards with a check mark each; `chosen` keeps the order in which targets stand."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.chosen = list(session.document.project.targets)
        self.read_boards()

    def read_boards(self) -> None:
        """List the boards as they are now."""
        self.beginResetModel()
        self.boards = sorted(self._session.gauges.boards.values(), key=lambda b: (not b.virtual, b.vendor, b.name))
        self.fit = cache(self._fit)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.boards)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        board = self.boards[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == 0:
            return Qt.CheckState.Checked if board.id in self.chosen else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(board)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == len(COLUMNS) - 1:
            state = self.fit(board.id)[0]
            return QColor(theme().dim if state == "unknown" else getattr(theme(), state))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.fit(board.id)[2] or f"{board.vendor} · {board.soc} · {board.id}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column())
        if role == SORT:
            numbers = (board.name.lower(), short_core(board.core), board.clock_hz, board.flash.free, board.ram.free)
            return numbers[index.column()] if index.column() < len(numbers) else self._texts(board)[-1]
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != 0:
            return False
        self.toggle(self.boards[index.row()].id)
        return True

    def toggle(self, id: str) -> None:
        """Choose a board, or leave it out."""
        if id in self.chosen:
            self.chosen.remove(id)
        else:
            self.chosen.append(id)
        row = next(i for i, b in enumerate(self.boards) if b.id == id)
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def _texts(self, board: TargetDevice) -> tuple[str, ...]:
        memory = (format_size(board.flash.free), format_size(board.ram.free))
        return (board.name, short_core(board.core), format_clock(board.clock_hz), *memory, self.fit(board.id)[1])

    def _fit(self, id: str) -> tuple[str, str, str]:
        """Return the verdict on the present design, its word, and by how much it does not fit."""
        gauges = self._session.gauges
        made = gauges.report(id, "c")
        if made is None:
            return "unknown", "-", gauges.stale
        if refusal(made):
            return "too_large", "✕ cannot run", refusal(made)
        interval = gauges.shown.project.interval_ms
        shown = readings(made, gauges.boards[id], interval, self._session.settings.get("reserve_percent"))
        return verdict(shown), word_of(shown), excess(made, gauges.boards[id], interval)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (2, 3, 4) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class BoardFilter(QSortFilterProxyModel):
    """Keeps the boards in whose names every typed word occurs."""

    words: tuple[str, ...] = ()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:  # noqa: N802
        board = self.sourceModel().boards[row]
        text = " ".join((board.name, board.vendor, board.core.name, board.core.id, board.soc, board.id)).lower()
        return all(word in text for word in self.words)

    def find(self, typed: str) -> None:
        """Show the boards that these words find."""
        self.words = tuple(typed.lower().split())
        self.invalidate()


class TargetsDialog(QDialog):
    """The list of boards; accepting it is one edit."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle("Choose targets")
        self.resize(760, 560)
        self.table_model = BoardTable(session, self)
        self.filter = BoardFilter(self)
        self.filter.setSourceModel(self.table_model)
        self.filter.setSortRole(SORT)
        self.search = QLineEdit()
        self.search.setObjectName("board_search")
        self.search.setAccessibleName("Find a board")
        self.search.setPlaceholderText("Name, vendor, core, SoC…")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._find)
        self.table = self._make_table()
        self.details = QLabel()
        self.details.setObjectName("board_details")
        self.details.setProperty("kind", "dim")
        self.details.setWordWrap(True)
        self.details.setOpenExternalLinks(True)
        self.details.setMinimumHeight(96)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setSpacing(PAD)
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        column.addWidget(self.details)
        column.addWidget(self._make_buttons())
        self.table_model.dataChanged.connect(self._count)
        self.table.selectionModel().currentRowChanged.connect(self._show_details)
        self._count()
        self._pick_first()
        self.search.setFocus()

    def _make_table(self) -> QTableView:
        table = _Boards()
        table.setObjectName("boards")
        table.setAccessibleName("Boards")
        table.setModel(self.filter)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.filter.sort(-1)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.doubleClicked.connect(lambda index: self.table_model.toggle(self._board(index).id) if index.column() else None)
        return table

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        for name, text, call in (("targets_new", "New board…", self._new_board), ("targets_sheet", "Board's sheet…", self._show_sheet)):
            button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ResetRole)
            button.setObjectName(name)
            button.setAutoDefault(False)
            button.clicked.connect(call)
        self.ok = buttons.addButton("Choose", QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setProperty("kind", "primary")
        self.ok.setDefault(True)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def accept(self) -> None:
        """Make the chosen boards the targets, as one edit."""
        targets = tuple(self.table_model.chosen)
        if targets != self.session.document.project.targets:
            self.session.try_push(SetTargets(targets))
        super().accept()

    def _new_board(self) -> None:
        """Make a board by a form, and tick it."""
        from studio.ui.dialogs.boards import show_new_board

        made = show_new_board(self.session, self)
        if made:
            self._take_boards()
            self.table_model.toggle(made)
            self._stand_on(made)

    def _show_sheet(self) -> None:
        from studio.ui.dialogs.boards import show_boards

        index = self.table.currentIndex()
        show_boards(self.session, self, self._board(index).id if index.isValid() else "")
        self._take_boards()

    def _take_boards(self) -> None:
        """List the boards as they are now; what is ticked stays so."""
        at = self.table.currentIndex()
        here = self._board(at).id if at.isValid() else ""
        self.table_model.read_boards()
        self.search.clear()
        self._stand_on(here)
        self._count()

    def _stand_on(self, id: str) -> None:
        ids = [self._board(self.filter.index(row, 0)).id for row in range(self.filter.rowCount())]
        if id in ids:
            self.table.setCurrentIndex(self.filter.index(ids.index(id), 0))
            self.table.scrollTo(self.table.currentIndex())
        else:
            self._pick_first()

    def _board(self, index: _Index) -> TargetDevice:
        return self.table_model.boards[self.filter.mapToSource(index).row()]

    def _find(self, typed: str) -> None:
        self.filter.find(typed)
        self._pick_first()

    def _pick_first(self) -> None:
        if not self.table.currentIndex().isValid() and self.filter.rowCount():
            self.table.setCurrentIndex(self.filter.index(0, 0))
        if not self.filter.rowCount():
            self.details.setText("No board has these words. “New board…” makes one of your own: a TOML file in the folder of your boards.")

    def _count(self) -> None:
        count = len(self.table_model.chosen)
        self.ok.setText(f"Choose {count} target{'' if count == 1 else 's'}" if count else "Choose none")

    def _show_details(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not current.isValid():
            return
        board = self._board(current)
        link = f' · <a href="{board.url}">{board.url}</a>' if board.url else ""
        sources = "".join(f"<br>{field.replace('_', ' ')}: {source}" for field, source in board.sources.items())
        missing = "" if board.power or board.virtual else "<br>energy: no source for its current draw yet"
        self.details.setText(f"<b>{board.name}</b> · {board.vendor} · {board.soc} · {board.id}{link}{sources}{missing}")


class _Boards(QTableView):
    """A table in which Space ticks the current row, whatever its column."""

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and index.isValid():
            first = index.siblingAtColumn(0)
            checked = first.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            self.model().setData(first, Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
            return
        super().keyPressEvent(event)

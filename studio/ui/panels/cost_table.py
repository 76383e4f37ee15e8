"""A table of figures: bars in the cells, sorting by value, a filter of words, copying and writing as text."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio.ui.paint import colour, fitted, pen, width, write
from studio.ui.theme import GAP, PAD, theme

Index = QModelIndex | QPersistentModelIndex
SORT = Qt.ItemDataRole.UserRole
ROW_HIGH = 24
_TEXT, _SMALL = 12, 11


class Column:
    """A column: title, whether its values are numbers, width in pixels, tooltip of its head."""

    def __init__(self, title: str, number: bool = True, wide: int = 84, help: str = "") -> None:
        self.title, self.number, self.wide, self.help = title, number, wide, help


class FigureModel(QAbstractTableModel):
    """Rows of values; a child says what of a row stands in a column by `text`, `value`, `bar`, `ink` and `tip`."""

    columns: Sequence[Column] = ()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[Any] = ()

    def text(self, row: Any, column: int) -> str:
        """Return the cell's words."""
        raise NotImplementedError

    def value(self, row: Any, column: int) -> Any:
        """Return what the column is sorted by."""
        return self.text(row, column)

    def bar(self, row: Any, column: int) -> float:
        """Return the length of the cell's bar, 0 to 1; 0 for none."""
        return 0.0

    def ink(self, row: Any, column: int) -> str:
        """Return the colour of the words, or of the bar where there is one; "" for the usual one."""
        return ""

    def tip(self, row: Any, column: int) -> str:
        """Return the cell's tooltip."""
        return ""

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show these; where there are as many as before, selection and place stay."""
        if len(rows) == len(self.rows):
            changed, self.rows = rows != self.rows, rows
            if changed and rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side(column)
        return {Qt.ItemDataRole.DisplayRole: column.title, Qt.ItemDataRole.ToolTipRole: column.help}.get(Qt.ItemDataRole(role))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        asked = {
            Qt.ItemDataRole.DisplayRole: self.text,
            Qt.ItemDataRole.AccessibleTextRole: self.text,
            Qt.ItemDataRole.ToolTipRole: self.tip,
            SORT: self.value,
        }.get(role)
        return asked(self.rows[index.row()], index.column()) if asked else None


class WordFilter(QSortFilterProxyModel):
    """Keeps the rows in whose `searched` text every typed word occurs, and that `extra` lets through; numbers sort as numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words: tuple[str, ...] = ()
        self.searched = lambda row: ""
        self.extra = lambda row: True
        self.setSortRole(SORT)

    def find(self, typed: str) -> None:
        """Show the rows that these words find."""
        self.words = tuple(typed.lower().split())
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802
        shown = self.sourceModel().rows[row]
        return all(word in self.searched(shown).lower() for word in self.words) and self.extra(shown)

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802
        a, b = left.data(SORT), right.data(SORT)
        if a is None or b is None:
            return a is None and b is not None
        return a < b if a != b else left.row() < right.row()

    def shown_rows(self) -> list[Any]:
        """Return the rows in the order on show."""
        return [self.sourceModel().rows[self.mapToSource(self.index(i, 0)).row()] for i in range(self.rowCount())]


class BarDelegate(QStyledItemDelegate):
    """Paints a cell: numbers at the right, over a bar from the left."""

    def __init__(self, table: "FigureTable") -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, box, figures, column = theme(), QRectF(option.rect), self._table.figures, index.column()
        row = figures.rows[self._table.filter.mapToSource(index).row()]  # asked directly: a role of the model costs as much as the painting
        bar, ink = figures.bar(row, column), figures.ink(row, column)
        self.paint_ground(painter, option)
        if bar:
            room = box.adjusted(2, 4, -2, -4)
            painter.fillRect(
                QRectF(room.left(), room.top(), max(1.0, room.width() * min(bar, 1.0)), room.height()), colour(ink or t.accent, 0.3)
            )
        write_cell(painter, box, figures.text(row, column), figures.columns[column].number, t.text if bar or not ink else ink)

    def paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """Paint what is behind the words: a selected row in the accent."""
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, colour(theme().accent, 0.22))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(60, ROW_HIGH)


class FigureTable(QTableView):
    """A table that copies what is selected, tab separated with its heads, and leaves Tab to the window."""

    def __init__(self, name: str, spoken: str, model: FigureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.figures, self.filter = model, WordFilter(self)
        self.more: list[tuple[str, Callable[[], None]]] = []
        self.filter.setSourceModel(model)
        self.setModel(self.filter)
        self.setItemDelegate(BarDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(ROW_HIGH)
        self.verticalHeader().setDefaultSectionSize(ROW_HIGH)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(30)
        for at, column in enumerate(model.columns):
            self.setColumnWidth(at, column.wide)
        self.filter.setDynamicSortFilter(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        self.filter.sort(-1)

    def share_width(self) -> None:
        """Share what room is left evenly among the columns of numbers; the names get twice as much, and what does not divide."""
        columns = self.figures.columns
        named = next(i for i, c in enumerate(columns) if c.title and not c.number)
        left = max(0, self.viewport().width() - sum(c.wide for c in columns))
        more = left // (sum(c.number for c in columns) + 2)
        for at, column in enumerate(columns):
            self.setColumnWidth(at, column.wide + more * column.number)
        self.setColumnWidth(named, columns[named].wide + left - more * sum(c.number for c in columns))

    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.share_width()

    def selected_rows(self) -> list[int]:
        """Return the numbers of the model's selected rows, in the order on show."""
        chosen = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row)
        return [self.filter.mapToSource(index).row() for index in chosen]

    def as_lines(self, rows: Sequence[Any]) -> list[list[str]]:
        """Return heads and cells of these rows as words."""
        columns = range(len(self.figures.columns))
        head = [self.figures.columns[c].title.replace("\n", " ") for c in columns]
        return [head, *([self.figures.text(row, c) for c in columns] for row in rows)]

    def copy(self) -> None:
        """Copy the selected rows."""
        self._copy([self.figures.rows[i] for i in self.selected_rows()])

    def copy_all(self) -> None:
        """Copy the rows on show, in their order."""
        self._copy(self.filter.shown_rows())

    def _copy(self, rows: Sequence[Any]) -> None:
        if rows:
            QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in self.as_lines(rows)))

    def make_menu(self) -> QMenu:
        """Make the menu that a right click, or its key, opens; `more` are titles and what they do."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy\tCtrl+C", self.copy).setEnabled(bool(self.selected_rows()))
        menu.addAction("Copy all rows", self.copy_all).setEnabled(bool(self.figures.rows))
        for title, work in self.more:
            menu.addAction(title, work).setEnabled(bool(self.figures.rows))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        self.make_menu().popup(event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Take the keys for copying and selecting all before the window's own actions do."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _own_key(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)


class Footer(QWidget):
    """A line under a table, in its columns, that neither sorts nor scrolls away."""

    def __init__(self, table: FigureTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{table.objectName()}_total")
        self.setFixedHeight(ROW_HIGH + 2)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.table, self.texts = table, ()
        table.horizontalHeader().sectionResized.connect(self.update)
        table.horizontalHeader().sectionMoved.connect(self.update)
        table.horizontalScrollBar().valueChanged.connect(self.update)

    def show_texts(self, texts: Sequence[str], tip: str = "") -> None:
        """Show these words, one for each column."""
        if tuple(texts) != self.texts or tip != self.toolTip():
            self.texts = tuple(texts)
            titles = [c.title for c in self.table.figures.columns]
            said = [f"{title} {text}" for title, text in zip(titles[1:], texts[1:], strict=False) if text]
            self.setAccessibleName(", ".join([texts[0], *said]) if texts else "")
            self.setToolTip(tip)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t, painter, header = theme(), QPainter(self), self.table.horizontalHeader()
        painter.fillRect(self.rect(), colour(t.panel))
        painter.setPen(pen(t.dim))
        painter.drawLine(0, 0, self.width(), 0)
        offset = self.table.viewport().x()
        for at, text in enumerate(self.texts):
            box = QRectF(offset + header.sectionViewportPosition(at), 1, header.sectionSize(at), ROW_HIGH)
            write_cell(painter, box, text, self.table.figures.columns[at].number, t.text, bold=True)


def write_cell(painter: QPainter, box: QRectF, text: str, right: bool, ink: str, bold: bool = False) -> None:
    """Write a cell's words, cut to its width."""
    shown = fitted(text, _TEXT, bold, box.width() - 2 * PAD + GAP)
    left = box.right() - PAD - width(shown, _TEXT, bold) if right else box.left() + PAD - 2
    write(painter, QPointF(left, box.center().y()), shown, _TEXT, ink, bold)


def search_field(name: str, spoken: str, table: FigureTable) -> QLineEdit:
    """Make the field that filters a table as the user types; it takes what room is left."""
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName(spoken)
    field.setToolTip(spoken)
    field.setPlaceholderText("Filter…")
    field.setClearButtonEnabled(True)
    field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    field.setMinimumWidth(84)
    field.setMaximumWidth(200)
    field.textChanged.connect(table.filter.find)
    return field


def side(column: Column) -> Qt.AlignmentFlag:
    """Return where a column's words stand."""
    return (Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


def _own_key(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll)

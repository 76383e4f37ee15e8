"""All boards in one table: whether each could run the design, and what of it the design takes, with the C engine and with TFLM."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec
from PySide6.QtCore import QModelIndex, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QHeaderView, QMenu, QStyleOptionViewItem, QToolButton

from studio.core.edits import SetTargets
from studio.core.target import TargetDevice
from studio.ui.dialogs.boards import FIRST_FAULT, show_boards, show_new_board
from studio.ui.paint import colour, pen, write
from studio.ui.panels.cost_boards_menu import board_menu
from studio.ui.panels.cost_refused import RefusedLine
from studio.ui.panels.cost_subject import Subject
from studio.ui.panels.cost_table import ROW_HIGH, BarDelegate, Column, FigureModel, FigureTable, search_field, write_cell
from studio.ui.panels.cost_view import CostView, dim_label
from studio.ui.panels.target_reading import excess, format_clock, measures, readings, refusal, short_core, verdict, word_of
from studio.ui.session import Session
from studio.ui.settings import RUNTIME_NAMES
from studio.ui.theme import theme
from studio.ui.widgets.gauge import Verdict

RUNTIMES = ("c", "tflm")
TARGET, BOARD, CORE = range(3)
FIRST, EACH = 3, 5
VERDICT, FLASH, RAM, TIME, ENERGY = range(EACH)
SLICE_S = 0.008
_ORDER = ("too_large", "unknown", "tight", "fits")


class Cost(msgspec.Struct, frozen=True):
    """A design on a board with a runtime: the verdict, the shares of flash, RAM and interval, the energy in µJ; None where it is not known."""

    state: Verdict
    shares: tuple[float | None, float | None, float | None] = (None, None, None)
    energy: float | None = None
    word: str = "–"
    why: str = ""


class BoardRow(msgspec.Struct, frozen=True):
    """A board, whether it is a target, and its costs by runtime; () until they are counted."""

    board: TargetDevice
    chosen: bool
    costs: tuple[Cost, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether some runtime can run the design there."""
        return any(cost.state in ("fits", "tight") for cost in self.costs)


def cost_of(session: Session, board: TargetDevice, runtime: str) -> Cost:
    """Return what the last complete design costs on a board."""
    gauges = session.gauges
    made = gauges.report(board.id, runtime)
    if made is None:
        return Cost("unknown", why=gauges.stale)
    if refusal(made):
        return Cost("too_large", word=word_of(()), why=refusal(made))
    interval = gauges.shown.project.interval_ms
    shown = readings(made, board, interval, session.settings.get("reserve_percent"))
    known = {reading.name for reading in shown if reading.state != "unknown"}
    shares = tuple(m.share if m.name in known else None for m in measures(made, board, interval))
    return Cost(verdict(shown), shares, made.energy_uj, word_of(shown), excess(made, board, interval))


class BoardModel(FigureModel):
    """The boards; five columns for each runtime."""

    columns = (
        Column("", False, 30, "a tick makes the board a target, with a card of its own"),
        Column("Board", False, 150),
        Column("Core", False, 90),
        *[
            column
            for runtime in RUNTIMES
            for column in (
                Column(f"{RUNTIME_NAMES[runtime]}\nVerdict", False, 84, f"whether {RUNTIME_NAMES[runtime]} can run the design there"),
                Column("\nFlash", True, 50, "part of the flash"),
                Column("\nRAM", True, 50, "part of the RAM, the stack included"),
                Column("\nTime", True, 54, "part of the time between two inferences"),
                Column("\nEnergy", True, 60, "of one inference, features included"),
            )
        ],
    )

    def text(self, row: BoardRow, column: int) -> str:
        if column < FIRST:
            return ("target" if row.chosen else "", row.board.name, short_core(row.board.core))[column]
        cost, part = self._cost(row, column)
        if cost is None:
            return "…" if part == VERDICT else ""
        if part == VERDICT:
            return cost.word
        if part == ENERGY:
            return energy_words(cost.energy)
        return share_words(cost.shares[part - 1])

    def value(self, row: BoardRow, column: int) -> Any:
        if column < FIRST:
            return (row.chosen, row.board.name.lower(), short_core(row.board.core).lower())[column]
        cost, part = self._cost(row, column)
        if cost is None:
            return None
        if part == VERDICT:
            return _ORDER.index(cost.state), -max(filter(None, cost.shares), default=0.0)
        return cost.energy if part == ENERGY else cost.shares[part - 1]

    def bar(self, row: BoardRow, column: int) -> float:
        cost, part = self._cost(row, column)
        return cost.shares[part - 1] or 0.0 if cost and part in (FLASH, RAM, TIME) else 0.0

    def ink(self, row: BoardRow, column: int) -> str:
        t = theme()
        cost, part = self._cost(row, column)
        if column == CORE or (cost is not None and (cost.state == "unknown" or part == ENERGY)):
            return t.dim
        if cost is None:
            return ""
        if part == VERDICT:
            return getattr(t, cost.state)
        share = cost.shares[part - 1]
        return t.dim if share is None else t.too_large if share > 1 else t.tight if share > 0.8 else t.fits

    def tip(self, row: BoardRow, column: int) -> str:
        cost, _ = self._cost(row, column)
        board = row.board
        if column == TARGET:
            return f"take {board.name} off the targets" if row.chosen else f"make {board.name} a target"
        if cost is None:
            return f"{board.vendor} · {board.soc} · {format_clock(board.clock_hz)}"
        return cost.why or f"{board.name}: {cost.word}"

    def _cost(self, row: BoardRow, column: int) -> tuple[Cost | None, int]:
        """Return the costs that a column belongs to, and which of them it shows."""
        number, part = divmod(column - FIRST, EACH)
        return (row.costs[number] if column >= FIRST and row.costs else None), part


class BoardTable(FigureTable):
    """The table; a click on a tick, Space and a double click make the row's board a target or take it off."""

    def __init__(self, view: "BoardsView", model: BoardModel) -> None:
        super().__init__("board_matrix", "Boards and what the design costs on them", model)
        self._view = view
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalHeader(_Header(self))
        self.setItemDelegateForColumn(TARGET, _Tick(self))
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        self.filter.sort(-1)
        self.share_width()

    def toggle(self, index: QModelIndex) -> None:
        """Make the board of a row a target, or take it off."""
        row = self.figures.rows[self.filter.mapToSource(index).row()]
        self._view.toggle(row.board.id)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == TARGET and event.button() == Qt.MouseButton.LeftButton:
            self.toggle(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.toggle(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        index = self.indexAt(event.pos()) if event.reason() == QContextMenuEvent.Reason.Mouse else self.currentIndex()
        if index.isValid():
            self._view.menu(self.figures.rows[self.filter.mapToSource(index).row()].board.id).popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.toggle(self.currentIndex())
        else:
            super().keyPressEvent(event)


class BoardsView(CostView):
    """The matrix. It counts the boards in slices between the window's other work, and only while it is seen."""

    def __init__(self, session: Session, subject: Subject) -> None:
        super().__init__(session, subject)
        self._take_boards()
        self.figures = BoardModel()
        self.table = BoardTable(self, self.figures)
        self.table.filter.searched = _searched
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.table, 1)
        self.refused = RefusedLine(session, self._show_fault)
        self.column.addWidget(self.refused)
        self.setFocusProxy(self.table)
        self.setFocusPolicy(self.table.focusPolicy())
        self.search = search_field("matrix_search", "Find a board by its name, vendor or core", self.table)
        self.fitting = QCheckBox("Only those that can run it")
        self.fitting.setObjectName("matrix_fitting")
        self.fitting.toggled.connect(self._filter)
        self.count = dim_label("matrix_count")
        self.tool_row.addWidget(self.search, 1)
        self.tool_row.addWidget(self.fitting)
        self.tool_row.addStretch(1)
        self.tool_row.addWidget(self.count)
        self.tool_row.addWidget(self._make_more())
        self._costs: dict[str, tuple[Cost, ...]] = {}
        self._of: tuple[object, ...] = ()
        self._work: Iterator[None] = iter(())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._count_slice)
        session.settings_changed.connect(self._follow_setting)
        self._show_rows()

    def _take_boards(self) -> None:
        self._known = self.session.gauges.boards
        self.boards = sorted(self._known.values(), key=lambda b: (not b.virtual, b.name.lower()))

    def _make_more(self) -> QToolButton:
        self.more = QToolButton(objectName="matrix_more", text="Boards ▾", toolTip="sheets with sources, and boards of your own")
        self.more.setAccessibleName("Boards: sheets, and boards of your own")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setStyleSheet("QToolButton { padding: 3px 8px; } QToolButton::menu-indicator { image: none; }")
        menu = QMenu(self.more)
        menu.addAction("Board's sheet and sources…\tCtrl+Shift+B", self.show_sheet)
        menu.addAction("New board…", self.new_board)
        self.more.setMenu(menu)
        return self.more

    def _show_fault(self) -> None:
        show_boards(self.session, self.window(), FIRST_FAULT)

    def show_sheet(self) -> None:
        """Show the numbers of the board that the keys stand on, with their sources."""
        index = self.table.currentIndex()
        row = self.figures.rows[self.table.filter.mapToSource(index).row()] if index.isValid() else None
        show_boards(self.session, self.window(), row.board.id if row else "")

    def new_board(self) -> None:
        """Make a board by a form, and let the keys stand on it."""
        made = show_new_board(self.session, self.window())
        self.find(made)

    def find(self, id: str) -> None:
        """Let the keys stand on a board's row."""
        at = next((i for i, row in enumerate(self.table.filter.shown_rows()) if row.board.id == id), None)
        if at is not None:
            self.table.setCurrentIndex(self.table.filter.index(at, BOARD))
            self.table.scrollTo(self.table.currentIndex())
            self.table.setFocus()

    @property
    def counting(self) -> bool:
        """Whether boards are still to be counted."""
        return self._timer.isActive()

    def refresh(self) -> None:
        """Show the targets at once, and begin to count where the design is another one."""
        if self.session.gauges.boards is not self._known:
            self._take_boards()
            self._costs, self._of = {id: of for id, of in self._costs.items() if id in self._known}, ()
        of = self._design()
        if of != self._of:
            self._of = of
            self._work = self._counting()
            self._timer.start(0)
        self._show_rows()

    def menu(self, id: str) -> QMenu:
        """Return what can be done with a board."""
        return board_menu(self.session, id, self.toggle, self)

    def toggle(self, id: str) -> None:
        """Make a board a target, or take it off: one edit that Ctrl+Z takes back."""
        targets = self.session.document.project.targets
        self.session.try_push(SetTargets(tuple(t for t in targets if t != id) if id in targets else (*targets, id)))

    def hideEvent(self, event: Any) -> None:  # noqa: N802
        """Stop counting: what is missing is counted when the view is shown again."""
        super().hideEvent(event)
        if self._timer.isActive():
            self._timer.stop()
            self._of = ()

    def _design(self) -> tuple[object, ...]:
        """Return what the figures are made of."""
        shown = self.session.gauges.shown
        reserve = self.session.settings.get("reserve_percent")
        return (id(shown.network), shown.project.frontend, shown.project.interval_ms, shown.project.energy, reserve) if shown else ()

    def _count_slice(self) -> None:
        until = time.perf_counter() + SLICE_S
        for _ in self._work:
            if time.perf_counter() > until:
                return
        self._timer.stop()
        self._show_rows()

    def _counting(self) -> Iterator[None]:
        """Count one board with one runtime after another, then take the figures over all at once: rows do not dance."""
        kept = self.session.gauges.shown.network if self.session.gauges.shown else None  # its id stays taken while it is counted
        made: dict[str, tuple[Cost, ...]] = {}
        for board in self.boards if kept else ():
            costs = []
            for runtime in RUNTIMES:
                costs.append(cost_of(self.session, board, runtime))
                yield
            made[board.id] = tuple(costs)
        self._costs, self._kept = made, kept

    def _show_rows(self) -> None:
        targets = frozenset(self.session.document.project.targets)
        self.figures.show_rows([BoardRow(b, b.id in targets, self._costs.get(b.id, ())) for b in self.boards])
        able = sum(row.fits for row in self.figures.rows)
        stale = self.session.gauges.stale
        said = f"{able} of {len(self.boards)} can run it" if self._costs else f"counting {len(self.boards)} boards…"
        self.count.setText(
            f"as of the last complete graph · {said}" if stale and self._costs else f"no figures: {stale}" if stale else said
        )

    def _filter(self, on: bool) -> None:
        self.table.filter.extra = (lambda row: row.fits) if on else (lambda row: True)
        self.table.filter.invalidate()

    def _follow_setting(self, key: str) -> None:
        if key == "reserve_percent" and self.isVisible():
            self.refresh()


class _Tick(BarDelegate):
    """Paints a box, ticked where the board is a target."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        self.paint_ground(painter, option)
        t, chosen = theme(), bool(index.data())
        middle = QRectF(option.rect).center()
        box = QRectF(round(middle.x()) - 6.5, round(middle.y()) - 6.5, 13, 13)
        painter.setBrush(colour(t.background))
        painter.setPen(pen(t.accent if chosen else t.dim))
        painter.drawRect(box)
        if chosen:
            write(painter, QPointF(box.left() + 2, box.center().y()), "✓", 12, t.accent, bold=True)


class _Header(QHeaderView):
    """Heads of two lines: the runtime over its five columns."""

    def __init__(self, table: BoardTable) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(30)
        self.setFixedHeight(2 * ROW_HIGH - 8)

    def paintSection(self, painter: QPainter, rect: Any, section: int) -> None:  # noqa: N802
        column, t = self.model().sourceModel().columns[section], theme()
        painter.fillRect(rect, colour(t.panel))
        title = column.title.rpartition("\n")[2]
        high = rect.height() / 2
        line = QRectF(rect.left(), rect.top() + high, rect.width(), high)
        sorted_by = self.isSortIndicatorShown() and self.sortIndicatorSection() == section
        arrow = (" ▾" if self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder else " ▴") if sorted_by else ""
        write_cell(painter, line, title + arrow, column.number, t.dim)
        part = (section - FIRST) % EACH
        if section >= FIRST:
            painter.fillRect(QRectF(rect.left() + (6 if part == 0 else 0), rect.top() + high - 1, rect.width(), 1), colour(t.line))
        if section >= FIRST:  # every section paints its part of the name that stands over all five
            first = section - part
            left = rect.left() - sum(self.sectionSize(i) for i in range(first, section))
            name = self.model().sourceModel().columns[first].title.partition("\n")[0]
            painter.save()
            painter.setClipRect(rect)
            write_cell(painter, QRectF(left, rect.top(), 200, high), name, False, t.text, bold=True)
            painter.restore()


def share_words(share: float | None) -> str:
    """Write a share of a budget: "12 %", "4.2×"."""
    if share is None:
        return "–"
    if share < 0.0095:
        return f"{100 * share:.1g} %"
    return f"{100 * share:.0f} %" if share < 9.995 else f"{share:.3g}×"


def energy_words(microjoules: float | None) -> str:
    """Write an energy: "1.45 mJ"."""
    if microjoules is None:
        return "–"
    return f"{microjoules / 1000:.3g} mJ" if microjoules >= 1000 else f"{microjoules:.3g} µJ"


def _searched(row: BoardRow) -> str:
    board = row.board
    return " ".join((board.name, board.vendor, board.core.name, board.core.id, board.soc, board.id, "target" if row.chosen else ""))

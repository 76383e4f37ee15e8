"""The command palette: a few letters find any action, operator, board, room, project or clip; Return does it."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QLineEdit, QListView, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout

from studio.ui.dialogs.palette_entries import RECENT, Entry, Hit, entries, find
from studio.ui.theme import GAP, PAD, RADIUS, theme
from studio.ui.widgets.state import set_state

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow

LINE = 32
LINES = 12
WIDTH = 620
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: LINES - 1, Qt.Key.Key_PageUp: 1 - LINES}
HIT = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class Hits(QAbstractListModel):
    """What was found."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []

    def show_hits(self, hits: list[Hit]) -> None:
        """Show these."""
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        hit = self.hits[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (hit.entry.title, hit.entry.tail, hit.entry.group, hit.entry.keys)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return hit.entry.help or None
        return hit if role == HIT else None


class HitLine(QStyledItemDelegate):
    """Paints a line: the title with the typed letters marked, the help dimmed behind it, group and keys at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:  # noqa: N802
        return QSize(WIDTH - 4 * PAD, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        hit: Hit = index.data(HIT)
        t = theme()
        chosen = bool(option.state & option.state.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.accent))
            painter.drawRoundedRect(option.rect, RADIUS, RADIUS)
        text, dim = (t.on_accent, t.on_accent) if chosen else (t.text, t.dim)
        box = option.rect.adjusted(PAD, 0, -PAD, 0)
        box.setRight(_aside(painter, box, hit.entry, option.font, dim) - PAD)
        left = _title(painter, box, hit, option.font, text, t.on_accent if chosen else t.accent)
        if hit.entry.help:
            rest = QRect(QPoint(left + PAD, box.top()), box.bottomRight())
            painter.setFont(_smaller(option.font))
            painter.setPen(QColor(dim))
            words = painter.fontMetrics().elidedText(hit.entry.help, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words if rest.width() > 60 else "")
        painter.restore()


def _smaller(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(12)
    return small


def _aside(painter: QPainter, box: QRect, entry: Entry, font: QFont, colour: str) -> int:
    """Paint group and keys at the right; return where they begin."""
    painter.setFont(_smaller(font))
    painter.setPen(QColor(colour))
    words = "   ".join(filter(None, (entry.group, entry.keys)))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
    return box.right() - painter.fontMetrics().horizontalAdvance(words)


def _title(painter: QPainter, box: QRect, hit: Hit, font: QFont, colour: str, marked: str) -> int:
    """Paint the title, the found letters bold; return where it ends."""
    bold = QFont(font)
    bold.setBold(True)
    title = QFontMetrics(bold).elidedText(hit.entry.title, Qt.TextElideMode.ElideRight, box.width())
    left, places = box.left(), set(hit.places)
    for part, is_marked in (*_parts(title, places), (f" {hit.entry.tail}" if hit.entry.tail else "", False)):
        painter.setFont(bold if is_marked else font)
        painter.setPen(QColor(marked if is_marked else colour))
        painter.drawText(QRect(left, box.top(), box.right() - left, box.height()), Qt.AlignmentFlag.AlignVCenter, part)
        left += painter.fontMetrics().horizontalAdvance(part)
    return left


def _parts(title: str, places: set[int]) -> list[tuple[str, bool]]:
    """Cut a title into stretches of marked and of other letters."""
    parts: list[tuple[str, bool]] = []
    for at, letter in enumerate(title):
        marked = at in places
        if parts and parts[-1][1] == marked:
            parts[-1] = (parts[-1][0] + letter, marked)
        else:
            parts.append((letter, marked))
    return parts


class CommandPalette(QDialog):
    """A popup over the window; what is chosen is done after it has closed."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command_palette")
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._window = window
        self._entries = entries(window)
        self._recent = [str(id) for id in window.session.settings.get("palette_recent", []) or []]
        self.filter = self._make_filter()
        self.hits = Hits(self)
        self.list = self._make_list()
        self.note = QLabel()
        self.note.setObjectName("palette_note")
        self.note.setProperty("kind", "dim")
        card = QFrame()
        card.setObjectName("card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(PAD, PAD, PAD, PAD)
        inner.setSpacing(PAD)
        for widget in (self.filter, self.list, self.note):
            inner.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        self._find("")

    def open_over(self) -> None:
        """Open over the upper middle of the window."""
        width = min(WIDTH, self._window.width() - 4 * PAD)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move(self._window.mapToGlobal(QPoint((self._window.width() - width) // 2, 44)))
        self.show()
        self.filter.setFocus(Qt.FocusReason.PopupFocusReason)

    def _make_filter(self) -> QLineEdit:
        line = QLineEdit(placeholderText="Search actions, blocks, boards, clips…")
        line.setObjectName("palette_filter")
        line.setAccessibleName("Search actions, blocks, boards, clips, rooms and projects")
        line.textChanged.connect(self._find)
        line.installEventFilter(self)
        return line

    def _make_list(self) -> QListView:
        listed = QListView()
        listed.setObjectName("palette_list")
        listed.setAccessibleName("What was found")
        listed.setModel(self.hits)
        listed.setItemDelegate(HitLine(listed))
        listed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        listed.setUniformItemSizes(True)
        listed.setMouseTracking(True)
        listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        listed.setFixedHeight(LINES * LINE + GAP)
        listed.clicked.connect(self._do)
        return listed

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _STEPS:
                self._step(_STEPS[Qt.Key(event.key())])
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._do(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _step(self, by: int) -> None:
        """Go up or down; one step past an end comes back at the other."""
        count = self.hits.rowCount()
        if not count:
            return
        row = self.list.currentIndex().row() + by
        self.list.setCurrentIndex(self.hits.index(row % count if abs(by) == 1 else max(0, min(count - 1, row))))
        self._describe()

    def _find(self, typed: str) -> None:
        self.hits.show_hits(find(self._entries, typed, self._recent))
        self.list.setCurrentIndex(self.hits.index(0))
        self.list.scrollToTop()
        found = self.hits.rowCount()
        self.note.setText(
            "↑ ↓ choose    ⏎ do it    Esc close" if found else "Nothing fits this. Try a board, a block, a label or an action."
        )
        set_state(self.note, "", "dim")
        self._describe()

    def _describe(self) -> None:
        """Let a screen reader hear which line is chosen: the focus stays in the search field."""
        index = self.list.currentIndex()
        self.filter.setAccessibleDescription(index.data(Qt.ItemDataRole.AccessibleTextRole) if index.isValid() else "nothing found")

    def _do(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        entry: Entry = index.data(HIT).entry
        session = self._window.session
        recent = [entry.id, *(id for id in self._recent if id != entry.id)][:RECENT]
        session.attempt(lambda: session.settings.set("palette_recent", recent))
        self.close()
        QTimer.singleShot(0, self._window, entry.run)

"""The palette: operators by category, filtered as you type, dragged onto the canvas."""

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDrag, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.ui.canvas import gestures
from studio.ui.canvas.block_item import BlockItem
from studio.ui.canvas.faces import FRONT_ENDS, Face, front_end_lines, short_title
from studio.ui.canvas.geometry import SPACING
from studio.ui.canvas.operators import BLOCK_MIME, CATEGORIES, Operator, found, operators
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, RADIUS, theme

_OPERATOR = Qt.ItemDataRole.UserRole


class PalettePanel(QFrame):
    """A filter over a list of operators; Return and a double click add one behind the selected block."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("panel")
        self.setAccessibleName("Palette of blocks")
        self.setMinimumWidth(150)
        self._listed = operators(session.blocks)
        self.filter = QLineEdit(self, placeholderText="Filter blocks…", clearButtonEnabled=True)
        self.filter.setObjectName("paletteFilter")
        self.filter.setAccessibleName("Filter the blocks by name or purpose")
        self.filter.setToolTip("words of a block's name or of what it does")
        self.list = PaletteList(self)
        self._note = QLabel("No block has these words.")
        self._note.setProperty("kind", "dim")
        self._note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD, PAD, PAD, PAD)
        column.setSpacing(PAD)
        for widget in (self.filter, self.list, self._note):
            column.addWidget(widget)
        self.filter.textChanged.connect(self._show)
        self.filter.returnPressed.connect(self._add_first)
        self.list.add_wanted.connect(self.add)
        self.list.itemDoubleClicked.connect(self._add_item)
        session.document_replaced.connect(lambda: self._show(self.filter.text()))
        session.theme_changed.connect(self.list.viewport().update)
        self._show("")

    def add(self, kind: str) -> None:
        """Add an operator behind the selected block and connect it."""
        if kind in self.session.blocks:
            gestures.add_behind_selection(self.session, kind)
        else:
            self.session.told.emit("the front end is in every design already; its knobs stand below the canvas")

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that the filter leaves, in the order shown."""
        items = (self.list.item(row).data(_OPERATOR) for row in range(self.list.count()))
        return tuple(operator.kind for operator in items if operator is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Down and self.filter.hasFocus():
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            self.list.go_to_first()
        elif event.key() == Qt.Key.Key_Escape and self.filter.text():
            self.filter.clear()
        else:
            super().keyPressEvent(event)

    def _show(self, text: str) -> None:
        self.list.clear()
        front = _front_end(self.session)
        matching = found((front, *self._listed), text)
        for category in CATEGORIES:
            self._show_category(category, [o for o in matching if o.category == category])
        self._show_category("", [o for o in matching if o.category not in CATEGORIES])
        self._note.setVisible(not matching)
        self.list.setVisible(bool(matching))
        self.list.go_to_first()

    def _show_category(self, category: str, listed: list[Operator]) -> None:
        if not listed:
            return
        heading = QListWidgetItem(CATEGORIES.get(category, "More"))
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(heading)
        for operator in listed:
            item = QListWidgetItem(operator.title)
            item.setData(_OPERATOR, operator)
            item.setToolTip(f"<b>{operator.title}</b><br>{operator.help}")
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, operator.help)
            self.list.addItem(item)

    def _add_first(self) -> None:
        kinds = self.kinds()
        if kinds:
            self.add(kinds[0])

    def _add_item(self, item: QListWidgetItem) -> None:
        operator = item.data(_OPERATOR)
        if operator is not None:
            self.add(operator.kind)


class PaletteList(QListWidget):
    """The list itself: starts drags, and asks to add with Return."""

    add_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("paletteList")
        self.setAccessibleName("Blocks: drag one to the canvas, or press Return to add it behind the selected block")
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(OperatorDelegate(self))
        self.setMouseTracking(True)

    def go_to_first(self) -> None:
        """Make the first operator the current one."""
        rows = (row for row in range(self.count()) if self.item(row).data(_OPERATOR) is not None)
        self.setCurrentRow(next(rows, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        operator = self.currentItem().data(_OPERATOR) if self.currentItem() else None
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and operator is not None:
            self.add_wanted.emit(operator.kind)
        else:
            super().keyPressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:  # noqa: N802
        operator = self.currentItem().data(_OPERATOR) if self.currentItem() else None
        if operator is None or operator.category == "input":
            return
        drag = QDrag(self)
        data = QMimeData()
        data.setData(BLOCK_MIME, operator.kind.encode())
        drag.setMimeData(data)
        pixmap = block_pixmap(operator, self.devicePixelRatioF())
        drag.setPixmap(pixmap)
        drag.setHotSpot(QPoint(round(SPACING.width / 2), round(SPACING.height / 2)))
        self.run_drag(drag)

    def run_drag(self, drag: QDrag) -> None:
        """Let the desktop drag until the button is released."""
        drag.exec(Qt.DropAction.CopyAction)


class OperatorDelegate(QStyledItemDelegate):
    """Paints headings as quiet text and operators as small cards with their category's stripe."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(100, 31 if index.data(_OPERATOR) is not None else 25)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        operator = index.data(_OPERATOR)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if operator is None:
            self._paint_heading(painter, option.rect, str(index.data()))
        else:
            self._paint_card(painter, option, operator)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(theme().dim))
        painter.drawText(rect.adjusted(1, 0, 0, -GAP), Qt.AlignmentFlag.AlignBottom, text)

    def _paint_card(self, painter: QPainter, option: QStyleOptionViewItem, operator: Operator) -> None:
        t = theme()
        state = option.state
        current = bool(state & QStyle.StateFlag.State_Selected) and bool(state & QStyle.StateFlag.State_Active)
        focused = current and option.widget is not None and option.widget.hasFocus()
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        card = option.rect.adjusted(1, 1, -1, -2)
        painter.setPen(QColor(t.accent if focused else t.dim if hovered else t.line))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(card, RADIUS, RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.stripe(operator.category)))
        painter.drawRoundedRect(QRect(card.left() + PAD, card.top() + 7, 3, card.height() - 13), 1.5, 1.5)
        painter.setPen(QColor(t.text))
        text = card.adjusted(2 * PAD + 3, 0, -GAP, 0)
        metrics = painter.fontMetrics()
        shown = operator.title if metrics.horizontalAdvance(operator.title) <= text.width() else short_title(operator.title)
        title = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, title)


def block_pixmap(operator: Operator, ratio: float) -> QPixmap:
    """Paint an operator as the card that will stand on the canvas."""
    pixmap = QPixmap(round(SPACING.width * ratio), round(SPACING.height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    item = BlockItem(Face("", operator.kind, operator.title, operator.category, CATEGORIES.get(operator.category, "")))
    painter = QPainter(pixmap)
    item.paint(painter, None)
    painter.end()
    return pixmap


def _front_end(session: Session) -> Operator:
    fe = session.document.project.frontend
    about = "what every design starts with; its knobs stand below the canvas"
    return Operator(fe.kind, FRONT_ENDS.get(fe.kind, fe.kind), "input", f"{' · '.join(front_end_lines(fe))}: {about}")

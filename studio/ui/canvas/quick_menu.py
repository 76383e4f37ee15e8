"""The quick menu: type a few letters, Return adds the operator."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from studio.ui.canvas.operators import CATEGORIES, Operator, found
from studio.ui.theme import GAP, PAD

_KEYS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class QuickMenu(QFrame):
    """A popup over a list of operators; `picked` carries the chosen kind."""

    picked = Signal(str)

    def __init__(self, listed: Sequence[Operator], empty: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._listed, self._empty = tuple(listed), empty
        self.filter = QLineEdit(placeholderText="Add a block…")
        self.filter.setObjectName("quickFilter")
        self.filter.setAccessibleName("Find an operator to add")
        self.list = QListWidget()
        self.list.setObjectName("quickList")
        self.list.setAccessibleName("Operators that fit here")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.note = QLabel()
        self.note.setProperty("kind", "dim")
        self.note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD, PAD, PAD, PAD)
        column.setSpacing(GAP)
        for widget in (self.filter, self.list, self.note):
            column.addWidget(widget)
        self.setFixedSize(QSize(290, 330))
        self.filter.textChanged.connect(self._show)
        self.filter.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._pick())
        self.list.currentItemChanged.connect(self._explain)
        self._show("")

    def open_at(self, at: QPoint) -> None:
        """Open at a point of the screen, within the screen."""
        area = self.parentWidget().screen().availableGeometry()
        x = min(at.x(), area.right() - self.width())
        y = min(at.y(), area.bottom() - self.height())
        self.move(max(area.left(), x), max(area.top(), y))
        self.show()
        self.filter.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _KEYS:
                self._step(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)

    def _step(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}[Qt.Key(event.key())]
        self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))

    def _show(self, text: str) -> None:
        self.list.clear()
        for operator in found(self._listed, text):
            item = QListWidgetItem(f"{operator.title}   ·   {CATEGORIES.get(operator.category, operator.category)}")
            item.setData(Qt.ItemDataRole.UserRole, operator)
            item.setToolTip(operator.help)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        if not self.list.count():
            self.note.setText(self._empty if not self._listed else "No operator has these words.")

    def _explain(self) -> None:
        item = self.list.currentItem()
        self.note.setText(item.data(Qt.ItemDataRole.UserRole).help if item else "")

    def _pick(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            kind = item.data(Qt.ItemDataRole.UserRole).kind
            self.close()
            self.picked.emit(kind)

"""The outline: the canvas's accessible twin, a table of the blocks in the order of execution."""

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from studio.core.state import State
from studio.ui.canvas import gestures
from studio.ui.canvas.faces import Face, Faces, spoken
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, theme

COLUMNS = ("Block", "Id", "From", "Parameters", "Shape", "Cost", "Problem")
_ID = Qt.ItemDataRole.UserRole


class OutlinePanel(QFrame):
    """Blocks with inputs, shape, cost and errors; selecting here selects on the canvas. `inspect_wanted` asks for the inspector."""

    inspect_wanted = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("panel")
        self.setAccessibleName("Outline of the graph")
        self.tree = OutlineTree()
        self._note = QLabel("No blocks yet: press Shift+A and type a name, or drag one from the palette.")
        self._note.setProperty("kind", "dim")
        self._note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD, PAD, PAD, PAD)
        column.setSpacing(GAP)
        column.addWidget(self.tree, 1)
        column.addWidget(self._note)
        self._faces = Faces(session.blocks)
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._filled: dict[str, tuple[Face, tuple[str, ...]]] = {}
        self._shown: tuple[object, object] | None = None
        self._busy = False
        self.tree.itemSelectionChanged.connect(self._selected)
        self.tree.remove_wanted.connect(self.delete_selected)
        self.tree.inspect_wanted.connect(self.inspect_wanted)
        session.gauges.updated.connect(self._show)
        session.selection_changed.connect(self._show_selection)
        session.document_replaced.connect(self._follow)
        session.theme_changed.connect(self._restyle)
        self._follow()

    def delete_selected(self) -> None:
        """Remove the selected blocks; what fed them then feeds their followers."""
        if self.session.selection:
            gestures.remove(self.session, self.session.selection)

    def _follow(self) -> None:
        self.session.document.changed.connect(self._changed)
        self._show()

    def _changed(self, before: State, after: State) -> None:
        if before.project is not after.project:
            self._show()

    def showEvent(self, event: object) -> None:  # noqa: N802
        super().showEvent(event)
        self._show()

    def _show(self) -> None:
        """Show the present graph; a hidden outline waits until it is shown."""
        project, inference = self.session.document.project, self.session.gauges.inference
        if not self.isVisible() or (self._shown is not None and self._shown[0] is project and self._shown[1] is inference):
            return
        self._shown = (project, inference)
        made = self._faces.of(project, self.session.gauges)
        if tuple(made) != tuple(self._rows):
            self._rebuild(made)
        wanted = {id: (face, project.graph.sources[id]) for id, face in made.items()}
        for id in (id for id in wanted if wanted[id] != self._filled.get(id)):
            _fill(self._rows[id], *wanted[id])
        self._filled = wanted
        self._note.setVisible(len(made) < 2)
        self._show_selection(self.session.selection)

    def _rebuild(self, made: dict[str, Face]) -> None:
        self._busy = True
        self.tree.clear()
        self._rows, self._filled = {}, {}
        for id in made:
            item = QTreeWidgetItem()
            item.setData(0, _ID, id)
            self._rows[id] = item
            self.tree.addTopLevelItem(item)
        self._busy = False

    def _selected(self) -> None:
        if self._busy:
            return
        chosen = [i.data(0, _ID) for i in self.tree.selectedItems()]
        kept = [i for i in self.session.selection if i in chosen]
        self.session.find((*kept, *(i for i in chosen if i not in kept)))

    def _show_selection(self, ids: tuple[str, ...]) -> None:
        self._busy = True
        for id, item in self._rows.items():
            if item.isSelected() != (id in ids):
                item.setSelected(id in ids)
        if ids and ids[-1] in self._rows and self.tree.currentItem() is not self._rows[ids[-1]]:
            item = self._rows[ids[-1]]
            self.tree.setCurrentItem(item, 0, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.tree.scrollToItem(item)
        self._busy = False

    def _restyle(self) -> None:
        self._shown, self._filled = None, {}
        self._show()


class OutlineTree(QTreeWidget):
    """The table; Del and Return ask for what they do on the canvas."""

    remove_wanted = Signal()
    inspect_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("outlineTree")
        self.setAccessibleName("Blocks in the order of execution")
        self.setHeaderLabels(COLUMNS)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.inspect_wanted.emit(self.currentItem().data(0, _ID))
        else:
            super().keyPressEvent(event)


def _fill(item: QTreeWidgetItem, face: Face, sources: tuple[str, ...]) -> None:
    texts = (face.title, face.id, ", ".join(sources), face.line, face.shape, face.cost, face.error)
    for column, text in enumerate(texts):
        if item.text(column) != text:
            item.setText(column, text)
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, spoken(face))
    item.setToolTip(len(texts) - 1, face.error)
    colour = QBrush(QColor(theme().too_large)) if face.error else QBrush()
    item.setForeground(0, colour)
    item.setForeground(len(texts) - 1, colour)

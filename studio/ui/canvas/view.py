"""The Design room's graph editor: shows the document's graph, and turns mouse and keys into edits."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from studio.core.graph import INPUT_KIND, ModelGraph, Wire
from studio.core.state import State
from studio.ui.canvas import gestures
from studio.ui.canvas.block_item import BlockItem
from studio.ui.canvas.drop import PaletteDrop
from studio.ui.canvas.faces import Face, Faces, spoken
from studio.ui.canvas.geometry import SPACING
from studio.ui.canvas.hint import Hint
from studio.ui.canvas.interactions import DrawWire, Interaction, MoveBlocks, PanView, SelectArea
from studio.ui.canvas.keys import handle_key, next_block
from studio.ui.canvas.layout import Place, completed
from studio.ui.canvas.menus import block_menu, quick_menu
from studio.ui.canvas.quick_menu import QuickMenu
from studio.ui.canvas.scene import GraphScene, Hit, WireKey
from studio.ui.canvas.tips import tip
from studio.ui.canvas.zoom import ZoomView
from studio.ui.session import Session
from studio.ui.theme import theme

_EMPTY = "Drag a block here from the palette, or press Shift+A and type its name."
_CROSS, _HAND = Qt.CursorShape.CrossCursor, Qt.CursorShape.PointingHandCursor
_CURSORS = {"in": _CROSS, "out": _CROSS, "wire": _HAND, "fix": _HAND}
_EXTEND = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class GraphCanvas(ZoomView):
    """The graph as cards and wires. `inspect_wanted` asks for the inspector of the focused block."""

    inspect_wanted = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.graph = GraphScene()
        self.setScene(self.graph)
        self.focused = ""
        self.selected_wires: frozenset[WireKey] = frozenset()
        self.interaction: Interaction | None = None
        self.drag_distance = QApplication.startDragDistance()
        self._marked: Wire | None = None
        self._known_faces = Faces(session.blocks)
        self._faces: dict[str, Face] = {}
        self._shown: tuple[object, object] | None = None
        self._graph: ModelGraph | None = None
        self._laid_out: tuple[object, ...] = ()
        self._places: dict[str, Place] = {}
        self._set_up()
        self._hint = Hint(self.viewport())
        self._drop = PaletteDrop(self)
        session.gauges.updated.connect(self._show_document)
        session.selection_changed.connect(self._show_selection)
        session.block_wanted.connect(self._find)
        session.document_replaced.connect(self._follow)
        session.theme_changed.connect(self._restyle)
        self._follow()

    def _set_up(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName("Graph of the network")
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 160)

    # following the document

    def _follow(self) -> None:
        self.session.document.changed.connect(self._document_changed)
        self.selected_wires = frozenset()
        self.focused = ""
        self.fitted = True
        self._show_document()
        self._show_states()

    def _document_changed(self, before: State, after: State) -> None:
        if before.project is not after.project or before.positions is not after.positions:
            self._show_document()

    def _show_document(self) -> None:
        """Show what differs; the gauges come first after an edit, the document's own signal then finds it done."""
        state, gauges = self.session.document.state, self.session.gauges
        if self._shown is not None and self._shown[0] is state and self._shown[1] is gauges.inference:
            return
        graph = state.project.graph
        if self.interaction is not None and self._graph is not graph:
            self.cancel_interaction()
        self._shown, self._graph = (state, gauges.inference), graph
        self._faces = self._known_faces.of(state.project, gauges)
        self._show_graph()
        self._drop_stale(graph)

    def _show_graph(self) -> None:
        state = self.session.document.state
        moved = self._place(state)
        if self.graph.show(self._faces, state.project.graph.wires, self._places):
            self._show_states()
        if moved and self.fitted and not (state.positions and self.holds(self.graph.extent())):
            self.fit(self.graph.extent())
        self._keep_callouts()

    def _keep_callouts(self) -> None:
        self.graph.keep_callouts(self.mapToScene(self.viewport().rect()).boundingRect())

    def _place(self, state: State) -> bool:
        """Work out where blocks stand where blocks, positions or the view have changed; a wire alone moves nothing."""
        graph = state.project.graph
        view = (float(self.viewport().width()), float(self.viewport().height()))
        key = (tuple(n.id for n in graph.nodes), state.positions, view)
        if key == self._laid_out:
            return False
        self._laid_out = key
        self._places = completed(graph, state.positions, view, SPACING)
        return True

    def _drop_stale(self, graph: ModelGraph) -> None:
        """Forget selected blocks and wires that are gone."""
        if any(id not in graph.by_id for id in self.session.selection):
            self.session.select(tuple(id for id in self.session.selection if id in graph.by_id))
        wires = frozenset(k for k in self.selected_wires if k in self.graph.wires)
        focused = self.focused if self.focused in graph.by_id else self.session.selection[-1] if self.session.selection else ""
        if (wires, focused) != (self.selected_wires, self.focused):
            self.selected_wires, self.focused = wires, focused
            self._show_states()

    def _show_selection(self, ids: tuple[str, ...]) -> None:
        if ids:
            self.focused = ids[-1]
            self.selected_wires = frozenset()
        self._show_states()
        if self.focused in self._faces:
            self.setAccessibleDescription(spoken(self._faces[self.focused]))

    def _show_states(self) -> None:
        chosen, keyboard = set(self.session.selection), self.hasFocus()
        for id, item in self.graph.blocks.items():
            item.show_state(id in chosen, keyboard and id == self.focused)
        marked = (self._marked.target, self._marked.port) if self._marked else None
        for key, wire in self.graph.wires.items():
            wire.show_state(key in self.selected_wires, key == marked)

    def _restyle(self) -> None:
        self.graph.restyle()
        self.resetCachedContent()
        self.viewport().update()

    # what others ask of the canvas

    def block_item(self, id: str) -> BlockItem:
        """Return a block's item."""
        return self.graph.blocks[id]

    def port_point(self, id: str, port: int | str) -> QPoint:
        """Return where a port ("out", or an input's number) is in the viewport."""
        return self.mapFromScene(self.graph.port_point(id, port))

    def block_point(self, id: str) -> QPoint:
        """Return the middle of a block in the viewport."""
        return self.mapFromScene(self.graph.blocks[id].card.center())

    def wire_point(self, target: str, port: int = 0) -> QPoint:
        """Return the middle of a wire in the viewport."""
        return self.mapFromScene(self.graph.wires[(target, port)].path.pointAtPercent(0.5))

    def face(self, id: str) -> Face:
        """Return what a block shows."""
        return self._faces[id]

    def clear_wires(self) -> None:
        """Select no wire."""
        self.selected_wires = frozenset()
        self._show_states()

    def add_block(self, kind: str) -> str:
        """Add a block behind the selected one and connect it; return its id."""
        self._reveal(id := gestures.add_behind_selection(self.session, kind))
        return id

    def copy_selected(self) -> None:
        """Copy the selected blocks with the wires between them."""
        if gestures.copy(self.session, self.session.selection):
            self.session.told.emit(f"copied {len(self.session.selection)} block{'s' if len(self.session.selection) > 1 else ''}")

    def paste(self) -> None:
        """Paste the copied blocks and select them."""
        for id in gestures.paste(self.session):
            self._reveal(id)

    def select_all(self) -> None:
        """Select all blocks."""
        self.session.select(tuple(self._faces))

    def delete_selected(self) -> None:
        """Delete the selected blocks and wires; what fed a block then feeds its followers."""
        wires = [self.graph.wires[k].wire for k in self.selected_wires]
        if self.session.selection or wires:
            gestures.remove(self.session, self.session.selection, wires)

    def open_quick_menu(self, at: QPointF | None = None, source: str = "", target: str = "", port: int = 0) -> QuickMenu:
        """Open the menu of operators: behind the selection, or at a point of the scene for a wire that ended there."""
        return quick_menu(self, at, source, target, port)

    def arrange(self) -> None:
        """Lay all blocks out anew and show them all."""
        self._laid_out = ()
        self.session.document.unplace()
        self.zoom_fit()

    def zoom_fit(self) -> None:
        """Show the whole graph, and keep showing it until the view is moved by hand."""
        self.fitted = True
        self._refit()

    def _reveal(self, id: str) -> None:
        if id in self.graph.blocks and not self.fitted:  # else what was added is fitted in with the rest
            self.bring(self.graph.blocks[id].card.adjusted(-24, -24, 24, 24))

    def _find(self, id: str) -> None:
        if id in self.graph.blocks:
            self.bring(self.graph.blocks[id].card)

    # for interactions

    def mark_wire(self, wire: Wire | None) -> None:
        """Mark the wire that would take the block being moved."""
        if wire != self._marked:
            self._marked = wire
            self._show_states()

    def cancel_interaction(self) -> None:
        """Take back the gesture under way."""
        gesture, self.interaction = self.interaction, None
        if gesture is not None:
            gesture.cancel()

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.cancel_interaction()
        at = self.mapToScene(event.position().toPoint())
        if event.button() == Qt.MouseButton.MiddleButton:
            self.interaction = PanView(self, event.position().toPoint())
        elif event.button() == Qt.MouseButton.LeftButton:
            self.interaction = self._pressed(self.graph.hit(at), at, bool(event.modifiers() & _EXTEND))

    def _pressed(self, hit: Hit, at: QPointF, extend: bool) -> Interaction | None:
        if hit.what == "fix":
            self.session.try_push(self._faces[hit.id].fix)
        elif hit.what == "out":
            return DrawWire(self, source=hit.id)
        elif hit.what == "in":
            wire = self.graph.wires.get((hit.id, hit.port))
            return DrawWire(self, source=wire.wire.source, loose=wire.wire) if wire else DrawWire(self, target=hit.id, port=hit.port)
        elif hit.what == "block":
            return self._pressed_block(hit.id, at, extend)
        elif hit.what == "wire":
            self._select_wire((hit.id, hit.port), extend)
        else:
            return self._pressed_empty(at, extend)
        return None

    def _pressed_block(self, id: str, at: QPointF, extend: bool) -> Interaction | None:
        selection = self.session.selection
        if extend:
            self.session.select(tuple(i for i in selection if i != id) if id in selection else (*selection, id))
            return None
        if id not in selection:
            self.session.select((id,))
        return MoveBlocks(self, id, at)

    def _pressed_empty(self, at: QPointF, extend: bool) -> Interaction:
        if not extend:
            self.session.select(())
            self.clear_wires()
        return SelectArea(self, at, extend)

    def _select_wire(self, key: WireKey, extend: bool) -> None:
        if not extend:
            self.session.select(())
        self.selected_wires = self.selected_wires ^ {key} if extend else frozenset({key})
        self._show_states()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        point = event.position().toPoint()
        at = self.mapToScene(point)
        if self.interaction is not None:
            self.interaction.move(at)
            return
        cursor = _CURSORS.get(self.graph.hit(at).what)
        if cursor is None:
            self.viewport().unsetCursor()
        else:
            self.viewport().setCursor(cursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        gesture, self.interaction = self.interaction, None
        if gesture is not None:
            gesture.end(self.mapToScene(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hit = self.graph.hit(self.mapToScene(event.position().toPoint()))
        if hit.what == "block":
            self.inspect_wanted.emit(hit.id)
        elif not hit.what:
            self.open_quick_menu(self.mapToScene(event.position().toPoint()))
        else:
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        block_menu(self, self.graph.hit(self.mapToScene(event.pos()))).popup(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = tip(self.session, self._faces, self.graph.hit(self.mapToScene(event.pos())))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def show_hint(self, at: QPointF, text: str, refused: bool = False) -> None:
        """Say something beside a point of the scene; nothing hides it."""
        self._hint.say(self.mapFromScene(at), text, refused)

    # dropping from the palette

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        self._drop.move(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        self._drop.move(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self._drop.leave()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self._drop.drop(event)

    # keys and focus

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not handle_key(self, event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        following = next_block(self, 1 if forward else -1)
        if not following:
            return super().focusNextPrevChild(forward)
        self.go_to(following)
        return True

    def go_to(self, id: str, extend: bool = False) -> None:
        """Move the keyboard's focus to a block and select it."""
        kept = tuple(i for i in self.session.selection if i != id) if extend else ()
        self.session.select((*kept, id))
        self._reveal(id)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self._show_states()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self._show_states()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        QTimer.singleShot(0, self, self._refit)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._refit()

    def _refit(self) -> None:
        if self.fitted and self.interaction is None:
            self._show_graph()
            self.fit(self.graph.extent())
            self._keep_callouts()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802
        if self._drop.place is not None:
            painter.setPen(QColor(theme().accent))
            painter.drawRoundedRect(QRectF(*self._drop.place, SPACING.width, SPACING.height), 6, 6)
        if all(face.kind == INPUT_KIND for face in self._faces.values()):
            self.write_centred(painter, _EMPTY)

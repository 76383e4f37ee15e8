"""A block dragged from the palette over the canvas: where it would stand, and which wire would take it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QDragMoveEvent, QDropEvent

from studio.ui.canvas import gestures
from studio.ui.canvas.geometry import SPACING
from studio.ui.canvas.layout import Place
from studio.ui.canvas.operators import BLOCK_MIME

if TYPE_CHECKING:
    from studio.ui.canvas.view import GraphCanvas


class PaletteDrop:
    """`place` is where the card would stand, None when nothing is dragged over the canvas."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        self._canvas = canvas
        self.place: Place | None = None

    def move(self, event: QDragMoveEvent) -> None:
        """Show where the block would go; refuse what is no block."""
        if not event.mimeData().hasFormat(BLOCK_MIME):
            event.ignore()
            return
        self.place = self._place_at(event.position().toPoint())
        self._canvas.mark_wire(self._canvas.graph.wire_under(self.place))
        self._canvas.viewport().update()
        event.acceptProposedAction()

    def leave(self) -> None:
        """Show nothing any more."""
        self.place = None
        self._canvas.mark_wire(None)
        self._canvas.viewport().update()

    def drop(self, event: QDropEvent) -> None:
        """Add the block: into the wire that it cuts, else where it was dropped."""
        session = self._canvas.session
        kind = bytes(event.mimeData().data(BLOCK_MIME).data()).decode("utf-8", "replace")
        place = self._place_at(event.position().toPoint())
        wire = self._canvas.graph.wire_under(place)
        self.leave()
        if kind not in session.blocks:
            session.told.emit(f"there is no block {kind!r}")
            event.ignore()
            return
        if wire is not None:
            gestures.insert(session, kind, wire, place)
        else:
            gestures.add_at(session, kind, place, self._canvas.graph.places)
        self._canvas.setFocus()
        event.acceptProposedAction()

    def _place_at(self, at: QPoint) -> Place:
        point = self._canvas.mapToScene(at)
        return round(point.x() - SPACING.width / 2), round(point.y() - SPACING.height / 2)

"""Gestures with the mouse: objects that start, move, and end or are cancelled."""

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsRectItem

from studio.core.errors import StudioError
from studio.core.graph import INPUT_KIND, Wire
from studio.ui.canvas import gestures
from studio.ui.canvas.geometry import SNAP, free_path
from studio.ui.theme import theme

if TYPE_CHECKING:
    from studio.ui.canvas.view import GraphCanvas


class Interaction(Protocol):
    """A gesture between a press and a release; points are the scene's."""

    def move(self, at: QPointF) -> None: ...
    def end(self, at: QPointF) -> None: ...
    def cancel(self) -> None: ...


class PanView:
    """Drags the view under the pointer."""

    def __init__(self, canvas: "GraphCanvas", at: QPoint) -> None:
        self._canvas, self._last = canvas, at
        canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, at: QPointF) -> None:
        now = self._canvas.mapFromScene(at)
        self._canvas.pan_by(now - self._last)
        self._last = now

    def end(self, at: QPointF) -> None:
        self.cancel()

    def cancel(self) -> None:
        self._canvas.viewport().unsetCursor()


class SelectArea:
    """A rubber band; what it touches is selected, besides what was when a key is held."""

    def __init__(self, canvas: "GraphCanvas", at: QPointF, keep: bool) -> None:
        self._canvas, self._from = canvas, at
        self._before = canvas.session.selection
        self._kept = self._before if keep else ()
        colour = QColor(theme().accent)
        self._band = QGraphicsRectItem()
        self._band.setPen(QPen(colour, 0))
        colour.setAlpha(36)
        self._band.setBrush(colour)
        self._band.setZValue(20)
        canvas.graph.addItem(self._band)

    def move(self, at: QPointF) -> None:
        area = QRectF(self._from, at).normalized()
        self._band.setRect(area)
        touched = self._canvas.graph.blocks_in(area)
        self._canvas.session.select((*self._kept, *(i for i in touched if i not in self._kept)))

    def end(self, at: QPointF) -> None:
        self.move(at)
        self._canvas.graph.removeItem(self._band)

    def cancel(self) -> None:
        self._canvas.graph.removeItem(self._band)
        self._canvas.session.select(self._before)


class MoveBlocks:
    """Moves the selected blocks; a block without wires that is dropped on a wire goes into it."""

    def __init__(self, canvas: "GraphCanvas", grabbed: str, at: QPointF) -> None:
        self._canvas, self._from, self._grabbed = canvas, at, grabbed
        places = canvas.graph.places
        self._origin = {i: places[i] for i in canvas.session.selection if i in places}
        self._moved = False
        graph = canvas.session.document.project.graph
        alone = len(self._origin) == 1 and not any(grabbed in (w.source, w.target) for w in graph.wires)
        self._may_splice = alone and graph.by_id[grabbed].kind != INPUT_KIND

    def move(self, at: QPointF) -> None:
        step = at - self._from
        scale = self._canvas.transform().m11()
        if not self._moved and step.manhattanLength() * scale < self._canvas.drag_distance:
            return
        self._moved = True
        self._canvas.graph.show_places(self._shifted(step))
        self._canvas.mark_wire(self._wire_under())

    def end(self, at: QPointF) -> None:
        self.move(at)
        wire = self._wire_under() if self._moved else None
        self._canvas.mark_wire(None)
        shifted = self._shifted(at - self._from)
        if not self._moved or shifted == self._origin:
            if not self._moved:
                self._canvas.session.select((self._grabbed,))
            self._canvas.graph.show_places(self._origin)
            return
        places = {**self._canvas.graph.places, **shifted}
        if wire is None:
            gestures.move(self._canvas.session, places, shifted)
        elif not gestures.splice(self._canvas.session, self._grabbed, wire, places):
            self.cancel()

    def cancel(self) -> None:
        self._canvas.mark_wire(None)
        self._canvas.graph.show_places(self._origin)

    def _shifted(self, step: QPointF) -> dict[str, tuple[float, float]]:
        x0, y0 = self._origin[self._grabbed]
        dx, dy = _snap(x0 + step.x()) - x0, _snap(y0 + step.y()) - y0
        if abs(step.x()) < SNAP / 2:
            dx = 0.0
        if abs(step.y()) < SNAP / 2:
            dy = 0.0
        return {i: (x + dx, y + dy) for i, (x, y) in self._origin.items()}

    def _wire_under(self) -> Wire | None:
        return self._canvas.graph.wire_under(self._canvas.graph.places[self._grabbed]) if self._may_splice else None


class DrawWire:
    """Draws a wire from an output to an input or back; `loose` is the wire whose end was taken off its input.

    Ports that may take it are marked; a port that may not says why beside the pointer.
    """

    def __init__(self, canvas: "GraphCanvas", source: str = "", target: str = "", port: int = 0, loose: Wire | None = None) -> None:
        self._canvas = canvas
        self._source, self._target, self._port, self._loose = source, target, port, loose
        graph = canvas.session.document.project.graph
        self._graph = graph.disconnect(loose.target, loose.port) if loose else graph
        self._line = QGraphicsPathItem()
        self._line.setPen(QPen(QColor(theme().accent), 2.2))
        self._line.setZValue(15)
        canvas.graph.addItem(self._line)
        if loose:
            canvas.graph.wires[(loose.target, loose.port)].show_loose(True)
        self._mark_candidates()

    def move(self, at: QPointF) -> None:
        found = self._end_under(at)
        end = self._canvas.graph.port_point(*found) if found else at
        fixed = (
            self._canvas.graph.port_point(self._source, "out") if self._source else self._canvas.graph.port_point(self._target, self._port)
        )
        self._line.setPath(free_path(fixed, end) if self._source else free_path(end, fixed))
        reason = self._refusal(found) if found else ""
        warning = self._misfit(found) if found and not reason else ""
        self._line.setPen(QPen(QColor(theme().too_large if reason else theme().accent), 2.2))
        self._canvas.show_hint(at, reason or warning, bool(reason))

    def end(self, at: QPointF) -> None:
        found = self._end_under(at)
        self.cancel()
        if found is None:
            self._drop_on_empty(at)
            return
        reason = self._refusal(found)
        if reason:
            self._canvas.session.told.emit(reason)
            return
        source, target, port = self._ends(found)
        if self._loose:
            gestures.reconnect(self._canvas.session, self._loose, target, port)
        else:
            gestures.connect(self._canvas.session, source, target, port)

    def cancel(self) -> None:
        if self._line.scene() is not None:
            self._canvas.graph.removeItem(self._line)
        self._canvas.show_hint(QPointF(), "", False)
        for item in self._canvas.graph.blocks.values():
            item.show_open_ports(frozenset())
        if self._loose:
            item = self._canvas.graph.wires.get((self._loose.target, self._loose.port))
            if item is not None:
                item.show_loose(False)

    def _drop_on_empty(self, at: QPointF) -> None:
        if self._loose:
            gestures.disconnect(self._canvas.session, self._loose)
        elif self._source:
            self._canvas.open_quick_menu(at, source=self._source)
        else:
            self._canvas.open_quick_menu(at, target=self._target, port=self._port)

    def _mark_candidates(self) -> None:
        for id, item in self._canvas.graph.blocks.items():
            ports: list[int | str] = list(range(item.face.ports)) if self._source else ["out"]
            item.show_open_ports(frozenset(p for p in ports if not self._refusal((id, p))))

    def _end_under(self, at: QPointF) -> tuple[str, int | str] | None:
        """Return the port that a release here would take: the one under the pointer, or the block's first that may."""
        hit = self._canvas.graph.hit(at)
        if not hit.id or hit.what in ("wire", "fix"):
            return None
        if self._target:
            return None if hit.id == self._target and hit.what == "block" else (hit.id, "out")
        if hit.id == self._source:
            return None
        if hit.what == "in":
            return hit.id, hit.port
        ports = range(self._canvas.graph.blocks[hit.id].face.ports)
        return hit.id, next((p for p in ports if not self._refusal((hit.id, p))), 0)

    def _ends(self, found: tuple[str, int | str]) -> tuple[str, str, int]:
        return (self._source, found[0], int(found[1])) if self._source else (found[0], self._target, self._port)

    def _refusal(self, found: tuple[str, int | str]) -> str:
        """Return why the wire cannot end here, in the model's words; "" where it can."""
        if self._loose and found == (self._loose.target, self._loose.port):
            return ""
        source, target, port = self._ends((found[0], 0 if found[1] == "out" else found[1]))
        kind = self._graph.by_id[target].kind
        try:
            block = None if kind == INPUT_KIND else self._canvas.session.blocks.get(kind)
            self._graph.check_connect(source, target, port, block)
        except StudioError as error:
            return f"{error.message}; {error.hint}" if error.hint else error.message
        return ""

    def _misfit(self, found: tuple[str, int | str]) -> str:
        """Return what the block will say of this shape; the wire may be drawn all the same."""
        source, target, _ = self._ends((found[0], 0 if found[1] == "out" else found[1]))
        shapes = self._canvas.session.gauges.inference.shapes
        node = self._graph.by_id[target]
        fed = [*self._graph.sources[target], source]
        block = self._canvas.session.blocks.get(node.kind)
        if len(fed) != len(block.inputs) or any(s not in shapes for s in fed):
            return ""
        try:
            block.shape(node.params, tuple(shapes[s] for s in fed))
        except StudioError as error:
            return f"{target} will not take it: {error.message}"
        return ""


def _snap(value: float) -> float:
    return float(round(value / SNAP) * SNAP)

"""The graph as items: each change of the document touches only what differs."""

from collections.abc import Mapping, Sequence

import msgspec
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from studio.core.graph import Wire
from studio.ui.canvas.block_item import BlockItem
from studio.ui.canvas.faces import Face
from studio.ui.canvas.geometry import PORT_REACH, SPACING, card_rect, input_point, output_point
from studio.ui.canvas.layout import Place
from studio.ui.canvas.wire_item import WireItem

WireKey = tuple[str, int]


class Hit(msgspec.Struct, frozen=True):
    """What lies under a point: a port ("in" with its number, "out"), a fix button, a block, a wire, or nothing."""

    what: str = ""
    id: str = ""
    port: int = 0


class GraphScene(QGraphicsScene):
    """Items by block id and by wire; `places` are the cards' top left corners as shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.blocks: dict[str, BlockItem] = {}
        self.wires: dict[WireKey, WireItem] = {}
        self._wires: Sequence[Wire] | None = None
        self._laid: Mapping[str, Place] | None = None

    @property
    def places(self) -> dict[str, Place]:
        """Where the blocks stand."""
        return {id: (item.x(), item.y()) for id, item in self.blocks.items()}

    def show(self, faces: Mapping[str, Face], wires: Sequence[Wire], places: Mapping[str, Place]) -> bool:
        """Show these blocks, wires and places, and touch what differs; return whether items came or went.

        The very object that was shown last needs no look: a Face, the wires of a graph, the places of a layout.
        """
        changed = {id: face for id, face in faces.items() if id not in self.blocks or self.blocks[id].face is not face}
        ported = any(id in self.blocks and self.blocks[id].face.ports != face.ports for id, face in changed.items())
        rebuilt = self._show_blocks(faces, changed)
        moved = (rebuilt or places is not self._laid) and self._show_places(places)
        rewired = wires is not self._wires and self._show_wires(wires)
        for item in self.wires.values():
            if item.wire.source in changed or rewired:
                item.show_label(self.blocks[item.wire.source].face.shape)
        self._wires, self._laid = wires, places
        if rebuilt or moved or rewired or ported:
            self.route()
        return rebuilt or rewired

    def _show_blocks(self, faces: Mapping[str, Face], changed: Mapping[str, Face]) -> bool:
        gone, came = self.blocks.keys() - faces.keys(), changed.keys() - self.blocks.keys()
        for id in gone:
            self.removeItem(self.blocks.pop(id))
        for id, face in changed.items():
            if id in came:
                self.blocks[id] = BlockItem(face)
                self.addItem(self.blocks[id])
            else:
                self.blocks[id].show_face(face)
        return bool(gone or came)

    def _show_places(self, places: Mapping[str, Place]) -> bool:
        moved = [(item, places[id]) for id, item in self.blocks.items() if (item.x(), item.y()) != places[id]]
        for item, place in moved:
            item.setPos(*place)
        return bool(moved)

    def _show_wires(self, wires: Sequence[Wire]) -> bool:
        wanted = {(w.target, w.port): w for w in wires}
        gone = [k for k, item in self.wires.items() if wanted.get(k) != item.wire]
        for key in gone:
            item = self.wires.pop(key)
            item.forget()
            self.removeItem(item)
        came = wanted.keys() - self.wires.keys()
        for key, wire in wanted.items():
            if key in came:
                self.wires[key] = WireItem(wire)
                self.addItem(self.wires[key])
        return bool(gone or came)

    def route(self) -> None:
        """Lead all wires anew."""
        cards = [b.card for b in self.blocks.values()]
        for item in self.wires.values():
            source, target = self.blocks[item.wire.source], self.blocks[item.wire.target]
            item.route(source.card, target.card, input_point(target.card, item.wire.port, target.face.ports), cards)

    def show_places(self, places: Mapping[str, Place]) -> None:
        """Move cards for the length of a gesture."""
        self._laid = None
        for id, place in places.items():
            self.blocks[id].setPos(*place)
        self.route()

    def keep_callouts(self, view: QRectF) -> None:
        """Keep the reasons beneath blocks in view."""
        for item in self.blocks.values():
            if item.callout is not None:
                item.callout.keep_within(view)

    def extent(self) -> QRectF:
        """The rectangle of all cards with the margin around."""
        rect = QRectF()
        for item in self.blocks.values():
            rect = rect.united(item.card)
        margin = SPACING.margin
        return rect.adjusted(-margin, -margin, margin, margin) if self.blocks else QRectF(0, 0, 400, 200)

    def restyle(self) -> None:
        """Take the theme's colours."""
        for item in (*self.blocks.values(), *self.wires.values()):
            item.restyle()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for item in self.wires.values():
            item.paint_curve(painter, rect)

    # what is where

    def port_point(self, id: str, port: int | str) -> QPointF:
        """Return where a port stands: "out", or an input's number."""
        item = self.blocks[id]
        return output_point(item.card) if port == "out" else input_point(item.card, int(port), item.face.ports)

    def hit(self, at: QPointF) -> Hit:
        """Say what lies under a point."""
        for id, item in sorted(self.blocks.items(), key=lambda pair: -pair[1].zValue()):
            found = self._hit_block(id, item, at)
            if found.what:
                return found
        wire = self.wire_at(at)
        return Hit("wire", wire.target, wire.port) if wire else Hit()

    def _hit_block(self, id: str, item: BlockItem, at: QPointF) -> Hit:
        if item.callout is not None and item.callout.contains(item.callout.mapFromScene(at)):
            on_fix = item.callout.fix_rect.contains(item.callout.mapFromScene(at))
            return Hit("fix" if on_fix else "block", id)
        if not item.card.adjusted(-PORT_REACH, -PORT_REACH, PORT_REACH, PORT_REACH).contains(at):
            return Hit()
        if _near(output_point(item.card), at):
            return Hit("out", id)
        ports = [(_distance(self.port_point(id, n), at), n) for n in range(item.face.ports)]
        distance, port = min(ports, default=(PORT_REACH + 1, 0))
        if distance <= PORT_REACH:
            return Hit("in", id, port)
        return Hit("block", id) if item.card.contains(at) else Hit()

    def wire_at(self, at: QPointF) -> Wire | None:
        """Return the wire under a point."""
        return next((item.wire for item in self.wires.values() if item.covers(at)), None)

    def wire_under(self, place: Place) -> Wire | None:
        """Return the wire that a card put at this place would cut: the one nearest its middle."""
        card = card_rect(place)
        at = card.center()
        near = QRectF(at.x() - 24, at.y() - 20, 48, 40)
        return next((item.wire for item in self.wires.values() if item.crosses(near)), None)

    def blocks_in(self, area: QRectF) -> list[str]:
        """Return the blocks whose cards touch an area."""
        return [id for id, item in self.blocks.items() if item.card.intersects(area)]


def _distance(a: QPointF, b: QPointF) -> float:
    return ((a.x() - b.x()) ** 2 + (a.y() - b.y()) ** 2) ** 0.5


def _near(a: QPointF, b: QPointF) -> bool:
    return _distance(a, b) <= PORT_REACH

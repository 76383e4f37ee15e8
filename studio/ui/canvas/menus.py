"""The canvas's menus: of operators to add, and of what can be done with a block or a wire."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu

from studio.ui.canvas import gestures
from studio.ui.canvas.geometry import SPACING
from studio.ui.canvas.layout import free_place
from studio.ui.canvas.operators import operators, takes
from studio.ui.canvas.quick_menu import QuickMenu
from studio.ui.canvas.scene import Hit

if TYPE_CHECKING:
    from studio.ui.canvas.view import GraphCanvas


def quick_menu(canvas: "GraphCanvas", at: QPointF | None, source: str, target: str, port: int) -> QuickMenu:
    """Open the menu of operators; a wire from `source` or to `target` leaves only those that can take its shape."""
    session = canvas.session
    listed = operators(session.blocks)
    if source:
        shape = session.gauges.inference.shapes.get(source)
        listed = tuple(o for o in listed if takes(session.blocks.get(o.kind), shape))
    menu = QuickMenu(listed, "No operator takes this shape.", canvas)

    def add(kind: str) -> None:
        canvas.setFocus()
        if source or target:
            _add_wired(canvas, kind, at or QPointF(), source, target, port)
        elif at is None:
            canvas.add_block(kind)
        else:
            gestures.add_at(session, kind, _centred(at), canvas.graph.places)

    menu.picked.connect(add)
    menu.open_at(canvas.viewport().mapToGlobal(_point(canvas, at)))
    return menu


def block_menu(canvas: "GraphCanvas", hit: Hit) -> QMenu:
    """Make the menu of a block, a wire or the empty canvas; keys are named beside the entries."""
    menu = QMenu(canvas)
    menu.setAccessibleName("Canvas menu")
    session = canvas.session
    if hit.what in ("block", "in", "out", "fix"):
        if hit.id not in session.selection:
            session.select((hit.id,))
        face = canvas.face(hit.id)
        if face.fix is not None:
            menu.addAction(f"Mend: {face.fix.title}", lambda: session.try_push(face.fix))
        menu.addAction("Inspect\tReturn", lambda: canvas.inspect_wanted.emit(hit.id))
        menu.addAction("Add a block behind…\tShift+A", lambda: canvas.open_quick_menu())
        if len(session.selection) == 2:
            menu.addAction("Connect, or disconnect\tW", lambda: gestures.toggle_wire(session, *session.selection))
        menu.addAction("Copy\tCtrl+C", canvas.copy_selected)
        menu.addAction("Delete\tDel", canvas.delete_selected)
    elif hit.what == "wire":
        wire = canvas.graph.wires[(hit.id, hit.port)].wire
        menu.addAction("Remove the wire\tDel", lambda: gestures.disconnect(session, wire))
    else:
        menu.addAction("Add a block…\tShift+A", lambda: canvas.open_quick_menu())
        menu.addAction("Paste\tCtrl+V", canvas.paste)
        menu.addAction("Arrange\tCtrl+L", canvas.arrange)
        menu.addAction("Show the whole graph\tCtrl+0", canvas.zoom_fit)
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def _add_wired(canvas: "GraphCanvas", kind: str, at: QPointF, source: str, target: str, port: int) -> None:
    places = canvas.graph.places
    x, y = at.x() if source else at.x() - SPACING.width, at.y() - SPACING.height / 2
    place = free_place((round(x), round(y)), places.values(), SPACING)
    gestures.add_wired(canvas.session, kind, source, target, port, place, places)


def _centred(at: QPointF) -> tuple[float, float]:
    return round(at.x() - SPACING.width / 2), round(at.y() - SPACING.height / 2)


def _point(canvas: "GraphCanvas", at: QPointF | None):
    if at is not None:
        return canvas.mapFromScene(at)
    if canvas.focused in canvas.graph.blocks:
        return canvas.mapFromScene(canvas.graph.blocks[canvas.focused].card.bottomLeft()) + canvas.viewport().rect().topLeft()
    return canvas.viewport().rect().center()

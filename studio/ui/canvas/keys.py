"""The canvas by keyboard: focus from block to block, edits, and moves."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from studio.ui.canvas import gestures
from studio.ui.canvas.geometry import SNAP

if TYPE_CHECKING:
    from studio.ui.canvas.view import GraphCanvas

_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def handle_key(canvas: "GraphCanvas", event: QKeyEvent) -> bool:
    """Do what a key asks; return whether it was one of the canvas's."""
    key, held = Qt.Key(event.key()), event.modifiers()
    if key == Qt.Key.Key_Escape:
        return _escape(canvas)
    if key in _ARROWS and not held & Qt.KeyboardModifier.ControlModifier:
        return _arrow(canvas, _ARROWS[key], held)
    return _command(canvas, event, key, held)


def next_block(canvas: "GraphCanvas", step: int) -> str:
    """Return the block that follows the focused one in the order of execution, "" at the ends."""
    order = canvas.session.document.project.graph.order
    if canvas.focused not in order:
        return (order[0] if step > 0 else order[-1]) if order else ""
    place = order.index(canvas.focused) + step
    return order[place] if 0 <= place < len(order) else ""


def _command(canvas: "GraphCanvas", event: QKeyEvent, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
    if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and canvas.focused:
        canvas.inspect_wanted.emit(canvas.focused)
    elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        canvas.delete_selected()
    elif key == Qt.Key.Key_A and held == _SHIFT:
        canvas.open_quick_menu()
    elif key == Qt.Key.Key_W and not held:
        _toggle_wire(canvas)
    elif event.matches(QKeySequence.StandardKey.SelectAll):
        canvas.select_all()
    elif event.matches(QKeySequence.StandardKey.Copy):
        canvas.copy_selected()
    elif event.matches(QKeySequence.StandardKey.Paste):
        canvas.paste()
    else:
        return False
    return True


def _escape(canvas: "GraphCanvas") -> bool:
    if canvas.interaction is not None:
        canvas.cancel_interaction()
        return True
    canvas.session.select(())
    canvas.clear_wires()
    return True


def _arrow(canvas: "GraphCanvas", way: tuple[int, int], held: Qt.KeyboardModifier) -> bool:
    if held & _ALT:
        return _nudge(canvas, way)
    found = next_block(canvas, way[0]) if way[0] else _beside(canvas, way[1])
    if found:
        canvas.go_to(found, extend=bool(held & _SHIFT))
    return True


def _nudge(canvas: "GraphCanvas", way: tuple[int, int]) -> bool:
    """Move the selected blocks by a step; steps in a row are one entry."""
    shown = canvas.graph.places
    moved = {i: (shown[i][0] + way[0] * SNAP, shown[i][1] + way[1] * SNAP) for i in canvas.session.selection if i in shown}
    if moved:
        canvas.session.document.move({**shown, **moved}, "move", merge_key="nudge " + " ".join(moved))
    return True


def _beside(canvas: "GraphCanvas", way: int) -> str:
    """Return the nearest block above or below the focused one."""
    places = canvas.graph.places
    if canvas.focused not in places:
        return next_block(canvas, way)
    x, y = places[canvas.focused]
    others = [(abs(b - y) + 2 * abs(a - x), id) for id, (a, b) in places.items() if (b - y) * way > SNAP]
    return min(others)[1] if others else ""


def _toggle_wire(canvas: "GraphCanvas") -> None:
    """Connect the two selected blocks, the first to the second, or part them."""
    if len(canvas.session.selection) == 2:
        gestures.toggle_wire(canvas.session, *canvas.session.selection)
    else:
        canvas.session.told.emit("select two blocks: W draws a wire from the first to the second, or removes it")

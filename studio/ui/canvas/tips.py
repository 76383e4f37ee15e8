"""What the canvas says of the thing under the pointer."""

from collections.abc import Mapping
from html import escape

from studio.core.graph import INPUT_KIND
from studio.ui.canvas.faces import Face
from studio.ui.canvas.scene import Hit
from studio.ui.session import Session

_COUNTED = " (exact count of the int8 network; the cards give bytes and time on a target)"


def tip(session: Session, faces: Mapping[str, Face], hit: Hit) -> str:
    """Return the tooltip of a block, port or wire."""
    face = faces.get(hit.id)
    if face is None:
        return ""
    if hit.what == "out":
        return f"Output of {face.id}: drag a wire from here"
    if hit.what == "in":
        return _input_tip(session, face, hit.port)
    if hit.what == "wire":
        return f"Wire to input {hit.port} of {face.id}. Del removes it; drag its right end to lead it elsewhere."
    return _block_tip(session, face)


def _input_tip(session: Session, face: Face, port: int) -> str:
    inputs = session.blocks.get(face.kind).inputs
    described = inputs[min(port, len(inputs) - 1)]
    return f"Input {port} of {face.id}: {described.help or described.name}"


def _block_tip(session: Session, face: Face) -> str:
    if face.kind == INPUT_KIND:
        text = "What the front end computes of a clip; its knobs are below."
    else:
        text = session.blocks.get(face.kind).help if face.kind in session.blocks else ""
    lines = [f"<b>{escape(face.title)}</b> {escape(face.id)}", escape(text)]
    counted = face.kind != INPUT_KIND and "MAC" in face.cost
    lines += [escape(part) for part in (face.line, face.cost + (_COUNTED if counted else "")) if part]
    lines += [f"shape {face.shape}"] if face.shape else []
    lines += [escape(face.error)] if face.error else []
    return "<br>".join(line for line in lines if line)

"""Blocks on the clipboard: JSON under a type of its own, checked when it comes back."""

from collections.abc import Iterable
from typing import Any

import msgspec
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from studio.core.graph import INPUT_KIND, ModelGraph, Wire
from studio.core.state import Positions

MIME = "application/x-otolith-graph"
_MOST_BYTES = 4 << 20


class CopiedBlock(msgspec.Struct, frozen=True):
    """A copied block: its id in the graph it came from, its kind and parameters, and where it stood."""

    id: str
    kind: str
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    place: tuple[float, float] = (0.0, 0.0)


class Copied(msgspec.Struct, frozen=True):
    """Copied blocks and the wires between them."""

    blocks: tuple[CopiedBlock, ...]
    wires: tuple[Wire, ...] = ()


def copied(graph: ModelGraph, ids: Iterable[str], places: Positions) -> Copied:
    """Take these blocks and the wires between them; the input block stays, for a graph has only one."""
    nodes = [graph.by_id[i] for i in graph.order if i in set(ids) and graph.by_id[i].kind != INPUT_KIND]
    inside = {n.id for n in nodes}
    wires = tuple(w for w in sorted(graph.wires) if w.source in inside and w.target in inside)
    return Copied(tuple(CopiedBlock(n.id, n.kind, dict(n.params), places.get(n.id, (0.0, 0.0))) for n in nodes), wires)


def put(blocks: Copied) -> None:
    """Put blocks on the clipboard."""
    data = QMimeData()
    data.setData(MIME, msgspec.json.encode(blocks))
    QGuiApplication.clipboard().setMimeData(data)


def taken() -> Copied | None:
    """Return the blocks on the clipboard, or None where it holds anything else."""
    data = QGuiApplication.clipboard().mimeData()
    if data is None or not data.hasFormat(MIME):
        return None
    return decode(bytes(data.data(MIME).data()))


def decode(raw: bytes) -> Copied | None:
    """Read copied blocks; None where this is something else."""
    if len(raw) > _MOST_BYTES:
        return None
    try:
        read = msgspec.json.decode(raw, type=Copied)
    except (msgspec.DecodeError, RecursionError):
        return None
    ids = {b.id for b in read.blocks}
    whole = len(ids) == len(read.blocks) and all(w.source in ids and w.target in ids for w in read.wires)
    return read if read.blocks and whole else None

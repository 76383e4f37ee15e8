"""Edits of a graph that rules share: exchange a block for another kind, put one behind another."""

from studio.core.block import Params
from studio.core.edits import AddBlock, Connect, Disconnect, Edit, RemoveBlocks
from studio.core.graph import ModelGraph


def exchanged(graph: ModelGraph, id: str, kind: str, params: Params, new: str) -> tuple[Edit, ...]:
    """Return the edits that put a block of another kind in a block's place, on the same wires."""
    feeds = [Connect(w.source, new, w.port) for w in graph.wires if w.target == id]
    followers = [Connect(new, w.target, w.port) for w in graph.wires if w.source == id]
    return (RemoveBlocks((id,)), AddBlock(kind, params, new), *feeds, *followers)


def put_behind(graph: ModelGraph, id: str, kind: str, params: Params, new: str) -> tuple[Edit, ...]:
    """Return the edits that put a block behind another one, before all that it feeds."""
    wires = [w for w in graph.wires if w.source == id]
    moved = [edit for w in wires for edit in (Disconnect(w.target, w.port), Connect(new, w.target, w.port))]
    return (AddBlock(kind, params, new, after=id), *moved)

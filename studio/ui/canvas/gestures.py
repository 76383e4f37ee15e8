"""What canvas, palette and outline do to the document: each one entry of the undo stack.

A document without positions is laid out by the canvas; the first gesture that puts a block somewhere fixes all of them.
"""

from collections.abc import Iterable, Mapping

from studio.core.edits import AddBlock, Connect, Disconnect, Edit, InsertBlock, RemoveBlocks
from studio.core.graph import INPUT_KIND, ModelGraph, Wire
from studio.ui import clipboard
from studio.ui.canvas.geometry import SPACING
from studio.ui.canvas.layout import Place, completed, free_place, room_for
from studio.ui.session import Session

DEFAULT_VIEW = (1000.0, 600.0)


def is_placed(session: Session) -> bool:
    """Whether someone put a block of this graph somewhere."""
    state = session.document.state
    return any(id in state.positions for id in state.project.graph.by_id)


def places_of(session: Session) -> dict[str, Place]:
    """Return a place for every block of the document."""
    state = session.document.state
    return completed(state.project.graph, state.positions, DEFAULT_VIEW, SPACING)


def add_behind_selection(session: Session, kind: str) -> str:
    """Add a block behind the selected one and connect it; return its id, "" where that failed.

    Where the selected block feeds one other, the new one goes between the two, so that the chain stays whole.
    """
    graph = session.document.project.graph
    after = next((id for id in reversed(session.selection) if id in graph.by_id), "")
    followers = [w for w in graph.wires if w.source == after]
    if len(followers) == 1:
        return insert(session, kind, followers[0])
    id = graph.fresh_id(kind)
    positions = None
    if is_placed(session):
        places = places_of(session)
        wanted = _right_of(places[after]) if after else _below(places)
        positions = {id: free_place(wanted, places.values(), SPACING)}
    return _pushed(session, f"add {kind}", [AddBlock(kind, id=id, after=after)], positions, id)


def insert(session: Session, kind: str, wire: Wire, at: Place | None = None) -> str:
    """Add a block in the middle of a wire; return its id, "" where that failed."""
    id = session.document.project.graph.fresh_id(kind)
    positions = None
    if is_placed(session):
        places = places_of(session)
        place, moved = room_for(at or _right_of(places[wire.source]), places, SPACING)
        positions = {**moved, id: place}
    return _pushed(session, f"insert {kind}", [InsertBlock(kind, wire.target, wire.port, id=id)], positions, id)


def add_at(session: Session, kind: str, at: Place, shown: Mapping[str, Place]) -> str:
    """Add a block at a place without wires; return its id, "" where that failed."""
    id = session.document.project.graph.fresh_id(kind)
    return _pushed(session, f"add {kind}", [AddBlock(kind, id=id)], {**shown, id: at}, id)


def add_wired(session: Session, kind: str, source: str, target: str, port: int, at: Place, shown: Mapping[str, Place]) -> str:
    """Add a block behind `source`, or before input `port` of `target` where there is no source; return its id."""
    id = session.document.project.graph.fresh_id(kind)
    edits: list[Edit] = [AddBlock(kind, id=id, after=source)]
    if not source:
        edits.append(Connect(id, target, port))
    return _pushed(session, f"add {kind}", edits, {**shown, id: at}, id)


def connect(session: Session, source: str, target: str, port: int) -> bool:
    """Draw a wire."""
    return session.try_push(Connect(source, target, port))


def disconnect(session: Session, wire: Wire) -> bool:
    """Take a wire away."""
    return session.try_push(Disconnect(wire.target, wire.port))


def reconnect(session: Session, wire: Wire, target: str, port: int) -> bool:
    """Lead a wire to another input."""
    if (wire.target, wire.port) == (target, port):
        return False
    edits: list[Edit] = [Disconnect(wire.target, wire.port), Connect(wire.source, target, port)]
    return session.attempt(lambda: session.document.push_all(f"connect {wire.source} to {target}", edits))


def toggle_wire(session: Session, source: str, target: str) -> bool:
    """Connect two blocks at the first free input, or part them where they are connected."""
    graph = session.document.project.graph
    wire = next((w for w in graph.wires if w.source == source and w.target == target), None)
    if wire is not None:
        return disconnect(session, wire)
    return connect(session, source, target, free_port(session, graph, target))


def free_port(session: Session, graph: ModelGraph, target: str) -> int:
    """Return the first input without a wire; the last one where all have theirs."""
    kind = graph.node(target).kind
    inputs = () if kind == INPUT_KIND else session.document.blocks.get(kind).inputs
    taken = {w.port for w in graph.wires if w.target == target}
    free = next(n for n in range(len(taken) + 1) if n not in taken)
    variadic = bool(inputs) and inputs[-1].variadic
    return free if variadic else min(free, max(0, len(inputs) - 1))


def splice(session: Session, id: str, wire: Wire, places: Mapping[str, Place]) -> bool:
    """Put a block that has no wires into the middle of a wire, at the place where it was dropped."""
    edits: list[Edit] = [Disconnect(wire.target, wire.port), Connect(wire.source, id, 0), Connect(id, wire.target, wire.port)]
    return session.attempt(lambda: session.document.push_all(f"insert {id}", edits, positions=places))


def move(session: Session, places: Mapping[str, Place], moved: Iterable[str]) -> None:
    """Put blocks where they were dragged to."""
    names = tuple(moved)
    session.document.move(places, f"move {names[0]}" if len(names) == 1 else f"move {len(names)} blocks")


def remove(session: Session, ids: Iterable[str], wires: Iterable[Wire] = ()) -> bool:
    """Remove blocks, what fed them feeding their followers, and wires; the input block stays."""
    graph = session.document.project.graph
    gone = tuple(i for i in ids if i in graph.by_id and graph.by_id[i].kind != INPUT_KIND)
    cut = [w for w in wires if w.target not in gone and w.source not in gone]
    if not gone and not cut:
        session.told.emit("the front end's block stays: every design has one")
        return False
    edits: list[Edit] = [Disconnect(w.target, w.port) for w in cut]
    edits += [RemoveBlocks(gone, bridge=True)] if gone else []
    title = f"remove {_named(gone, 'block')}" if gone else f"remove {_named([w.target for w in cut], 'wire')}"
    return session.attempt(lambda: session.document.push_all(title, edits))


def copy(session: Session, ids: Iterable[str]) -> bool:
    """Put blocks with the wires between them on the clipboard."""
    taken = clipboard.copied(session.document.project.graph, ids, places_of(session))
    if taken.blocks:
        clipboard.put(taken)
    return bool(taken.blocks)


def paste(session: Session) -> tuple[str, ...]:
    """Add the blocks of the clipboard beneath the graph; return their ids, none where the clipboard holds something else."""
    given = clipboard.taken()
    if given is None:
        return ()
    names = _fresh_ids(session.document.project.graph, given)
    edits: list[Edit] = [AddBlock(b.kind, b.params, names[b.id]) for b in given.blocks]
    edits += [Connect(names[w.source], names[w.target], w.port) for w in given.wires]
    positions = _pasted_places(places_of(session), given, names) if is_placed(session) else None
    title = f"paste {_named(list(names.values()), 'block')}"
    done = session.attempt(lambda: session.document.push_all(title, edits, positions))
    if done:
        session.select(tuple(names.values()))
    return tuple(names.values()) if done else ()


def _pushed(session: Session, title: str, edits: list[Edit], positions: Mapping[str, Place] | None, id: str) -> str:
    if not session.attempt(lambda: session.document.push_all(title, edits, positions)):
        return ""
    session.select((id,))
    return id


def _fresh_ids(graph: ModelGraph, given: clipboard.Copied) -> dict[str, str]:
    taken, names = set(graph.by_id), {}
    for block in given.blocks:
        number = 1
        while f"{block.kind}_{number}" in taken:
            number += 1
        names[block.id] = f"{block.kind}_{number}"
        taken.add(names[block.id])
    return names


def _pasted_places(places: Mapping[str, Place], given: clipboard.Copied, names: Mapping[str, str]) -> dict[str, Place]:
    left, top = min(b.place[0] for b in given.blocks), min(b.place[1] for b in given.blocks)
    x, y = _below(places)
    return {names[b.id]: (x + b.place[0] - left, y + b.place[1] - top) for b in given.blocks}


def _right_of(place: Place) -> Place:
    return place[0] + SPACING.pitch, place[1]


def _below(places: Mapping[str, Place]) -> Place:
    if not places:
        return 0.0, 0.0
    return min(x for x, _ in places.values()), max(y for _, y in places.values()) + SPACING.row_pitch


def _named(ids: Iterable[str], what: str) -> str:
    names = tuple(ids)
    return names[0] if len(names) == 1 else f"{len(names)} {what}s"

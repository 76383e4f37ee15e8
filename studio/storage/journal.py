"""The journal: every state of a document that was shown as done and is not saved yet, so that a kill loses nothing.

One JSON document a line. The first names the schema and the saved state that the journal starts from; each further line
holds what changed against the line before ("project", "segments" and "recordings", "positions"). A line that was cut
short by a crash is passed over, and so is all behind it.
"""

import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from studio.core.block import Block, complete_params
from studio.core.errors import InputError, StudioError
from studio.core.graph import INPUT_KIND, Node
from studio.core.library import Library, Recording, Segment
from studio.core.project import SCHEMA, Project
from studio.core.registry import Registry
from studio.core.state import State
from studio.storage.atomic import write_error

NAME = "journal.jsonl"
COMPACT_BYTES = 8 << 20


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    schema: int = SCHEMA
    base: str = ""
    project: Project | None = None
    recordings: tuple[Recording, ...] | None = None
    segments: tuple[Segment, ...] | None = None
    positions: dict[str, tuple[float, float]] | None = None


def state_digest(state: State) -> str:
    """Hash what is stored of a state."""
    parts = (state.project, state.library.recordings, state.library.segments, dict(sorted(state.positions.items())))
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]


class Journal:
    """Appends states to a file; raises InputError where that fails (a full disk, say): the document then is not protected."""

    def __init__(self, folder: Path, saved: State) -> None:
        self.path = folder / ".studio" / NAME
        self._last = saved
        self._file: BinaryIO | None = None

    def restart(self, saved: State) -> None:
        """Begin anew from a saved state: what the journal held is on disk now."""
        self.close()
        self._last = saved
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        except OSError as error:
            raise write_error(self.path, error) from error
        self._write(_Entry(base=state_digest(saved)))

    def append(self, state: State) -> None:
        """Note a state; it is with the operating system when this returns, so a killed process loses nothing."""
        if self._file is None:
            self.restart(self._last)
        self._write(_difference(self._last, state))
        self._last = state

    def sync(self) -> None:
        """Bring it to the disk itself, against a power cut; takes milliseconds, so not for the window's thread."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def discard(self) -> None:
        """Remove the journal: nothing is unsaved."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file and leave it where it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, entry: _Entry) -> None:
        assert self._file is not None
        try:
            self._file.write(msgspec.json.encode(entry) + b"\n")
            self._file.flush()
        except OSError as error:
            raise write_error(self.path, error) from error


def _difference(before: State, after: State) -> _Entry:
    entry = _Entry()
    if after.project is not before.project:
        entry.project = after.project
    if after.library is not before.library:
        entry.recordings, entry.segments = after.library.recordings, after.library.segments
    if after.positions is not before.positions:
        entry.positions = dict(after.positions)
    return entry


def recover(folder: Path, saved: State, blocks: Registry[Block]) -> tuple[State, int]:
    """Return the last state that the journal holds and the number of steps to it; the saved state and 0 where there is none.

    A journal that started from another saved state is of no use and is passed over.
    """
    path = folder / ".studio" / NAME
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return saved, 0
    state, steps = saved, 0
    for number, line in enumerate(lines):
        try:
            entry = msgspec.json.decode(line, type=_Entry)
            if number == 0:
                if entry.schema != SCHEMA or entry.base != state_digest(saved):
                    return saved, 0
                continue
            state = _apply(state, entry, blocks)
            steps += 1
        except (msgspec.DecodeError, StudioError):
            break
    return state, steps


def _apply(state: State, entry: _Entry, blocks: Registry[Block]) -> State:
    changes: dict[str, Any] = {}
    if entry.project is not None:
        changes["project"] = _canonical(entry.project, blocks)
    if entry.recordings is not None and entry.segments is not None:
        changes["library"] = Library(entry.recordings, entry.segments, state.library.folder)
    if entry.positions is not None:
        changes["positions"] = entry.positions
    return msgspec.structs.replace(state, **changes)


def _canonical(project: Project, blocks: Registry[Block]) -> Project:
    """Give parameters their own types again: JSON has no tuples."""
    nodes = tuple(_canonical_node(n, blocks) for n in project.graph.nodes)
    known = {n.id for n in nodes}
    if any(w.source not in known or w.target not in known for w in project.graph.wires):
        raise InputError("a wire of the journal leads nowhere")
    return msgspec.structs.replace(project, graph=msgspec.structs.replace(project.graph, nodes=nodes))


def _canonical_node(node: Node, blocks: Registry[Block]) -> Node:
    if node.kind == INPUT_KIND:
        return Node(node.id, node.kind, dict(node.params))
    return Node(node.id, node.kind, complete_params(blocks.get(node.kind), node.params, node.id))

"""The journal: every state of a document that was shown as done and is not saved yet, so that a kill loses nothing.

One JSON document a line. The first names the schema and the saved state that the journal starts from; each further line
holds what changed against the line before ("project", "recordings", "segments", "positions"; each whole) and, where it
stands for several steps, their number. A line that was cut short by a crash is passed over, and so is all behind it.
"""

import contextlib
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
from studio.storage.atomic import folder_gone, write_error

NAME = "journal.jsonl"
COMPACT_BYTES = 8 << 20


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    schema: int = SCHEMA
    base: str = ""
    steps: int = 1
    project: Project | None = None
    recordings: tuple[Recording, ...] | None = None
    segments: tuple[Segment, ...] | None = None
    positions: dict[str, tuple[float, float]] | None = None


class Recovered(msgspec.Struct, frozen=True):
    """What a journal held: the last state, and the steps to it (0 where nothing is unsaved).

    `files_changed` says that the files are not those that the journal started from.
    """

    state: State
    steps: int = 0
    files_changed: bool = False


def state_digest(state: State) -> str:
    """Hash what is stored of a state; orders and kinds of number that the files do not keep count for nothing."""
    graph = state.project.graph
    graph = msgspec.structs.replace(graph, nodes=tuple(sorted(graph.nodes, key=lambda n: n.id)), wires=tuple(sorted(graph.wires)))
    project = msgspec.convert(msgspec.to_builtins(msgspec.structs.replace(state.project, graph=graph)), Project)
    parts = (project, state.library.recordings, state.library.segments, {k: (float(x), float(y)) for k, (x, y) in state.positions.items()})
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]


class Journal:
    """Appends states to a file; raises InputError where that fails (a full disk, a deleted folder): the document then is not protected.

    After a failure the next append writes all that is missing.
    """

    def __init__(self, folder: Path, saved: State) -> None:
        self.path = folder / ".studio" / NAME
        self._saved = self._last = saved
        self._steps = 0
        self._file: BinaryIO | None = None
        self._good = 0
        self._limit = COMPACT_BYTES

    def start(self, saved: State, state: State | None = None, steps: int = 1) -> None:
        """Begin anew from a saved state, and note what is unsaved already: the old journal stays whole until the new one is."""
        unsaved = state is not None and state is not saved
        self._saved = self._last = saved
        self._steps = steps if unsaved else 0
        entries = [_Entry(base=state_digest(saved))]
        if state is not None and unsaved:
            entries.append(_difference(saved, state, steps))
        self._replace(entries)
        self._limit = max(COMPACT_BYTES, 4 * self._good)
        self._last = state if state is not None else saved

    def append(self, state: State) -> None:
        """Note a state; it is with the operating system when this returns, so a killed process loses nothing."""
        if self._file is not None and not self._in_place():
            self.close()
        if self._file is not None and state is self._last:
            return
        if self._file is None or self._good > self._limit:
            self.start(self._saved, state, self._steps + 1)
            return
        self._put(_difference(self._last, state))
        self._last, self._steps = state, self._steps + 1

    def sync_handle(self) -> int | None:
        """Return a descriptor of the file for another thread to fsync and close: milliseconds that the window's has not."""
        return None if self._file is None else os.dup(self._file.fileno())

    def discard(self) -> None:
        """Remove the journal: nothing is unsaved."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file and leave it where it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _replace(self, entries: list[_Entry]) -> None:
        """Write a new file, put it in the old one's place and go on in it; where that fails, leave the old one closed."""
        part, folder = self.path.with_suffix(".part"), self.path.parent.parent
        self.close()
        if not folder.is_dir():
            raise folder_gone(folder)
        try:
            self.path.parent.mkdir(exist_ok=True)
            with part.open("wb", buffering=0) as file:
                for entry in entries:
                    _write(file, entry)
            part.replace(self.path)
            self._file = self.path.open("ab", buffering=0)
            self._good = self._file.tell()
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise write_error(self.path, error) from error

    def _in_place(self) -> bool:
        """Whether the open file is still the one that the next start would read: a deleted one takes what is written and keeps nothing."""
        assert self._file is not None
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except OSError:
            return False

    def _put(self, entry: _Entry) -> None:
        assert self._file is not None
        try:
            _write(self._file, entry)
            self._good = self._file.tell()
        except OSError as error:
            with contextlib.suppress(OSError):  # half a line would hide the lines behind it
                self._file.seek(self._good)
                self._file.truncate()
            raise write_error(self.path, error) from error


def _write(file: BinaryIO, entry: _Entry) -> None:
    line = memoryview(msgspec.json.encode(entry) + b"\n")
    while line:
        line = line[file.write(line) :]


def _difference(before: State, after: State, steps: int = 1) -> _Entry:
    entry = _Entry(steps=steps)
    if after.project is not before.project:
        entry.project = after.project
    if after.library.recordings is not before.library.recordings:
        entry.recordings = after.library.recordings
    if after.library.segments is not before.library.segments:
        entry.segments = after.library.segments
    if after.positions is not before.positions:
        entry.positions = dict(after.positions)
    return entry


def recover(folder: Path, saved: State, blocks: Registry[Block]) -> Recovered:
    """Return the last state that the journal holds; the saved one where there is nothing to recover.

    Since each part stands whole in the journal, a save that was cut short, or somebody else's, does no harm.
    """
    entries = _read(folder / ".studio" / NAME)
    state, steps = saved, 0
    for entry in entries[1:]:
        try:
            state = _apply(state, entry, blocks)
        except StudioError:
            break
        steps += entry.steps
    digest = state_digest(saved) if steps else ""
    if not steps or state_digest(state) == digest:
        return Recovered(saved)
    return Recovered(state, steps, entries[0].base != digest)


def _read(path: Path) -> list[_Entry]:
    """Return the whole lines of a journal that this version understands."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return []
    entries: list[_Entry] = []
    for line in lines[:-1]:
        try:
            entries.append(msgspec.json.decode(line, type=_Entry))
        except msgspec.MsgspecError:
            break
    return entries if entries and entries[0].schema == SCHEMA and entries[0].base else []


def _apply(state: State, entry: _Entry, blocks: Registry[Block]) -> State:
    changes: dict[str, Any] = {}
    if entry.project is not None:
        changes["project"] = canonical(entry.project, blocks)
    if entry.recordings is not None or entry.segments is not None:
        old = state.library
        recordings = old.recordings if entry.recordings is None else entry.recordings
        changes["library"] = _whole_library(recordings, old.segments if entry.segments is None else entry.segments, old.folder)
    if entry.positions is not None:
        changes["positions"] = entry.positions
    return msgspec.structs.replace(state, **changes)


def _whole_library(recordings: tuple[Recording, ...], segments: tuple[Segment, ...], folder: Path) -> Library:
    library = Library(recordings, segments, folder)
    if any(s.recording not in library.by_id for s in segments):
        raise InputError("a segment of the journal has no recording")
    return library


def canonical(project: Project, blocks: Registry[Block]) -> Project:
    """Give parameters their own types again: JSON has no tuples."""
    nodes = tuple(_canonical_node(n, blocks) for n in project.graph.nodes)
    known = {n.id for n in nodes}
    if any(w.source not in known or w.target not in known for w in project.graph.wires):
        raise InputError("a wire of the design leads nowhere")
    return msgspec.structs.replace(project, graph=msgspec.structs.replace(project.graph, nodes=nodes))


def _canonical_node(node: Node, blocks: Registry[Block]) -> Node:
    if node.kind == INPUT_KIND:
        return Node(node.id, node.kind, dict(node.params))
    return Node(node.id, node.kind, complete_params(blocks.get(node.kind), node.params, node.id))

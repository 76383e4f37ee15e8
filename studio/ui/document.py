"""The document: one immutable State, one way to change it, one signal that says so."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from studio.core.block import Block
from studio.core.edits import Edit
from studio.core.errors import StudioError
from studio.core.library import Library
from studio.core.project import Project
from studio.core.registry import Registry
from studio.core.state import State
from studio.storage.atomic import write_error
from studio.storage.folder import ProjectFolder
from studio.storage.journal import Journal, recover

UNDO_STEPS = 1000
SYNC_MS = 1000


class StateCommand(QUndoCommand):
    """The one undo command: a state before and a state after; equal merge keys in a row fold into one entry."""

    _numbers: dict[str, int] = {}  # noqa: RUF012 - Qt wants a number for each merge key, the same through the program's life

    def __init__(self, document: "Document", title: str, before: State, after: State, merge_key: str) -> None:
        super().__init__(title)
        self.document, self.before, self.after = document, before, after
        self._id = self._numbers.setdefault(merge_key, len(self._numbers) + 1) if merge_key else -1

    def id(self) -> int:
        return self._id

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802
        if not isinstance(other, StateCommand) or other.before is not self.after:
            return False
        self.after = other.after
        self.setText(other.text())
        self.setObsolete(self.after == self.before)  # a slider that came back to where it started leaves no entry
        return True

    def redo(self) -> None:
        self.document._show(self.after)

    def undo(self) -> None:
        self.document._show(self.before)


class Document(QObject):
    """A project that is open: its state, its undo stack, its folder and journal.

    `changed(before, after)` follows every change of the state, whatever made it: an edit, undo, redo, a reload.
    `unprotected(message)` says that the journal cannot be written, and with "" that it can again. `origin` is the state before
    the present change: before the whole gesture, where edits fold into one entry. `retraced` tells that this change went along the
    undo stack, and was no new edit.
    """

    changed = Signal(object, object)
    saved_changed = Signal()
    unprotected = Signal(str)
    _sync_failed = Signal(str)

    def __init__(self, folder: ProjectFolder, blocks: Registry[Block], parent: QObject | None = None) -> None:
        """Open a folder; raise ProjectLocked where another process has it, InputError where it cannot be read."""
        super().__init__(parent)
        self.blocks = blocks
        self.folder = folder
        self.problem, self.retraced = "", False
        self.undo_stack = stack = QUndoStack(self)
        self.destroyed.connect(lambda: stack.blockSignals(True))  # its own end would tell listeners that outlive the document
        self.undo_stack.setUndoLimit(UNDO_STEPS)
        self.undo_stack.cleanChanged.connect(self._tell_saved)
        self._make_sync()
        self._lock = folder.locked()
        self._lock.__enter__()
        self._closed = False
        try:
            self._begin()
        except StudioError:
            self._lock.__exit__(None, None, None)
            raise

    def _begin(self) -> None:
        self._stamps = self.folder.stamps()
        self._pushed: State | None = None
        self._saved = self.state = self.origin = State(self.folder.project, self.folder.library(), self.folder.layout())
        self._journal = Journal(self.folder.path, self._saved)
        self.recovered = recover(self.folder.path, self._saved, self.blocks)
        self._guard(lambda: self._journal.start(self._saved, self.recovered.state, self.recovered.steps))
        self._push(f"recovered changes ({self.recovered.steps})", self.recovered.state, "")

    def _make_sync(self) -> None:
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._sync_timer = QTimer(self, interval=SYNC_MS, singleShot=True)
        self._sync_timer.timeout.connect(self._sync)
        self._sync_failed.connect(self._note_problem)

    @property
    def project(self) -> Project:
        """The design."""
        return self.state.project

    @property
    def library(self) -> Library:
        """The recordings."""
        return self.state.library

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self.folder.path

    @property
    def is_saved(self) -> bool:
        """Whether nothing is unsaved."""
        return self.undo_stack.isClean()

    def push(self, edit: Edit, merge_key: str = "", positions: Mapping[str, tuple[float, float]] | None = None) -> None:
        """Apply an edit, and place blocks with it; raise its typed error and change nothing where it cannot be applied."""
        project = edit.apply(self.project, self.blocks)
        self._push(edit.title, self._with(project, positions), merge_key)

    def push_all(self, title: str, edits: Sequence[Edit], positions: Mapping[str, tuple[float, float]] | None = None) -> None:
        """Apply several edits as one entry of the undo stack, or none of them."""
        self._push(title, self._with(self._applied(edits), positions), "")

    def move(self, positions: Mapping[str, tuple[float, float]], title: str = "move", merge_key: str = "") -> None:
        """Place blocks; no figure changes."""
        self._push(title, msgspec.structs.replace(self.state, positions={**self.state.positions, **positions}), merge_key)

    def unplace(self, title: str = "arrange") -> None:
        """Forget where blocks were put, so that the canvas lays them out; no figure changes."""
        self._push(title, msgspec.structs.replace(self.state, positions={}), "")

    def set_library(self, title: str, library: Library, edits: Sequence[Edit] = ()) -> None:
        """Change the recordings, and the design with them in the same entry; a typed error changes nothing."""
        self._push(title, msgspec.structs.replace(self.state, library=library, project=self._applied(edits)), "")

    def save(self) -> None:
        """Write everything that is unsaved; raise InputError, and then nothing is lost."""
        try:
            self.folder.save(self.project)
            if self.library != self._saved.library:
                self.folder.save_library(self.library)
            if self.state.positions != self._saved.positions:
                self.folder.save_layout(self.state.positions)
        finally:
            self._stamps = self.folder.stamps()
        self._settle()

    def changed_on_disk(self) -> tuple[str, ...]:
        """Name the files that somebody else changed since they were read or saved."""
        now = self.folder.stamps()
        return tuple(sorted(n for n in {*now, *self._stamps} if now.get(n) != self._stamps.get(n)))

    def reload(self) -> None:
        """Take what is on disk, as a change that can be undone; raise InputError where it cannot be read."""
        stamps = self.folder.stamps()
        fresh = ProjectFolder.open(self.path, self.blocks)
        state = State(fresh.project, fresh.library(), fresh.layout())
        self._stamps, self.folder.project = stamps, fresh.project
        self._push("reload from disk", state, "")
        self._settle()

    def close(self, discard: bool = False) -> None:
        """Give the folder back; a clean or discarded document leaves no journal."""
        if self._closed:
            return
        self._closed = True
        self._sync_timer.stop()
        self._pool.waitForDone()
        if discard or self.is_saved:
            self._journal.discard()
        else:
            self._journal.close()
        self._lock.__exit__(None, None, None)

    def _with(self, project: Project, positions: Mapping[str, tuple[float, float]] | None) -> State:
        """Join a project and new positions; a block that is gone leaves no place to a later one of its name."""
        placed = {**self.state.positions, **(positions or {})}
        if project.graph is not self.project.graph:
            placed = {id: place for id, place in placed.items() if id in project.graph.by_id}
        kept = self.state.positions if placed == self.state.positions else placed
        return msgspec.structs.replace(self.state, project=project, positions=kept)

    def _applied(self, edits: Sequence[Edit]) -> Project:
        project = self.project
        for edit in edits:
            project = edit.apply(project, self.blocks)
        return project

    def _tell_saved(self, _clean: bool) -> None:
        self.saved_changed.emit()

    def _push(self, title: str, after: State, merge_key: str) -> None:
        if after != self.state:
            command = StateCommand(self, title, self.state, after, merge_key)
            self._pushed = self._gesture_start(command)
            self.undo_stack.push(command)

    def _gesture_start(self, command: StateCommand) -> State:
        """Return the state before the entry that this command will be, or will fold into by QUndoStack's rules."""
        stack = self.undo_stack
        last = stack.command(stack.index() - 1) if stack.index() and not stack.isClean() else None
        folds = isinstance(last, StateCommand) and last.id() == command.id() != -1 and last.after is command.before
        return last.before if folds else command.before

    def _show(self, state: State) -> None:
        before, self.state = self.state, state
        self.retraced, self.origin, self._pushed = self._pushed is None, self._pushed or before, None
        self._guard(lambda: self._journal.append(state))
        if not self._sync_timer.isActive():
            self._sync_timer.start()
        self.changed.emit(before, state)

    def _settle(self) -> None:
        """What is shown is what is on disk: the journal starts from here."""
        self._saved = self.state
        if not self._guard(lambda: self._journal.start(self.state)):
            self._journal.discard()  # the old one would bring back what is older than the files
        self.undo_stack.setClean()
        self.saved_changed.emit()

    def _guard(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except StudioError as error:
            self._note_problem(f"{error}; {error.hint}")
            return False
        self._note_problem("")
        return True

    def _note_problem(self, text: str) -> None:
        if text != self.problem:
            self.problem = text
            self.unprotected.emit(text)

    def _sync(self) -> None:
        """Bring the journal to the disk itself, against a power cut, in a thread that may wait."""
        handle = self._journal.sync_handle()
        if handle is not None:
            self._pool.start(lambda: self._fsync(handle))

    def _fsync(self, handle: int) -> None:
        try:
            os.fsync(handle)
        except OSError as error:
            self._sync_failed.emit(str(write_error(self.path / ".studio", error)))
        finally:
            os.close(handle)

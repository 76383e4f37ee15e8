"""What all parts of the window share: the document, the figures, the selection, the jobs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from studio.blocks import registry
from studio.core.edits import Edit
from studio.core.errors import StudioError
from studio.core.state import State
from studio.deploy.boards import known_catalogue
from studio.plugin import load_plugins
from studio.storage.folder import ProjectFolder
from studio.ui import theme
from studio.ui.arrangement import Arrangement
from studio.ui.document import Document
from studio.ui.gauges import Gauges
from studio.ui.jobs import JobList
from studio.ui.refiner import Refiner
from studio.ui.settings import Settings


class Session(QObject):
    """One window's session.

    `document_replaced` follows new and open. `selection` are the ids of the selected blocks, `segment` the number of the
    shown clip in the library's segments (-1 for none). `told` is a line for the status bar, `erred` an error for the user.
    `room_wanted` asks for a room by its id, `view_wanted` for a view of the Design room, `block_wanted` for a block of the canvas to be
    brought into sight, `self_check_wanted` for the differences that `refiner` keeps; `settings_changed` names a setting.
    `boards_changed` says that `catalogue` and the gauges' boards are others.
    """

    document_replaced = Signal()
    selection_changed = Signal(tuple)
    segment_changed = Signal(int)
    theme_changed = Signal()
    boards_changed = Signal()
    settings_changed = Signal(str)
    told = Signal(str)
    erred = Signal(object)
    room_wanted = Signal(str)
    view_wanted = Signal(str)
    block_wanted = Signal(str)
    self_check_wanted = Signal()

    def __init__(self, folder: Path, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.plugins = load_plugins(blocks=registry())
        self.blocks = self.plugins.blocks
        self.jobs = JobList(self)
        self.document = Document(ProjectFolder.open(folder, self.blocks), self.blocks, self)
        self.catalogue = known_catalogue(self.plugins)
        self.gauges = Gauges(self.document, self, self.catalogue.boards)
        if self.catalogue.errors:
            QTimer.singleShot(0, self, partial(self.told.emit, refused_words(self.catalogue.errors)))
        self.refiner = Refiner(self)
        self.arrangement = Arrangement(settings, self.document.path)
        self.selection: tuple[str, ...] = ()
        self.segment = _first_clip(self.document)
        self.document.changed.connect(self._follow_clip)

    def open(self, folder: Path, discard: bool = False) -> None:
        """Open another project in place of this one, whose unsaved changes wait in its journal unless they are to be discarded.

        Raises InputError, and keeps this one, where that fails; the project that is open already stays as it is.
        """
        if folder.exists() and self.document.path.exists() and folder.samefile(self.document.path):
            return
        opened = Document(ProjectFolder.open(folder, self.blocks), self.blocks, self)
        self.attempt(self.arrangement.keep)
        old, self.document = self.document, opened
        self.segment = _first_clip(opened)
        old.close(discard)
        old.deleteLater()
        opened.changed.connect(self._follow_clip)
        self.gauges.watch(opened)
        self.select(())
        self.arrangement.follow(opened.path)
        self.document_replaced.emit()
        self.show_segment(self.segment)

    def read_boards(self) -> None:
        """Take in what was added, changed or deleted among the files of boards, by the studio or by anybody else."""
        found = known_catalogue(self.plugins)
        if found is self.catalogue:
            return
        old, self.catalogue = self.catalogue, found
        self.gauges.take_boards(found.boards)
        self.boards_changed.emit()
        if found.errors and [str(e) for e in found.errors] != [str(e) for e in old.errors]:
            self.told.emit(refused_words(found.errors))

    def select(self, ids: tuple[str, ...]) -> None:
        """Select blocks."""
        if ids != self.selection:
            self.selection = ids
            self.selection_changed.emit(ids)

    def find(self, ids: tuple[str, ...]) -> None:
        """Select blocks, and bring the last of them into sight on the canvas."""
        self.select(ids)
        if ids:
            self.block_wanted.emit(ids[-1])

    def show_segment(self, number: int) -> None:
        """Show a clip of the library."""
        self.segment = number
        self.segment_changed.emit(number)

    def _follow_clip(self, before: State, after: State) -> None:
        """Keep the same clip on show while clips come and go before it; its neighbour where it went."""
        if after.library is before.library:
            return
        old, new = before.library.segments, after.library.segments
        number = min(self.segment, len(new) - 1)
        if 0 <= self.segment < len(old):
            place = (old[self.segment].recording, old[self.segment].start)
            number = next((i for i, s in enumerate(new) if (s.recording, s.start) == place), number)
        self.show_segment(number if number >= 0 or not new else 0)

    def change_setting(self, key: str, value: object) -> None:
        """Change a setting and show what it does at once; raise InputError where it cannot be kept for the next start."""
        try:
            self.settings.set(key, value)
        finally:
            if key == "theme":
                app = QApplication.instance()
                assert isinstance(app, QApplication)
                theme.apply(app, theme.resolve(self.settings.get(key)))
                self.theme_changed.emit()
            self.settings_changed.emit(key)

    def try_push(self, edit: Edit, merge_key: str = "") -> bool:
        """Apply an edit; where it cannot be applied, say why in the status bar."""
        return self.attempt(lambda: self.document.push(edit, merge_key))

    def attempt(self, work: Callable[[], object]) -> bool:
        """Do something of the user's; an error is told in the status bar."""
        try:
            work()
        except StudioError as error:
            self.told.emit(f"{error}{'; ' + error.hint if error.hint else ''}")
            return False
        return True


def refused_words(errors: Sequence[StudioError]) -> str:
    """Say that board files are left out: the one with its line, or how many."""
    only = f"{errors[0]}" if len(errors) == 1 else f"{len(errors)} files of boards"
    return f"refused: {only}; Design > Boards tells more"


def _first_clip(document: Document) -> int:
    """Return the first clip of the first label: a word tells more than what a library's table happens to begin with."""
    segments = document.library.segments
    label = next(iter(document.project.labels), "")
    return next((i for i, s in enumerate(segments) if s.label == label), 0 if segments else -1)

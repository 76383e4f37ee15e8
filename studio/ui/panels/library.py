"""The library: labels at the left, their clips at the right, filters above."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.core.library import SPLITS, Library, Split
from studio.core.state import State
from studio.data import curate
from studio.ui.panels.clip_list import ClipList, describe
from studio.ui.panels.health_bar import HealthBar, HealthLine, health_lines
from studio.ui.panels.label_list import LabelList
from studio.ui.session import Session
from studio.ui.theme import PAD, ROOM
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.thumbnails import Thumbnails

CHECK_MS = 400


class LibraryPanel(QFrame):
    """Shows the document's clips and changes their labels and parts; the shown clip is the session's."""

    import_wanted = Signal()
    record_wanted = Signal()
    play_wanted = Signal(int)
    label_chosen = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.session = session
        self.thumbnails = Thumbnails(self)
        self._only: frozenset[int] | None = None
        self._check = QTimer(self, interval=CHECK_MS, singleShot=True)
        self._check.timeout.connect(self._show_health)
        self._build()
        self._connect()
        self.show_document()

    # building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(PAD)
        self.title = QLabel()
        self.title.setProperty("kind", "heading")
        self.filter = QLineEdit()
        self.filter.setObjectName("clip_filter")
        self.filter.setAccessibleName("Filter clips")
        self.filter.setPlaceholderText("Filter by name, speaker, part…")
        self.filter.setClearButtonEnabled(True)
        self.import_button = QPushButton("Import a folder…")
        self.import_button.setObjectName("import_folder")
        self.import_button.setAccessibleName("Import a folder of recordings")
        self.import_button.setToolTip("A folder that holds a folder for each label; the files are copied into the project")
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addWidget(self.filter, 1)
        row.addWidget(self.import_button)
        self.health = HealthBar()
        column.addWidget(self.title)
        column.addLayout(row)
        column.addWidget(self.health)
        column.addWidget(self._make_lists(), 1)
        self.footer = ElidedLabel()
        self.footer.setObjectName("clip_footer")
        self.footer.setProperty("kind", "dim")
        column.addWidget(self.footer)

    def _make_lists(self) -> QSplitter:
        self.labels, self.clips = LabelList(), ClipList(self.thumbnails)
        self.clips.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.clips)
        self._stack.addWidget(self._make_empty())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.labels)
        self.splitter.addWidget(self._stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setHandleWidth(1)
        self.labels.setMinimumWidth(150)
        self._stack.setContentsMargins(PAD, 0, 0, 0)
        self.splitter.setSizes([176, 700])
        return self.splitter

    def _make_empty(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(PAD)
        self.empty_text = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.empty_text.setObjectName("no_clips")
        self.empty_text.setProperty("kind", "dim")
        self.empty_text.setWordWrap(True)
        self.empty_buttons = [QPushButton() for _ in range(2)]
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addStretch(1)
        self._empty_actions: list[Callable[[], object]] = []
        for i, button in enumerate(self.empty_buttons):
            button.clicked.connect(lambda _=False, i=i: self._empty_actions[i]())
            row.addWidget(button)
        row.addStretch(1)
        column.addStretch(1)
        column.addWidget(self.empty_text)
        column.addLayout(row)
        column.addStretch(2)
        return page

    def _connect(self) -> None:
        self.filter.textChanged.connect(self.refresh)
        self.import_button.clicked.connect(self.import_wanted)
        self.health.filtered.connect(self._show_only)
        self.labels.chosen.connect(self._label_changed)
        self.labels.dropped.connect(self.relabel)
        self.clips.chosen.connect(self.session.show_segment)
        self.clips.play_wanted.connect(self.play_wanted)
        self.clips.customContextMenuRequested.connect(lambda at: self.make_menu().exec(self.clips.viewport().mapToGlobal(at)))
        self.clips.selectionModel().selectionChanged.connect(lambda *_: self._show_footer())
        self.thumbnails.ready.connect(self._check_soon)

    # following

    @property
    def library(self) -> Library:
        """The document's recordings."""
        return self.session.document.library

    def show_document(self) -> None:
        """Show another document's library."""
        self.filter.clear()
        self.labels.show_labels(self.session.document.project.labels, self.library)
        self.labels.choose(None)
        self._library_changed()

    def follow(self, before: State, after: State) -> None:
        """Follow a change of the document."""
        if before.library is not after.library or before.project.labels != after.project.labels:
            self.labels.show_labels(after.project.labels, after.library)
            self._library_changed()

    def show_segment(self, number: int) -> None:
        """Show the session's clip where it is in the list."""
        self.clips.show_current(number)
        self._show_footer()

    def reveal(self, number: int) -> None:
        """Show a clip, whatever filter hides it."""
        segment = self.library.segments[number]
        if number not in self._numbers():
            self.filter.clear()
            self.health.choose("")
        if self.labels.current() not in (None, segment.label):
            self.labels.choose(segment.label)
        self.show_segment(number)

    def show_theme(self) -> None:
        """Take the theme's colours."""
        self.import_button.setIcon(glyph("folder"))
        self.health.show_theme()

    def close_panel(self) -> None:
        """End the thread that makes outlines."""
        self.thumbnails.close()

    def _library_changed(self) -> None:
        self.thumbnails.survey(self.library, self.library.segments)
        if self.health.chosen:  # its numbers are those of the library before
            self._show_health()
        else:
            self._check_soon()
        self.refresh()

    def _check_soon(self) -> None:
        if not self._check.isActive():
            self._check.start()

    def _show_health(self) -> None:
        self.health.show_lines(health_lines(self.library, self.session.document.project.labels, self.thumbnails))

    def _show_only(self, line: HealthLine | None) -> None:
        only = None if line is None else line.numbers
        if only != self._only:
            self._only = only
            self.refresh()

    def _label_changed(self, label: str | None) -> None:
        if label is not None:
            self.label_chosen.emit(label)
        self.refresh()

    # what is shown

    def refresh(self) -> None:
        """Filter the clips anew."""
        library, numbers = self.library, self._numbers()
        self.clips.shows_labels = self.labels.current() is None
        self.clips.show_clips(library, numbers, self.session.segment)
        count, labels = len(library.segments), len(self.session.document.project.labels)
        shown = "" if len(numbers) == count else f" · {len(numbers)} shown"
        self.title.setText(f"LIBRARY · {count} clip{'s' * (count != 1)}, {labels} labels{shown}")
        self._stack.setCurrentIndex(0 if numbers else 1)
        if not numbers:
            self._show_empty()
        self._show_footer()

    def _numbers(self) -> tuple[int, ...]:
        label, words = self.labels.current(), self.filter.text().casefold().split()
        library, only = self.library, self._only
        return tuple(
            number
            for number, segment in enumerate(library.segments)
            if (label is None or segment.label == label)
            and (only is None or number in only)
            and (not words or _matches(words, library, number))
        )

    def _show_empty(self) -> None:
        label = self.labels.current()
        if self.filter.text() or self._only is not None:
            wanted = f"matches “{self.filter.text()}”" if self.filter.text() else "is left of that kind here"
            self.empty_text.setText(f"No clip {wanted}.")
            self._offer(("Show all", self._clear_filters))
        elif label is not None and self.library.segments:
            self.empty_text.setText(f"No clip of “{label}” yet.\nRecord one, or drag clips of another label onto it.")
            self._offer((f"Record “{label}”", self.record_wanted.emit))
        else:
            self.empty_text.setText(
                "Your recordings belong here.\nRecord clips at the left, or import a folder that holds a folder for each label."
            )
            self._offer(("Record", self.record_wanted.emit), ("Import a folder…", self.import_wanted.emit))

    def _offer(self, *actions: tuple[str, Callable[[], object]]) -> None:
        self._empty_actions = [act for _, act in actions]
        for i, button in enumerate(self.empty_buttons):
            button.setVisible(i < len(actions))
            button.setText(actions[i][0] if i < len(actions) else "")

    def _clear_filters(self) -> None:
        self.filter.clear()
        self.health.choose("")

    def _show_footer(self) -> None:
        chosen = self.clips.selected()
        if len(chosen) > 1:
            self.footer.setText(f"{len(chosen)} clips chosen · drag them onto a label, or right-click")
        elif len(chosen) == 1:
            self.footer.setText(describe(self.library, self.library.segments[chosen[0]]))
        else:
            self.footer.setText("Space plays · drag a clip onto a label to move it · Del removes")

    # editing

    def relabel(self, numbers: Sequence[int], label: str) -> None:
        """Give clips another label, as one entry of the undo stack."""
        self._change(f"label {_count(numbers)} {label}", curate.relabel(self.library, numbers, label))

    def resplit(self, numbers: Sequence[int], split: Split) -> None:
        """Move clips to another part of the split."""
        self._change(f"move {_count(numbers)} to {split}", curate.resplit(self.library, numbers, split))

    def delete_selected(self) -> None:
        """Take the chosen clips out of the library; their files stay."""
        numbers = self.clips.selected()
        if numbers:
            self._change(f"remove {_count(numbers)}", curate.remove(self.library, numbers))
            self.session.told.emit(f"removed {_count(numbers)} from the library; Ctrl+Z brings it back")

    def make_menu(self) -> QMenu:
        """Return the menu of the chosen clips."""
        numbers, menu = self.clips.selected(), QMenu(self)
        play = menu.addAction("Play", lambda: self.play_wanted.emit(numbers[0]))
        labels, splits = menu.addMenu("Label"), menu.addMenu("Part of the split")
        for label in self.session.document.project.labels:
            labels.addAction(label, partial(self.relabel, numbers, label))
        for split in SPLITS:
            splits.addAction(split, partial(self.resplit, numbers, split))
        menu.addSeparator()
        remove = menu.addAction("Remove from the library", self.delete_selected)
        remove.setToolTip("The file stays in data/recordings")
        for entry in (play, labels.menuAction(), splits.menuAction(), remove):
            entry.setEnabled(bool(numbers))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _change(self, title: str, library: Library) -> None:
        self.session.attempt(lambda: self.session.document.set_library(title, library))


def _count(numbers: Sequence[int]) -> str:
    return f"{len(numbers)} clip{'s' * (len(numbers) != 1)}"


def _matches(words: Sequence[str], library: Library, number: int) -> bool:
    segment = library.segments[number]
    recording = library.by_id[segment.recording]
    text = f"{segment.recording} {segment.label} {segment.split} {segment.note} {recording.speaker} {recording.device}".casefold()
    return all(word in text for word in words)

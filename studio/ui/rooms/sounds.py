"""The Sounds room: record at the left, the library at the right."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio import audio
from studio.audio.protocol import Player, Recorder
from studio.audio.take import wav_bytes
from studio.core.edits import SetLabels
from studio.core.errors import StudioError
from studio.core.library import Library, Segment
from studio.core.state import State
from studio.data import curate
from studio.data.audio import read_clip
from studio.storage.takes import Origin, store_take, sweep
from studio.ui.document import Document
from studio.ui.panels.clip_list import clip_name
from studio.ui.panels.import_bar import ImportBar
from studio.ui.panels.library import LibraryPanel
from studio.ui.panels.recorder import Clip, RecorderPanel
from studio.ui.session import Session

RECORDER_WIDTH = 304
CURSOR_MS = 33


class SoundsRoom(QWidget):
    """Records clips into the library, plays them, changes their labels.

    A recording's file is written at once and never overwritten. When the project closes with everything saved, files that
    were recorded in this session and are in the library no more (undone or removed) are deleted; all others stay.
    """

    def __init__(self, session: Session, recorders: Sequence[Recorder] = (), player: Player | None = None) -> None:
        super().__init__()
        self.setObjectName("sounds_room")
        self.session = session
        self.player = player or audio.player()
        self.recorder, self.library_panel = RecorderPanel(session, recorders), LibraryPanel(session)
        self.imports = ImportBar(session)
        self.recorder.setFixedWidth(RECORDER_WIDTH)
        self.library_panel.layout().insertWidget(2, self.imports)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.recorder)
        row.addWidget(self.library_panel, 1)
        self._cursor = QTimer(self, interval=CURSOR_MS)
        self._cursor.timeout.connect(self._show_cursor)
        self._playing = -1
        self._written: set[str] = set()
        self._undo_index = -1
        self._connect()
        self._watch()

    def _connect(self) -> None:
        session, recorder, library = self.session, self.recorder, self.library_panel
        recorder.taken.connect(self._store)
        recorder.undo_wanted.connect(lambda: session.document.undo_stack.undo())
        recorder.play_wanted.connect(self._play_take)
        library.import_wanted.connect(self.imports.ask)
        library.record_wanted.connect(self.record)
        library.play_wanted.connect(self.play_clip)
        library.label_chosen.connect(recorder.form.choose_label)
        self.imports.imported.connect(library.reveal)
        session.segment_changed.connect(library.show_segment)
        session.document_replaced.connect(self._replace)
        session.theme_changed.connect(self._show_theme)
        self._show_theme()

    # what the window asks

    def record(self) -> None:
        """Record a clip, or cancel the one that is being recorded."""
        self.recorder.record_button.setFocus()
        self.recorder.toggle()

    def play(self) -> None:
        """Play the shown clip, or stop."""
        self.play_clip(self.session.segment)

    def delete_selected(self) -> None:
        """Take the chosen clips out of the library."""
        self.library_panel.delete_selected()

    def import_folder(self, source: Path) -> None:
        """Import a folder of recordings."""
        self.imports.start(source)

    def close_room(self) -> None:
        """Give the devices back and end what runs here."""
        self._stop()
        self.recorder.close_stream()
        self.library_panel.close_panel()
        if self._document.is_saved:
            sweep(self._written, self._document.library)

    # following the document

    def _watch(self) -> None:
        self._document: Document = self.session.document
        self._document.changed.connect(self._follow)
        self._document.undo_stack.indexChanged.connect(self._offer_undo)

    def _replace(self) -> None:
        """Follow another document; clean up behind the old one where nothing of it is unsaved."""
        self._stop()
        self._sweep_closed(self._document)
        self._written.clear()
        self._watch()
        self.recorder.cancel()
        self.recorder.discard_silently()
        self.recorder.show_project()
        self.library_panel.show_document()

    def _sweep_closed(self, document: Document) -> None:
        if self._written and document.is_saved:
            self.session.attempt(lambda: sweep(self._written, document.folder.library()))

    def _follow(self, before: State, after: State) -> None:
        self.library_panel.follow(before, after)
        if before.project is not after.project:
            self.recorder.show_project()

    def _show_theme(self) -> None:
        self.recorder.show_theme()
        self.library_panel.show_theme()

    # recording

    def _store(self, clip: Clip) -> None:
        """Write a take and add it to the library as one entry of the undo stack; offer it again where that fails."""
        document = self.session.document
        try:
            self._add(document, clip)
        except StudioError as error:
            hint = f" {error.hint[0].upper()}{error.hint[1:]}, or discard it." if error.hint else ""
            self.recorder.offer(clip, f"The clip is not stored: {error.message}.{hint}", "Try again")

    def _add(self, document: Document, clip: Clip) -> None:
        library, labels = document.library, document.project.labels
        wav = wav_bytes(clip.samples, clip.rate)
        origin = Origin(clip.label, clip.speaker, clip.device)
        recording = store_take(library, wav, clip.rate, len(clip.samples), origin, datetime.now())
        self._written.add(recording.path)
        segment = Segment(recording.id, clip.start, clip.end, clip.label, clip.split or curate.split_of(recording.sha256))
        edits = [] if clip.label in labels else [SetLabels((*labels, clip.label))]
        document.set_library(f"record {clip.label}", curate.add(library, (recording,), (segment,)), edits)
        self._undo_index = document.undo_stack.index()
        number = len(document.library.segments) - 1
        self.library_panel.reveal(number)
        self.session.show_segment(number)
        seconds = (clip.end - clip.start) / clip.rate
        new = " (a new label)" if edits else ""
        self.recorder.stored(clip, f"{clip_name(segment)}: {seconds:.2f} s of “{clip.label}”{new}, in {segment.split}.")

    def _play_take(self) -> None:
        self.play_clip(len(self.session.document.library.segments) - 1)

    def _offer_undo(self, index: int) -> None:
        if index != self._undo_index and self.recorder.waiting is None:
            self.recorder.show_taken_back()
            self._undo_index = -1

    # playing

    def play_clip(self, number: int) -> None:
        """Play a clip, or stop where it plays."""
        if self.player.playing and number == self._playing:
            self._stop()
            return
        library = self.session.document.library
        if not 0 <= number < len(library.segments):
            self.session.told.emit("there is no clip to play: record one")
            return
        if number != self.session.segment:
            self.session.show_segment(number)
        self.session.attempt(lambda: self._start(library, number))

    def _start(self, library: Library, number: int) -> None:
        segment = library.segments[number]
        clip = read_clip(library.file(library.by_id[segment.recording]))
        self.player.play(clip.samples[segment.start : segment.end], clip.rate)
        self._playing = number
        self._cursor.start()
        self._show_cursor()
        if self.player.problem:
            self.session.told.emit(f"nothing is heard: {self.player.problem}")

    def _stop(self) -> None:
        self.player.stop()
        self._show_cursor()

    def _show_cursor(self) -> None:
        if self.player.playing:
            self.library_panel.clips.show_playing(self._playing, self.player.position)
        else:
            self._cursor.stop()
            self._playing = -1
            self.library_panel.clips.show_playing(None, 0.0)

"""The clips of one cell of the confusion matrix, the surest mistakes first, to be seen and heard."""

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studio import audio
from studio.core.library import Library, Segment
from studio.data.audio import read_clip
from studio.storage.predictions import Prediction
from studio.ui.panels.clip_list import ClipDelegate, ClipList, Columns, clip_name
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, theme
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.thumbnails import Thumbnails

CURSOR_MS = 33
NARROW = 380


class CellClips(msgspec.Struct, frozen=True):
    """What one cell holds: its sentence, its clips as what was heard in them, and which model heard it."""

    title: str = ""
    predictions: tuple[Prediction, ...] = ()
    labels: tuple[str, ...] = ()
    model: str = "int8"
    missing: str = ""


class ClipsPanel(QWidget):
    """A list of clips that play; choosing one shows it in the whole window."""

    def __init__(self, session: Session, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session, self.player = session, audio.player()
        self.cell = CellClips()
        self._by_number: dict[int, Prediction] = {}
        self._by_place: dict[tuple[str, int, int], Prediction] = {}
        self._playing = -1
        self._cursor = QTimer(self, interval=CURSOR_MS)
        self._cursor.timeout.connect(self._show_cursor)
        self.title = QLabel(wordWrap=True)
        self.title.setObjectName("cell_title")
        self.clips = ClipList(thumbnails)
        self.clips.setObjectName("cell_clips")
        self.clips.setAccessibleName("Clips of the chosen cell")
        self.clips.shows_labels = False
        self.clips.setItemDelegate(CellDelegate(self, thumbnails))
        self.clips.setDragEnabled(False)
        self.clips.chosen.connect(self._chosen)
        self.clips.play_wanted.connect(self.play)
        self.empty = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self.empty.setObjectName("no_cell_clips")
        self.empty.setProperty("kind", "dim")
        self.heard = QLabel(wordWrap=True)
        self.heard.setObjectName("cell_heard")
        self.heard.setProperty("kind", "dim")
        self.heard.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._lay_out()
        self.restyle()

    def _lay_out(self) -> None:
        self.play_button = QPushButton("Play")
        self.play_button.setObjectName("play_cell_clip")
        self.play_button.setAccessibleName("Play the chosen clip, or stop")
        self.play_button.setToolTip("Play the chosen clip, or stop (Space in the list)")
        self.play_button.clicked.connect(lambda: self.play(next(iter(self.clips.selected()), -1)))
        head = QHBoxLayout()
        head.setSpacing(PAD)
        head.addWidget(self.title, 1)
        head.addWidget(self.play_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + GAP, PAD, PAD + GAP, PAD)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.clips, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self.heard)

    # what is shown

    def show_cell(self, cell: CellClips) -> None:
        """List a cell's clips."""
        self.cell = cell
        self.title.setText(cell.title)
        self.refresh()

    def refresh(self) -> None:
        """Find the clips in the library as it is now."""
        library, found = self.session.document.library, self._found()
        self._by_number = found
        self._by_place = {p.place: p for p in found.values()}
        numbers = tuple(found)
        current = self.session.segment if self.session.segment in found else (numbers[0] if numbers else -1)
        self.clips.show_clips(library, numbers, current)
        self.clips.setVisible(bool(numbers))
        self.empty.setText(self._why_empty() if not numbers else "")
        self.empty.setVisible(not numbers)
        self.play_button.setEnabled(bool(numbers))
        self._show_heard()

    def show_segment(self, number: int) -> None:
        """Show the session's clip where it is in the list."""
        if number in self._by_number:
            self.clips.show_current(number)
        self._show_heard()

    def enter(self) -> None:
        """Give the list the focus and show its first clip."""
        if self._by_number:
            number = next(iter(self._by_number))
            self.clips.show_current(number)
            self.clips.setFocus(Qt.FocusReason.TabFocusReason)
            self._chosen(number)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.play_button.setIcon(glyph("stop" if self.player.playing and self._playing >= 0 else "play", theme().text, size=14))

    def _found(self) -> dict[int, Prediction]:
        numbers = numbers_of(self.session.document.library)
        found = {numbers[p.place]: p for p in self.cell.predictions if p.place in numbers}
        sure = {n: max(p.scores(self.cell.model), default=0.0) for n, p in found.items()}
        return {n: found[n] for n in sorted(found, key=lambda n: -sure[n])}

    def sureness(self, segment: Segment) -> str:
        """Say how sure the model was of a listed clip; "" where its outputs are no shares."""
        prediction = self._by_place.get((segment.recording, segment.start, segment.end))
        best = max(prediction.scores(self.cell.model), default=2.0) if prediction else 2.0
        return f"{100 * best:.0f} %" if 0 <= best <= 1 else ""

    def _why_empty(self) -> str:
        if self.cell.missing:
            return self.cell.missing
        if self.cell.predictions:
            return "These clips are in the library no more."
        return "No clip. Choose a cell with a number in it." if self.cell.title else ""

    def _show_heard(self) -> None:
        number = next(iter(self.clips.selected()), -1)
        prediction, gone = self._by_number.get(number), len(self.cell.predictions) - len(self._by_number)
        lines = [scores_in_words(prediction, self.cell.labels, self.cell.model)] if prediction else []
        lines += [f"{gone} more {'is' if gone == 1 else 'are'} in the library no more"] if gone and self._by_number else []
        self.heard.setText("\n".join(lines))
        self.heard.setVisible(bool(lines))

    # hearing

    def play(self, number: int) -> None:
        """Play a clip, or stop where it plays."""
        library = self.session.document.library
        if self.player.playing and number == self._playing:
            self.stop()
        elif 0 <= number < len(library.segments):
            if number != self.session.segment:
                self.session.show_segment(number)
            self.session.attempt(lambda: self._start(library, number))
        else:
            self.session.told.emit("there is no clip to play: choose a cell of the matrix")

    def stop(self) -> None:
        """Stop what this list plays."""
        if self._playing >= 0:
            self.player.stop()
            self._show_cursor()

    def _start(self, library: Library, number: int) -> None:
        segment = library.segments[number]
        clip = read_clip(library.file(library.by_id[segment.recording]))
        self.player.play(clip.samples[segment.start : segment.end], clip.rate)
        self._playing = number
        self._cursor.start()
        self._show_cursor()
        self.restyle()
        if self.player.problem:
            self.session.told.emit(f"{clip_name(segment)}: nothing is heard: {self.player.problem}")

    def _show_cursor(self) -> None:
        if self.player.playing:
            self.clips.show_playing(self._playing, self.player.position)
            return
        self._cursor.stop()
        self._playing = -1
        self.clips.show_playing(None, 0.0)
        self.restyle()

    def _chosen(self, number: int) -> None:
        self.session.show_segment(number)
        self._show_heard()


def numbers_of(library: Library) -> dict[tuple[str, int, int], int]:
    """Number the clips of a library by their place in the recordings."""
    return {(s.recording, s.start, s.end): i for i, s in enumerate(library.segments)}


def scores_in_words(prediction: Prediction, labels: Sequence[str], model: str) -> str:
    """Say what a model made of a clip: the two or three highest outputs."""
    scores = prediction.scores(model)
    if len(scores) != len(labels):
        return f"{model} heard “{prediction.heard(model)}”"
    best = sorted(zip(scores, labels, strict=True), reverse=True)[:3]
    shares = all(0 <= s <= 1 for s in scores)
    said = ", ".join(f"{label} {100 * s:.0f} %" if shares else f"{label} {s:.2g}" for s, label in best)
    other = prediction.heard("float" if model == "int8" else "int8")
    differs = f"; {'float' if model == 'int8' else 'int8'} heard “{other}”" if other != prediction.heard(model) else ""
    return f"{model} heard: {said}{differs}"


class CellDelegate(ClipDelegate):
    """Draws a clip of a cell: its name, its sound, and how sure the model was."""

    def __init__(self, panel: ClipsPanel, thumbnails: Thumbnails) -> None:
        super().__init__(thumbnails, panel.clips)
        self._panel = panel

    def remark(self, segment: Segment) -> str:
        """Return the highest of the model's outputs for the clip."""
        return self._panel.sureness(segment)

    def _columns(self, rect: QRect) -> Columns:
        return Columns(112, 0, 44) if rect.width() < NARROW else Columns(200, 0, 60)

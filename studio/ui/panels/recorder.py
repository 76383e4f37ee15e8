"""The recorder: choose a device, see its level, take a labelled clip."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from studio import audio
from studio.audio.level import level
from studio.audio.protocol import DeviceGone, Recorder, Stream
from studio.audio.take import Take
from studio.core.errors import InputError, StudioError
from studio.core.project import check_label
from studio.ui.panels.device_box import DeviceBox
from studio.ui.panels.recorder_form import RecorderForm
from studio.ui.session import Session
from studio.ui.theme import PAD, ROOM, theme
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.level_meter import LevelMeter
from studio.ui.widgets.live_wave import LiveWave
from studio.ui.widgets.take_view import TakeView

TICK_MS = 33
NUMBERS_EVERY = 8
LEVEL_S = 0.1
SHORTEST_S = 0.1


class Clip(msgspec.Struct, frozen=True, eq=False):
    """What was recorded: samples at a rate, of which `start` to `end` are the clip, and what the user said of it."""

    samples: np.ndarray
    rate: int
    start: int
    end: int
    label: str
    speaker: str
    split: str
    device: str


class RecorderPanel(QFrame):
    """Records from one device at a time, while it is shown; `taken` brings each clip.

    What was recorded when the device went, or could not be stored, waits until the user keeps or discards it.
    """

    taken = Signal(object)
    undo_wanted = Signal()
    play_wanted = Signal()

    def __init__(self, session: Session, recorders: Sequence[Recorder] = ()) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.session = session
        self.devices = DeviceBox(tuple(recorders) or audio.recorders())
        self.devices.chosen.connect(self._reopen)
        self.devices.look_wanted.connect(self.look_again)
        self.devices.file_wanted.connect(self.use_file)
        self.form = RecorderForm()
        self.stream: Stream | None = None
        self.take: Take | None = None
        self.waiting: Clip | None = None
        self._ticks = 0
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._build()
        self.show_project()
        self.show_theme()
        self._note_problem()
        self.tell("Press Record (Ctrl+R) and say the word; it is found by its loudness.")

    # building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(PAD)
        self.device_note, self.take_view = _label("", "dim"), TakeView()
        column.addWidget(_label("RECORD", "heading"))
        column.addWidget(self.devices)
        column.addWidget(self.device_note)
        self.wave, self.meter = LiveWave(), LevelMeter()
        self.device_note.setObjectName("device_note")
        self.device_note.setWordWrap(True)
        self._numbers, self._clip_lamp = _label("", "dim"), _label("")
        self._clip_lamp.setProperty("state", "error")
        numbers = QHBoxLayout()
        numbers.addWidget(self._numbers, 1)
        numbers.addWidget(self._clip_lamp)
        column.addWidget(self.wave)
        column.addWidget(self.meter)
        column.addLayout(numbers)
        column.addWidget(self.form)
        column.addWidget(self._make_button())
        column.addWidget(self.progress)
        column.addWidget(self.take_view)
        column.addWidget(self.message)
        column.addLayout(self._make_answers())
        column.addStretch(1)

    def _make_button(self) -> QPushButton:
        self.record_button = QPushButton("Record")
        _name(self.record_button, "record_button", "Record a clip")
        self.record_button.setToolTip("Record a clip (Ctrl+R); Esc cancels")
        self.record_button.setMinimumHeight(36)
        self.record_button.clicked.connect(self.toggle)
        self.progress = QProgressBar(textVisible=False)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of the recording")
        keep = self.progress.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(keep)
        self.progress.hide()
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.cancel)
        self._escape.setEnabled(False)
        self.message = _label("", "dim")
        self.message.setObjectName("recorder_message")
        self.message.setWordWrap(True)
        return self.record_button

    def _make_answers(self) -> QHBoxLayout:
        self.keep_button, self.discard_button = QPushButton("Keep"), QPushButton("Discard")
        self.play_button, self.undo_button = QPushButton("Play"), QPushButton("Undo")
        row = QHBoxLayout()
        row.setSpacing(PAD)
        answers = (
            (self.keep_button, "keep_take", "Keep what was recorded", self.keep),
            (self.discard_button, "discard_take", "Discard what was recorded", self.discard),
            (self.play_button, "play_take", "Play the last take", self.play_wanted.emit),
            (self.undo_button, "undo_take", "Take the recording out of the library", self._undo),
        )
        for button, name, told, act in answers:
            _name(button, name, told)
            button.clicked.connect(act)
            button.hide()
            row.addWidget(button)
        row.addStretch(1)
        return row

    # devices

    def look_again(self) -> None:
        """List the devices anew, as after plugging one in, and listen again."""
        if not self.recording:
            self.close_stream()
            self.devices.look()
            self._note_problem()
            self.listen()

    def use_file(self, path: Path) -> None:
        """Play a file as the microphone; say why where it cannot be read."""
        try:
            self.devices.use_file(path)
        except StudioError as error:
            self.tell(f"{error}; {error.hint}", "too_large")

    def _note_problem(self) -> None:
        problem = self.devices.problem()
        self.device_note.setText(f"No microphone: {problem}." if problem else "")
        self.device_note.setVisible(bool(problem))

    def _reopen(self) -> None:
        self.cancel()
        self.close_stream()
        self.listen()

    def listen(self) -> bool:
        """Open the chosen device where it is not; say why where that fails."""
        if self.stream is not None:
            return True
        try:
            opened = self.devices.open(self.session.document.project.frontend.sample_rate)
        except StudioError as error:
            opened = f"{error}; {error.hint}"
        if isinstance(opened, str):
            self._show_silence(opened)
            return False
        self.stream = opened
        self._timer.start()
        return True

    def close_stream(self) -> None:
        """Give the device back."""
        self._timer.stop()
        if self.stream is not None:
            self.stream.stop()
            self.stream = None
        self.wave.clear()
        self.meter.clear()
        self._numbers.setText("")
        self._clip_lamp.setText("")

    def _show_silence(self, why: str) -> None:
        self.close_stream()
        self.wave.clear(why)

    # recording

    @property
    def recording(self) -> bool:
        """Whether a clip is being recorded."""
        return self.take is not None

    def toggle(self) -> None:
        """Record, or cancel what is being recorded."""
        if self.recording:
            self.cancel()
        else:
            self.record()

    def record(self) -> None:
        """Record one clip with the chosen label."""
        if self.recording or self.waiting is not None:
            return
        if not self._label_will_do():
            return
        if not self.listen():
            return
        assert self.stream is not None
        fe = self.session.document.project.frontend
        try:
            self.stream.poll()
        except DeviceGone as error:
            self._lose(error)
            return
        self.take = Take(self.stream, fe.clip_samples / fe.sample_rate)
        self.tell("")
        self._show_state()

    def _label_will_do(self) -> bool:
        if not self.form.label:
            self.tell("Choose a label or type a new one, then record.", "tight")
        else:
            try:
                check_label(self.form.label)
                return True
            except InputError as error:
                self.tell(f"{error.message}: {error.hint}", "too_large")
        self.form.label_box.setFocus()
        return False

    def cancel(self) -> None:
        """Drop what is being recorded."""
        if self.recording:
            self.take = None
            self.tell("cancelled; nothing was stored")
            self._show_state()

    def keep(self) -> None:
        """Store what waited for an answer."""
        clip, self.waiting = self.waiting, None
        self._show_state()
        if clip is not None:
            self.taken.emit(msgspec.structs.replace(clip, label=self.form.label or clip.label))

    def discard(self) -> None:
        """Drop what waited for an answer."""
        self.waiting = None
        self.tell("discarded")
        self._show_state()

    def discard_silently(self) -> None:
        """Drop what waited, for the document that it was meant for is closed."""
        self.waiting = None
        self.tell("")
        self._show_state()

    def offer(self, clip: Clip, why: str, verb: str = "Keep") -> None:
        """Let the user keep or discard a clip that was not stored."""
        self.waiting = clip
        self.keep_button.setText(verb)
        self.tell(why, "too_large")
        self.take_view.show_take(clip.samples, clip.start, clip.end)
        self._show_state()

    def stored(self, clip: Clip, text: str) -> None:
        """Say that a clip is in the library now."""
        self.tell(text)
        self.take_view.show_take(clip.samples, clip.start, clip.end)
        self.play_button.show()
        self.undo_button.show()

    def tell(self, text: str, state: str = "") -> None:
        """Say something under the button."""
        self.message.setProperty("state", state)
        self.message.setText(text)
        self.message.style().polish(self.message)
        self.show_taken_back()

    def show_taken_back(self) -> None:
        """Show the last take no more: it is undone, or another is under way."""
        for part in (self.take_view, self.play_button, self.undo_button):
            part.hide()

    def _undo(self) -> None:
        self.undo_wanted.emit()
        self.tell("taken back; Ctrl+Shift+Z brings it into the library again")

    def _tick(self) -> None:
        assert self.stream is not None
        try:
            written = self.stream.poll()
        except DeviceGone as error:
            self._lose(error)
            return
        take = self.take
        self.wave.listen(self.stream.ring, self.stream.rate, take.so_far if take else 0)
        self._show_level(written)
        if take is not None:
            self.progress.setValue(round(1000 * take.fraction))
            self.record_button.setText(f"{take.seconds_left:.1f} s left · Esc cancels")
            if take.full:
                self._finish(take)

    def _show_level(self, written: int) -> None:
        assert self.stream is not None
        newest = level(self.stream.ring.window(min(written, round(LEVEL_S * self.stream.rate))))
        self.meter.show_level(newest)
        self._ticks += 1
        if self._ticks % NUMBERS_EVERY == 1:
            self._numbers.setText(f"peak {newest.peak_db:.0f} dB   RMS {newest.rms_db:.0f} dB".replace("-", "−"))
        self._clip_lamp.setText("clipped: lower the gain" if self.meter.clipped else "")

    def _finish(self, take: Take) -> None:
        self.take = None
        self._show_state()
        self.taken.emit(self._clip(take))

    def _clip(self, take: Take) -> Clip:
        samples = take.samples()
        start, end = take.part(samples, self.form.trim)
        form = self.form
        return Clip(samples, take.rate, start, end, form.label, form.speaker, form.split, self.devices.name)

    def _lose(self, error: DeviceGone) -> None:
        take, self.take = self.take, None
        self._show_silence(f"{error}; {error.hint}")
        clip = None if take is None else self._clip(take)
        if clip is not None and len(clip.samples) >= SHORTEST_S * clip.rate:
            seconds = len(clip.samples) / clip.rate
            self.offer(
                clip, f"{error.where}: {error.message} after {seconds:.1f} s. Keep what was recorded so far?", f"Keep {seconds:.1f} s"
            )
        else:
            self.tell(f"{error}; {error.hint}", "too_large")
            self._show_state()

    def _show_state(self) -> None:
        waiting, recording = self.waiting is not None, self.recording
        self.progress.setVisible(recording)
        self._escape.setEnabled(recording)
        self.keep_button.setVisible(waiting)
        self.discard_button.setVisible(waiting)
        self.record_button.setEnabled(not waiting)
        self.record_button.setText("Recording…" if recording else "Record")
        self.record_button.setIcon(glyph("stop" if recording else "record", theme().too_large))
        self.devices.setEnabled(not recording)

    # following

    def show_project(self) -> None:
        """Follow the project's labels and clip length."""
        self.form.show_project(self.session.document.project)

    def show_theme(self) -> None:
        """Take the theme's colours."""
        self.devices.show_theme()
        self._show_state()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.listen()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self.cancel()
        self.close_stream()
        super().hideEvent(event)


def _label(text: str, kind: str = "") -> QLabel:
    made = QLabel(text)
    if kind:
        made.setProperty("kind", kind)
    return made


def _name(widget: QPushButton, name: str, told: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(told)
    widget.setToolTip(told)

"""The choice of a recording device: sound cards, sound files, the synthetic voice."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from studio.audio.file import FileRecorder
from studio.audio.protocol import Recorder, Stream
from studio.ui.theme import GAP
from studio.ui.widgets.glyphs import glyph

Choice = tuple[str, str]
FILE_FILTER = "Sound (*.wav *.flac *.ogg *.mp3 *.aiff)"
NO_DEVICE = "no device is plugged in; plug one in and look again"


class DeviceBox(QWidget):
    """A combo box of devices, the system's default first and the synthetic voice last, and a button that looks again.

    `chosen` follows every choice of the user's; `file_wanted` brings the path of a file to play as the microphone.
    """

    chosen = Signal()
    look_wanted = Signal()
    file_wanted = Signal(object)

    def __init__(self, recorders: Sequence[Recorder], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recorders = tuple(recorders)
        self._choices: list[Choice | None] = []
        self.choice: Choice | None = None
        self.box, self.look_button = QComboBox(), QToolButton()
        self.box.setObjectName("device")
        self.box.setAccessibleName("Device to record from")
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.box.activated.connect(self._activated)
        self.look_button.setObjectName("look_for_devices")
        self.look_button.setAccessibleName("Look for devices again")
        self.look_button.setToolTip("Look for devices again")
        self.look_button.clicked.connect(self.look_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.box, 1)
        row.addWidget(self.look_button)
        self.setFocusProxy(self.box)
        self.look()

    @property
    def name(self) -> str:
        """The chosen device's name."""
        return self.box.currentText() if self.choice is not None else ""

    def look(self) -> None:
        """List the devices anew; the chosen one stays chosen while it is plugged in."""
        self._choices = []
        self.box.clear()
        files = any(isinstance(r, FileRecorder) for r in self._recorders)
        for recorder in self._recorders:
            if files and recorder.id == "synthetic":
                self._add("A sound file as microphone…", None)
            for device in recorder.devices():
                self._add(device.name, (recorder.id, device.id))
        kept = self.choice is not None and self.choice in self._choices
        self._point(self.choice if kept else next((c for c in self._choices if c is not None), None))
        problems = "\n".join(r.problem for r in self._recorders if r.problem)
        self.box.setToolTip(problems or "Device to record from")

    def select(self, recorder: str, device: str) -> None:
        """Choose a device."""
        self._point((recorder, device))
        self.chosen.emit()

    def open(self, rate: int) -> Stream | str:
        """Listen to the chosen device; return the stream, or in words why there is none. Raises the recorder's typed errors."""
        if self.choice is None:
            return NO_DEVICE
        recorder = next(r for r in self._recorders if r.id == self.choice[0])
        return recorder.open(self.choice[1], rate)

    def use_file(self, path: Path) -> None:
        """Play a file as the microphone; raise InputError where it cannot be read."""
        files = next(r for r in self._recorders if isinstance(r, FileRecorder))
        device = files.add(path)
        self.look()
        self.select(files.id, device.id)

    def problem(self) -> str:
        """Return why the machine's own devices are not listed, "" where they are."""
        return next((r.problem for r in self._recorders if r.problem), "")

    def show_theme(self) -> None:
        """Take the theme's colours."""
        self.look_button.setIcon(glyph("reset"))

    def ask_file(self) -> str:
        """Ask for a sound file."""
        return QFileDialog.getOpenFileName(self, "A sound file to play as the microphone", "", FILE_FILTER)[0]

    def _add(self, name: str, choice: Choice | None) -> None:
        self._choices.append(choice)
        self.box.addItem(name)

    def _point(self, choice: Choice | None) -> None:
        self.choice = choice
        known = choice is not None and choice in self._choices
        self.box.setCurrentIndex(self._choices.index(choice) if known else -1)

    def _activated(self, row: int) -> None:
        choice = self._choices[row]
        if choice is not None:
            self._point(choice)
            self.chosen.emit()
            return
        self._point(self.choice)
        ask: Callable[[], str] = self.ask_file
        if path := ask():
            self.file_wanted.emit(Path(path))

"""The shown clip: waveform over features on one time axis, played and zoomed, redrawn in the turn of every edit."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRunnable, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.core.frontend import FrontEnd
from studio.core.state import State
from studio.data.audio import SUFFIXES
from studio.ui.plots.clip_features import Spectra, picture
from studio.ui.plots.clip_plots import FeaturePlot, TimePlot, WavePlot
from studio.ui.plots.kit_sight import KitSight
from studio.ui.plots.shown_clip import Clips, ShownClip, Wanted, wanted_segment
from studio.ui.plots.stretch import Stretch
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.still import Still

AT_ONCE_SECONDS = 10.5
CURSOR_MS = 33
EMPTY = "No clip yet: record one in Sounds or drop a WAV here."


class _Reply(QObject):
    """Carries what a worker thread made back to the window's thread."""

    came = Signal(int, object, object)


class ClipView(QFrame):
    """Waveform and features of the session's clip, or of a file dropped here."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.clip: ShownClip | None = None
        self.int8 = False
        self.problem = ""
        self._file: Path | None = None
        self._clips, self._spectra, self._sight = Clips(), Spectra(), KitSight(session)
        self._loaded: tuple[object, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self._request = 0
        self._reply = _Reply(self)
        self._reply.came.connect(self._arrived)
        self._player = None
        self._played_from = 0.0
        self._cursor = QTimer(self, interval=CURSOR_MS)
        self._cursor.timeout.connect(self._follow_player)
        self._lay_out()
        self._connect()
        self._restyle()
        self._follow()

    # building

    def _lay_out(self) -> None:
        self.setObjectName("panel")
        self.setAccessibleName("Clip: waveform and features")
        self.setAcceptDrops(True)
        self.setMinimumWidth(260)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD, PAD, PAD, GAP)
        column.setSpacing(GAP)
        column.addLayout(self._make_header())
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_plots())
        self._stack.addWidget(self._make_empty())
        column.addWidget(self._stack, 1)
        self.info = QLabel(objectName="clip.info")
        self.info.setProperty("kind", "heading")
        self.info.setMinimumWidth(1)
        column.addWidget(Still(self.info))

    def _make_header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self.title = QLabel(objectName="clip.title")
        self.title.setProperty("kind", "dim")
        self.title.setMinimumWidth(1)
        row.addWidget(self.title, 1)
        self.previous_button = self._button("previous", "Previous clip (Ctrl+Left)", lambda: self._step(-1))
        self.next_button = self._button("next", "Next clip (Ctrl+Right)", lambda: self._step(1))
        self.play_button = self._button("play", "Play the clip, or what is zoomed in on (Space)", self.play)
        self.int8_button = self._button("int8", "As the kit sees it: features quantised to int8 (Ctrl+I)", self.toggle_int8)
        self.int8_button.setText("int8")
        self.int8_button.setCheckable(True)
        self.int8_button.setFixedWidth(44)
        for button in (self.previous_button, self.next_button, self.play_button, self.int8_button):
            row.addWidget(button)
        return row

    def _button(self, name: str, tip: str, call) -> QToolButton:
        button = QToolButton(objectName=f"clip.{name}")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setProperty("compact", True)
        button.setFixedSize(28, 24)
        button.clicked.connect(lambda _=False: call())
        return button

    def _make_plots(self) -> QWidget:
        plots = QWidget()
        column = QVBoxLayout(plots)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.stretch = Stretch(self)
        self.wave, self.features = WavePlot(self.stretch), FeaturePlot(self.stretch)
        self.wave.setMinimumHeight(40)
        self.features.setMinimumHeight(80)
        column.addWidget(self.wave, 2)
        column.addWidget(self.features, 5)
        return plots

    def _make_empty(self) -> QWidget:
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.addStretch(1)
        self.empty = QLabel(EMPTY, objectName="clip.empty")
        self.empty.setProperty("kind", "dim")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.empty)
        row = QHBoxLayout()
        row.addStretch(1)
        sounds, choose = QPushButton("Record in Sounds", objectName="clip.record"), QPushButton("Open a file…", objectName="clip.open")
        sounds.clicked.connect(lambda: self.session.room_wanted.emit("sounds"))
        choose.clicked.connect(self.choose_file)
        for button in (sounds, choose):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        return empty

    def _connect(self) -> None:
        session = self.session
        session.gauges.updated.connect(self._refresh)
        session.segment_changed.connect(self._show_segment)
        session.document_replaced.connect(self._follow)
        session.theme_changed.connect(self._restyle)
        session.jobs.changed.connect(self._jobs_changed)
        for plot in (self.wave, self.features):
            plot.hovered.connect(lambda at, plot=plot: self._hovered(plot, at))
            plot.unhovered.connect(self._show_info)
        self.stretch.changed.connect(self._show_info)

    def _restyle(self) -> None:
        self.previous_button.setIcon(glyph("back", size=16))
        self.next_button.setIcon(glyph("chevron", size=16))
        self._show_playing()
        self.wave.restyle()
        self.features.restyle()

    # following

    def _follow(self) -> None:
        self.stop()
        self._file = None
        self.session.document.changed.connect(self._document_changed)
        self._refresh()

    def _document_changed(self, before: State, after: State) -> None:
        if before.library is not after.library:
            self._refresh()

    def _show_segment(self, _number: int) -> None:
        self._file = None
        self.stop()
        self._refresh()

    def _jobs_changed(self) -> None:
        if self.int8:
            self._refresh()

    def show_file(self, path: Path) -> None:
        """Show any sound file in place of the library's clip, until another clip is chosen."""
        self._file = path
        self.stop()
        self._refresh()

    def choose_file(self) -> None:
        """Ask for a sound file and show it."""
        kinds = " ".join(f"*{s}" for s in SUFFIXES)
        chosen, _ = QFileDialog.getOpenFileName(self, "Look at a sound", "", f"Sounds ({kinds})")
        if chosen:
            self.show_file(Path(chosen))

    def _wanted(self) -> Wanted | None:
        if self._file is not None:
            return Wanted(self._file, self._file.name)
        return wanted_segment(self.session.document.library, self.session.segment)

    def _refresh(self) -> None:
        """Bring clip and features up to date; what is slow is done in a thread, and only the latest is shown."""
        fe, wanted = self.session.document.project.frontend, self._wanted()
        key = (wanted, fe.sample_rate, fe.clip_samples)
        if key != self._loaded:
            self._loaded, self._drawn = key, ()
            self._load(wanted, fe)
        else:
            self._draw(fe)

    def _load(self, wanted: Wanted | None, fe: FrontEnd) -> None:
        self._request += 1
        if wanted is None:
            self._show_clip(None, "")
        elif wanted.is_large:
            self.title.setText(f"reading {wanted.title}…")
            self._in_thread(lambda: self._read(wanted, fe))
        else:
            made, error = self._read(wanted, fe)
            self._show_clip(made, error)

    def _read(self, wanted: Wanted, fe: FrontEnd) -> tuple[ShownClip | None, str]:
        try:
            return self._clips.shown(wanted, fe), ""
        except StudioError as error:
            return None, f"{error}; {error.hint}" if error.hint else str(error)

    def _in_thread(self, work) -> None:
        number, reply = self._request, self._reply

        def run() -> None:
            if number == self._request:
                made = work()
                if number == self._request:
                    reply.came.emit(number, *made)

        QThreadPool.globalInstance().start(QRunnable.create(run))

    def _arrived(self, number: int, made: object, extra: object) -> None:
        if number != self._request:
            return
        if isinstance(made, np.ndarray):
            self._show_features(extra, made)
        else:
            self._show_clip(made, extra)

    def _show_clip(self, clip: ShownClip | None, problem: str) -> None:
        self.clip, self.problem = clip, problem
        self._spectra = Spectra()
        self.title.setText(clip.title if clip else "Clip")
        self.title.setToolTip(clip.title if clip else "")
        self.empty.setText(problem or EMPTY)
        self._stack.setCurrentIndex(0 if clip else 1)
        for button in (self.play_button, self.int8_button):
            button.setEnabled(clip is not None)
        many = len(self.session.document.library.segments) > 1
        self.previous_button.setEnabled(many)
        self.next_button.setEnabled(many)
        if clip is None:
            self.info.setText("")
            return
        self.wave.show_clip(clip)
        self.stretch.set_length(clip.seconds)
        self._draw(self.session.document.project.frontend)

    def _draw(self, fe: FrontEnd) -> None:
        clip = self.clip
        key = (clip, fe, self.int8)
        if clip is None or (not self.int8 and len(self._drawn) == 3 and all(a is b for a, b in zip(key, self._drawn, strict=True))):
            return
        self._drawn = key
        self._request += 1
        spectra = self._spectra
        if clip.seconds <= AT_ONCE_SECONDS:
            self._show_features(fe, spectra.features(fe, clip.samples))
        else:
            self._in_thread(lambda: (spectra.features(fe, clip.samples), fe))

    def _show_features(self, fe: FrontEnd, made: np.ndarray) -> None:
        self.features.show_picture(picture(fe, made, self._sight.sight(made) if self.int8 else None))
        self._show_info()

    # saying

    def _show_info(self) -> None:
        made = self.features.picture
        if made is None or self.clip is None:
            return
        start, end = self.features.shown_seconds
        said = [f"{start:.3f} – {end:.3f} s"]
        if made.sight is not None:
            quant = made.sight.quant
            said = [f"{made.saturated * 100:.1f} % of values saturate", f"by {made.sight.source}", *said]
            said.append(f"scale {quant.scale[0]:.4g}, zero {quant.zero_point[0]}".replace("-", "−"))
        else:
            low, high = float(made.features.min()), float(made.features.max())
            said.append(f"{made.db(low):.0f} to {made.db(high):.0f} dB".replace("-", "−"))
        if not self.clip.is_whole:
            said.append("the network hears the marked part")
        self._say(" · ".join(said))

    def _hovered(self, plot: TimePlot, at: QPointF) -> None:
        if self.clip is None:
            return
        if plot is self.features:
            text = self.features.text_at(at)
        else:
            sample = min(len(self.clip.samples) - 1, max(0, int(at.x() * self.clip.rate)))
            text = f"{at.x():.3f} s · {self.clip.samples[sample]:+.3f}".replace("-", "−")
        self._say(text) if text else self._show_info()

    def _say(self, text: str) -> None:
        self.info.setText(text)
        self.info.setToolTip(text)

    # acting

    def toggle_int8(self) -> None:
        """Show the features as the kit sees them, or as the host computes them."""
        self.int8 = not self.int8
        self.int8_button.setChecked(self.int8)
        self._refresh()

    def _step(self, step: int) -> None:
        count = len(self.session.document.library.segments)
        if count:
            self.session.show_segment((self.session.segment + step) % count)

    def play(self) -> None:
        """Play what is shown of the clip, or stop."""
        if self.clip is None:
            self.session.told.emit(self.problem or EMPTY)
            return
        if self._cursor.isActive():
            self.stop()
            return
        from studio.audio import player

        self._player = player()
        start, end = self.features.shown_seconds
        self._played_from = start
        rate = self.clip.rate
        self._player.play(self.clip.samples[round(start * rate) : round(end * rate)], rate)
        if self._player.problem:
            self.session.told.emit(f"nothing is heard: {self._player.problem}")
        self._cursor.start()
        self._show_playing()

    def stop(self) -> None:
        """Stop playing; harmless where nothing plays."""
        if self._cursor.isActive():
            self._cursor.stop()
            self._player.stop()
            self._show_playing()

    def close_view(self) -> None:
        """Stop playing, and let what is computed beside the window end unheard."""
        self.stop()
        self._request += 1

    def _follow_player(self) -> None:
        if not self._player.playing:
            self.stop()
            return
        for plot in (self.wave, self.features):
            plot.show_cursor(self._played_from + self._player.position)

    def _show_playing(self) -> None:
        playing = self._cursor.isActive()
        self.play_button.setIcon(glyph("stop" if playing else "play", size=16))
        if not playing:
            for plot in (self.wave, self.features):
                plot.show_cursor(None)

    # files dropped here

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(u.toLocalFile().lower().endswith(SUFFIXES) for u in event.mimeData().urls()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        path = next((u.toLocalFile() for u in event.mimeData().urls() if u.toLocalFile().lower().endswith(SUFFIXES)), "")
        if path:
            self.show_file(Path(path))
            event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space:
            self.play()
        else:
            super().keyPressEvent(event)

"""The button that trains and cancels, how far the training is, and what became of it."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.ui.panels.train_words import left_in_words
from studio.ui.theme import GAP
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.state import set_state

HINT = "Ctrl+Return"


class TrainBar(QWidget):
    """Shows a training; the button asks to start one, or to cancel the one that runs."""

    train_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train_bar")
        self.running = self.stopping = False
        self.words = QLabel(wordWrap=True)
        self.words.setObjectName("train_words")
        self.progress = QProgressBar(textVisible=False)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of the training")
        self.left = QLabel(wordWrap=True)
        self.left.setObjectName("train_left")
        self.left.setProperty("kind", "dim")
        self.button = QPushButton()
        self.button.setObjectName("train_button")
        self.button.setMinimumHeight(40)
        self.button.setIconSize(QSize(16, 16))
        self.button.clicked.connect(lambda: (self.cancel_wanted if self.running else self.train_wanted).emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for widget in (self.words, self.progress, self.left, self.button):
            column.addWidget(widget)
        self.restyle()
        self.say("")

    def start(self, note: str) -> None:
        """A training begins; the note stays beneath its progress."""
        self.running, self.stopping = True, False
        self.left.setText(note)
        self.show_progress(0.0, "starting", None)
        self.restyle()

    def show_progress(self, fraction: float, message: str, seconds_left: float | None) -> None:
        """Show how far it is."""
        self.progress.setValue(round(1000 * fraction))
        self.progress.setAccessibleDescription(f"{fraction:.0%}")
        if not self.stopping:
            left = left_in_words(seconds_left)
            text = f"{message} · {left}" if left else message
            self._show(text[:1].upper() + text[1:], "")

    def show_stopping(self, best: int) -> None:
        """The cancel is on its way."""
        self.stopping = True
        kept = f"Stopping; the best so far, epoch {best}, is kept" if best else "Stopping; no epoch is done, so nothing is kept"
        self._show(kept, "")
        self.restyle()

    def end(self, text: str, state: str = "") -> None:
        """It ended: well ("fits"), by the user (""), or not ("error")."""
        self.running = self.stopping = False
        self.restyle()
        self.say(text, state)

    def say(self, text: str, state: str = "") -> None:
        """Say something beside the button."""
        self._show(text, state)
        self.progress.setVisible(self.running)
        self.left.setVisible(self.running)

    def restyle(self) -> None:
        """Draw the button anew, in the theme's colours."""
        self.progress.setVisible(self.running)
        self.left.setVisible(self.running)
        self.button.setEnabled(not self.stopping)
        self.button.setText(("Stopping…" if self.stopping else "Cancel") if self.running else "Train")
        self.button.setToolTip("Stop and keep the best epoch so far" if self.running else f"Train the design as it stands ({HINT})")
        self.button.setAccessibleName("Cancel the training; the best so far is kept" if self.running else "Train")
        self.button.setProperty("kind", "" if self.running else "primary")
        self.button.setIcon(glyph("stop" if self.running else "play", on_accent=not self.running))
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)

    def _show(self, text: str, state: str) -> None:
        self.words.setText(text)
        self.words.setVisible(bool(text))
        set_state(self.words, state)

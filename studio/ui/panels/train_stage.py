"""The right side of the Train room: curves, runs and what they came to; before the first training, what belongs there."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.panels.train_bar import HINT
from studio.ui.panels.train_result import ResultPanel
from studio.ui.panels.train_runs import RunsPanel
from studio.ui.panels.train_series import Series
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.thumbnails import Thumbnails

EMPTY = (
    "Curves, accuracy and confusions of each training appear here.\n"
    "Train hears the clips as often as the recipe says, keeps the best epoch, makes the int8 model and judges both on the test clips."
)
WAITING = "Float and int8 accuracy and the confusion matrix come when this training is done."
_RUNS_HEIGHT = (128, 190)
_CURVES_HEIGHT = (176, 320)
_RESULT_HEIGHT = 410


class TrainStage(QStackedWidget):
    """Holds `runs`, `result` and, once they are made, `curves`. `train_wanted` and `sounds_wanted` come from the empty page."""

    train_wanted = Signal()
    sounds_wanted = Signal()

    def __init__(self, session: Session, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.runs, self.result = RunsPanel(session), ResultPanel(session, thumbnails)
        self._drawn: tuple[Series, ...] = ()
        self._curves: Any = None
        self._answer: Callable[[], None] = self.train_wanted.emit
        self.addWidget(self._make_empty())
        self.addWidget(self._make_rows())
        self.splitters = {"rows": self._rows, "result": self.result.splitter}

    @property
    def curves(self) -> Any:
        """Loss and accuracy over the epochs; made at the first call, for their library takes half a second to load."""
        if self._curves is None:
            from studio.ui.plots.curves import Curves

            self._curves = Curves()
            self._curves.show_series(self._drawn)
            self._place.layout().addWidget(self._curves)
        return self._curves

    def draw(self, drawn: Sequence[Series]) -> None:
        """Draw these trainings, now or as soon as there are curves."""
        self._drawn = tuple(drawn)
        if self._curves is not None:
            self._curves.show_series(self._drawn)
        self.runs.table.show_places({s.number: place for place, s in enumerate(self._drawn)})

    def show_page(self, running: bool) -> None:
        """Show the runs, or the page that stands for them while there are none."""
        found = bool(self.runs.table.runs)
        self.runs.setVisible(found)
        self._results.setCurrentIndex(1 if found else 0)
        self.setCurrentIndex(1 if found or running else 0)

    def show_empty(self, no_clips: bool) -> None:
        """Let the empty page offer what comes next: clips, then a training."""
        self.empty_button.setText("Go to Sounds" if no_clips else "Train")
        self.empty_button.setToolTip("Record clips there, or import a folder" if no_clips else f"Train the design as it stands ({HINT})")
        self._answer = self.sounds_wanted.emit if no_clips else self.train_wanted.emit

    def reset_layout(self) -> None:
        """Give every panel its first size."""
        width, height = max(self.width(), 500), max(self.height(), 500)
        runs = _within(height // 7, *_RUNS_HEIGHT)
        curves = _within(height - runs - _RESULT_HEIGHT, *_CURVES_HEIGHT)
        self._rows.setSizes([curves, runs, height - runs - curves])
        self.result.splitter.setSizes([round(0.56 * width), round(0.44 * width)])

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.runs.restyle()
        self.result.restyle()
        if self._curves is not None:
            self._curves.restyle()

    def _make_empty(self) -> QWidget:
        title, words = QLabel("No training yet"), _dim(EMPTY, "no_runs")
        title.setProperty("kind", "big")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty_button = QPushButton()
        self.empty_button.setObjectName("empty_action")
        self.empty_button.clicked.connect(lambda: self._answer())
        return _page(title, words, self.empty_button)

    def _make_rows(self) -> QSplitter:
        self._place = QWidget()
        self._place.setObjectName("panel")
        place = QVBoxLayout(self._place)
        place.setContentsMargins(ROOM, PAD, ROOM, GAP)
        self._results = QStackedWidget()
        self._results.addWidget(_page(_dim(WAITING, "no_result")))
        self._results.addWidget(self.result)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.setHandleWidth(1)
        for widget in (self._place, self.runs, self._results):
            self._rows.addWidget(widget)
        self._rows.setStretchFactor(0, 1)
        self._rows.setStretchFactor(2, 2)
        self._rows.setCollapsible(2, False)
        return self._rows


def _within(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def _dim(text: str, name: str) -> QLabel:
    label = QLabel(text, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
    label.setObjectName(name)
    label.setProperty("kind", "dim")
    return label


def _page(*widgets: QWidget) -> QWidget:
    """Put widgets in the middle of a panel, a third from the top."""
    page = QWidget()
    page.setObjectName("panel")
    column = QVBoxLayout(page)
    column.setContentsMargins(4 * ROOM, ROOM, 4 * ROOM, ROOM)
    column.setSpacing(ROOM)
    column.addStretch(2)
    for widget in widgets:
        centred = Qt.AlignmentFlag.AlignCenter if isinstance(widget, QPushButton) else Qt.AlignmentFlag(0)
        column.addWidget(widget, 0, centred)
    column.addStretch(3)
    return page

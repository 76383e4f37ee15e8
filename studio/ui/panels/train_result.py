"""What a run came to: float beside int8, the confusion matrix, and the clips in its cells."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.storage.predictions import Prediction, read_predictions
from studio.storage.runs import Run
from studio.ui.panels.train_clips import CellClips, ClipsPanel
from studio.ui.panels.train_words import against_in_words, int8_in_words, per_cent
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.confusion import Confusion, ConfusionView, as_confusion
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.thumbnails import Thumbnails

MODELS = {"int8": "int8", "float": "Float"}


class ResultPanel(QWidget):
    """Shows one run; beside another, how the two compare."""

    def __init__(self, session: Session, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self.run: Run | None = None
        self.model = "int8"
        self._predictions: tuple[Prediction, ...] | None = None
        self.clips = ClipsPanel(session, thumbnails)
        self.matrix = ConfusionView()
        self.matrix.opened.connect(lambda *_: self._show_cell())
        self.matrix.entered.connect(self.clips.enter)
        self.matrix.moved.connect(lambda *_: self._show_cell())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self._make_left())
        self.splitter.addWidget(self.clips)
        self.splitter.setCollapsible(0, False)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, PAD, 0, 0)
        column.setSpacing(PAD)
        column.addLayout(self._make_figures())
        column.addWidget(self.splitter, 1)

    # building

    def _make_figures(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(ROOM, 0, ROOM, 0)
        row.setSpacing(2 * ROOM)
        self.float_figure, self.int8_figure = QLabel(), QLabel()
        for title, figure in (("FLOAT", self.float_figure), ("INT8 · the kit's", self.int8_figure)):
            figure.setProperty("kind", "big")
            figure.setObjectName(f"accuracy_{'int8' if title.startswith('INT8') else 'float'}")
            heading = QLabel(title)
            heading.setProperty("kind", "heading")
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(heading)
            column.addWidget(figure)
            row.addLayout(column)
        self.words, self.origin = ElidedLabel(), ElidedLabel()
        self.words.setObjectName("result_words")
        self.origin.setObjectName("result_origin")
        self.origin.setProperty("kind", "dim")
        column = QVBoxLayout()
        column.setSpacing(2)
        for label in (self.words, self.origin):
            column.addWidget(label)
        row.addLayout(column, 1)
        return row

    def _make_left(self) -> QWidget:
        left = QWidget()
        head = QHBoxLayout()
        head.setSpacing(GAP)
        heading = QLabel("CONFUSION · test clips")
        heading.setProperty("kind", "heading")
        head.addWidget(heading, 1)
        self._group = QButtonGroup(self)
        self.toggles: dict[str, QToolButton] = {}
        for model, title in MODELS.items():
            self.toggles[model] = button = self._make_toggle(model, title)
            head.addWidget(button)
        column = QVBoxLayout(left)
        column.setContentsMargins(ROOM, PAD, PAD, PAD)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.matrix, 1)
        return left

    def _make_toggle(self, model: str, title: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"confusion_{model}")
        button.setText(title)
        button.setCheckable(True)
        button.setChecked(model == self.model)
        button.setProperty("compact", True)
        button.setMinimumWidth(44)
        button.setToolTip("What the int8 model, the kit's, heard" if model == "int8" else "What the float model heard")
        button.setAccessibleName(f"Show what the {title} model heard")
        button.clicked.connect(lambda: self.show_model(model))
        self._group.addButton(button)
        return button

    # showing

    def show_run(self, run: Run, folder: Path, others: Sequence[Run] = ()) -> None:
        """Show a run; `others` are compared with it in words."""
        changed = run != self.run
        self.run = run
        self.float_figure.setText(per_cent(run.float_accuracy))
        self.int8_figure.setText(per_cent(run.int8_accuracy))
        self.words.setText(int8_in_words(run))
        origin = f"run {run.number} · epoch {run.best_epoch} · {run.test_clips} test clips · measured"
        tip = f"float by Keras, int8 by {run.engine}, both on the same {run.test_clips} test clips"
        against = against_in_words(run, others[0]) if others else ""
        self.origin.setText(against or origin)
        self.origin.setToolTip("\n".join(filter(None, (against, origin, tip))))
        if changed:
            self._predictions = _read(folder)
            self._show_matrix(keep=False)

    def show_model(self, model: str) -> None:
        """Show what the "float" or the "int8" model heard; the cell stays."""
        self.model = model
        self.toggles[model].setChecked(True)
        self._show_matrix(keep=True)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.matrix.update()
        self.clips.restyle()

    @property
    def confusion(self) -> Confusion:
        """The matrix of the shown model."""
        if self.run is None:
            return Confusion()
        return as_confusion(self.run.labels, self.run.int8_confusion if self.model == "int8" else self.run.float_confusion)

    def _show_matrix(self, keep: bool) -> None:
        confusion = self.confusion
        self.matrix.show_confusion(confusion, self.matrix.cell if keep else confusion.worst())
        self._show_cell()

    def _show_cell(self) -> None:
        cell, confusion = self.matrix.cell, self.confusion
        if cell is None or not confusion.matrix:
            self.clips.show_cell(CellClips(missing="This run kept no confusion matrix."))
            return
        row, column = (confusion.labels[i] for i in cell)
        found = tuple(p for p in self._predictions or () if p.label == row and p.heard(self.model) == column)
        missing = "This run did not keep which clips it heard how; train again to list them." if self._predictions is None else ""
        says = confusion.says(cell)
        self.clips.show_cell(CellClips(says[:1].upper() + says[1:], found, confusion.labels, self.model, missing))


def _read(folder: Path) -> tuple[Prediction, ...] | None:
    try:
        return read_predictions(folder)
    except StudioError:
        return None

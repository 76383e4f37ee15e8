"""What is said of a clip before it is recorded: label, speaker, part of the split, trimming."""

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from studio.core.library import SPLITS
from studio.core.project import Project
from studio.ui.theme import PAD

BY_RULE = "by rule, 80/10/10"


class RecorderForm(QWidget):
    """The fields; the label may be a new one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label_box, self.speaker_edit, self.split_box, self.trim_box = QComboBox(), QLineEdit(), QComboBox(), QCheckBox()
        self.label_box.setEditable(True)
        self.label_box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for box in (self.label_box, self.split_box):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.split_box.addItems([BY_RULE, *SPLITS])
        self.speaker_edit.setPlaceholderText("who speaks (optional)")
        self.trim_box.setChecked(True)
        self._lay_out()

    def _lay_out(self) -> None:
        fields = (
            (self.label_box, "label", "Label", "What is said or heard; a new label is added to the project"),
            (self.speaker_edit, "speaker", "Speaker", "Who speaks, so that a speaker can be held out of training"),
            (
                self.split_box,
                "split",
                "Part",
                "Part of the split; by rule, the file's hash decides: 80 % train, 10 % validation, 10 % test",
            ),
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(PAD)
        grid.setVerticalSpacing(PAD)
        grid.setColumnStretch(1, 1)
        for row, (widget, name, title, tip) in enumerate(fields):
            widget.setObjectName(name)
            widget.setAccessibleName(title)
            widget.setToolTip(tip)
            text = QLabel(title)
            text.setProperty("kind", "dim")
            text.setBuddy(widget)
            grid.addWidget(text, row, 0)
            grid.addWidget(widget, row, 1)
        self.trim_box.setObjectName("trim")
        self.trim_box.setAccessibleName("Trim the clip to its loudest part")
        self.trim_box.setToolTip(
            "The file keeps 0.3 s before the key and after; the clip is its loudest part. Off: the clip starts with the key."
        )
        grid.addWidget(self.trim_box, len(fields), 1)

    @property
    def label(self) -> str:
        """The label, without spaces around it."""
        return self.label_box.currentText().strip()

    @property
    def speaker(self) -> str:
        """The speaker, "" where nobody is named."""
        return self.speaker_edit.text().strip()

    @property
    def split(self) -> str:
        """The part of the split, "" for the rule."""
        return "" if self.split_box.currentIndex() == 0 else self.split_box.currentText()

    @property
    def trim(self) -> bool:
        """Whether the loudest part is the clip."""
        return self.trim_box.isChecked()

    def choose_label(self, label: str) -> None:
        """Fill in a label."""
        self.label_box.setEditText(label)

    def show_project(self, project: Project) -> None:
        """Offer the project's labels and say how long a clip is; what is typed stays."""
        kept = self.label_box.currentText()
        if tuple(self.label_box.itemText(i) for i in range(self.label_box.count())) != project.labels:
            self.label_box.clear()
            self.label_box.addItems(project.labels)
            self.label_box.setEditText(kept or (project.labels[0] if project.labels else ""))
        fe = project.frontend
        self.trim_box.setText(f"trim to the loudest {fe.clip_samples / fe.sample_rate:.2f} s")

"""How clips are held out for validation and test: at random, by whole speakers, or by what file names tell."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.data.splits import parse_split
from studio.ui.dialogs.preview import NAMED, Preview
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.spin_box import SpinBox

_KINDS = (("random", "Random clips of each label"), ("speaker", "Whole speakers"), ("test", "Chosen by the file names"))
_HELP = {
    "random": "Every label gives its share. Recordings that are the same stay in one part.",
    "speaker": "Nobody who is tested was heard in training: the honest choice where names tell the speaker.",
    "test": "What has these values is tested; of the rest a tenth validates. Ranges as in 0-4, several with commas.",
}


class SplitChoice(QWidget):
    """Edits a split; `changed` follows every change."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview: Preview | None = None
        self.kind = QComboBox()
        for id, name in _KINDS:
            self.kind.addItem(name, id)
        self.kind.setObjectName("split_kind")
        self.kind.setAccessibleName("What is held out for the test")
        self.test, self.validation = _share("split_test", "test", 20), _share("split_validation", "validation", 10)
        self.field = QComboBox()
        self.field.setObjectName("split_field")
        self.field.setAccessibleName("Field of the file names")
        self.field.setEditable(True)
        self.field.setMinimumWidth(110)
        self.values = QLineEdit(placeholderText="0-4")
        self.values.setObjectName("split_values")
        self.values.setAccessibleName("Values that are tested")
        self.seed = SpinBox()
        self.seed.setObjectName("split_seed")
        self.seed.setAccessibleName("Seed of the split")
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setValue(1)
        self.seed.setPrefix("seed ")
        self.seed.setToolTip("the same recordings, choice and seed give the same parts")
        self.help = QLabel()
        self.help.setProperty("kind", "dim")
        self.help.setWordWrap(True)
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._show)
        for signal in (self.test.valueChanged, self.validation.valueChanged, self.seed.valueChanged, self.values.textChanged):
            signal.connect(lambda *_: self.changed.emit())
        self.field.currentTextChanged.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(PAD)
        self._equals = QLabel("=")
        for widget in (self.test, self.validation, self.field, self._equals, self.values, self.seed):
            row.addWidget(widget, 1)
        row.setStretchFactor(self._equals, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.kind)
        column.addLayout(row)
        column.addWidget(self.help)

    @property
    def text(self) -> str:
        """The split as parse_split reads it."""
        kind = self.kind.currentData()
        if kind == "test":
            return f"test:{self.field.currentText().strip()}={self.values.text().strip()}"
        return f"{kind}:test={self.test.value() / 100},validation={self.validation.value() / 100}"

    def problem(self) -> StudioError | None:
        """Return why this is no split, None where it is one."""
        try:
            parse_split(self.text)
        except StudioError as error:
            return error
        return None

    def show_preview(self, preview: Preview | None) -> None:
        """Offer the fields that the file names tell."""
        self._preview = preview
        fields = tuple(preview.fields) if preview else ()
        now = self.field.currentText()
        if fields != tuple(self.field.itemText(i) for i in range(self.field.count())):
            self.field.clear()
            self.field.addItems(list(fields))
            if now:
                self.field.setEditText(now)
        self._show()

    def _show(self, *_: object) -> None:
        kind = self.kind.currentData()
        for widget in (self.test, self.validation):
            widget.setVisible(kind != "test")
        for widget in (self.field, self._equals, self.values):
            widget.setVisible(kind == "test")
        self.help.setText(" ".join(filter(None, (_HELP[kind], self._remark(kind)))))
        self.changed.emit()

    def _remark(self, kind: str) -> str:
        found = self._preview
        if found is None:
            return ""
        if kind == "random" and found.parts_given:
            return "The parts that the folders name (train, validation, test) are kept."
        if kind == "speaker" and found.speakers < 3:
            return f"It needs at least 3 speakers; the file names tell {found.speakers}."
        values = found.fields.get(self.field.currentText(), ()) if kind == "test" else ()
        if not values:
            return ""
        few = values if len(values) <= NAMED else (*values[: NAMED - 2], "…", values[-1])
        return f"{self.field.currentText()} takes {', '.join(few)}."


def _share(name: str, title: str, value: int) -> QSpinBox:
    box = SpinBox()
    box.setObjectName(name)
    box.setAccessibleName(f"Share for {title}")
    box.setRange(1, 80)
    box.setValue(value)
    box.setPrefix(f"{title} ")
    box.setSuffix(" %")
    return box

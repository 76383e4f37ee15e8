"""The front end's panel: its knobs, what they cost, and two settings to compare."""

from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.edits import SetFrontEnd
from studio.core.errors import StudioError
from studio.core.frontend import FrontEnd, with_rate
from studio.core.units import format_count, format_size
from studio.dsp.issues import frontend_issues
from studio.estimate.frontend import frontend_cost
from studio.ui.panels.frontend_knobs import CHOICES, KNOBS, ORDER, ChoiceSpec, KnobSpec
from studio.ui.panels.frontend_measure import Measurement
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.knob import HEIGHT, NAME_WIDTH, Knob
from studio.ui.widgets.number import Gesture
from studio.ui.widgets.param_editors import ChoiceBox
from studio.ui.widgets.param_row import reset_button
from studio.ui.widgets.still import Still

DEFAULT = FrontEnd()
SLOTS = ("A", "B")


class FrontEndPanel(QFrame):
    """Knobs over the document's front end. `left` gives the focus back to the canvas."""

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("panel")
        self.setAccessibleName("Front end")
        self.setMinimumWidth(236)
        self.knobs: dict[str, Knob] = {}
        self.boxes: dict[str, ChoiceBox] = {}
        self._resets: dict[str, QToolButton] = {}
        self._slot = "A"
        self._other: FrontEnd | None = None
        self._shown: tuple[object, object] | None = None
        self._measurement: Measurement | None = None
        self._lay_out()
        session.gauges.updated.connect(self._show)
        session.document_replaced.connect(self._follow)
        session.theme_changed.connect(self._restyle)
        self._restyle()
        self._show()

    def focus_first(self) -> None:
        """Give the first knob the focus."""
        self.knobs[ORDER[0]].number.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(self.knobs[ORDER[0]])

    @property
    def frontend(self) -> FrontEnd:
        """The document's front end."""
        return self.session.document.project.frontend

    # building

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + GAP, PAD, GAP, PAD)
        column.setSpacing(GAP)
        column.addLayout(self._make_header())
        column.addWidget(self._make_area(), 1)
        self.derived = QLabel(objectName="frontend.derived")
        self.derived.setProperty("kind", "dim")
        self.issues = QLabel(objectName="frontend.issues")
        self.issues.setProperty("kind", "heading")
        self.issues.setProperty("state", "tight")
        for label in (self.derived, self.issues):
            label.setWordWrap(True)
        self.issues.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(Still(self.derived))
        column.addWidget(self.issues)

    def _make_header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        title = QLabel("FRONT END · Log-mel")
        title.setProperty("kind", "heading")
        row.addWidget(title, 1)
        self._slots = QButtonGroup(self)
        tip = "two settings to compare: B starts as a copy of A; the other letter brings the other setting back"
        for slot in SLOTS:
            button = _quiet(slot, f"frontend.slot.{slot}", f"Setting {slot}: {tip}")
            button.setCheckable(True)
            button.setChecked(slot == self._slot)
            button.clicked.connect(lambda _=False, slot=slot: self.show_slot(slot))
            self._slots.addButton(button)
            row.addWidget(button)
        self._reset_all = _quiet("", "frontend.reset", "Reset the whole front end to the defaults")
        self._reset_all.clicked.connect(self.reset_all)
        row.addWidget(self._reset_all)
        return row

    def _make_area(self) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GAP, 0)
        column.setSpacing(2)
        knobs, choices = {k.field: k for k in KNOBS}, {c.field: c for c in CHOICES}
        for field in ORDER:
            column.addWidget(self._make_knob(knobs[field]) if field in knobs else self._make_choice(choices[field]))
            if field == "std_db":
                column.addWidget(self._make_measure())
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        return self._area

    def _make_knob(self, spec: KnobSpec) -> Knob:
        knob = Knob(spec.title, spec.measure, spec.scale(DEFAULT), f"frontend.{spec.field}", spec.help)
        knob.edited.connect(lambda value, key: self._turn(spec, value, key))
        knob.reset.connect(lambda: self._reset(spec.field))
        knob.left.connect(self.left)
        self.knobs[spec.field] = knob
        return knob

    def _make_choice(self, spec: ChoiceSpec) -> QWidget:
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        name, box = QLabel(spec.title), ChoiceBox(tuple(spec.choices))
        name.setFixedWidth(NAME_WIDTH)
        box.setFixedHeight(HEIGHT)
        box.setObjectName(f"frontend.{spec.field}")
        box.setAccessibleName(spec.title)
        gesture = Gesture(box.objectName())
        box.activated.connect(lambda _: self._choose(spec, box.currentText(), gesture.burst()))
        box.left.connect(self.left)
        for widget in (name, box):
            widget.setToolTip(spec.help)
        self.boxes[spec.field] = box
        self._resets[spec.field] = reset_button(f"Reset {spec.title.lower()}", f"frontend.{spec.field}.reset")
        self._resets[spec.field].clicked.connect(lambda: self._reset(spec.field))
        for place, widget in enumerate((name, box, self._resets[spec.field])):
            grid.addWidget(widget, 0, place)
        grid.setColumnStretch(1, 1)
        return row

    def _make_measure(self) -> QPushButton:
        self.measure = QPushButton("Measure from the recordings", objectName="frontend.measure")
        self.measure.setToolTip("set mean and spread so that the training clips' features have mean 0 and deviation 1")
        self.measure.clicked.connect(self._measure)
        return self.measure

    # showing

    def _follow(self) -> None:
        self._slot, self._other = "A", None
        self._slots.buttons()[0].setChecked(True)
        self._drop_measurement()
        self._show()

    def _show(self) -> None:
        fe, targets = self.frontend, self.session.document.project.targets
        if self._shown is not None and self._shown[0] is fe and self._shown[1] is targets:
            return
        old = self._shown[0] if self._shown is not None else None
        rate_changed = old is None or old.sample_rate != fe.sample_rate
        self._shown = (fe, targets)
        for spec in KNOBS:
            knob = self.knobs[spec.field]
            knob.explain("")
            if rate_changed:
                knob.set_scale(spec.scale(fe))
            elif getattr(old, spec.field) == getattr(fe, spec.field) and spec.field != "fft":
                continue
            knob.show_value(spec.shown(fe), getattr(fe, spec.field) == getattr(DEFAULT, spec.field), f"{spec.help}: {spec.words(fe)}")
        for spec in CHOICES:
            self._show_choice(spec, getattr(fe, spec.field))
        for field in ("mean_db", "std_db"):
            self.knobs[field].setEnabled(fe.normalisation == "fixed")
        self._show_derived(fe)

    def _show_choice(self, spec: ChoiceSpec, value: Any) -> None:
        box = self.boxes[spec.field]
        text = next((t for t, v in spec.choices.items() if v == value), f"{value / 1000:g} kHz" if isinstance(value, int) else str(value))
        if box.findText(text) < 0:
            box.addItem(text)
        box.setCurrentText(text)
        self._resets[spec.field].setVisible(value != getattr(DEFAULT, spec.field))

    def _show_derived(self, fe: FrontEnd) -> None:
        parts = [f"{fe.frames} frames × {fe.mels} bins"]
        known = self.session.gauges.boards
        boards = [known[t] for t in self.session.document.project.targets if t in known]
        if boards:
            board = boards[0]
            cost = frontend_cost(fe, board.core)
            parts += [f"{format_size(cost.ram_bytes)} RAM", f"{format_count(cost.instructions)} instructions a clip"]
            self.derived.setToolTip(f"on {board.name}: {format_size(cost.const_bytes)} of tables, {format_size(cost.code_bytes)} of code")
        self.derived.setText(" · ".join(parts))
        remarks = frontend_issues(fe, boards)
        self.issues.setText("\n".join(i.message for i in remarks))
        self.issues.setVisible(bool(remarks))

    def _restyle(self) -> None:
        self._reset_all.setIcon(glyph("reset", size=16))
        for button in (*self._resets.values(), *(k.reset_button for k in self.knobs.values())):
            button.setIcon(glyph("reset", size=14))

    # editing

    def _turn(self, spec: KnobSpec, value: float, key: str) -> None:
        """Change the front end; a slider stops at the last value that can be, a typed one that cannot be is refused."""
        knob = self.knobs[spec.field]
        low, high = spec.limits(self.frontend)
        allowed = min(high, max(low, value))
        text = self._push(spec.changes(self.frontend, value), key)
        if text.startswith(f"{spec.field} = "):
            text = f"{spec.measure.write(value)} is out of range; {text.partition('; ')[2]}"
        if text and ".number" not in key and allowed != value:
            self._push(spec.changes(self.frontend, allowed), key)
        knob.explain(text)
        if text and not knob.number.isModified():
            knob.show_value(spec.shown(self.frontend))

    def _push(self, changes: dict[str, Any], key: str = "") -> str:
        """Change the front end; return why that cannot be, "" where it is done."""
        try:
            self.session.document.push(SetFrontEnd(changes), key)
        except StudioError as error:
            return f"{error.message}; {error.hint}" if error.hint else error.message
        return ""

    def _choose(self, spec: ChoiceSpec, text: str, key: str) -> None:
        value = spec.choices.get(text)
        if value is None or value == getattr(self.frontend, spec.field):
            return
        self._tell(self._push(with_rate(self.frontend, value) if spec.field == "sample_rate" else {spec.field: value}, key))

    def _reset(self, field: str) -> None:
        value = getattr(DEFAULT, field)
        text = self._push(with_rate(self.frontend, value) if field == "sample_rate" else {field: value})
        if field in self.knobs:
            self.knobs[field].explain(text)
            self.knobs[field].message.show_now()

    def reset_all(self) -> None:
        """Give every knob its default."""
        self._tell(self._push(msgspec.structs.asdict(DEFAULT)))

    def show_slot(self, slot: str) -> None:
        """Bring the other setting of the two back and keep the present one."""
        if slot == self._slot:
            return
        kept, brought = self.frontend, self._other or self.frontend
        self._slot, self._other = slot, kept
        self._tell(self._push(msgspec.structs.asdict(brought)))

    def _tell(self, text: str) -> None:
        if text:
            self.session.told.emit(text)

    # measuring

    def _measure(self) -> None:
        if self._measurement is not None:
            self._drop_measurement()
            return
        document = self.session.document
        self._measurement = Measurement(document.library, document.project, self)
        self._measurement.progressed.connect(lambda done: self.measure.setText(f"Measuring {done:.0%} · stop"))
        self._measurement.done.connect(self._measured)
        self._measurement.failed.connect(self._not_measured)
        self.measure.setText("Measuring · stop")
        self._measurement.start()

    def _measured(self, mean: float, spread: float) -> None:
        self._drop_measurement()
        text = self._push({"normalisation": "fixed", "mean_db": mean, "std_db": spread})
        self._tell(text or f"the training clips have a mean of {mean:g} dB and a spread of {spread:g} dB")

    def _not_measured(self, error: object) -> None:
        self._drop_measurement()
        self._tell(f"{error}{'; ' + error.hint if isinstance(error, StudioError) and error.hint else ''}")

    def _drop_measurement(self) -> None:
        if self._measurement is not None:
            self._measurement.stop()
            self._measurement = None
        self.measure.setText("Measure from the recordings")

    def close_panel(self) -> None:
        """End what runs."""
        self._drop_measurement()


def _quiet(text: str, name: str, tip: str) -> QToolButton:
    button = QToolButton(objectName=name)
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFixedSize(26, 24)
    button.setProperty("compact", True)
    return button

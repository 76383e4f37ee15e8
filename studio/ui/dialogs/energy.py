"""What a target's energy is counted with: the board's currents and an assumed battery, or the user's own figures, each a step to undo."""

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio.core.edits import SetEnergy
from studio.core.energy import BY_NAME, FIGURES, EnergyPlan, Figure
from studio.core.errors import StudioError
from studio.core.target import TargetDevice
from studio.core.units import format_current, format_days, format_energy
from studio.estimate.energy import CR2032_MAH, CR2032_SOURCE, CR2032_V
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.number import DragLabel, Explanation, Measure, NumberField
from studio.ui.widgets.param_row import reset_button
from studio.ui.widgets.state import set_state

MEASURES = {
    "supply_v": Measure("V", step=0.1),
    "active_ma": Measure("mA", step=0.1, units={"A": 1000.0, "uA": 1e-3, "µA": 1e-3}),
    "sleep_ua": Measure("µA", step=0.1, units={"uA": 1.0, "mA": 1000.0, "A": 1e6, "nA": 1e-3}),
    "efficiency_percent": Measure("%", step=1),
    "interval_ms": Measure("ms", step=50, digits=6, units={"s": 1e3, "min": 6e4, "h": 3.6e6}),
    "battery_mah": Measure("mAh", step=10, digits=6, units={"Ah": 1e3}),
    "battery_v": Measure("V", step=0.1),
    "self_discharge_percent": Measure("%", step=0.1),
}
SECTIONS = (
    ("THE BOARD", ("supply_v", "active_ma", "sleep_ua")),
    ("HOW OFTEN", ("interval_ms",)),
    ("BATTERY", ("battery_mah", "battery_v", "self_discharge_percent", "efficiency_percent")),
)
_SOURCES = {"supply_v": "supply", "active_ma": "active", "sleep_ua": "sleep"}
_HELP = {
    "supply_v": "the voltage at which the currents hold",
    "active_ma": "while it computes, at the board's clock",
    "sleep_ua": "between two inferences, with RAM kept",
    "efficiency_percent": "the share of the battery's power that the regulator before the board passes on",
    "interval_ms": "for the energy alone; the time gauge keeps the project's interval",
    "battery_mah": "what the battery holds",
    "battery_v": "its voltage while it is drained",
    "self_discharge_percent": "what it loses by itself in a month",
}


class EnergyRow:
    """A figure: its name to drag, its number, the way back to the board's, and where the number comes from."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.name = DragLabel(figure.title[0].upper() + figure.title[1:], f"energy.{figure.name}")
        self.name.setToolTip(f"{_HELP[figure.name]}; drag sideways to change it, double click to take the board's")
        self.field = NumberField(MEASURES[figure.name], f"energy.{figure.name}")
        self.field.setObjectName(f"energy_{figure.name}")
        self.field.setAccessibleName(figure.title)
        self.field.setAccessibleDescription(f"{_HELP[figure.name]}; from {figure.low:g} to {figure.high:g} {figure.unit}")
        self.field.setToolTip(f"{_HELP[figure.name]}; from {figure.low:g} to {figure.high:g} {figure.unit}")
        self.field.setFixedSize(104, 26)
        self.field.differ = "100 %" if figure.name == "efficiency_percent" else "unknown"
        self.name.setBuddy(self.field)
        self.reset = reset_button("Take back your own figure", f"energy_{figure.name}_reset")
        self.source = ElidedLabel()
        self.source.setProperty("kind", "dim")
        self.message = Explanation()
        self.refused = False

    def show_figure(self, value: float | None, own: bool, source: str) -> None:
        """Show the figure that counts, and whether it is the user's own."""
        self.refused = False
        self.field.refuse(False)
        self.message.say("")
        self.field.show_value(value)
        self.reset.setVisible(own)
        self.source.setText(source)
        self.source.setToolTip(source)
        set_state(self.source, "fits" if own else "", "" if own else "dim")

    def refuse(self, error: StudioError) -> None:
        """Say why a figure cannot be."""
        self.refused = True
        self.field.refuse(True)
        self.explain(f"{error.message}; {error.hint}" if error.hint else error.message)

    def explain(self, text: str) -> None:
        """Say something under the number."""
        self.message.say(text)
        self.message.show_now()


class EnergyDialog(QDialog):
    """The figures of one target of the project; every change counts at once, and Ctrl+Z takes it back."""

    def __init__(self, session: Session, target: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._began: dict[str, tuple[float | None, float | None]] = {}
        self.setObjectName("energy_dialog")
        self.setWindowTitle("Energy and battery")
        self.setMinimumWidth(800)
        self.rows = {figure.name: EnergyRow(figure) for figure in FIGURES}
        self.targets = self._make_targets(target)
        self.energy, self.day = QLabel(), QLabel()
        self.energy.setObjectName("energy_inference")
        self.energy.setProperty("kind", "big")
        self.day.setObjectName("energy_day")
        self.day.setWordWrap(True)
        self.source = QLineEdit()
        self.source.setObjectName("energy_source")
        self.source.setAccessibleName("Where your own figures come from")
        self.source.setPlaceholderText("where your own figures come from: a meter, a data sheet, a colleague")
        self.source.editingFinished.connect(self._take_source)
        self._lay_out()
        for name, row in self.rows.items():
            row.field.edited.connect(partial(self._edit, name))
            row.field.unreadable.connect(partial(self._unreadable, name))
            row.field.settled.connect(partial(self._settle, name))
            row.field.left.connect(self.accept)
            row.name.dragged.connect(row.field.step)
            row.name.reset.connect(partial(self._edit, name, None, ""))
            row.reset.clicked.connect(partial(self._edit, name, None, ""))
        for keys, work in ((QKeySequence.StandardKey.Undo, "undo"), (QKeySequence.StandardKey.Redo, "redo")):
            QShortcut(QKeySequence(keys), self, activated=partial(self._step_back, work))
        session.gauges.updated.connect(self.refresh)
        session.boards_changed.connect(self.refresh)
        self.refresh()
        self.rows["active_ma"].field.setFocus(Qt.FocusReason.TabFocusReason)

    # building

    def _make_targets(self, target: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName("energy_target")
        box.setAccessibleName("Target")
        boards = self.session.gauges.boards
        for id in dict.fromkeys((*self.session.document.project.targets, target)):
            if id in boards:
                box.addItem(boards[id].name, id)
        box.setCurrentIndex(max(0, box.findData(target)))
        box.currentIndexChanged.connect(lambda _: self.refresh())
        return box

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.targets)
        head.addStretch(1)
        head.addWidget(self.energy)
        grid = QGridLayout()
        grid.setHorizontalSpacing(PAD)
        grid.setVerticalSpacing(GAP)
        grid.setColumnStretch(3, 1)
        at = 0
        for section, names in SECTIONS:
            heading = QLabel(section)
            heading.setProperty("kind", "heading")
            heading.setContentsMargins(0, PAD if at else 0, 0, 0)
            grid.addWidget(heading, at, 0)
            for name in names:
                at = self._lay_row(grid, at + 2 if name != names[0] else at + 1, self.rows[name])
            at += 2
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * ROOM, ROOM, 2 * ROOM, ROOM)
        column.setSpacing(ROOM)
        column.addLayout(head)
        column.addWidget(self.day)
        column.addLayout(grid)
        column.addWidget(self.source)
        column.addStretch(1)
        column.addLayout(self._make_buttons())

    @staticmethod
    def _lay_row(grid: QGridLayout, at: int, row: EnergyRow) -> int:
        for column, widget in enumerate((row.name, row.field, row.reset, row.source)):
            grid.addWidget(widget, at, column)
        grid.addWidget(row.message, at + 1, 1, 1, 3)
        return at

    def _make_buttons(self) -> QHBoxLayout:
        self.restore = QPushButton("Take all from the board")
        self.restore.setObjectName("energy_restore")
        self.restore.setAutoDefault(False)
        self.restore.clicked.connect(self._take_all_back)
        self.sheet = QPushButton("Board's sheet…")
        self.sheet.setObjectName("energy_sheet")
        self.sheet.setAutoDefault(False)
        self.sheet.clicked.connect(self._show_sheet)
        self.close_button = QPushButton("Close")
        self.close_button.setObjectName("energy_close")
        self.close_button.setProperty("kind", "primary")
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addWidget(self.restore)
        row.addWidget(self.sheet)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row

    # showing

    @property
    def target(self) -> str:
        """The id of the target on show."""
        return self.targets.currentData() or ""

    @property
    def plan(self) -> EnergyPlan:
        """The user's own figures as they stand."""
        return self.session.document.project.plan(self.target)

    def refresh(self) -> None:
        """Show the figures that count, where they come from, and what comes of them."""
        board = self.session.gauges.boards.get(self.target)
        if board is None:
            return
        plan = self.plan
        own = f"your own{f': {plan.source}' if plan.source else ''}"
        for name, row in self.rows.items():
            value = getattr(plan, name)
            given, source = self._given(board, name)
            row.show_figure(given if value is None else value, value is not None, source if value is None else own)
        if not self.source.hasFocus():
            self.source.setText(plan.source)
        self.source.setEnabled(bool(plan.own))
        self.restore.setEnabled(bool(plan.own))
        self._show_result(board)

    def _given(self, board: TargetDevice, name: str) -> tuple[float | None, str]:
        """Return a figure that is not the user's, and where it comes from."""
        power = board.power
        if name in _SOURCES:
            said = None
            if power is not None:
                asleep = None if power.sleep_a is None else power.sleep_a * 1e6
                said = {"supply_v": power.supply_v, "active_ma": power.active_a * 1e3, "sleep_ua": asleep}[name]
            return said, board.source_of(_SOURCES[name]) if said is not None else "no source yet: set your own"
        if name == "interval_ms":
            return self.session.document.project.interval_ms, "the project's inference interval"
        if name == "efficiency_percent":
            kind = power.regulator if power else ""
            return None, f"not counted: {kind}, whose losses are in the currents" if kind.startswith("internal") else "not counted"
        given = {"battery_mah": CR2032_MAH, "battery_v": CR2032_V, "self_discharge_percent": 0.0}[name]
        return given, "not counted" if name == "self_discharge_percent" else CR2032_SOURCE

    def _show_result(self, board: TargetDevice) -> None:
        made = self.session.gauges.report(board.id, self.session.settings.runtime_of(board.id))
        if made is None or made.energy_uj is None:
            self.energy.setText("no energy yet")
            needed = "supply voltage and current awake are needed" if made is not None else self.session.gauges.stale
            self.day.setText(needed)
            return
        self.energy.setText(f"{format_energy(made.energy_uj)} an inference")
        day = made.day
        self.day.setText(
            "a day and the battery's life need the current asleep"
            if day is None
            else f"awake {100 * day.duty:.2g} % of the time · {format_energy(1e6 * (day.awake_j + day.asleep_j))} a day · "
            f"{format_current(day.mean_a)} on average · {format_days(day.battery_days)} on the battery"
        )

    # changing

    def _edit(self, name: str, value: Any, key: str = "") -> None:
        """Set a figure; one that comes back to what it was when the gesture began is as much the user's, or the board's, as then."""
        if key not in self._began:
            self._began = {key: (self.rows[name].field.value, getattr(self.plan, name))} if key else {}
        shown, own = self._began.get(key, (None, None))
        changed = own if key and value == shown else None if value is None else float(value)
        try:
            self.session.document.push(SetEnergy(self.target, {name: changed}), key)
        except StudioError as error:
            self.rows[name].refuse(error)

    def _settle(self, name: str) -> None:
        """End typing: where the last of it was refused, what came before it goes too."""
        row = self.rows[name]
        if not row.refused or not self._began:
            return
        said = row.message.text()
        ((key, (_, own)),) = self._began.items()
        self.session.try_push(SetEnergy(self.target, {name: own}), key)
        row.explain(said)

    def _unreadable(self, name: str, text: str) -> None:
        self.rows[name].explain(f"“{text}” is no number in {BY_NAME[name].unit}")

    def _take_source(self) -> None:
        if self.source.text().strip() != self.plan.source:
            self.session.try_push(SetEnergy(self.target, {"source": self.source.text().strip()}))

    def _take_all_back(self) -> None:
        self.session.try_push(SetEnergy(self.target, {**dict.fromkeys(self.plan.own), "source": ""}))

    def _step_back(self, work: str) -> None:
        getattr(self.session.document.undo_stack, work)()

    def _show_sheet(self) -> None:
        from studio.ui.dialogs.boards import show_boards

        show_boards(self.session, self, self.target)


def show_energy(session: Session, target: str, parent: QWidget | None) -> None:
    """Show what a target's energy is counted with."""
    dialog = EnergyDialog(session, target, parent)
    dialog.exec()
    dialog.deleteLater()

"""What the figures of a card are made of: the parts of each gauge with their shares, and what they rest on."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout

from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.core.units import format_count, format_current, format_days, format_energy, format_ms, format_size
from studio.estimate.latency import decision_ms, time_parts_ms
from studio.estimate.rests import foremost
from studio.ui.widgets.gauge import GaugeRow
from studio.ui.widgets.parts import Breakdown, Part, PartsView

Find = Callable[[str], Breakdown]
OWN_ENERGY = "Your own figures…"


def breakdown(made: ResourceReport, target: TargetDevice, interval_ms: float, name: str) -> Breakdown:
    """Return the parts of a gauge by its name, largest first; flash and RAM sum to the gauge, the stack counted as RAM."""
    if name == "Time":
        return Breakdown(_time(made, target, interval_ms), _rests(made, "latency_ms"))
    if name == "Energy":
        return _energy(made, target)
    sizes = made.flash.parts if name == "Flash" else {**made.ram.parts, "stack": made.stack_bytes}
    whole = sum(sizes.values())
    largest = sorted(sizes.items(), key=lambda each: -each[1])
    parts = tuple(Part(part, format_size(size), size / whole) for part, size in largest if size)
    return Breakdown(parts, _rests(made, "flash" if name == "Flash" else "ram"))


def _time(made: ResourceReport, target: TargetDevice, interval_ms: float) -> tuple[Part, ...]:
    whole = made.latency_ms
    rest, answered = interval_ms - whole.value, decision_ms(whole.value, interval_ms)
    ends = (
        Part("band", f"{format_ms(whole.low)} to {format_ms(whole.high)}"),
        Part("left of the interval" if rest >= 0 else "more than the interval", format_ms(abs(rest))),
        *([Part("from sound to answer", f"≤ {format_ms(answered)}")] if answered is not None else []),
    )
    if not target.core.tabled:
        return (Part("network, by its MACs", format_ms(whole.value)), *ends)
    network, features = time_parts_ms(target, made.runtime, made.cycles, made.frontend_cycles)
    parts = [Part(f"network, {format_count(made.instructions)} instr.", format_ms(network), network / whole.value)]
    if made.frontend_cycles:
        parts.append(Part(f"features, {format_count(made.frontend_instructions)} instr.", format_ms(features), features / whole.value))
    return (*parts, *ends)


def _energy(made: ResourceReport, target: TargetDevice) -> Breakdown:
    if made.energy_uj is None:
        return Breakdown((), "a virtual kit draws no current" if target.virtual else "no source for this board's current draw yet")
    day, parts = made.day, ()
    if day is not None:
        whole = day.awake_j + day.asleep_j
        parts = (
            Part("a day, awake", format_energy(1e6 * day.awake_j), day.awake_j / whole),
            Part("a day, asleep", format_energy(1e6 * day.asleep_j), day.asleep_j / whole),
            Part("on average", format_current(day.mean_a)),
            Part("on its battery", format_days(day.battery_days)),
        )
    return Breakdown(parts, _rests(made, "energy_uj"))


def _rests(made: ResourceReport, figure: str) -> str:
    word = made.memory_provenance if figure in ("flash", "ram") else made.provenance
    return f"{word} · {foremost(made, figure)}"


class Breakdowns(QObject):
    """The gauges of a card that are open: a click on one shows its parts beneath it, and hides them again.

    `changed` follows a click; what is hidden is not worked out. `more` puts a button under the parts of some gauges, by name;
    `more_wanted` carries the name of the gauge whose button was pressed.
    """

    changed = Signal()
    more_wanted = Signal(str)

    def __init__(self, rows: Mapping[str, GaugeRow], column: QVBoxLayout, parent: QObject, more: Mapping[str, str]) -> None:
        super().__init__(parent)
        self._rows, self._column, self._more = rows, column, more
        self._views: dict[str, PartsView] = {}
        self._find: Find | None = None
        self.open: frozenset[str] = frozenset()
        for name, row in rows.items():
            row.clicked.connect(lambda name=name: self.show_open(self.open ^ {name}))

    def show_open(self, names: frozenset[str]) -> None:
        """Show the parts of these gauges, and of no others."""
        if names & set(self._rows) != self.open:
            self.open = names & set(self._rows)
            self._show()
            self.changed.emit()

    def show_figures(self, find: Find | None) -> None:
        """Show these figures' parts from now on; nothing for None."""
        self._find = find
        if self.open:
            self._show()

    def view(self, name: str) -> PartsView:
        """Return the parts of a gauge, made at the first call."""
        if name not in self._views:
            made = self._views[name] = PartsView(name, self._rows[name].parentWidget(), self._more.get(name, ""))
            made.more_wanted.connect(lambda: self.more_wanted.emit(name))
            self._column.insertWidget(self._column.indexOf(self._rows[name]) + 1, made)
        return self._views[name]

    def _show(self) -> None:
        for name in self._rows:
            shown = name in self.open and self._find is not None
            if shown:
                self.view(name).show_breakdown(self._find(name))
            if name in self._views:
                self._views[name].setVisible(shown)

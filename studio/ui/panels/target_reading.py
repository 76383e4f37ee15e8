"""What a card says of a report: gauges, verdict, the change of an edit, the proof, all in words."""

from collections.abc import Mapping
from html import escape
from typing import Any

import msgspec

from studio.core.report import DayEnergy, Parts, ResourceReport
from studio.core.target import POWER_PARTS, Core, TargetDevice
from studio.core.units import OWN_FIGURE, format_count, format_current, format_days, format_energy, format_ms, format_size
from studio.estimate.latency import time_parts_ms, wait_factor
from studio.ui.widgets.gauge import Reading, Verdict

TIGHT = 0.8
SIGNS: Mapping[str, str] = {"fits": "✓", "tight": "!", "too_large": "✕", "unknown": ""}
WORDS: Mapping[str, str] = {"fits": "fits", "tight": "tight", "too_large": "too large", "unknown": ""}


class Measure(msgspec.Struct, frozen=True):
    """A resource: what is taken of what there is."""

    name: str
    taken: float
    budget: float

    @property
    def share(self) -> float:
        """The part of the budget that is taken."""
        return self.taken / self.budget


def measures(made: ResourceReport, target: TargetDevice, interval_ms: float) -> tuple[Measure, Measure, Measure]:
    """Return flash, RAM (the stack included) and time of a report."""
    return (
        Measure("Flash", made.flash.total, target.flash.free),
        Measure("RAM", made.ram.total + made.stack_bytes, target.ram.free),
        Measure("Time", made.latency_ms.value, interval_ms),
    )


def kit_time(kit: Mapping[str, Any], target: TargetDevice) -> float | None:
    """Return a kit's milliseconds for the features of a clip and one inference; None where it counted no cycles."""
    run, features = kit.get("cycles_estimate"), kit.get("frontend_cycles")
    if run is None or (features is None and kit.get("frontend_instructions") is not None):
        return None
    waits = wait_factor(target) if target.virtual else 1.0  # a board's own counter has counted its wait states
    return 1e3 * (run + (features or 0)) * waits / target.clock_hz


def readings(
    made: ResourceReport, target: TargetDevice, interval_ms: float, reserve_percent: int, kit: Mapping[str, Any] | None = None
) -> tuple[Reading, ...]:
    """Return the gauges of a card; none for a runtime that cannot run the design."""
    if refusal(made):
        return ()
    reserve = 1 - reserve_percent / 100
    found = zip(measures(made, target, interval_ms), (reserve, reserve, 0.0), _kit_values(made, target, kit), strict=True)
    flash, ram, time = (_reading(*each) for each in found)
    if not target.core.tabled:
        flash, ram = _at_least(flash, made.flash), _at_least(ram, made.ram)
    return flash, ram, time, _energy(made, target, kit)


def _at_least(reading: Reading, parts: Parts) -> Reading:
    """What a core without tables lets be known is part of the whole, or nothing."""
    if not parts.parts:
        return Reading(reading.name, "-", "not counted", "unknown", 0.0)
    return msgspec.structs.replace(reading, value=f"≥ {reading.value}")


def explain(name: str, made: ResourceReport, target: TargetDevice, interval_ms: float, reserve_percent: int) -> str:
    """Return a gauge's parts, provenance and sources as rich text."""
    found = {m.name: m for m in measures(made, target, interval_ms)}
    return _why(found[name], 1 - reserve_percent / 100, made, target) if name in found else _energy_why(made, target)


def refusal(made: ResourceReport) -> str:
    """Return why the runtime cannot run the design, "" where it can."""
    return made.limits if any(i.id == "runtime.unsupported" for i in made.issues) else ""


def state_of(share: float, reserve: float = 0.0) -> Verdict:
    """Say whether a share of a budget fits; tight is above 80 % or inside the user's reserve."""
    if share > 1:
        return "too_large"
    return "tight" if share > TIGHT or (reserve and share > reserve) else "fits"


def verdict(shown: tuple[Reading, ...]) -> Verdict:
    """Return the worst state of a card's gauges."""
    order = ("unknown", "fits", "tight", "too_large")
    return max((r.state for r in shown), key=order.index, default="too_large")


def word_of(shown: tuple[Reading, ...]) -> str:
    """Return a card's verdict in a word, with its sign."""
    state = verdict(shown)
    if not shown:
        return "✕ cannot run"
    late = state == "too_large" and all(r.state != "too_large" for r in shown if r.name != "Time")
    return f"{SIGNS[state]} {'too slow' if late else WORDS[state]}"


def excess(made: ResourceReport, target: TargetDevice, interval_ms: float) -> str:
    """Say by how much a design is too large for a board, "" where it fits."""
    found = [m for m in measures(made, target, interval_ms) if m.taken > m.budget]
    sizes = [f"{m.name} by {format_size(m.taken - m.budget)}" for m in found if m.name != "Time"]
    late = [f"one inference takes {m.taken / m.budget:.2g} intervals" for m in found if m.name == "Time"]
    return "; ".join(filter(None, ("too large: " + ", ".join(sizes) if sizes else "", *late)))


class Change(msgspec.Struct, frozen=True):
    """How much more of a resource an edit takes."""

    measure: Measure
    more: float

    @property
    def share(self) -> float:
        """The change as a part of the budget, whatever its sign."""
        return abs(self.more) / self.measure.budget

    @property
    def words(self) -> str:
        """The change in words: "+1.2 KiB RAM"."""
        name = self.measure.name
        return f"{'+' if self.more >= 0 else '−'}{_written(name, abs(self.more))} {name if name == 'RAM' else name.lower()}"


def changes(made: ResourceReport, before: ResourceReport, target: TargetDevice, interval_ms: float) -> tuple[Change, ...]:
    """Return what an edit changed between two reports; nothing where a runtime cannot run one of them."""
    if refusal(made) or refusal(before):
        return ()
    pairs = zip(measures(made, target, interval_ms), measures(before, target, interval_ms), strict=True)
    return tuple(Change(a, a.taken - b.taken) for a, b in pairs if a.taken != b.taken)


def proof_words(kit: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether a kit's outputs are the oracle's, and that in a line."""
    equal = kit["inputs"] - kit["mismatching_inputs"]
    line = f"outputs equal {equal}/{kit['inputs']}"
    if kit["feature_max_difference"]:
        steps = kit["feature_max_difference"]
        line += f" · features within {steps} step{'s' if steps > 1 else ''} in {100 * kit['feature_mismatch_share']:.2g} %"
    elif kit["feature_max_difference"] == 0:
        line += " · features equal"
    return equal == kit["inputs"], line


def proof_details(kit: Mapping[str, Any]) -> str:
    """Say what was run and with what, as rich text."""
    weights = "trained weights" if kit["trained"] else "random weights: the design is not trained"
    rows = [f"{kit['inputs']} inputs, {weights}", f"compiler {kit['compiler']}", f"outputs held against {kit['oracle']}"]
    if kit["instructions"] is not None:
        rows.append(
            f"{format_count(kit['instructions'])} instructions an inference, estimated {format_count(kit['estimate']['instructions'])}"
        )
    if kit["accuracy"] is not None and kit["trained"]:
        rows.append(f"heard right: {kit['accuracy']:.0%}")
    return "<br>".join(map(escape, rows))


def format_clock(hertz: float) -> str:
    """Write a clock: "64 MHz"."""
    return f"{hertz / 1e6:g} MHz"


def short_core(core: Core) -> str:
    """Write a core as its makers do: "Cortex-M4F", "Cortex-M0+"."""
    return core.id.replace("cortex-", "Cortex-").replace("-m", "-M").replace("plus", "+").replace("f", "F")


def _kit_values(made: ResourceReport, target: TargetDevice, kit: Mapping[str, Any] | None) -> tuple[float | None, ...]:
    """Return what a kit took of flash, RAM and time; None where it did not say."""
    if kit is None:
        return None, None, None
    stack = kit["stack_bytes"] if kit["stack_bytes"] is not None else made.stack_bytes
    return kit["flash_bytes"], kit["ram_bytes"] + stack, kit_time(kit, target)


def _reading(m: Measure, reserve: float, kit: float | None) -> Reading:
    share = m.share
    said = (_written(m.name, kit), _difference(kit, m.taken)) if kit is not None else ("", "")
    return Reading(m.name, _written(m.name, m.taken), _share(m, share), state_of(share, reserve), share, reserve, *said)


def _written(name: str, value: float) -> str:
    return format_ms(value) if name == "Time" else format_size(value)


def _difference(kit: float, estimate: float) -> str:
    if kit == estimate:
        return "equal"
    percent = 100 * (kit - estimate) / estimate if estimate else 100.0
    return "< 0.1 %" if abs(percent) < 0.05 else f"{percent:+.1f} %".replace("-", "−")


def _share(m: Measure, share: float) -> str:
    if m.name == "Time":
        return f"{share:.0%} of {format_ms(m.budget)}".replace("%", " %") if share <= 1 else f"{share:.2g}× {format_ms(m.budget)}"
    return f"{100 * share:.0f} %" if share <= 1 else f"+{format_size(m.taken - m.budget)}"


def _energy(made: ResourceReport, target: TargetDevice, kit: Mapping[str, Any] | None) -> Reading:
    aside = {"kit": "-", "difference": ""} if kit else {}
    if made.energy_uj is None:
        return Reading("Energy", "-", "virtual kit" if target.virtual else "no source", "unknown", 0.0, **aside)
    life = format_days(made.day.battery_days, short=True) if made.day else "" if own_energy(made) else made.provenance
    said = ": ".join(filter(None, ("own" if own_energy(made) else "", life)))
    return Reading("Energy", format_energy(made.energy_uj), said, "unknown", 0.0, **aside)


def own_energy(made: ResourceReport) -> tuple[str, ...]:
    """Return which figures of a report's energy are the user's own."""
    return tuple([name for name in _ENERGY_SOURCES if made.sources.get(name, "").startswith(OWN_FIGURE)])


_ENERGY_SOURCES = ("supply", "active", "sleep", "regulator's efficiency", "interval of the energy", "battery")


def _energy_why(made: ResourceReport, target: TargetDevice) -> str:
    if made.energy_uj is None:
        return "<b>Energy</b><br>" + ("a virtual kit draws no current" if target.virtual else "no source for this board's current draw yet")
    head = f"<b>Energy of one inference, features included: {format_energy(made.energy_uj)}</b><br>time awake × supply × current awake"
    rows = [] if made.day is None else _day_rows(made.day)
    table = "".join(f"<tr><td>{name}&nbsp;&nbsp;</td><td align='right'>{value}</td></tr>" for name, value in rows)
    sources: dict[str, list[str]] = {}
    for name in _ENERGY_SOURCES:
        source = made.sources.get(name) or (made.sources.get("power", "") if name in POWER_PARTS else "")
        sources.setdefault(source, []).append(name)
    said = "".join(f"<br>{', '.join(names)}: {escape(source)}" for source, names in sources.items() if source)
    return f"{head}<table>{table}</table>{made.provenance}{said}"


def _day_rows(day: DayEnergy) -> list[tuple[str, str]]:
    return [
        ("one inference every", format_ms(day.interval_ms)),
        ("awake", f"{100 * day.duty:.2g} %"),
        ("a day awake", format_energy(1e6 * day.awake_j)),
        ("a day asleep", format_energy(1e6 * day.asleep_j)),
        ("mean current", format_current(day.mean_a)),
        ("battery life", format_days(day.battery_days)),
    ]


def _why(m: Measure, reserve: float, made: ResourceReport, target: TargetDevice) -> str:
    kept = "" if m.name == "Time" or not reserve else f"<br>the mark keeps {100 - 100 * reserve:.0f} % in reserve"
    word = WORDS[state_of(m.share, reserve if kept else 0.0)]
    head = f"<b>{m.name}: {_written(m.name, m.taken)} of {_written(m.name, m.budget)}</b>, {100 * m.share:.1f} %, {word}"
    if m.name == "Time":
        rows, source = _time_rows(made, target), "; ".join(filter(None, (made.sources.get(k) for k in ("instructions", "latency band"))))
    else:
        parts = made.flash.parts if m.name == "Flash" else {**made.ram.parts, "stack": made.stack_bytes}
        rows, source = [(name, format_size(size)) for name, size in parts.items()], made.sources.get("memory", "")
        rows.append(("<b>together</b>", f"<b>{format_size(m.taken)}</b>"))
    table = "".join(f"<tr><td>{name}&nbsp;&nbsp;</td><td align='right'>{value}</td></tr>" for name, value in rows)
    word = made.provenance if m.name == "Time" else made.memory_provenance
    return f"{head}<table>{table}</table>{word} · {escape(source)}{_notes(m.name, made)}{kept}"


def _notes(name: str, made: ResourceReport) -> str:
    """Say what a better plan would save, and what nothing published confirms."""
    notes = [i.message for i in made.issues if i.id == "runtime.unverified" or (i.id == "tflm.plan" and name == "RAM")]
    return "".join(f"<br>{escape(note)}" for note in notes)


def _time_rows(made: ResourceReport, target: TargetDevice) -> list[tuple[str, str]]:
    band = ("band", f"{format_ms(made.latency_ms.low)} to {format_ms(made.latency_ms.high)}")
    if not target.core.tabled:
        return [("network, by its MACs", format_ms(made.latency_ms.value)), band]
    network, features = time_parts_ms(target, made.runtime, made.cycles, made.frontend_cycles)
    rows = [
        ("network", f"{format_ms(network)}, {format_count(made.instructions)} instructions"),
        ("features of a clip", f"{format_ms(features)}, {format_count(made.frontend_instructions)} instructions"),
    ]
    return [*(rows if made.frontend_cycles else rows[:1]), band]

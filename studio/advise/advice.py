"""Advice as values: the rule, the edits that it asks for, and what they bring on each board."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from studio.advise.design import Design
from studio.core.edits import Edit
from studio.core.project import Project
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.core.units import format_ms, format_size
from studio.estimate.fit import Need, shares

Place = tuple[TargetDevice, str]
TIGHT = 0.8
_NOTABLE = 0.02
_TOO_LARGE, _TOO_SLOW, _NEAR, _POWER = 100.0, 50.0, 10.0, 0.05


class Candidate(msgspec.Struct, frozen=True):
    """Edits that may help: `words` say what they do, `stands_at` names for each new block the one whose place it takes.

    `runtimes` exchanges a runtime for another on some targets: (this, for that) by target.
    """

    where: str
    words: str
    edits: tuple[Edit, ...]
    stands_at: Mapping[str, str] = msgspec.field(default_factory=dict)
    runtimes: Mapping[str, tuple[str, str]] = msgspec.field(default_factory=dict)


class Rule(msgspec.Struct, frozen=True):
    """A technique: `find` yields where a design could use it. `reason` says why it helps and where that is known from.

    `retrain` says that the model must be trained again, and that nobody knows its accuracy before.
    """

    id: str
    title: str
    reason: str
    find: Callable[[Design, Sequence[TargetDevice]], Iterator[Candidate]]
    retrain: bool = True


class Saving(msgspec.Struct, frozen=True):
    """How much less of one resource: `name` is "flash" or "RAM" in bytes, "time" in ms, "energy" in J a day.

    `need` is the share of the budget that is taken before, 0 where there is none.
    """

    name: str
    before: float
    after: float
    need: float = 0.0

    @property
    def part(self) -> float:
        """The saving as a part of what was taken."""
        return (self.before - self.after) / self.before if self.before else 0.0

    @property
    def worth(self) -> float:
        """The part, weighted by the need: memory that does not suffice counts most, then time, then what is tight."""
        if self.need > 1:
            return self.part * (_TOO_SLOW if self.name == "time" else _TOO_LARGE)
        return self.part * (_NEAR if self.need > TIGHT else _POWER if self.name == "energy" else self.need)

    @property
    def words(self) -> str:
        """The saving in words: "−3.1 KiB RAM", "−12 ms"."""
        sign, less = ("−" if self.after <= self.before else "+"), abs(self.before - self.after)
        if self.name == "time":
            return f"{sign}{format_ms(less)}"
        if self.name == "energy":
            return f"{sign}{abs(self.part):.0%} energy a day".replace("%", " %")
        return f"{sign}{format_size(less)} {self.name}"


class Gain(msgspec.Struct, frozen=True):
    """A board's reports before and after the edits; `intervals` are the inference intervals of both in ms."""

    target: TargetDevice
    before: ResourceReport
    after: ResourceReport
    intervals: tuple[float, float]

    @property
    def savings(self) -> tuple[Saving, ...]:
        """What is saved of flash, RAM (the stack included), time and, where the board's currents are known, energy."""
        a, b = (_need(made, ms) for made, ms in zip((self.before, self.after), self.intervals, strict=True))
        taken = shares(a, self.target)
        found = [
            Saving("flash", a.flash, b.flash, taken["flash"]),
            Saving("RAM", a.ram, b.ram, taken["RAM"]),
            Saving("time", a.time_ms, b.time_ms, taken["time"]),
        ]
        if self.before.day and self.after.day:
            found.append(Saving("energy", *(d.awake_j + d.asleep_j for d in (self.before.day, self.after.day))))
        return tuple(found)

    @property
    def interval_worth(self) -> float:
        """What a longer interval is worth, which leaves the time of an inference as it is."""
        before, after = self.intervals
        return 0.0 if before == after else Saving("time", after, before, self.time_shares[0]).worth

    @property
    def time_shares(self) -> tuple[float, float]:
        """The share of the interval that is taken, before and after."""
        before, after = (made.latency_ms.value / ms for made, ms in zip((self.before, self.after), self.intervals, strict=True))
        return before, after

    @property
    def worth(self) -> float:
        """What the edits bring on this board, by what it needs most; that it fits at all is worth as much as all of what lacks."""
        return sum(s.worth for s in self.savings) + self.interval_worth + _TOO_LARGE * self.mends

    @property
    def mends(self) -> bool:
        """Whether the design fits this board with the edits only."""
        return self.after.fits and not self.before.fits

    @property
    def breaks(self) -> bool:
        """Whether the design fits this board without the edits only."""
        return self.before.fits and not self.after.fits

    @property
    def best(self) -> Saving:
        """The saving that is worth most on this board."""
        return max(self.savings, key=lambda s: s.worth)


class Advice(msgspec.Struct, frozen=True):
    """Edits that were tried out on `before`, the design they are meant for, and made `after` of it."""

    rule: Rule
    candidate: Candidate
    before: Project
    after: Project
    macs: tuple[int, int]
    gains: tuple[Gain, ...]

    @property
    def key(self) -> str:
        """What this advice is known by from edit to edit."""
        return f"{self.rule.id}:{self.candidate.where}"

    @property
    def worth(self) -> float:
        """What it brings on all boards together."""
        return sum(g.worth for g in self.gains)

    @property
    def most(self) -> float:
        """The largest part that it saves of anything anywhere."""
        parts = [s.part for g in self.gains for s in g.savings]
        return max([*parts, *(1 - g.intervals[0] / g.intervals[1] for g in self.gains)], default=0.0)

    @property
    def gain_words(self) -> str:
        """What it brings, in words: "−71 % MACs, −12 ms on Raspberry Pi Pico"."""
        return ", ".join(filter(None, (macs_words(*self.macs), gains_words(self.gains))))

    @property
    def words(self) -> str:
        """The advice in a line."""
        return f"{self.candidate.words}: {self.gain_words}"

    @property
    def caution(self) -> str:
        """What is not known of it."""
        return "train again: accuracy not known" if self.rule.retrain else "no training needed"

    @property
    def switched(self) -> tuple[Gain, ...]:
        """The boards that get another runtime."""
        return tuple(g for g in self.gains if g.before.runtime != g.after.runtime)


def macs_words(before: int, after: int) -> str:
    """Write a change of MACs: "−71 % MACs", "" where it is under half a per cent."""
    part = (after - before) / before if before else 0.0
    return f"{part:+.0%} MACs".replace("-", "−").replace("%", " %") if abs(part) >= 0.005 else ""


def gains_words(gains: Sequence[Gain]) -> str:
    """Write the best of what is gained, and its price: "−12 ms on Raspberry Pi Pico, which it then fits, but +3.0 KiB RAM"."""
    best = max(gains, key=lambda g: (g.mends, g.worth), default=None)
    if best is None:
        return ""
    before, after = best.time_shares
    if best.intervals[0] != best.intervals[1]:
        said = f"{_share(before)} → {_share(after)} of the interval"
    else:
        said = best.best.words
    return f"{said} on {best.target.name}{', which it then fits' if best.mends else ''}{_price(gains, best)}"


def _price(gains: Sequence[Gain], best: Gain) -> str:
    """Write what grows most by its part, "" where nothing does by 2 % or more."""
    grown = [(s.part, s.words, g) for g in gains for s in g.savings if s.name != "energy" and s.part <= -_NOTABLE]
    if not grown:
        return ""
    _, words, where = min(grown, key=lambda each: each[0])
    return f", but {words}" + ("" if where is best else f" on {where.target.name}")


def _need(made: ResourceReport, interval_ms: float) -> Need:
    return Need(made.flash.total, made.ram.total + made.stack_bytes, made.latency_ms.value, interval_ms)


def _share(part: float) -> str:
    return f"{part:.2g}×" if part > 1 else f"{100 * part:.0f} %"

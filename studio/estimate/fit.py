"""Whether a design fits a board, by how much it does not, and what limits it first."""

from collections.abc import Mapping

import msgspec

from studio.core.issue import Issue
from studio.core.target import TargetDevice
from studio.core.units import format_size


class Need(msgspec.Struct, frozen=True):
    """What a design takes of a board: bytes of flash, of RAM (the stack included), milliseconds of each interval."""

    flash: int
    ram: int
    time_ms: float
    interval_ms: float


def shares(need: Need, target: TargetDevice) -> Mapping[str, float]:
    """Return the share of each resource that is taken."""
    return {
        "flash": need.flash / target.flash.free,
        "RAM": need.ram / target.ram.free,
        "time": need.time_ms / need.interval_ms,
    }


def fits(need: Need, target: TargetDevice) -> bool:
    """Whether memory and time suffice."""
    return all(share <= 1 for share in shares(need, target).values())


def limits(need: Need, target: TargetDevice) -> str:
    """Say what limits the design first, in a sentence."""
    taken = shares(need, target)
    name = max(taken, key=taken.__getitem__)
    if taken[name] > 1:
        return "; ".join([_missing(name, need, target) for name, share in taken.items() if share > 1])
    whole = "the interval" if name == "time" else f"the {format_size((target.flash if name == 'flash' else target.ram).free)}"
    return f"fits; {name} is the tightest: {taken[name]:.0%} of {whole}"


def fit_issues(need: Need, target: TargetDevice) -> tuple[Issue, ...]:
    """Return an issue for each resource that does not suffice; too little time is a warning, for the program runs all the same."""
    return tuple(
        [
            Issue(f"fit.{name.lower()}", "warning" if name == "time" else "error", target.id, _missing(name, need, target))
            for name, share in shares(need, target).items()
            if share > 1
        ]
    )


def _missing(name: str, need: Need, target: TargetDevice) -> str:
    if name == "time":
        return f"time: one inference takes {need.time_ms:.4g} ms, the interval is {need.interval_ms:.4g} ms"
    taken, free = (need.flash, target.flash.free) if name == "flash" else (need.ram, target.ram.free)
    return f"{name}: needs {format_size(taken - free)} more than the {format_size(free)} there are"

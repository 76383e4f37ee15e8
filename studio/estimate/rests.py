"""What each figure of a report rests on: which of the report's sources speak of it."""

from collections.abc import Mapping

from studio.core.report import ResourceReport

_MEMORY, _TIME = ("memory", "front end"), ("instructions", "front end", "latency band", "clock", "flash_wait_states")
_POWER = ("supply", "active", "power")

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "ram": _MEMORY,
    "flash": _MEMORY,
    "stack_bytes": _MEMORY,
    "arena": ("memory",),
    "instructions": ("instructions",),
    "cycles": ("instructions",),
    "ops": ("instructions",),
    "frontend_instructions": ("front end",),
    "frontend_cycles": ("front end",),
    "latency_ms": _TIME,
    "energy_uj": (*_TIME, *_POWER),
    "day": (*_POWER, "sleep", "battery", "regulator's efficiency", "interval of the energy"),
}
"""The figures of a report by their names, each with the names of its sources; MACs and bytes of weights are counted exactly."""

_FOREMOST: Mapping[str, tuple[str, ...]] = {
    "ram": ("memory",),
    "flash": ("memory",),
    "latency_ms": ("instructions", "latency band"),
    "energy_uj": _POWER,
}


def rests_on(made: ResourceReport, figure: str) -> tuple[str, ...]:
    """Return the sources of a figure that the report names, each once."""
    return _named(made, RESTS_ON[figure])


def foremost(made: ResourceReport, figure: str) -> str:
    """Return in a line what a figure rests on most: what every board has, like its clock, is left out."""
    return "; ".join(_named(made, _FOREMOST[figure]))


def _named(made: ResourceReport, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(made.sources[key] for key in keys if made.sources.get(key)))

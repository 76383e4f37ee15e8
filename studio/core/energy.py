"""What a user knows better than a board's file of its currents, its regulator and its battery: kept in the project, target by target."""

from typing import Any

import msgspec

from studio.core.errors import InputError


class EnergyPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Figures of a target's energy that are the user's own; None leaves the board's, or what is assumed of a battery.

    `efficiency_percent` is the share of the battery's power that the regulator before the board passes on; `interval_ms` counts for the
    energy alone, in place of the project's; `self_discharge_percent` is what the battery loses a month by itself. `source` says where
    they come from.
    """

    supply_v: float | None = None
    active_ma: float | None = None
    sleep_ua: float | None = None
    efficiency_percent: float | None = None
    interval_ms: float | None = None
    battery_mah: float | None = None
    battery_v: float | None = None
    self_discharge_percent: float | None = None
    source: str = ""

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the figures that are the user's."""
        return tuple(f.name for f in FIGURES if getattr(self, f.name) is not None)

    @property
    def words(self) -> str:
        """The user's figures in a line, and where they have them from."""
        said = ", ".join(f"{BY_NAME[name].title} {BY_NAME[name].write(getattr(self, name))}" for name in self.own)
        return f"{said} ({self.source})" if self.source else said


class Figure(msgspec.Struct, frozen=True):
    """A figure of a plan: its name, its title, its unit and its range."""

    name: str
    title: str
    unit: str
    low: float
    high: float

    def write(self, value: float | None) -> str:
        """Write a value of it: "5 mA"."""
        return "as on the board" if value is None else f"{value:g} {self.unit}"


FIGURES = (
    Figure("supply_v", "supply voltage", "V", 0.5, 60.0),
    Figure("active_ma", "current awake", "mA", 1e-4, 20_000.0),
    Figure("sleep_ua", "current asleep", "uA", 1e-4, 20_000_000.0),
    Figure("efficiency_percent", "regulator's efficiency", "%", 1.0, 100.0),
    Figure("interval_ms", "one inference every", "ms", 1.0, 86_400_000.0),
    Figure("battery_mah", "battery's capacity", "mAh", 0.1, 1_000_000.0),
    Figure("battery_v", "battery's voltage", "V", 0.5, 1000.0),
    Figure("self_discharge_percent", "battery's self-discharge a month", "%", 0.0, 100.0),
)
BY_NAME = {f.name: f for f in FIGURES}
AS_IT_IS = EnergyPlan()


def check_energy(plan: EnergyPlan, target: str) -> EnergyPlan:
    """Return the plan, or raise InputError naming the first figure that cannot be."""
    for figure in FIGURES:
        value = getattr(plan, figure.name)
        if value is not None and not figure.low <= value <= figure.high:
            raise InputError(
                f"{figure.title}: {figure.write(value)} is out of range",
                where=f"energy.{target}.{figure.name}",
                hint=f"from {figure.low:g} to {figure.high:g} {figure.unit}",
            )
    if len(plan.source) > 500 or not plan.source.isprintable():
        raise InputError("the source is one line of at most 500 characters", where=f"energy.{target}.source")
    return plan


def changed_plan(plan: EnergyPlan, changes: dict[str, Any], target: str) -> EnergyPlan:
    """Return the plan with these figures; raise InputError where one cannot be."""
    try:
        made = msgspec.convert({**msgspec.structs.asdict(plan), **changes}, EnergyPlan)
    except msgspec.ValidationError as error:
        raise InputError(str(error), where=f"energy.{target}") from None
    return check_energy(made, target)

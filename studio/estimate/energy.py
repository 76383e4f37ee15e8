"""Energy per day and battery life: awake for each inference, asleep with RAM kept for the rest of the interval."""

from collections.abc import Mapping

import msgspec

from studio.core.energy import AS_IT_IS, EnergyPlan
from studio.core.report import DayEnergy
from studio.core.target import Power, TargetDevice
from studio.core.units import OWN_FIGURE

DAY_MS = 86_400_000.0
MONTH_DAYS = 365.25 / 12
CR2032_MAH, CR2032_V = 220.0, 3.0
CR2032_SOURCE = "assumed: a CR2032, 220 mAh at 3.0 V"
_PARTS: Mapping[str, str] = {"supply_v": "supply", "active_ma": "active", "sleep_ua": "sleep"}


def planned(target: TargetDevice, plan: EnergyPlan) -> TargetDevice:
    """Return the board with the user's own supply and currents in place of its own, their sources saying so.

    Where the board has no currents of its own, both supply and current awake must be the user's for it to get any.
    """
    if plan is AS_IT_IS or not any(getattr(plan, name) is not None for name in _PARTS):
        return target
    old = target.power
    supply = plan.supply_v if plan.supply_v is not None else old and old.supply_v
    active = plan.active_ma * 1e-3 if plan.active_ma is not None else old and old.active_a
    if supply is None or active is None:
        return target
    sleep = plan.sleep_ua * 1e-6 if plan.sleep_ua is not None else old and old.sleep_a
    power = Power(supply, active, sleep, old.regulator if old else "")
    own = {part: own_source(plan) for name, part in _PARTS.items() if getattr(plan, name) is not None}
    return msgspec.structs.replace(target, power=power, sources={**target.sources, **own})


def own_source(plan: EnergyPlan) -> str:
    """Say that a figure is the user's, and where they have it from."""
    return f"{OWN_FIGURE}: {plan.source}" if plan.source else OWN_FIGURE


def battery_sources(plan: EnergyPlan) -> dict[str, str]:
    """Return where battery, regulator and interval of a day's energy come from."""
    own = own_source(plan)
    battery = plan.battery_mah is not None or plan.battery_v is not None or plan.self_discharge_percent is not None
    said = {"battery": own if battery else CR2032_SOURCE}
    if plan.efficiency_percent is not None:
        said["regulator's efficiency"] = own
    if plan.interval_ms is not None:
        said["interval of the energy"] = own
    return said


def day_energy(target: TargetDevice, awake_ms: float, interval_ms: float, plan: EnergyPlan = AS_IT_IS) -> DayEnergy | None:
    """Return a day's energy at one inference an interval; None where the board's active or sleep current has no source.

    Behind a switching regulator the battery gives the board's power, behind a linear one or none its current; a given efficiency counts
    for either. A battery's own discharge counts as a steady current that takes its share of the capacity in a month of 30.4 days.
    Microphone and radio are not counted. Where an inference takes longer than the interval the board never sleeps.
    """
    power = target.power
    if power is None or power.sleep_a is None:
        return None
    every = interval_ms if plan.interval_ms is None else plan.interval_ms
    duty = min(1.0, awake_ms / every)
    awake_j = power.supply_v * power.active_a * duty * DAY_MS / 1e3
    asleep_j = power.supply_v * power.sleep_a * (1 - duty) * DAY_MS / 1e3
    mean_a = (awake_j + asleep_j) / power.supply_v / (DAY_MS / 1e3)
    capacity_ah = (CR2032_MAH if plan.battery_mah is None else plan.battery_mah) / 1e3
    lost_a = capacity_ah * (plan.self_discharge_percent or 0.0) / 100 / MONTH_DAYS / 24
    days = capacity_ah / (_drain_a(power, mean_a, plan) + lost_a) / 24
    return DayEnergy(awake_j, asleep_j, mean_a, days, every, duty)


def _drain_a(power: Power, mean_a: float, plan: EnergyPlan) -> float:
    """Return the battery's mean current."""
    voltage = CR2032_V if plan.battery_v is None else plan.battery_v
    if plan.efficiency_percent is not None:
        return mean_a * power.supply_v / voltage / (plan.efficiency_percent / 100)
    return mean_a * power.supply_v / voltage if power.regulator.endswith("SMPS") else mean_a

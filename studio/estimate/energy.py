"""Energy per day and battery life: awake for each inference, asleep with RAM kept for the rest of the interval."""

import msgspec

from studio.core.report import DayEnergy
from studio.core.target import TargetDevice

DAY_MS = 86_400_000.0


class Battery(msgspec.Struct, frozen=True):
    """A battery: its capacity, and its voltage while it is drained; a CR2032 has about 220 mAh at 3.0 V."""

    capacity_mah: float
    voltage_v: float


CR2032 = Battery(220.0, 3.0)


def day_energy(target: TargetDevice, awake_ms: float, interval_ms: float, battery: Battery = CR2032) -> DayEnergy | None:
    """Return a day's energy at one inference an interval; None where the board's active or sleep current has no source.

    Behind a switching regulator the battery gives the board's power, behind a linear one or none its current. Microphone, radio, losses of
    regulators outside the chip and the battery's own discharge are not counted. Where an inference takes longer than the interval the board
    never sleeps.
    """
    power = target.power
    if power is None or power.sleep_a is None:
        return None
    duty = min(1.0, awake_ms / interval_ms)
    awake_j = power.supply_v * power.active_a * duty * DAY_MS / 1e3
    asleep_j = power.supply_v * power.sleep_a * (1 - duty) * DAY_MS / 1e3
    mean_a = (awake_j + asleep_j) / power.supply_v / (DAY_MS / 1e3)
    drain_a = mean_a * power.supply_v / battery.voltage_v if power.regulator.endswith("SMPS") else mean_a
    return DayEnergy(awake_j, asleep_j, mean_a, battery.capacity_mah / 1e3 / drain_a / 24)

"""Energy per day and battery life: awake for each inference, asleep with RAM kept for the rest of the interval."""

import msgspec

from studio.core.report import DayEnergy
from studio.core.target import TargetDevice

DAY_MS = 86_400_000.0


class Battery(msgspec.Struct, frozen=True):
    """A battery: its capacity, and its voltage while it is drained; a CR2032 has about 220 mAh at 3.0 V."""

    capacity_mah: float
    voltage_v: float

    @property
    def energy_j(self) -> float:
        """The energy it holds."""
        return self.capacity_mah * 3.6 * self.voltage_v


CR2032 = Battery(220.0, 3.0)


def day_energy(target: TargetDevice, awake_ms: float, interval_ms: float, battery: Battery = CR2032) -> DayEnergy | None:
    """Return a day's energy at one inference an interval; None where the board's active or sleep current has no source.

    Microphone, radio, regulators outside the chip and the battery's own discharge are not counted. Where an inference takes longer than
    the interval the board never sleeps.
    """
    power = target.power
    if power is None or power.sleep_a is None:
        return None
    duty = min(1.0, awake_ms / interval_ms)
    awake_j = power.supply_v * power.active_a * duty * DAY_MS / 1e3
    asleep_j = power.supply_v * power.sleep_a * (1 - duty) * DAY_MS / 1e3
    total = awake_j + asleep_j
    return DayEnergy(awake_j, asleep_j, total / power.supply_v / (DAY_MS / 1e3), battery.energy_j / total)

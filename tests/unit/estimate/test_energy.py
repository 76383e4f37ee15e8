"""A day's energy and battery life from active and sleep current."""

import msgspec
import pytest

from studio.boards import board
from studio.core.target import Power
from studio.estimate.energy import CR2032, Battery, day_energy

TARGET = msgspec.structs.replace(board("virtual-m4"), power=Power(3.0, 0.01, 1e-6))


def test_a_day_is_awake_for_its_duty_and_asleep_for_the_rest():
    day = day_energy(TARGET, 100.0, 1000.0)
    assert day.awake_j == pytest.approx(0.1 * 86400 * 0.03)
    assert day.asleep_j == pytest.approx(0.9 * 86400 * 3e-6)
    assert day.mean_a == pytest.approx(0.1 * 0.01 + 0.9 * 1e-6)
    assert day.battery_days == pytest.approx(0.220 / day.mean_a / 24)


@pytest.mark.parametrize(("regulator", "gain"), [("internal SMPS", 2), ("internal LDO", 1), ("", 1)])
def test_a_higher_voltage_helps_only_behind_a_switching_regulator(regulator, gain):
    target = msgspec.structs.replace(TARGET, power=Power(3.0, 0.01, 1e-6, regulator))
    once, twice = (day_energy(target, 100.0, 1000.0, Battery(220.0, v)).battery_days for v in (3.0, 6.0))
    assert twice == pytest.approx(gain * once)
    assert once == pytest.approx(day_energy(target, 100.0, 1000.0, CR2032).battery_days)


def test_work_that_never_ends_never_sleeps():
    day = day_energy(TARGET, 2000.0, 1000.0)
    assert day.asleep_j == 0 and day.mean_a == pytest.approx(0.01)


@pytest.mark.parametrize("power", [None, Power(3.0, 0.01, None)])
def test_without_a_sourced_current_there_is_no_answer(power):
    assert day_energy(msgspec.structs.replace(TARGET, power=power), 1.0, 10.0) is None

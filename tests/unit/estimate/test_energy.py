"""A day's energy and battery life from active and sleep current."""

import msgspec
import pytest

from studio.boards import board
from studio.core.energy import AS_IT_IS, EnergyPlan
from studio.core.target import Power
from studio.estimate.energy import MONTH_DAYS, battery_sources, day_energy, planned

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
    once, twice = (day_energy(target, 100.0, 1000.0, EnergyPlan(battery_v=v)).battery_days for v in (3.0, 6.0))
    assert twice == pytest.approx(gain * once)
    assert once == pytest.approx(day_energy(target, 100.0, 1000.0).battery_days)


def test_work_that_never_ends_never_sleeps():
    day = day_energy(TARGET, 2000.0, 1000.0)
    assert day.asleep_j == 0 and day.mean_a == pytest.approx(0.01)


@pytest.mark.parametrize("power", [None, Power(3.0, 0.01, None)])
def test_without_a_sourced_current_there_is_no_answer(power):
    assert day_energy(msgspec.structs.replace(TARGET, power=power), 1.0, 10.0) is None


def test_the_users_own_figures_take_the_boards_place_and_say_so():
    plan = EnergyPlan(active_ma=20.0, source="my meter")
    own = planned(TARGET, plan)
    assert own.power == Power(3.0, 0.02, 1e-6)
    assert own.source_of("active") == "your own figure, set in this project: my meter"
    assert own.source_of("sleep") == TARGET.source_of("sleep")
    assert planned(TARGET, AS_IT_IS) is TARGET and planned(TARGET, EnergyPlan(battery_mah=1.0)) is TARGET


def test_a_board_without_currents_gets_them_once_supply_and_current_are_the_users():
    bare = msgspec.structs.replace(TARGET, power=None)
    assert planned(bare, EnergyPlan(active_ma=5.0)).power is None
    assert planned(bare, EnergyPlan(active_ma=5.0, supply_v=3.0)).power == Power(3.0, 0.005, None)


def test_a_regulator_that_loses_half_halves_the_battery_life():
    whole, half = (day_energy(TARGET, 100.0, 1000.0, EnergyPlan(efficiency_percent=e)).battery_days for e in (100.0, 50.0))
    assert half == pytest.approx(whole / 2)


def test_a_battery_that_loses_all_in_a_month_lasts_less_than_one():
    nothing = msgspec.structs.replace(TARGET, power=Power(3.0, 1e-12, 1e-13))
    assert day_energy(nothing, 1.0, 1000.0, EnergyPlan(self_discharge_percent=100.0)).battery_days == pytest.approx(MONTH_DAYS)
    assert day_energy(nothing, 1.0, 1000.0, EnergyPlan(self_discharge_percent=1.0)).battery_days == pytest.approx(100 * MONTH_DAYS)


def test_an_interval_of_ones_own_counts_for_the_energy():
    own, same = day_energy(TARGET, 100.0, 1000.0, EnergyPlan(interval_ms=10_000.0)), day_energy(TARGET, 100.0, 10_000.0)
    assert own == same and own.duty == pytest.approx(0.01) and own.interval_ms == 10_000.0


def test_what_is_assumed_of_the_battery_is_said_until_it_is_the_users():
    assert battery_sources(AS_IT_IS) == {"battery": "assumed: a CR2032, 220 mAh at 3.0 V"}
    assert "your own" in battery_sources(EnergyPlan(battery_v=3.7))["battery"]
    assert "regulator's efficiency" in battery_sources(EnergyPlan(efficiency_percent=80.0))

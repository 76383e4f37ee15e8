"""What a gauge says on hover of TFLM's plans and of X-CUBE-AI: the better plan, what is not confirmed, why a board cannot have it."""

from studio.boards import board
from studio.estimate.report import RUNTIMES, report
from studio.lower.int8 import quantised_types
from studio.ui.panels.target_reading import explain, refusal
from studio.ui.settings import RUNTIME_NAMES, SETTINGS
from tests.unit.estimate.test_conventions import published_cnn
from tests.unit.estimate.test_tflm_offline import drawn


def test_a_better_plan_of_the_arena_is_told_where_ram_is_explained():
    here = board("virtual-m4")
    made = report(drawn(15), here, "tflm")
    assert "a plan of the arena in the file" in explain("RAM", made, here, 1000.0, 10)
    assert "a plan of the arena" not in explain("Flash", made, here, 1000.0, 10)


def test_what_is_unverified_of_x_cube_ai_is_told():
    here = board("nucleo-l4r5zi")
    assert "unverified: the time of a float network" in explain("Time", report(published_cnn(), here, "x-cube-ai"), here, 1000.0, 10)
    assert "published plans" in explain("RAM", report(quantised_types(published_cnn()), here, "x-cube-ai"), here, 1000.0, 10)
    assert "STM32 only" in refusal(report(published_cnn(), board("pico"), "x-cube-ai"))


def test_every_runtime_can_be_chosen():
    (setting,) = [s for s in SETTINGS if s.key == "runtime"]
    assert set(setting.choices) == set(RUNTIMES) == set(RUNTIME_NAMES)

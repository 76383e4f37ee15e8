"""The arena over time: the plan that is drawn is the plan that is counted."""

from itertools import combinations

import pytest

from studio.boards import load_boards
from studio.core.errors import StudioError
from studio.estimate.report import report
from studio.estimate.tflm import arena
from studio.estimate.tflm.plan import plan
from studio.estimate.timeline import engine_timeline, tflm_timeline
from studio.lower.engine import program
from studio.lower.tflite import read_tflite


@pytest.fixture(scope="module")
def models(data_folder):
    """Every model file there is, by its name."""
    found = {path.stem: read_tflite(path) for path in sorted((data_folder / "models").glob("*.tflite"))}
    assert found
    return found


def overlapping(lives):
    return [(a, b) for a, b in combinations(lives, 2) if a.first <= b.last and b.first <= a.last and a.offset < b.end and b.offset < a.end]


@pytest.mark.parametrize("kernels", ["cmsis_nn", "reference"])
@pytest.mark.parametrize("dsp", [True, False])
def test_tflms_plan_is_the_head_that_is_counted(models, kernels, dsp):
    for name, network in models.items():
        buffers = plan(network, kernels, dsp)
        assert max(b.offset + b.size for b in buffers) == arena(network, kernels, dsp).head, name
        assert all(0 <= b.first <= b.last < len(network.ops) for b in buffers), name


def test_in_tflms_arena_nothing_shares_a_byte_at_the_same_time(models):
    board = load_boards()["nrf52840dk"]
    for name, network in models.items():
        made = report(network, board, "tflm")
        timeline = tflm_timeline(network, made, board)
        assert not overlapping(timeline.lives), name
        assert timeline.planned == made.arena.head
        assert timeline.total == made.ram.parts["arena"] >= timeline.planned
        assert [step.ops for step in timeline.steps] == [(n,) for n in range(len(network.ops))]
        assert max(step.alive for step in timeline.steps) <= timeline.planned


def test_the_engines_timeline_is_its_arena(models):
    drawn = 0
    for name, network in models.items():
        try:
            made = program(network, "dsp")
        except StudioError:
            continue
        drawn += 1
        timeline = engine_timeline(made)
        assert timeline.total == timeline.planned == made.arena_bytes
        assert len(timeline.steps) == len(made.calls)
        assert max(life.end for life in timeline.lives) <= timeline.total
        highest = timeline.steps[timeline.peak]
        assert highest.alive == max(s.alive for s in timeline.steps) <= timeline.total, name
        assert {n for life in timeline.lives for n in life.names} == {b.name for b in made.buffers if b.size}
    assert drawn


def test_bytes_that_a_result_takes_over_count_once(models):
    """Every byte that is alive during a step is counted once, by counting them one by one."""
    for network in models.values():
        try:
            timeline = engine_timeline(program(network, "plain"))
        except StudioError:
            continue
        for number, step in enumerate(timeline.steps):
            alive = bytearray(timeline.total)
            for life in timeline.during(number):
                alive[life.offset : life.end] = b"\1" * life.size
            assert step.alive == sum(alive)

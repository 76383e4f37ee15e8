"""Every number of a report has a source: random graphs on boards of every kind, with every runtime that each can have."""

from collections.abc import Iterator
from typing import Any

import pytest

from studio.boards import load_boards
from studio.core.energy import EnergyPlan
from studio.core.errors import StudioError
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.estimate.counts import figures
from studio.estimate.report import as_json, report, runtimes_for
from studio.estimate.rests import RESTS_ON, foremost, rests_on
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from tests.helpers.small_networks import BLOCKS, random_graph

FRONT_END = FrontEnd()
EXACT = {"macs", "weights_bytes"}
SEEDS = range(6)
BOARDS = load_boards()
LEAST_WORDS = 12


def drawn(seed: int) -> Network:
    """Lower the first random graph from this seed on that can be."""
    while True:
        try:
            return quantised_types(lower_graph(random_graph(seed, FRONT_END.shape, 8), BLOCKS, FRONT_END.shape, name="drawn"))
        except StudioError:
            seed += 1000


def numbers(plain: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield every number with the names that lead to it."""
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield from numbers(value, (*path, name))
    elif isinstance(plain, list):
        for value in plain:
            yield from numbers(value, path)
    elif isinstance(plain, int | float) and not isinstance(plain, bool):
        yield path, plain


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_of_every_report_has_a_source(seed):
    network = drawn(seed)
    for number, board in enumerate(BOARDS.values()):
        plan = EnergyPlan(active_ma=3.0, source="my meter") if number % 3 == seed % 3 else EnergyPlan()
        made = [report(network, board, runtime, FRONT_END, energy=plan) for runtime in runtimes_for(board)]
        ran = [r for r in made if not any(i.id == "runtime.unsupported" for i in r.issues)]
        assert ran or not board.core.tabled
        for one, plain in zip(ran, as_json(figures(network), ran)["reports"], strict=True):
            assert plain["provenance"] == one.provenance and one.runtime_version
            for path, value in numbers(plain):
                if value and path[-1] not in EXACT:
                    said = rests_on(one, path[0])
                    assert said and all(len(source) >= LEAST_WORDS for source in said), (board.id, one.runtime, path)


@pytest.mark.parametrize("board", ["virtual-m4", "nucleo-l4r5zi", "esp32-s3-devkitc-1", "nrf52840dk"])
def test_what_a_gauge_says_of_its_source_is_the_report_s(board):
    made = report(drawn(1), BOARDS[board], "c", FRONT_END)
    for figure in ("flash", "ram", "latency_ms"):
        assert any(source in foremost(made, figure) for source in made.sources.values())
    assert bool(foremost(made, "energy_uj")) == (made.energy_uj is not None)


def test_no_figure_of_a_report_is_forgotten():
    known = {*RESTS_ON, "interval_ms"}
    made = as_json(figures(drawn(0)), [report(drawn(0), BOARDS["nrf52840dk"], "tflm", FRONT_END)])["reports"][0]
    assert {path[0] for path, _ in numbers(made)} <= known

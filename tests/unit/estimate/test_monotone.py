"""Parts sum to their total, and nothing goes down when filters go up, over random graphs and every runtime.

TFLM and X-CUBE-AI hold this for any number of filters. The engine takes other kernels where channels come in fours, which are faster and
may be smaller: it is held in steps of four. Its plan lies an output over an input that is at least as large, so that more filters can
save RAM: what must not go down is what lives at once where the same buffers are shared. With the least RAM it trades code and time for
RAM, so that of those only weights are held, and that it takes no more RAM than the plain engine.
"""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from studio.boards import board
from studio.core.errors import StudioError
from studio.core.network import Network
from studio.core.report import ResourceReport
from studio.estimate.report import RUNTIMES, report
from studio.lower.engine import program
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from tests.helpers.small_networks import BLOCKS, random_graph

SHAPE = (12, 10, 1)
HOME = board("nucleo-l4r5zi")
WIDTHS = {"conv2d": "filters", "separable_conv2d": "filters", "dense": "units"}
SEEDS = range(44, 64)


def widened(seed: int, steps: tuple[int, ...]) -> Iterator[list[Network]]:
    """Each layer of a random graph with more and more filters."""
    graph = random_graph(seed, SHAPE, 8)
    for node in graph.nodes:
        name = WIDTHS.get(node.kind)
        if name is None:
            continue
        grown = [graph.with_params(BLOCKS.get(node.kind), node.id, {name: node.params[name] + more}) for more in steps]
        try:
            yield [quantised_types(lower_graph(g, BLOCKS, SHAPE, name="drawn")) for g in grown]
        except StudioError:  # a residual's other branch keeps its width
            continue


def figures_of(made: ResourceReport) -> dict[str, float]:
    parts = {f"flash {name}": size for name, size in made.flash.parts.items()}
    return {
        "RAM": made.ram.total,
        "flash": made.flash.total,
        "stack": made.stack_bytes,
        "instructions": made.instructions,
        "cycles": made.cycles,
        "latency": made.latency_ms.value,
        **parts,
    }


def ran(made: ResourceReport) -> bool:
    return not any(i.id == "runtime.unsupported" for i in made.issues)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_parts_sum_to_the_total(runtime, seed):
    for networks in widened(seed, (0,)):
        made = report(networks[0], HOME, runtime)
        assert made.ram.total == sum(made.ram.parts.values()) and made.flash.total == sum(made.flash.parts.values())
        assert sum(op.instructions for op in made.ops) == made.instructions and sum(op.cycles for op in made.ops) == made.cycles
        assert all(size >= 0 for parts in (made.ram, made.flash) for size in parts.parts.values())
        break


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("runtime", ["tflm", "tflm-ref", "x-cube-ai"])
def test_nothing_goes_down_when_filters_go_up(runtime, seed):
    compared = 0
    for networks in widened(seed, (0, 1, 5)):
        made = [report(network, HOME, runtime) for network in networks]
        for fewer, more in pairwise(made):
            if ran(fewer) and ran(more):
                before, after = figures_of(fewer), figures_of(more)
                assert {name for name in before if after[name] < before[name]} == set()
                compared += 1
    assert compared


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_goes_down_on_the_engine_in_steps_of_four(seed):
    compared = 0
    for networks in widened(seed, (0, 4, 8)):
        made = [report(network, HOME, "c") for network in networks]
        for fewer, more in pairwise(made):
            before, after = figures_of(fewer), figures_of(more)
            assert {name for name in before if after[name] < before[name]} <= {"RAM"}
            compared += 1
        lives = [(shared(network), alive(network)) for network in networks]
        for (pairs, least), (grown_pairs, grown) in pairwise(lives):
            assert pairs != grown_pairs or least <= grown
    assert compared


@pytest.mark.parametrize("seed", SEEDS)
def test_the_least_ram_is_never_more_than_the_engine_s(seed):
    for networks in widened(seed, (0, 1, 4)):
        plain, small = ([report(network, HOME, runtime) for network in networks] for runtime in ("c", "c-small"))
        assert all(s.ram.total <= p.ram.total for s, p in zip(small, plain, strict=True))
        weights = [s.flash.parts["weights"] for s in small]
        assert weights == sorted(weights)


def shared(network: Network) -> list[tuple[bool, ...]]:
    """Which buffers lie over which others while both live."""
    buffers = program(network, "dsp").buffers
    return [
        tuple(a.offset < b.offset + b.size and b.offset < a.offset + a.size and a.first <= b.last and b.first <= a.last for b in buffers)
        for a in buffers
    ]


def alive(network: Network) -> int:
    """The most bytes of the arena that are in use during one call."""
    buffers = program(network, "dsp").buffers
    most = 0
    for step in {b.first for b in buffers}:
        end = total = 0
        for start, stop in sorted((b.offset, b.offset + b.size) for b in buffers if b.first <= step <= b.last):
            total += max(0, stop - max(start, end))
            end = max(end, stop)
        most = max(most, total)
    return most

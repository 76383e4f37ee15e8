"""Parts sum to their total, and nothing goes down when filters go up, over random graphs and every runtime.

TFLM and X-CUBE-AI hold this for any number of filters. The engine has other kernels where channels come in fours, which are faster and
may be smaller, and others for a single channel: code, time and energy are held in steps of four, from two filters on. Its weights, and the
bytes that must be in RAM at once, are held for any number from two on. Its plan takes no less than those, and more in a few places: a layer
that makes fewer channels than it takes works in place from the front, a 1 x 1 convolution that makes more from the end, and a tensor
between the two cannot lie at both ends. There some more filters may save RAM: of four thousand layers that grew one in three hundred did, by an
eighth at most. With the least RAM the engine trades code and time for RAM, so that of those only weights are held, and that it takes no more RAM than
the plain engine.
"""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.boards import board
from studio.core.errors import StudioError
from studio.core.network import Network
from studio.core.report import ResourceReport
from studio.estimate.report import RUNTIMES, report
from studio.lower.engine.build import draft
from studio.lower.engine.plan import Step, live
from studio.lower.engine.sketch import sketch
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from tests.helpers.drawn_designs import drawn_design
from tests.helpers.small_networks import BLOCKS, random_graph

HOMES = (board("nucleo-l4r5zi"), board("nucleo-g0b1re"), board("nucleo-h743zi"))
SHAPE = (12, 10, 1)
WIDTHS = {"conv2d": "filters", "separable_conv2d": "filters", "dense": "units"}
ALL = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def designed(seed: int):
    """A graph as a user would draw it for even seeds, one of odd shapes for the others; and its input's shape."""
    if seed % 2:
        return random_graph(seed, SHAPE, 8), SHAPE
    design = drawn_design(seed % 400)
    return design.graph, design.frontend.shape


class Growth(NamedTuple):
    """A design, which of its layers grows, and how many more filters it gets each time."""

    seed: int
    layer: int
    more: tuple[int, ...]

    def networks(self, least: int = 1) -> list[Network]:
        """Return the design with more and more filters, from `least` on; none where a residual's other branch keeps its width."""
        graph, shape = designed(self.seed)
        layers = [n for n in graph.nodes if n.kind in WIDTHS]
        node = layers[self.layer % len(layers)]
        name, first = WIDTHS[node.kind], max(least, node.params[WIDTHS[node.kind]])
        grown = [graph.with_params(BLOCKS.get(node.kind), node.id, {name: first + n}) for n in (0, *self.more)]
        try:
            return [quantised_types(lower_graph(g, BLOCKS, shape, name="drawn")) for g in grown]
        except StudioError:
            return []


def growths(most: int, step: int = 1) -> st.SearchStrategy[Growth]:
    """Draw how a layer grows, in steps of `step`."""
    more = st.lists(st.integers(1, most).map(lambda n: step * n), min_size=1, max_size=2, unique=True).map(sorted).map(tuple)
    return st.builds(Growth, st.integers(0, 10_000), st.integers(0, 7), more)


def figures_of(made: ResourceReport) -> dict[str, float]:
    parts = {f"flash {name}": size for name, size in made.flash.parts.items()} | {f"RAM {n}": size for n, size in made.ram.parts.items()}
    return parts | {
        "RAM": made.ram.total,
        "flash": made.flash.total,
        "stack": made.stack_bytes,
        "instructions": made.instructions,
        "cycles": made.cycles,
        "latency": made.latency_ms.value,
        "energy": made.energy_uj or 0.0,
        "MACs": sum(op.macs for op in made.ops),
    }


def fallen(networks: list[Network], runtime: str) -> set[str]:
    """The figures that go down somewhere along the networks, on any of the boards that run them all."""
    found = set()
    for home in HOMES:
        made = [report(network, home, runtime) for network in networks]
        if any(i.id == "runtime.unsupported" for r in made for i in r.issues):
            continue
        for before, after in pairwise(map(figures_of, made)):
            found |= {name for name in before if after[name] < before[name]}
    return found


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("seed", range(12))
def test_parts_sum_to_the_total(runtime, seed):
    graph, shape = designed(seed)
    network = quantised_types(lower_graph(graph, BLOCKS, shape, name="drawn"))
    frontend = drawn_design(seed).frontend if seed % 2 == 0 else None
    for home in HOMES:
        made = report(network, home, runtime, frontend)
        assert made.ram.total == sum(made.ram.parts.values())
        assert made.flash.total == sum(made.flash.parts.values())
        assert sum(op.instructions for op in made.ops) == made.instructions
        assert sum(op.cycles for op in made.ops) == made.cycles
        assert all(size >= 0 for parts in (made.ram, made.flash) for size in parts.parts.values())


@ALL
@given(growths(40))
def test_nothing_goes_down_on_tflm_and_x_cube_ai(growth):
    networks = growth.networks()
    for runtime in ("tflm", "tflm-ref", "x-cube-ai"):
        assert fallen(networks, runtime) == set()


@ALL
@given(growths(10, step=4))
def test_nothing_but_ram_goes_down_on_the_engine_in_steps_of_four(growth):
    networks = growth.networks(least=2)
    assert fallen(networks, "c") <= {"RAM", "RAM arena"}


@ALL
@given(growths(40), st.sampled_from(["dsp", "plain"]))
def test_ram_and_weights_of_the_engine_follow_the_filters(growth, variant):
    networks = growth.networks(least=2)
    plans = [sketch(network, variant) for network in networks]
    needed = [at_once(network, variant) for network in networks]
    assert needed == sorted(needed)
    for least, plan in zip(needed, plans, strict=True):
        assert plan.arena_bytes >= least
    for fewer, more in pairwise(plans):
        assert more.arena_bytes >= fewer.arena_bytes * 3 // 4
        assert more.constants["weights"] >= fewer.constants["weights"]


def at_once(network: Network, variant: str) -> int:
    """The most bytes that a call needs, each output lying over its input wherever it may."""
    drafter = draft(network, variant)
    steps = [Step(d.reads, d.writes, d.shares) for d in drafter.drafts]
    groups = live(steps, {out: source for source, out in drafter.aliases}, (network.inputs[0], network.outputs[0]))
    needed = [d.scratch for d in drafter.drafts]
    for group in groups:
        for call in range(len(needed)):
            needed[call] += max((network.tensors[t].nbytes for t, first, last, _ in group if first <= call <= last), default=0)
    return max(needed)


@settings(ALL, max_examples=15)
@given(growths(20))
def test_the_least_ram_is_never_more_than_the_engine_s(growth):
    networks = growth.networks(least=2)
    for home in HOMES[:2]:
        plain, small = ([report(network, home, runtime) for network in networks] for runtime in ("c", "c-small"))
        assert all(s.ram.total <= p.ram.total for s, p in zip(small, plain, strict=True))
        weights = [s.flash.parts["weights"] for s in small]
        assert weights == sorted(weights)

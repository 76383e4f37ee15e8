"""What is worked out again after edits is what is worked out from nothing: the memories change no figure."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.boards import board
from studio.core.edits import AddBlock, RemoveBlocks, SetFrontEnd, SetParams
from studio.core.errors import StudioError
from studio.core.graph import INPUT_KIND, infer
from studio.core.network import Network
from studio.core.project import Project
from studio.core.remember import forget
from studio.estimate.counts import figures
from studio.estimate.report import RUNTIMES, report_all
from studio.lower.engine import program, sketch
from studio.lower.engine.sketch import arguments_of, constant_parts
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from tests.helpers.random_networks import random_network, rare_network
from tests.helpers.small_networks import BLOCKS, random_graph
from tests.helpers.streaming_networks import streaming_network

TARGETS = tuple(board(name) for name in ("virtual-m4", "nrf52840dk", "pico", "nucleo-f103rb"))
CHANGES = (
    {"filters": 3},
    {"filters": 8},
    {"kernel": (3, 3)},
    {"kernel": (1, 2)},
    {"activation": "relu6"},
    {"use_bias": False},
    {"units": 7},
    {"padding": "valid"},
    {"stride": (2, 2)},
)
KINDS = ("conv2d", "depthwise_conv2d", "batch_norm", "relu", "max_pool", "separable_conv2d")


def worked_out(project: Project) -> tuple:
    """The network of a design, its figures, reports, and plans; the issues where it has none."""
    found = infer(project.graph, BLOCKS, project.frontend.shape)
    if not found.runnable:
        return (found,)
    network = quantised_types(lower_graph(project.graph, BLOCKS, project.frontend.shape, name=project.name, inference=found))
    reports = report_all(network, TARGETS, RUNTIMES, project.frontend)
    return found, network, figures(network), reports, plan(network, "dsp"), plan(network, "plain")


def plan(network: Network, variant: str):
    try:
        return program(network, variant)
    except StudioError as error:
        return repr(error)


def edited(project: Project, draw) -> Project:
    """Draw an edit that can be applied; the project itself where the one drawn cannot."""
    nodes = [n for n in project.graph.nodes if n.kind != INPUT_KIND]
    node = draw(st.sampled_from(nodes))
    edits = (
        SetParams(node.id, draw(st.sampled_from(CHANGES))),
        AddBlock(draw(st.sampled_from(KINDS)), {}, "", node.id),
        RemoveBlocks((node.id,)),
        SetFrontEnd({"mels": draw(st.integers(18, 22))}),
    )
    try:
        return draw(st.sampled_from((edits[0], *edits))).apply(project, BLOCKS)
    except StudioError:
        return project


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_edits_and_undo_give_what_a_fresh_start_gives(data):
    graph = random_graph(data.draw(st.integers(0, 10**6)))
    history = [SetFrontEnd({"mels": 20, "clip_samples": 6400}).apply(Project("design", ("a", "b"), graph=graph), BLOCKS)]
    shown = [worked_out(history[0])]
    for _ in range(data.draw(st.integers(2, 7))):
        if len(history) > 1 and data.draw(st.integers(0, 3)) == 0:
            history.append(history[-2])  # an undo comes back to the very value
        else:
            history.append(edited(history[-1], data.draw))
        shown.append(worked_out(history[-1]))
    for project, again in zip(history, shown, strict=True):
        forget()
        assert repr(worked_out(msgspec.convert(msgspec.to_builtins(project), Project))) == repr(again)


@pytest.mark.parametrize("variant", ["dsp", "plain"])
@pytest.mark.parametrize("draw", [random_network, rare_network, streaming_network])
def test_a_sketch_is_its_program(draw, variant):
    for seed in range(25):
        network = draw(seed)
        bare = msgspec.structs.replace(network, tensors=tuple(_without_values(t) for t in network.tensors))
        for given_network in (network, bare):
            whole = plan(given_network, variant)
            if isinstance(whole, str):
                with pytest.raises(StudioError):
                    sketch(given_network, variant)
                continue
            made = sketch(given_network, variant)
            calls = (*whole.calls, *whole.init)
            assert made.arena_bytes == whole.arena_bytes
            assert made.constants == constant_parts(whole)
            assert made.kernels == set(whole.kernels)
            assert (made.calls, made.arguments) == (len(calls), arguments_of(calls))
            rows = [[(c.kernel, c.dims) for c in outline.calls] for outline in made.outlines]
            assert rows == [[(c.kernel, c.dims) for c in whole.calls if c.op == number] for number in range(len(network.ops))]


def _without_values(tensor):
    """Leave a weight's values out; short constants, such as axes, stay."""
    return msgspec.structs.replace(tensor, data=None) if tensor.constant and tensor.dtype == "int8" else tensor

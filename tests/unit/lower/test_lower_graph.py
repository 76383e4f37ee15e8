import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.blocks.templates import chain, default_graph
from studio.core.errors import GraphError, InputError
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.lower.build import Draft
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph
from tests.helpers.small_networks import BLOCKS, random_graph, random_weights

SHAPE = (12, 10, 1)


def plain(graph, weights, input_shape=SHAPE):
    """The network with nothing folded: what each block's own lowering says."""
    draft, tensors = Draft(weights), {}
    for id in graph.order:
        node = graph.by_id[id]
        draft.block = id
        if node.kind == INPUT_KIND:
            tensors[id] = draft.tensor("input", (1, *input_shape))
        else:
            tensors[id] = BLOCKS.get(node.kind).lower(node.params, draft, [tensors[s] for s in graph.sources[id]])
    return draft.network("plain", tensors[INPUT_KIND], tensors[graph.order[-1]])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_folding_changes_no_output(seed):
    graph = random_graph(seed)
    weights = random_weights(graph, SHAPE, seed)
    x = np.random.default_rng(seed).normal(size=(3, *SHAPE)).astype(np.float32)
    expected = run_float(plain(graph, weights), x)
    folded = lower_graph(graph, BLOCKS, SHAPE, weights)
    assert np.allclose(run_float(folded, x), expected, atol=1e-4 * max(1, np.abs(expected).max()))
    assert "batch_norm" not in {op.kind for op in folded.ops}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_weights_change_no_structure(seed):
    graph = random_graph(seed)
    bare = lower_graph(graph, BLOCKS, SHAPE)
    full = lower_graph(graph, BLOCKS, SHAPE, random_weights(graph, SHAPE))
    assert [(t.name, t.shape, t.dtype, t.constant) for t in bare.tensors] == [(t.name, t.shape, t.dtype, t.constant) for t in full.tensors]
    assert bare.ops == full.ops
    assert not bare.has_weights
    assert full.has_weights


def test_a_separable_block_becomes_two_fused_operators():
    graph = chain(
        (
            ("separable_conv2d", {"filters": 8, "use_bias": False}),
            ("batch_norm", {}),
            ("relu", {}),
            ("flatten", {}),
            ("dense", {"units": 3}),
        )
    )
    net = lower_graph(graph, BLOCKS, SHAPE)
    assert [(op.kind, op.options.get("activation"), op.block) for op in net.ops] == [
        ("depthwise_conv_2d", "none", "separable_conv2d_1"),
        ("conv_2d", "relu", "separable_conv2d_1"),
        ("reshape", None, "flatten_1"),
        ("fully_connected", "none", "dense_1"),
    ]
    names = [net.tensors[op.outputs[0]].name for op in net.ops]
    assert names == ["separable_conv2d_1/depthwise_conv_2d", "separable_conv2d_1", "flatten_1", "dense_1"]
    assert len({t.name for t in net.tensors}) == len(net.tensors)


def test_a_norm_whose_input_is_read_twice_stays_apart():
    graph = chain((("conv2d", {"filters": 4}), ("batch_norm", {}), ("flatten", {}), ("dense", {})))
    graph = graph.disconnect("flatten_1").add(BLOCKS.get("add")).connect("conv2d_1", "add_1", 0).connect("batch_norm_1", "add_1", 1)
    net = lower_graph(graph.connect("add_1", "flatten_1"), BLOCKS, SHAPE)
    assert [op.kind for op in net.ops] == ["conv_2d", "depthwise_conv_2d", "add", "reshape", "fully_connected"]


def test_an_activation_is_not_fused_twice_nor_into_a_join():
    graph = chain((("conv2d", {"activation": "relu6"}), ("relu", {}), ("concatenate", {}), ("relu", {}), ("flatten", {}), ("dense", {})))
    graph = graph.connect("conv2d_1", "concatenate_1", 1)
    net = lower_graph(graph, BLOCKS, SHAPE)
    assert [op.kind for op in net.ops] == ["conv_2d", "relu", "concatenation", "relu", "reshape", "fully_connected"]


def test_a_norm_on_a_vector_runs_between_reshapes():
    graph = chain((("flatten", {}), ("batch_norm", {}), ("dense", {})))
    weights = random_weights(graph, SHAPE)
    x = np.random.default_rng(0).normal(size=(4, *SHAPE)).astype(np.float32)
    net = lower_graph(graph, BLOCKS, SHAPE, weights)
    assert [op.kind for op in net.ops] == ["reshape", "depthwise_conv_2d", "reshape", "fully_connected"]
    assert np.allclose(run_float(net, x), run_float(plain(graph, weights), x), atol=1e-5)


def test_sixty_blocks_lower_at_once():
    steps = (
        [("conv2d", {"filters": 8})] + 19 * [("depthwise_conv2d", {}), ("batch_norm", {}), ("relu", {})] + [("flatten", {}), ("dense", {})]
    )
    graph = chain(steps)
    times = []
    for _ in range(20):
        began = time.perf_counter()
        lower_graph(graph, BLOCKS, (49, 40, 1))
        times.append(time.perf_counter() - began)
    assert min(times) < 0.002


def test_a_broken_graph_names_its_block():
    graph = chain((("conv2d", {"kernel": (40, 3), "padding": "valid"}), ("flatten", {}), ("dense", {})))
    with pytest.raises(GraphError) as error:
        lower_graph(graph, BLOCKS, SHAPE)
    assert error.value.where == "conv2d_1"


def test_a_graph_that_computes_nothing_is_refused():
    with pytest.raises(GraphError, match="computes nothing"):
        lower_graph(chain((("dropout", {}),)), BLOCKS, SHAPE)
    with pytest.raises(GraphError):
        lower_graph(ModelGraph((Node(INPUT_KIND, INPUT_KIND),)), BLOCKS, SHAPE)


@pytest.mark.parametrize("spoil", ["missing", "shape", "nan"])
def test_weights_that_do_not_fit_are_named(spoil):
    graph = default_graph((49, 40, 1), 4)
    weights = random_weights(graph, (49, 40, 1))
    if spoil == "missing":
        del weights["dense_1/kernel"]
    elif spoil == "shape":
        weights["dense_1/kernel"] = weights["dense_1/kernel"][:-1]
    else:
        weights["dense_1/kernel"][0, 0] = np.nan
    with pytest.raises(InputError) as error:
        lower_graph(graph, BLOCKS, (49, 40, 1), weights)
    assert error.value.where == "dense_1/kernel"
    assert error.value.hint

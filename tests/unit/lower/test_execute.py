import time

import numpy as np
import pytest

from studio.blocks.templates import chain, default_graph
from studio.core.errors import InputError, UnsupportedOperator
from studio.core.network import Network, Op, Tensor
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph
from tests.helpers.small_networks import BLOCKS, random_weights


def one(kind, shapes, out, options=None, consts=()):
    """A float network of one operator; the first shape is the input, `consts` are the other operands."""
    tensors = [Tensor("x", shapes)]
    for i, values in enumerate(consts):
        array = np.asarray(values)
        array = array.astype("<f4") if array.dtype.kind == "f" else array.astype("<i4")
        tensors.append(Tensor(f"c{i}", array.shape, "float32" if array.dtype.kind == "f" else "int32", None, True, array.tobytes()))
    tensors.append(Tensor("y", out))
    last = len(tensors) - 1
    return Network(kind, tuple(tensors), (Op(kind, tuple(range(last)), (last,), options or {}),), (0,), (last,))


def naive_conv(x, w, bias, stride, dilation, same):
    """Straight from the definition: one output, one tap at a time."""
    height, width = x.shape[:2]
    reach = [(w.shape[a + 1] - 1) * dilation[a] + 1 for a in (0, 1)]
    out = [-(-s // stride[a]) if same else (s - reach[a]) // stride[a] + 1 for a, s in enumerate((height, width))]
    before = [max(0, (out[a] - 1) * stride[a] + reach[a] - s) // 2 if same else 0 for a, s in enumerate((height, width))]
    groups = x.shape[2] // w.shape[3]
    y = np.zeros((*out, w.shape[0]))
    for i, j, o in np.ndindex(*y.shape):
        first = o // (w.shape[0] // groups) * w.shape[3]
        for k, m in np.ndindex(*w.shape[1:3]):
            row, col = i * stride[0] - before[0] + k * dilation[0], j * stride[1] - before[1] + m * dilation[1]
            if 0 <= row < height and 0 <= col < width:
                y[i, j, o] += x[row, col, first : first + w.shape[3]] @ w[o, k, m]
    return y + bias


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride,dilation,groups", [((1, 1), (1, 1), 1), ((2, 1), (1, 1), 1), ((1, 1), (2, 3), 1), ((1, 2), (1, 1), 2)])
def test_conv_equals_its_definition(padding, stride, dilation, groups):
    rng = np.random.default_rng(0)
    x, w, bias = rng.normal(size=(1, 9, 10, 4)), rng.normal(size=(6, 3, 2, 4 // groups)), rng.normal(size=6)
    expected = naive_conv(x[0], w, bias, stride, dilation, padding == "same")
    options = {"stride": stride, "dilation": dilation, "padding": padding, "activation": "none"}
    net = one("conv_2d", (1, 9, 10, 4), (1, *expected.shape), options, (w, bias))
    assert np.allclose(run_float(net, x)[0], expected, atol=1e-4)


def test_depthwise_is_a_grouped_conv():
    rng = np.random.default_rng(1)
    x, w, bias = rng.normal(size=(2, 7, 6, 3)), rng.normal(size=(1, 3, 3, 6)), rng.normal(size=6)
    options = {"stride": (2, 2), "dilation": (1, 1), "padding": "same", "activation": "relu"}
    net = one("depthwise_conv_2d", (1, 7, 6, 3), (1, 4, 3, 6), {**options, "multiplier": 2}, (w, bias))
    grouped = one("conv_2d", (1, 7, 6, 3), (1, 4, 3, 6), options, (w.transpose(3, 1, 2, 0), bias))
    assert np.allclose(run_float(net, x), run_float(grouped, x), atol=1e-5)


def test_average_pool_leaves_the_padding_out():
    options = {"kernel": (2, 2), "stride": (2, 2), "padding": "same", "activation": "none"}
    net = one("average_pool_2d", (1, 3, 3, 1), (1, 2, 2, 1), options)
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    assert run_float(net, x).ravel().tolist() == [2.0, 3.5, 6.5, 8.0]
    net = one("max_pool_2d", (1, 3, 3, 1), (1, 2, 2, 1), options)
    assert run_float(net, x - 20).ravel().tolist() == [-16.0, -15.0, -13.0, -12.0]


def test_a_hundred_clips_take_seconds_at_most():
    shape = (49, 40, 1)
    graph = default_graph(shape, 10)
    net = lower_graph(graph, BLOCKS, shape, random_weights(graph, shape))
    x = np.random.default_rng(0).normal(size=(100, *shape)).astype(np.float32)
    began = time.perf_counter()
    y = run_float(net, x)
    assert time.perf_counter() - began < 5
    assert y.shape == (100, 10)
    assert np.allclose(y.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(y[37], run_float(net, x[37:38])[0], atol=1e-6)


def test_tensors_can_be_kept():
    graph = chain((("conv2d", {"filters": 3, "activation": "relu"}), ("flatten", {}), ("dense", {"units": 2})))
    net = lower_graph(graph, BLOCKS, (6, 5, 1), random_weights(graph, (6, 5, 1)))
    x = np.random.default_rng(0).normal(size=(7, 6, 5, 1))
    y, kept = run_float(net, x, keep=["conv2d_1", "dense_1"])
    assert kept["conv2d_1"].shape == (7, 6, 5, 3)
    assert kept["conv2d_1"].min() == 0
    assert np.array_equal(kept["dense_1"], y)


def test_what_cannot_run_is_refused():
    graph = chain((("flatten", {}), ("dense", {"units": 2})))
    with pytest.raises(InputError, match="no weights"):
        run_float(lower_graph(graph, BLOCKS, (6, 5, 1)), np.zeros((1, 6, 5, 1)))
    with pytest.raises(UnsupportedOperator) as error:
        run_float(one("exp", (1, 4), (1, 4)), np.zeros((1, 4)))
    assert error.value.where == "exp"

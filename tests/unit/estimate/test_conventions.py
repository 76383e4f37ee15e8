"""Published figures reproduced by the convention that each source counts with, on networks rebuilt from what they say of them.

ST's reports: X-CUBE-AI 10.2.1 on a 1-D CNN of 8,195 parameters. Nordby, Environmental Sound Classification on Microcontrollers using CNNs
(2019): the strided depthwise-separable networks on 60 mel bands x 31 frames, X-CUBE-AI 3.4, float32.
"""

import pytest

from studio.boards import board
from studio.core.graph import ModelGraph, Node
from studio.core.network import Network
from studio.estimate.counts import figures, op_macs, unverified_macc
from studio.estimate.xcubeai import activation_bytes, xcubeai_cost
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from tests.helpers.small_networks import BLOCKS

KIB = 1024
SOFTMAX = 15


def chain(shape, *blocks) -> Network:
    """Lower blocks that follow each other."""
    graph, last = ModelGraph((Node("x", "input"),)), "x"
    for kind, params in blocks:
        id = graph.fresh_id(kind)
        graph = graph.add(BLOCKS.get(kind), params, id).connect(last, id, 0)
        last = id
    return lower_graph(graph, BLOCKS, shape, name="published")


def published_cnn() -> Network:
    """The one network of two convolutions and two dense layers that has all of the report's figures."""
    conv = {"padding": "valid", "activation": "relu"}
    return chain(
        (1, 128, 1),
        ("conv2d", {"filters": 8, "kernel": (1, 5), **conv}),
        ("max_pool", {"kernel": (1, 2), "stride": (1, 2)}),
        ("conv2d", {"filters": 16, "kernel": (1, 3), **conv}),
        ("max_pool", {"kernel": (1, 2), "stride": (1, 2)}),
        ("flatten", {}),
        ("dense", {"units": 16, "activation": "relu"}),
        ("dense", {"units": 3}),
        ("softmax", {}),
    )


def test_st_s_macc_of_a_published_network_in_float_and_int8():
    network = published_cnn()
    in_float, in_int8 = figures(network), figures(quantised_types(network))
    assert in_float.parameters == 8195
    assert (in_float.macc_st, in_int8.macc_st) == (39_736, 37_768)
    assert (in_float.weights_bytes, in_int8.weights_bytes) == (32_780, 8_324)
    assert unverified_macc(network) == unverified_macc(quantised_types(network)) == ()


def test_st_s_activations_and_runtime_of_that_network():
    network = published_cnn()
    assert (activation_bytes(network), activation_bytes(quantised_types(network))) == (5_920, 2_544)
    cost = xcubeai_cost(network, board("nucleo-f446re").core)
    assert cost.ram_bytes == pytest.approx(3_308, rel=0.05)
    assert cost.library_bytes + cost.network_bytes == pytest.approx(14_056, rel=0.05)
    assert activation_bytes(network) + cost.ram_bytes == pytest.approx(9_228, rel=0.02)
    assert figures(network).weights_bytes + cost.library_bytes + cost.network_bytes == pytest.approx(46_840, rel=0.02)


def strided(filters: int) -> Network:
    """Stride-DS-5x5: a convolution and two depthwise-separable ones, each half again as wide, the last without padding; 64 units; 10 classes."""
    widths = [filters, filters * 3 // 2, filters * 9 // 4]
    block = {"kernel": (5, 5), "stride": (2, 2), "activation": "relu"}
    return chain(
        (60, 31, 1),
        ("conv2d", {"filters": widths[0], **block}),
        ("separable_conv2d", {"filters": widths[1], **block}),
        ("separable_conv2d", {"filters": widths[2], "padding": "valid", **block}),
        ("flatten", {}),
        ("dense", {"units": 64, "activation": "relu"}),
        ("dense", {"units": 10}),
        ("softmax", {}),
    )


def depthwise_ops(network: Network):
    return [op for op in network.ops if op.kind == "depthwise_conv_2d"]


def thesis_flash(network: Network) -> float:
    """4 bytes for each parameter and for a bias of each depthwise channel, in KiB."""
    without = [op for op in depthwise_ops(network) if len(op.inputs) < 3 or op.inputs[2] < 0]
    return 4 * (figures(network).parameters + sum(network.tensors[op.outputs[0]].shape[3] for op in without)) / KIB


def thesis_ram(network: Network) -> float:
    """The largest input and output of an operator together, the network's own input left out, in KiB."""
    sizes = [
        sum(network.tensors[i].nbytes for i in {op.inputs[0], *op.outputs} if i not in network.inputs)
        for op in network.ops
        if op.kind != "reshape"
    ]
    return max(sizes) / KIB


def thesis_macc(network: Network) -> int:
    """As X-CUBE-AI 3.4 printed it: a depthwise layer for one channel only, convolutions' biases, ReLUs as one, 15 a class."""
    total = SOFTMAX * network.output.elements
    for op in network.ops:
        out, macs = network.tensors[op.outputs[0]], op_macs(network, op)
        depthwise = op.kind == "depthwise_conv_2d"
        total += macs // out.shape[3] if depthwise else macs
        total += out.shape[3] if op.kind == "conv_2d" else 0
        total += out.elements if op.options.get("activation") == "relu" else 0
    return total


@pytest.mark.parametrize(
    ("filters", "flash", "ram", "macc"),
    [(24, 184.64, 56.25, 477_236), (20, 152.81, 46.88, 380_749), (16, 121.59, 37.5, 291_318), (12, 90.97, 28.13, 208_943)],
)
def test_the_thesis_s_conventions(filters, flash, ram, macc):
    network = strided(filters)
    assert thesis_flash(network) == pytest.approx(flash, abs=0.006)
    assert thesis_ram(network) == pytest.approx(ram, abs=0.006)
    assert thesis_macc(network) == macc


def test_true_multiply_accumulates_of_the_thesis_s_network():
    assert figures(strided(24)).macs == 539_920

"""The exact figures against those measured elsewhere, and ST's convention against its published report."""

import json

import pytest

from studio.core.network import Network, Op, Tensor
from studio.estimate.counts import figures, op_macc_st, op_macs
from studio.lower.tflite.read import read_tflite
from tests.helpers.real_models import MODELS


def tensor(*shape, constant=False, dtype="int8"):
    return Tensor("t", shape, dtype, constant=constant)


def one_op(kind, source, out, *constants, **options):
    """A network of one operator: its input, its constants, its output."""
    tensors = (source, *constants, out)
    last = len(tensors) - 1
    return Network("one", tensors, (Op(kind, tuple(range(last)), (last,), options),), (0,), (last,))


@pytest.mark.parametrize("model", MODELS)
def test_equals_the_measured_figures(data_folder, model):
    known = next(m for m in json.loads((data_folder / "models" / "figures.json").read_text())["models"] if m["model"] == f"{model}.tflite")
    network = read_tflite(data_folder / "models" / known["model"])
    found = figures(network)
    assert found.model == model
    assert found.macs == known["macs"]
    assert found.parameters == known["weight_and_bias_elements"]
    assert found.weights_bytes == known["const_bytes_of_compute_ops"]
    assert [m for m in (op_macs(network, op) for op in network.ops) if m] == [op["macs"] for op in known["per_op"]]


def test_grouped_convolution_counts_the_filters_own_channels():
    network = one_op("conv_2d", tensor(1, 8, 8, 16), tensor(1, 8, 8, 32), tensor(32, 3, 3, 4, constant=True))
    assert figures(network).macs == 8 * 8 * 32 * 3 * 3 * 4


def test_a_bias_of_64_bits_counts_and_axes_do_not():
    bias, weights = tensor(40, constant=True, dtype="int64"), tensor(40, 3, 3, 8, constant=True)
    wide = one_op("conv_2d", tensor(1, 8, 8, 8, dtype="int16"), tensor(1, 8, 8, 40, dtype="int16"), weights, bias)
    assert (figures(wide).parameters, figures(wide).weights_bytes) == (40 * 73, 40 * 72 + 8 * 40)
    reduced = one_op("reduce_max", tensor(1, 8, 8, 8), tensor(1, 8), tensor(2, constant=True, dtype="int32"))
    assert figures(reduced).parameters == 0


def test_lstm_counts_every_gate_at_every_step():
    steps, inputs, units = 49, 40, 16
    gates = [tensor(units, inputs, constant=True)] * 4 + [tensor(units, units, constant=True)] * 4
    network = one_op("unidirectional_sequence_lstm", tensor(1, steps, inputs), tensor(1, steps, units), *gates, time_major=False)
    assert figures(network).macs == steps * 4 * units * (inputs + units)


def test_st_counts_biases_pool_kernels_and_fifteen_a_class():
    bias = tensor(8, constant=True, dtype="int32")
    conv = one_op("conv_2d", tensor(1, 10, 1, 3), tensor(1, 8, 1, 8), tensor(8, 3, 1, 3, constant=True), bias)
    pool = one_op("max_pool_2d", tensor(1, 8, 1, 8), tensor(1, 4, 1, 8), kernel=(2, 1))
    relu = one_op("relu", tensor(1, 8, 1, 8), tensor(1, 8, 1, 8))
    softmax = one_op("softmax", tensor(1, 6), tensor(1, 6))
    assert op_macc_st(conv, conv.ops[0]) == 8 * 8 * 9 + 8
    assert op_macc_st(pool, pool.ops[0]) == 4 * 8 * 2
    assert op_macc_st(relu, relu.ops[0]) == 64
    assert op_macc_st(softmax, softmax.ops[0]) == 90


def test_arrays_stored_once_count_once():
    shared = bytes(range(32))
    bias = Tensor("b", (8,), "int32", constant=True, data=shared)
    kernel = Tensor("k", (8, 4), "int8", constant=True, data=bytes(range(32, 64)))
    tensors = (tensor(1, 4), kernel, bias, tensor(1, 8), kernel, bias, tensor(1, 8))
    ops = (Op("fully_connected", (0, 1, 2), (3,)), Op("fully_connected", (0, 4, 5), (6,)))
    assert figures(Network("n", tensors, ops, (0,), (6,))).parameters == 8 * 4 + 8

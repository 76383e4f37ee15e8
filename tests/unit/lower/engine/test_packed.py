"""The packed kernels: their weights, what they take and what they leave, and outputs equal to TFLM's."""

import numpy as np
import pytest

from studio.core.network import Network, Op, Quantisation, Tensor
from studio.deploy import oracle
from studio.lower.engine import program
from studio.lower.engine.packed_weights import fours_count, pack_fours, pack_pairs
from tests.helpers.engine_host import HostModel, random_inputs
from tests.helpers.packed_networks import packed_network, with_first_weight


def outputs_equal(network, folder) -> bool:
    inputs = [*random_inputs(network, 2), *(np.full(network.input.elements, v, np.int8).tobytes() for v in (-128, 127))]
    model = HostModel(network, "dsp", folder)
    return [model.run(i) for i in inputs] == oracle.run(network, inputs)


@pytest.mark.parametrize("seed", range(40))
def test_outputs_equal_tflm(seed, tmp_path):
    assert outputs_equal(packed_network(seed), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(1000, 2000, 100))
def test_many_outputs_equal_tflm(first, tmp_path):
    for seed in range(first, first + 100):
        assert outputs_equal(packed_network(seed), tmp_path / str(seed)), seed


def test_each_packed_kernel_is_drawn():
    kernels = [k for seed in range(40) for k in program(packed_network(seed)).kernels]
    for name in ("conv_2d", "pointwise_conv", "depthwise_conv_3x3", "fully_connected"):
        assert kernels.count(f"ot_{name}_packed_dsp") > 5
    assert "ot_average_pool_dsp" in kernels


def test_a_pair_is_one_number():
    rows = np.array([[-127, 127, -1, 0, 5], [127, -127, 0, -1, 7], [1, 2, 3, 4, -5]])
    packed = pack_pairs(rows.astype(np.int8))
    assert packed.shape == (2, 2, 4, 2)
    order = [0, 2, 1, 3, 4]
    halves = packed.view("<i2").reshape(2, 8)[:, :5].astype(int)
    assert (halves[0] == (rows[0] + 256 * rows[1])[order]).all()
    assert (halves[1] == rows[2][order]).all()


def test_rows_that_make_no_four_stay_as_they_are():
    rows = np.arange(-30, 30, dtype=np.int8).reshape(6, 10)
    packed = pack_fours(rows)
    assert packed.size == fours_count(6, 10) == 4 * 12 + 20
    assert (packed[48:] == rows[4:].ravel()).all()


def kernels_without(network, *dropped) -> bool:
    return not any(k.endswith("_packed_dsp") for k in program(network).kernels if not k.startswith(dropped))


@pytest.mark.parametrize("seed", range(4))
def test_a_weight_of_minus_128_goes_the_other_way(seed, tmp_path):
    network = with_first_weight(packed_network(seed), -128)
    assert kernels_without(network, "ot_depthwise")
    assert outputs_equal(network, tmp_path)


def dense(weights, bias, weight_scale, out_scale) -> Network:
    outputs, inputs = weights.shape
    tensors = (
        Tensor("in", (1, inputs), "int8", Quantisation((1.0,), (0,))),
        Tensor("w", weights.shape, "int8", Quantisation((weight_scale,), (0,)), True, weights.astype("<i1").tobytes()),
        Tensor("b", (outputs,), "int32", Quantisation((weight_scale,), (0,)), True, np.full(outputs, bias, "<i4").tobytes()),
        Tensor("out", (1, outputs), "int8", Quantisation((out_scale,), (3,))),
    )
    return Network("dense", tensors, (Op("fully_connected", (0, 1, 2), (3,), {"activation": "none"}),), (0,), (3,))


@pytest.mark.parametrize(
    ("weight_scale", "bias", "packed"),
    [(0.499, 0, True), (0.5, 0, False), (3.0, 0, False), (0.01, (1 << 23) - 1, True), (0.01, 1 << 23, False), (0.01, -(1 << 30), False)],
)
def test_large_factors_and_biases_go_the_other_way(weight_scale, bias, packed, tmp_path):
    network = dense(np.random.default_rng(1).integers(-3, 4, (5, 9)), bias, weight_scale, 1.0)
    assert program(network).kernels == (f"ot_fully_connected_{'packed_' if packed else ''}dsp",)
    assert outputs_equal(network, tmp_path)


@pytest.mark.parametrize("inputs", [507, 508, 509, 513, 1027])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_sums_of_a_dense_layer_are_exact(inputs, sign, tmp_path):
    weights = np.full((6, inputs), 127 * sign)
    assert outputs_equal(dense(weights, 0, 2e-6, 0.5), tmp_path)


@pytest.mark.parametrize(("inputs", "packed"), [(514, True), (516, False)])
def test_a_convolution_whose_sums_would_overflow_goes_the_other_way(inputs, packed, tmp_path):
    quant = Quantisation((1.0,), (0,))
    tensors = (
        Tensor("in", (1, 2, 2, inputs), "int8", quant),
        Tensor("w", (3, 1, 1, inputs), "int8", Quantisation((1e-6,), (0,)), True, np.full((3, inputs), 127, "<i1").tobytes()),
        Tensor("out", (1, 2, 2, 3), "int8", Quantisation((0.1,), (-7,))),
    )
    options = {"stride": (1, 1), "dilation": (1, 1), "padding": "valid", "activation": "none"}
    network = Network("wide", tensors, (Op("conv_2d", (0, 1), (2,), options),), (0,), (2,))
    assert program(network).kernels == ("ot_pointwise_conv_packed_dsp" if packed else "ot_pointwise_conv_dsp",)
    assert outputs_equal(network, tmp_path)

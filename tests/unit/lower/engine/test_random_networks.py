import numpy as np
import pytest

from studio.core.network import Network, Op, Quantisation, Tensor
from studio.deploy import oracle
from studio.lower.engine import program
from tests.helpers.engine_host import HostModel, random_inputs
from tests.helpers.random_networks import random_network, rare_network, whole_network
from tests.helpers.streaming_networks import streaming_network
from tests.helpers.width_networks import nibble_networks, wide_network


def outputs_equal(network, variant, folder, runs=3, plain=None) -> bool:
    """Whether the engine computes what TFLM does; `plain` is the same network as TFLM is to run it."""
    inputs = random_inputs(network, runs)
    model = HostModel(network, variant, folder)
    return [model.run(i) for i in inputs] == oracle.run(plain or network, inputs)


@pytest.mark.parametrize("seed", range(80))
def test_outputs_equal_tflm(seed, tmp_path):
    assert outputs_equal(random_network(seed), ("dsp", "plain")[seed % 2], tmp_path)


@pytest.mark.parametrize(("seed", "variant"), [(54, "dsp"), (144, "plain"), (177, "plain")])
def test_outputs_of_a_1x1_that_makes_more_channels_in_place_equal_tflm(seed, variant, tmp_path):
    network = random_network(seed)
    plan = program(network, variant)
    of = {b.tensor: b for b in plan.buffers}
    ends = [(of[network.ops[c.op].inputs[0]], of[network.ops[c.op].outputs[0]]) for c in plan.calls if "pointwise" in c.kernel]
    assert any(source.offset < out.offset + out.size and out.offset < source.offset for source, out in ends)
    assert outputs_equal(network, variant, tmp_path)


@pytest.mark.parametrize(
    ("shape", "axes"), [((1, 5, 7, 3), (1, 2)), ((1, 9, 6), (1,)), ((1, 4, 3, 8), (3,)), ((1, 6, 1, 5), (-3, -2)), ((1, 40), (1,))]
)
@pytest.mark.parametrize("keep", [False, True])
def test_the_largest_along_axes_is_tflms(shape, axes, keep, tmp_path):
    quant = Quantisation((0.1,), (7,))
    gone = {axis % len(shape) for axis in axes}
    out = tuple(1 if a in gone else size for a, size in enumerate(shape) if keep or a not in gone)
    numbers = Tensor("axes", (len(axes),), "int32", None, True, np.asarray(axes, "<i4").tobytes())
    tensors = (Tensor("in", shape, "int8", quant), numbers, Tensor("out", out, "int8", quant))
    network = Network("n", tensors, (Op("reduce_max", (0, 1), (2,), {"keep_dims": keep}),), (0,), (2,))
    assert outputs_equal(network, "dsp", tmp_path, runs=8)


@pytest.mark.parametrize("seed", range(80))
def test_outputs_of_rare_operators_equal_tflm(seed, tmp_path):
    assert outputs_equal(rare_network(seed), ("plain", "dsp")[seed % 2], tmp_path)


@pytest.mark.parametrize("seed", range(40))
def test_outputs_of_streams_equal_tflm(seed, tmp_path):
    assert outputs_equal(streaming_network(seed), ("dsp", "plain")[seed % 2], tmp_path, runs=8)


@pytest.mark.parametrize("seed", range(40))
def test_outputs_of_int16_equal_tflm(seed, tmp_path):
    assert outputs_equal(wide_network(seed), ("dsp", "plain")[seed % 2], tmp_path)


@pytest.mark.parametrize("seed", range(40))
def test_outputs_of_4_bit_weights_equal_tflm_with_the_same_weights_in_int8(seed, tmp_path):
    packed, plain = nibble_networks(seed)
    assert outputs_equal(packed, ("plain", "dsp")[seed % 2], tmp_path, plain=plain)


@pytest.mark.parametrize("seed", range(16))
def test_windows_over_all_of_the_input_equal_tflm(seed, tmp_path):
    network, variant = whole_network(seed), ("dsp", "plain")[seed % 2]
    assert network.input.shape[3] == 1 or "whole" in program(network, variant).calls[0].kernel
    assert outputs_equal(network, variant, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(1000, 6000, 100))
def test_many_outputs_equal_tflm(first, tmp_path):
    """5000 networks, half of them common, a quarter of rare operators, a quarter with state; each in both variants."""
    for seed in range(first, first + 100):
        make = (random_network, rare_network, random_network, streaming_network)[seed % 4]
        for variant in ("dsp", "plain"):
            assert outputs_equal(make(seed), variant, tmp_path / f"{seed}{variant}", runs=8 if make is streaming_network else 3), seed

"""What every kernel of TFLM asks for, against builds with both kinds of kernels on an emulated Cortex-M4."""

import json
from pathlib import Path

import pytest

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.estimate.tflm import arena
from studio.estimate.tflm.support import SUPPORTED, check_supported
from studio.lower.tflite import read_tflite, write_tflite
from tests.helpers.kernel_networks import NETWORKS, bias, fixed, live, one

MEASURED = json.loads(Path(__file__).with_name("arenas_m4.json").read_text())["kernels"]


def test_each_network_was_measured():
    assert list(MEASURED) == list(NETWORKS)
    assert {op.kind for network in NETWORKS.values() for op in network.ops} < SUPPORTED


@pytest.mark.parametrize("kernels", ["reference", "cmsis_nn"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_arena_is_the_emulated_boards(name, kernels):
    network = read_tflite(write_tflite(NETWORKS[name]))
    check_supported(network, kernels)
    used, required, head = MEASURED[name][kernels]
    made = arena(network, kernels)
    assert (made.used, made.head) == (used, head)
    assert 0 <= made.required - required <= 16


def test_a_core_without_dsp_gets_other_scratch():
    assert arena(NETWORKS["depthwise"], "cmsis_nn", dsp=False).head < arena(NETWORKS["depthwise"], "cmsis_nn").head
    assert arena(NETWORKS["average"], "cmsis_nn", dsp=False).head < arena(NETWORKS["average"], "cmsis_nn").head


def test_data_types_that_no_kernel_takes_are_refused_by_name():
    wide = one("reduce_max", [live(1, 6, 8, dtype="int16"), fixed(1, dtype="int32")], [live(1, 8, dtype="int16")], keep_dims=False)
    old = one("logistic", [live(1, 6, dtype="uint8")], [live(1, 6, dtype="uint8")])
    for network, said in ((wide, "reduce_max on int16"), (old, "logistic on uint8")):
        with pytest.raises(UnsupportedOperator, match=said):
            check_supported(network)


def test_dense_layers_that_only_some_kernels_take():
    options = {"activation": "none", "keep_dims": False}
    wide, nibbles = live(1, 24, dtype="int16"), fixed(30, 24, dtype="int4", channels=30)
    every = one("fully_connected", [wide, fixed(30, 24, channels=30), bias(30, "int64", 30)], [live(1, 30, dtype="int16")], **options)
    check_supported(every, "reference")
    with pytest.raises(UnsupportedOperator, match="int16 fully_connected"):
        check_supported(every, "cmsis_nn")
    with pytest.raises(UnsupportedOperator, match="4-bit weights"):
        check_supported(one("fully_connected", [live(1, 24), nibbles, None], [live(1, 30)], **options))


def test_the_signal_library_is_named():
    source = live(1, 480, dtype="int16")
    network = Network("n", (source, source), (Op("custom:SignalWindow", (0,), (1,)),), (0,), (1,))
    with pytest.raises(UnsupportedOperator, match="signal library has SignalWindow"):
        check_supported(network)

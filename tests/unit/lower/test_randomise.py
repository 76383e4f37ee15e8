import numpy as np
import pytest

from studio.blocks.templates import TEMPLATES, chain
from studio.lower.graph import lower_graph
from studio.lower.quantise import quantised_types
from studio.lower.randomise import randomise
from studio.lower.tflite import read_tflite, write_tflite
from tests.helpers.small_networks import BLOCKS, all_outputs, int8_inputs, random_graph, tflm, tflm_all

SHAPE = (49, 40, 1)


def saturated(values: np.ndarray, kind: str, activation: str) -> float:
    """Share of the values at an end of int8; for a rectifier only the upper end, since zeros are its nature."""
    low = (
        0
        if activation.startswith("relu") or kind in ("relu", "relu6", "softmax", "max_pool_2d", "average_pool_2d", "reshape")
        else values == -128
    )
    return float(np.mean((values == 127) | low))


def check_lively(net, count=8):
    """No tensor saturates over 30 %, and most outputs differ from input to input."""
    wide = all_outputs(net)
    writers = {op.outputs[0]: op for op in wide.ops}
    runs = tflm_all(write_tflite(wide), int8_inputs(net, count), len(wide.outputs))
    for index, values in zip(wide.outputs, runs, strict=True):
        op = writers[index]
        assert saturated(values, op.kind, op.options.get("activation", "none")) < 0.3, (op.kind, index)
    final = runs[-1].reshape(count, -1)
    assert np.mean(final[1:] != final[:-1]) > 0.5


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_come_alive(name):
    check_lively(randomise(lower_graph(TEMPLATES[name](SHAPE, 10), BLOCKS, SHAPE), 0))


def test_thirty_layers_neither_saturate_nor_vanish():
    steps = [("conv2d", {"filters": 8, "stride": (2, 2)})] + 14 * [
        ("depthwise_conv2d", {}),
        ("conv2d", {"filters": 8, "kernel": (1, 1), "activation": "relu"}),
    ]
    check_lively(randomise(lower_graph(chain([*steps, ("flatten", {}), ("dense", {"units": 6})]), BLOCKS, SHAPE), 0))


def test_random_networks_come_alive():
    """A network whose only channel dies cannot be saved: one in twenty may stand still."""
    shares = []
    for seed in range(40):
        net = randomise(lower_graph(random_graph(seed), BLOCKS, (12, 10, 1)), seed)
        outputs = tflm(write_tflite(net), int8_inputs(net, 8, seed)).reshape(8, -1)
        shares.append(np.mean(outputs[1:] != outputs[:-1]))
    assert np.mean(np.array(shares) > 0.5) >= 0.95


def test_a_typed_network_gives_the_same_as_the_float_one():
    net = lower_graph(TEMPLATES["tiny"](SHAPE, 10), BLOCKS, SHAPE)
    assert randomise(quantised_types(net), 3) == randomise(net, 3)
    assert randomise(net, 3) != randomise(net, 4)


@pytest.mark.data
@pytest.mark.parametrize("name", ["kws_ref_model", "ad01_int8", "ic_resnet_quant", "micro_speech_quantized", "kws_micronet_m"])
def test_a_real_model_keeps_its_structure(name, data_folder):
    net = read_tflite(data_folder / "models" / f"{name}.tflite")
    new = randomise(net, 0)
    assert new.ops == net.ops
    for old, tensor in zip(net.tensors, new.tensors, strict=True):
        assert (old.name, old.shape, old.dtype, old.constant) == (tensor.name, tensor.shape, tensor.dtype, tensor.constant)
        assert old.quant is None or len(old.quant.scale) == len(tensor.quant.scale)
    check_lively(new)


def test_the_weights_fill_their_range():
    net = randomise(lower_graph(TEMPLATES["default"](SHAPE, 10), BLOCKS, SHAPE), 0)
    for tensor in net.tensors:
        if tensor.constant and tensor.dtype == "int8":
            values = np.frombuffer(tensor.data, np.int8)
            assert np.abs(values).max() == 127
            assert values.std() > 20

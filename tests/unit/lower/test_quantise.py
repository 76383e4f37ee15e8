import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.blocks.templates import chain, default_graph
from studio.core.errors import InputError, UnsupportedOperator
from studio.core.network import Network, Op, Tensor
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph
from studio.lower.int8 import affine, integers, join_ranges
from studio.lower.quantise import calibrate, quantise, quantised_types
from studio.lower.tflite import read_tflite, write_tflite
from tests.helpers.small_networks import BLOCKS, random_graph, random_weights, real, tflm

SHAPE = (12, 10, 1)


def converted(graph, shape=SHAPE, count=40, seed=0):
    """A float network with random weights, its int8 form and the examples that calibrated it."""
    net = lower_graph(graph, BLOCKS, shape, random_weights(graph, shape, seed))
    x = np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)
    return net, quantise(net, calibrate(net, x)), x


def outputs(net: Network, x: np.ndarray) -> np.ndarray:
    """Run real inputs through the tflite-micro wheel and return real outputs."""
    quantised = integers(x.astype(np.float64), net.input.quant, "int8")
    return real(tflm(write_tflite(net), quantised), net.output.quant)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_int8_stays_close_to_float(seed):
    net, int8, x = converted(random_graph(seed, steps=4), seed=seed)
    expected = run_float(net, x)
    spread = expected.max() - expected.min()
    error = np.sqrt(np.mean((outputs(int8, x) - expected) ** 2))
    assert error < max(0.03 * spread, 1.5 * int8.output.quant.scale[0])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_types_before_training_are_those_after(seed):
    graph = random_graph(seed)
    typed = quantised_types(lower_graph(graph, BLOCKS, SHAPE))
    _, int8, _ = converted(graph, count=2, seed=seed)
    assert typed.ops == int8.ops
    assert (typed.inputs, typed.outputs) == (int8.inputs, int8.outputs)
    for before, after in zip(typed.tensors, int8.tensors, strict=True):
        assert (before.name, before.shape, before.dtype, before.constant) == (after.name, after.shape, after.dtype, after.constant)
        assert (before.quant is None) == (after.quant is None)
        if after.quant is not None:
            assert len(before.quant.scale) == len(after.quant.scale)
            assert before.quant.axis == after.quant.axis
            assert before.quant.zero_point[0] != -128 or after.quant.zero_point[0] == -128


def test_keywords_keep_their_class():
    net, int8, x = converted(default_graph((49, 40, 1), 10), (49, 40, 1), count=60)
    expected = run_float(net, x)
    margin = np.sort(expected, axis=1)
    clear = margin[:, -1] - margin[:, -2] > 0.02
    got = outputs(int8, x)
    assert (got.argmax(1) == expected.argmax(1))[clear].all()
    assert np.abs(got - expected).max() < 0.1


def test_the_rules_of_the_specification():
    _, net, _ = converted(default_graph((49, 40, 1), 10), (49, 40, 1), count=8)
    scale = {t.name: t.quant for t in net.tensors}
    assert net.input.dtype == net.output.dtype == "int8"
    assert net.output.quant.scale == (1 / 256,)
    assert net.output.quant.zero_point == (-128,)
    for op in net.ops:
        tensors = [net.tensors[i] for i in (*op.inputs, *op.outputs)]
        if op.kind in ("average_pool_2d", "reshape"):
            assert tensors[0].quant == tensors[-1].quant
        if op.options.get("activation") == "relu":
            assert tensors[-1].quant.zero_point == (-128,)
        if op.kind in ("conv_2d", "depthwise_conv_2d"):
            assert len(tensors[1].quant.scale) == tensors[3].shape[3]
            assert set(tensors[1].quant.zero_point) == {0}
            assert np.allclose(tensors[2].quant.scale, np.array(tensors[1].quant.scale) * tensors[0].quant.scale[0], rtol=1e-6)
            assert np.abs(np.frombuffer(tensors[1].data, np.int8)).max() == 127
        if op.kind == "fully_connected":
            assert len(tensors[1].quant.scale) == 1
    assert scale["dense_1/bias"] is not None


def test_what_a_join_joins_has_one_scale():
    graph = chain((("conv2d", {"filters": 4}), ("concatenate", {}), ("max_pool", {}), ("flatten", {}), ("dense", {"units": 3})))
    graph = (
        graph.add(BLOCKS.get("conv2d"), {"filters": 4, "activation": "relu"})
        .connect("input", "conv2d_2")
        .connect("conv2d_2", "concatenate_1", 1)
    )
    net, int8, x = converted(graph)
    (join,) = [op for op in int8.ops if op.kind == "concatenation"]
    assert len({int8.tensors[t].quant for t in (*join.inputs, *join.outputs)}) == 1
    assert np.abs(outputs(int8, x) - run_float(net, x)).max() < 0.05 * np.abs(run_float(net, x)).max()


def test_a_softmax_is_requantised_before_a_join():
    graph = chain((("flatten", {}), ("dense", {"units": 6}), ("softmax", {}), ("concatenate", {}), ("dense", {"units": 3})))
    graph = graph.connect("dense_1", "concatenate_1", 1)
    net, int8, x = converted(graph)
    assert [op.kind for op in int8.ops].count("quantize") == 1
    assert read_tflite(write_tflite(int8)).output == int8.output
    assert quantised_types(lower_graph(graph, BLOCKS, SHAPE)).ops == int8.ops
    assert np.abs(outputs(int8, x) - run_float(net, x)).max() < 0.1


@given(low=st.floats(-1e4, 1e4), high=st.floats(-1e4, 1e4))
def test_zero_is_exact_and_the_range_is_covered(low, high):
    quant = affine((min(low, high), max(low, high)))
    scale, zero = quant.scale[0], quant.zero_point[0]
    assert -128 <= zero <= 127
    assert scale > 0
    reach = max(0, high, low) - min(0, high, low)
    if reach > 1e-6:
        assert scale * (127 - zero) >= max(0, low, high) - 0.51 * scale
        assert scale * (-128 - zero) <= min(0, low, high) + 0.51 * scale
        assert scale == pytest.approx(reach / 255, rel=1e-6)


def test_a_dead_activation_has_a_usable_scale():
    graph = chain((("conv2d", {"filters": 3, "activation": "relu"}), ("flatten", {}), ("dense", {"units": 3})))
    weights = random_weights(graph, SHAPE)
    weights["conv2d_1/kernel"][:] = 0
    weights["conv2d_1/bias"][:] = -1
    net = lower_graph(graph, BLOCKS, SHAPE, weights)
    x = np.random.default_rng(0).normal(size=(4, *SHAPE)).astype(np.float32)
    int8 = quantise(net, calibrate(net, x))
    assert np.allclose(outputs(int8, x), run_float(net, x), atol=int8.output.quant.scale[0] * 1.01)


def test_a_large_bias_does_not_overflow():
    graph = chain((("flatten", {}), ("dense", {"units": 3})))
    weights = random_weights(graph, SHAPE)
    weights["dense_1/kernel"] *= 1e-9
    weights["dense_1/bias"] = np.array([5.0, -3.0, 1.0], np.float32)
    net = lower_graph(graph, BLOCKS, SHAPE, weights)
    x = np.ones((2, *SHAPE), np.float32)
    int8 = quantise(net, calibrate(net, x))
    assert np.allclose(outputs(int8, x), [5, -3, 1], atol=0.05)


def test_bad_calibration_is_refused():
    graph = default_graph((49, 40, 1), 4)
    net = lower_graph(graph, BLOCKS, (49, 40, 1), random_weights(graph, (49, 40, 1)))
    with pytest.raises(InputError, match="no example"):
        calibrate(net, np.zeros((0, 49, 40, 1), np.float32))
    with pytest.raises(InputError, match="do not fit"):
        calibrate(net, np.zeros((2, 40, 49, 1), np.float32))
    with pytest.raises(InputError):
        calibrate(net, np.full((1, 49, 40, 1), np.nan, np.float32))
    with pytest.raises(InputError):
        calibrate(lower_graph(graph, BLOCKS, (49, 40, 1)), np.zeros((1, 49, 40, 1), np.float32))
    with pytest.raises(InputError, match="not calibrated"):
        quantise(net, {})


def test_join_ranges():
    assert join_ranges([(-1, 2), (-3, 1)]) == (-3, 2)
    assert join_ranges([]) == (0.0, 0.0)


def test_an_operator_without_a_rule_is_named():
    net = Network("n", (Tensor("x", (1, 4)), Tensor("y", (1, 4))), (Op("exp", (0,), (1,), {}, "exp_1"),), (0,), (1,))
    with pytest.raises(UnsupportedOperator) as error:
        quantised_types(net)
    assert error.value.where == "exp_1"


def test_an_int8_network_comes_back_as_it_is():
    _, int8, _ = converted(default_graph((49, 40, 1), 4), (49, 40, 1), count=2)
    assert quantised_types(int8) is int8


def test_types_are_found_at_once():
    net = lower_graph(default_graph((49, 40, 1), 10), BLOCKS, (49, 40, 1))
    times = []
    for _ in range(20):
        began = time.perf_counter()
        quantised_types(net)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.001


@pytest.mark.nightly
def test_as_close_to_float_as_tensorflows_own_converter(tmp_path):
    """Convert the same Keras model with TensorFlow in a child process, and compare both files with the float outputs."""
    import subprocess
    import sys

    script = tmp_path / "convert.py"
    script.write_text(CONVERT, encoding="utf-8")
    shape = (49, 40, 1)
    graph = chain(
        (
            ("conv2d", {"filters": 16, "kernel": (5, 5), "stride": (2, 2), "activation": "relu"}),
            ("depthwise_conv2d", {"activation": "relu"}),
            ("conv2d", {"filters": 24, "kernel": (1, 1), "activation": "relu"}),
            ("global_average_pool", {}),
            ("dense", {"units": 8}),
        )
    )
    weights = random_weights(graph, shape, 7)
    np.savez(tmp_path / "weights.npz", **{k.replace("/", "."): v for k, v in weights.items()})
    x = np.random.default_rng(7).normal(size=(100, *shape)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    net = lower_graph(graph, BLOCKS, shape, weights)
    expected = run_float(net, x)
    assert np.allclose(np.load(tmp_path / "keras.npy"), expected, atol=1e-4)
    ours = quantise(net, calibrate(net, x))
    theirs = read_tflite(tmp_path / "model.tflite")
    errors = {}
    for name, int8, data in (("ours", ours, write_tflite(ours)), ("theirs", theirs, (tmp_path / "model.tflite").read_bytes())):
        got = real(tflm(data, integers(x.astype(np.float64), int8.input.quant, "int8")), int8.output.quant)
        errors[name] = np.sqrt(np.mean((got - expected) ** 2))
    assert errors["ours"] < 1.25 * errors["theirs"], errors
    assert ours.input.quant.scale[0] == pytest.approx(theirs.input.quant.scale[0], rel=1e-5)
    assert ours.input.quant.zero_point == theirs.input.quant.zero_point


CONVERT = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
keras = tf.keras
folder = sys.argv[1]
w = np.load(folder + "/weights.npz")
x = np.load(folder + "/x.npy")
layers = [
    keras.layers.Input((49, 40, 1), batch_size=1),
    keras.layers.Conv2D(16, (5, 5), strides=(2, 2), padding="same", activation="relu", name="conv2d_1"),
    keras.layers.DepthwiseConv2D((3, 3), padding="same", activation="relu", name="depthwise_conv2d_1"),
    keras.layers.Conv2D(24, (1, 1), padding="same", activation="relu", name="conv2d_2"),
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dense(8, name="dense_1"),
]
model = keras.Sequential(layers)
for name in ("conv2d_1", "depthwise_conv2d_1", "conv2d_2", "dense_1"):
    model.get_layer(name).set_weights([w[name + ".kernel"], w[name + ".bias"]])
np.save(folder + "/keras.npy", np.concatenate([model(v[None]).numpy() for v in x]))
converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([v[None]] for v in x)
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
open(folder + "/model.tflite", "wb").write(converter.convert())
"""


def test_constants_of_arithmetic_and_axes_are_converted_too():
    rng = np.random.default_rng(0)
    scale, axes = rng.normal(size=(1, 1, 1, 6)).astype("<f4"), np.array([1, 2], "<i4")
    tensors = (
        Tensor("x", (1, 5, 4, 6)),
        Tensor("scale", (1, 1, 1, 6), "float32", None, True, scale.tobytes()),
        Tensor("scaled", (1, 5, 4, 6)),
        Tensor("axes", (2,), "int32", None, True, axes.tobytes()),
        Tensor("y", (1, 6)),
    )
    ops = (Op("mul", (0, 1), (2,), {"activation": "none"}), Op("mean", (2, 3), (4,), {"keep_dims": False}))
    net = Network("scaled", tensors, ops, (0,), (4,))
    x = rng.normal(size=(20, 5, 4, 6)).astype(np.float32)
    int8 = quantise(net, calibrate(net, x))
    assert int8.tensors[1].dtype == "int8"
    assert int8.tensors[3] == tensors[3]
    expected = run_float(net, x)
    assert np.abs(outputs(int8, x) - expected).max() < 0.03 * np.ptp(expected)

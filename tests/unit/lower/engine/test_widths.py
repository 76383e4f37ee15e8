"""int16 values, 4-bit weights and transposed convolutions: layouts, refusals, and the converter's own models."""

import subprocess
import sys

import msgspec
import numpy as np
import pytest

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.deploy import oracle
from studio.lower.engine import program
from studio.lower.engine.nibbles import packed, paired, unpacked, without_nibbles
from studio.lower.engine.transposed import phase_filter, phases_of
from studio.lower.engine.wide import swapped
from studio.lower.tflite import read_tflite, write_tflite
from tests.helpers.engine_host import HostModel, random_inputs
from tests.helpers.width_networks import nibble_networks, wide_network

CONVERT = """
import sys
import keras, numpy as np, tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2 as freeze

keras.utils.set_random_seed(1)
x = given = keras.Input((24, 10, 1), batch_size=1)
x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, (5, 4), strides=2, padding="same", use_bias=False)(x)))
s = x
x = layers.Conv2D(8, 1, activation="relu")(layers.DepthwiseConv2D(3, padding="same", dilation_rate=(2, 1))(x))
x = layers.Add()([x, s])
if sys.argv[2] == "int8":
    x = layers.Conv2DTranspose(6, (3, 2), strides=2, padding="same", activation="relu")(x)
x = layers.AveragePooling2D((2, 1))(layers.MaxPooling2D(2)(x))
x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.Dense(9, activation="sigmoid")(layers.Flatten()(x))])
model = keras.Model(given, layers.Softmax()(layers.Dense(5)(x)))
function = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec((1, 24, 10, 1)))
converter = tf.lite.TFLiteConverter.from_concrete_functions([freeze(function)])
converter.optimizations = [tf.lite.Optimize.DEFAULT]
rng = np.random.default_rng(0)
converter.representative_dataset = lambda: ([rng.normal(size=(1, 24, 10, 1)).astype("f")] for _ in range(20))
sets = tf.lite.OpsSet
wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
converter.target_spec.supported_ops = [wide if sys.argv[2] == "int16" else sets.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = getattr(tf, sys.argv[2])
open(sys.argv[1], "wb").write(converter.convert())
"""


@pytest.mark.parametrize("dtype", ["int16", "int8"])
def test_models_of_the_converter_equal_tflm(dtype, tmp_path):
    path = tmp_path / "model.tflite"
    subprocess.run([sys.executable, "-c", CONVERT, str(path), dtype], check=True, capture_output=True)
    network = read_tflite(path)
    assert network.input.dtype == network.output.dtype == dtype
    inputs = random_inputs(network, 20)
    wanted = oracle.run(network, inputs, path.read_bytes())
    for variant in ("dsp", "plain"):
        model = HostModel(network, variant, tmp_path / variant)
        assert [model.run(data) for data in inputs] == wanted


def test_phases_of_a_transposed_convolution_scatter_the_same_sums():
    rng = np.random.default_rng(0)
    for padding, kernel, stride, size in [("same", 3, 2, 5), ("same", 5, 3, 4), ("valid", 2, 3, 6), ("valid", 4, 1, 3), ("same", 1, 2, 4)]:
        out = size * stride if padding == "same" else (size - 1) * stride + kernel
        source, taps = rng.integers(-9, 9, size), rng.integers(-9, 9, kernel)
        before = max(0, (size - 1) * stride + kernel - out) // 2 if padding == "same" else 0
        scattered = np.zeros(out + 99, int)
        for i, value in enumerate(source):
            scattered[i * stride : i * stride + kernel] += value * taps
        found = np.full(out, 99999)
        for first, count, tap, pad in phases_of(out, kernel, stride, padding):
            row = phase_filter(taps.reshape(1, kernel, 1, 1), (stride, 1), tap, 0).ravel()
            for o in range(count):
                places = o - pad + np.arange(len(row))
                inside = (places >= 0) & (places < size)
                found[first + o * stride] = source[places[inside]] @ row[inside]
        assert found.tolist() == scattered[before : before + out].tolist(), (padding, kernel, stride)


def test_weights_of_four_bits_are_packed_and_unpacked():
    values = np.arange(-8, 7, dtype=np.int8)
    tensor = Tensor("w", (15,), "int4", Quantisation((1.0,), (0,)), True, packed(values).tobytes())
    assert tensor.nbytes == len(tensor.data) == 8
    assert unpacked(tensor).data == values.tobytes()
    assert paired(np.array([[1, -2, 3], [-4, 5, -8], [7, 6, -1]], np.int8), 4).view(np.uint8).tolist() == [
        [0x1C, 0xE5, 0x38, 0],
        [0x70, 0x60, 0xF0, 0],
    ]


def test_the_second_and_third_weight_of_four_are_swapped():
    assert swapped(np.arange(14).reshape(2, 7)).tolist() == [[0, 2, 1, 3, 4, 5, 6], [7, 9, 8, 10, 11, 12, 13]]


def test_weights_of_four_bits_take_half_the_flash():
    half, whole = nibble_networks(1)
    sizes = []
    for network in (half, whole):
        consts = program(network, "plain").consts
        sizes.append(sum(c.nbytes for c in consts if c.name.endswith(("filters", "weights"))))
    assert 0.5 * sizes[1] <= sizes[0] < 0.6 * sizes[1]


@pytest.mark.parametrize("make", [wide_network, lambda seed: nibble_networks(seed)[0]])
def test_files_keep_the_data_types(make):
    network = make(2)
    assert read_tflite(write_tflite(network)).digest() == network.digest()
    assert "int4" not in {t.dtype for t in without_nibbles(network).tensors}


def test_int16_needs_no_weights_for_its_plan():
    network = wide_network(3)
    bare = msgspec.structs.replace(
        network, tensors=tuple(msgspec.structs.replace(t, data=None) if t.quant and t.constant else t for t in network.tensors)
    )
    with_data, without = program(network), program(bare)
    assert [c.kernel for c in without.calls] == [c.kernel for c in with_data.calls]
    assert (without.arena_bytes, without.const_bytes) == (with_data.arena_bytes, with_data.const_bytes)


def _one(kind: str, dtypes: tuple[str, ...], zero: int = 0, **options) -> Network:
    tensors = tuple(Tensor(f"t{i}", (1, 2, 2, 3), dtype, Quantisation((0.1,), (zero,))) for i, dtype in enumerate(dtypes))
    last = len(dtypes) - 1
    return Network("one", tensors, (Op(kind, tuple(range(last)), (last,), options, "block"),), (0,), (last,))


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (_one("hard_swish", ("int16", "int16")), "cannot run hard_swish: there is no int16 kernel for it"),
        (_one("relu", ("int16", "int8")), "t1 is int8; beside int16 tensors it must be int16 too"),
        (_one("relu", ("int16", "int16"), zero=3), "t0 is int16 with the zero point 3; it must be 0"),
        (_one("logistic", ("int16", "int16")), "its output must have the scale 1/32768"),
        (_one("add", ("int16", "int16", "int16"), activation="tanh"), "activation tanh is not supported"),
    ],
)
def test_refusals_name_operator_type_and_way_round(network, words):
    with pytest.raises(UnsupportedOperator, match=words) as refused:
        program(network)
    assert refused.value.where == "block"
    assert refused.value.hint == "export it for TFLM instead"

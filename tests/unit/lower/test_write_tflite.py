import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph
from studio.lower.quantise import quantised_types
from studio.lower.randomise import randomise
from studio.lower.tflite import read_tflite, write_tflite
from studio.lower.tflite.options import complete_options
from tests.helpers.real_models import MODELS
from tests.helpers.small_networks import BLOCKS, int8_inputs, random_graph, real, single_op, tflm, tflm_all, without_blocks


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_reading_what_was_written_gives_the_same_network(seed):
    net = randomise(lower_graph(random_graph(seed), BLOCKS, (12, 10, 1), name="drawn"), seed)
    assert read_tflite(write_tflite(net)) == without_blocks(net)


@pytest.mark.data
@pytest.mark.parametrize("name", MODELS)
def test_a_real_model_survives_reading_and_writing(name, data_folder):
    original = (data_folder / "models" / f"{name}.tflite").read_bytes()
    net = read_tflite(original, name)
    written = write_tflite(net)
    assert read_tflite(written, name) == net
    assert len(written) < len(original)
    rng = np.random.default_rng(1)
    inputs = int8_inputs(net, 5) if net.input.dtype == "int8" else rng.normal(size=(5, *net.input.shape[1:])).astype(np.float32)
    assert np.array_equal(tflm(original, inputs), tflm(written, inputs))


def test_constants_lie_at_multiples_of_16():
    net = randomise(lower_graph(random_graph(3), BLOCKS, (12, 10, 1)), 3)
    data = write_tflite(net)
    for tensor in net.tensors:
        if tensor.constant and len(tensor.data) > 8:
            assert data.index(tensor.data) % 16 == 0


def test_the_size_does_not_depend_on_the_weights():
    net = lower_graph(random_graph(11), BLOCKS, (12, 10, 1))
    sizes = {len(write_tflite(randomise(net, seed))) for seed in range(4)}
    zero = msgspec.structs.replace(
        randomise(net, 0),
        tensors=tuple(msgspec.structs.replace(t, data=bytes(t.nbytes)) if t.constant else t for t in randomise(net, 0).tensors),
    )
    assert sizes == {len(write_tflite(zero))}


def test_an_untrained_network_is_refused():
    with pytest.raises(InputError, match="no weights"):
        write_tflite(quantised_types(lower_graph(random_graph(1), BLOCKS, (12, 10, 1))))


def test_an_operator_with_unknown_options_is_refused():
    net = single_op("stablehlo_scatter", [(1, 4)], (1, 4))
    with pytest.raises(UnsupportedOperator):
        write_tflite(net)


def test_litert_takes_the_file_and_agrees():
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    net = randomise(lower_graph(random_graph(5), BLOCKS, (12, 10, 1)), 5)
    data = write_tflite(net)
    lite = interpreter.Interpreter(model_content=data, experimental_op_resolver_type=interpreter.OpResolverType.BUILTIN_REF)
    lite.allocate_tensors()
    inputs = int8_inputs(net, 8)
    theirs = []
    for x in inputs:
        lite.set_tensor(lite.get_input_details()[0]["index"], x[None])
        lite.invoke()
        theirs.append(lite.get_tensor(lite.get_output_details()[0]["index"])[0])
    assert np.abs(np.array(theirs).astype(int) - tflm(data, inputs)).max() <= 3


ONE_STRIDE = {"stride": (1, 1), "padding": "same", "activation": "none"}
SINGLE = {
    "relu": single_op("relu", [(1, 40)], (1, 40), out_zero=-128),
    "relu6": single_op("relu6", [(1, 40)], (1, 40)),
    "logistic": single_op("logistic", [(1, 40)], (1, 40), out_scale=1 / 256, out_zero=-128),
    "tanh": single_op("tanh", [(1, 40)], (1, 40), out_scale=1 / 128, out_zero=0),
    "hard_swish": single_op("hard_swish", [(1, 40)], (1, 40), out_scale=0.03, out_zero=-100),
    "softmax": single_op("softmax", [(1, 10)], (1, 10), {"beta": 1.0}, out_scale=1 / 256, out_zero=-128),
    "quantize": single_op("quantize", [(1, 40)], (1, 40), out_scale=0.08, out_zero=-7),
    "reshape": single_op("reshape", [(1, 40)], (1, 4, 10)),
    "pad": single_op("pad", [(1, 3, 4, 2)], (1, 6, 5, 2), consts=[[[0, 0], [1, 2], [0, 1], [0, 0]]]),
    "mean": single_op("mean", [(1, 3, 4, 2)], (1, 2), {"keep_dims": False}, consts=[[1, 2]], out_scale=0.02, out_zero=0),
    "transpose": single_op("transpose", [(1, 3, 4, 2)], (1, 4, 2, 3), consts=[[0, 2, 3, 1]]),
    "split_v": single_op("split_v", [(1, 7)], [(1, 2), (1, 5)], {"num_splits": 2}, consts=[[2, 5], 1]),
    "max_pool_2d": single_op("max_pool_2d", [(1, 6, 5, 3)], (1, 3, 3, 3), {**ONE_STRIDE, "kernel": (2, 2), "stride": (2, 2)}),
    "average_pool_2d": single_op("average_pool_2d", [(1, 6, 5, 3)], (1, 3, 3, 3), {**ONE_STRIDE, "kernel": (3, 2), "stride": (2, 2)}),
}


@pytest.mark.parametrize("kind", SINGLE)
def test_tflm_takes_each_kind_and_computes_what_the_float_reference_does(kind):
    net = single(kind)
    inputs = int8_inputs(net, 20)
    outputs = tflm_all(write_tflite(net), inputs, len(net.outputs))
    as_float = msgspec.structs.replace(net, tensors=tuple(t if t.constant else Tensor(t.name, t.shape) for t in net.tensors))
    names = [net.tensors[i].name for i in net.outputs]
    _, expected = run_float(as_float, real(inputs, net.input.quant), keep=names)
    for index, name, got in zip(net.outputs, names, outputs, strict=True):
        quant = net.tensors[index].quant
        steps = expected[name] / quant.scale[0] + quant.zero_point[0]
        assert np.abs(np.clip(steps, -128, 127) - got).max() <= 1.01


def single(kind: str) -> Network:
    """The network of one operator as reading would give it."""
    net = SINGLE[kind]
    (op,) = net.ops
    return msgspec.structs.replace(net, ops=(msgspec.structs.replace(op, options=complete_options(kind, op.options)),))


@pytest.mark.parametrize("kind", SINGLE)
def test_each_kind_survives_the_round_trip(kind):
    assert read_tflite(write_tflite(single(kind))) == single(kind)


def test_strided_slice_and_split_are_accepted():
    slice_options = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0, "offset": False}
    net = single_op("strided_slice", [(1, 8, 3)], (1, 3, 3), slice_options, consts=[[0, 1, 0], [1, 7, 3], [1, 2, 1]])
    inputs = int8_inputs(net, 3)
    assert np.array_equal(tflm(write_tflite(net), inputs), inputs[:, 1:7:2])
    whole = single_op("split", [(1, 6)], [(1, 3), (1, 3)], {"num_splits": 2}, consts=[1])
    op = msgspec.structs.replace(whole.ops[0], inputs=(1, 0))
    whole = msgspec.structs.replace(whole, ops=(op,))
    inputs = int8_inputs(whole, 3)
    first, second = tflm_all(write_tflite(whole), inputs, 2)
    assert np.array_equal(np.concatenate([first, second], axis=1), inputs)


@pytest.mark.parametrize("kind", ["add", "sub", "mul"])
def test_arithmetic_on_two_inputs_is_accepted(kind):
    net = single_op(kind, [(1, 30), (1, 30)], (1, 30), {"activation": "none"}, scale=0.04, out_scale=0.09, out_zero=5)
    runtime = pytest.importorskip("tflite_micro").runtime
    a, b = int8_inputs(net, 2)
    interpreter = runtime.Interpreter.from_bytes(write_tflite(net), arena_size=1 << 16)
    interpreter.set_input(a[None], 0)
    interpreter.set_input(b[None], 1)
    interpreter.invoke()
    x, y = real(a, net.input.quant), real(b, net.input.quant)
    expected = {"add": x + y, "sub": x - y, "mul": x * y}[kind] / net.output.quant.scale[0] + 5
    assert np.abs(np.clip(expected, -128, 127) - interpreter.get_output(0)[0]).max() <= 1.01


def test_float_edges_and_int4_filters_run():
    """quantize and dequantize at the edges, packed int4 filters between them."""
    rng = np.random.default_rng(0)
    filters = rng.integers(-7, 8, (4, 1, 1, 2))
    low = filters.ravel()[0::2] & 15 | (filters.ravel()[1::2] & 15) << 4
    one, scale = Quantisation((0.05,), (0,)), (0.1,) * 4
    tensors = (
        Tensor("x", (1, 3, 3, 2)),
        Tensor("q", (1, 3, 3, 2), "int8", one),
        Tensor("w", (4, 1, 1, 2), "int4", Quantisation(scale, (0,) * 4), True, low.astype(np.uint8).tobytes()),
        Tensor("b", (4,), "int32", Quantisation((0.005,) * 4, (0,) * 4), True, bytes(16)),
        Tensor("y", (1, 3, 3, 4), "int8", one),
        Tensor("out", (1, 3, 3, 4)),
    )
    conv = Op("conv_2d", (1, 2, 3), (4,), {"stride": (1, 1), "dilation": (1, 1), "padding": "same", "activation": "none"})
    net = Network("edges", tensors, (Op("quantize", (0,), (1,)), conv, Op("dequantize", (4,), (5,))), (0,), (5,))
    net = msgspec.structs.replace(net, tensors=tuple(_as_float32(t) for t in net.tensors))
    data = write_tflite(net)
    assert read_tflite(data) == net
    x = rng.uniform(-2, 2, (4, 3, 3, 2)).astype(np.float32)
    expected = x @ (filters.reshape(4, 2) * 0.1).T
    assert np.abs(tflm(data, x) - expected).max() < 0.06


def _as_float32(tensor: Tensor) -> Tensor:
    if tensor.quant is None:
        return tensor
    return msgspec.structs.replace(
        tensor, quant=Quantisation(tuple(float(np.float32(s)) for s in tensor.quant.scale), tensor.quant.zero_point)
    )


def test_custom_operators_and_intermediates_survive():
    net = single_op("custom:Sprout", [(1, 4)], (1, 4), {"custom_options": b"\x01\x02", "intermediates": (1,)})
    assert read_tflite(write_tflite(net)) == net


def test_resizing_is_accepted():
    net = single_op("resize_nearest_neighbor", [(1, 2, 3, 2)], (1, 4, 6, 2), consts=[[4, 6]])
    inputs = int8_inputs(net, 3)
    assert np.array_equal(tflm(write_tflite(net), inputs), inputs.repeat(2, axis=1).repeat(2, axis=2))


def test_leaky_relu_is_accepted():
    net = single_op("leaky_relu", [(1, 50)], (1, 50), {"alpha": 0.25})
    inputs = int8_inputs(net, 3)
    x = real(inputs, net.input.quant)
    expected = np.where(x > 0, x, 0.25 * x) / net.output.quant.scale[0] + net.output.quant.zero_point[0]
    assert np.abs(tflm(write_tflite(net), inputs) - expected).max() <= 1.01


def test_transpose_conv_is_accepted():
    """With a 1x1 kernel and stride 1 it is a matrix product."""
    rng = np.random.default_rng(0)
    filters = rng.integers(-127, 128, (5, 1, 1, 3)).astype(np.int8)
    one, scale = Quantisation((0.0625,), (4,)), (0.0078125,) * 5
    tensors = (
        Tensor("shape", (4,), "int32", None, True, np.array([1, 4, 4, 5], "<i4").tobytes()),
        Tensor("w", filters.shape, "int8", Quantisation(scale, (0,) * 5), True, filters.tobytes()),
        Tensor("x", (1, 4, 4, 3), "int8", one),
        Tensor("b", (5,), "int32", Quantisation(tuple(0.0625 * s for s in scale), (0,) * 5), True, bytes(20)),
        Tensor("y", (1, 4, 4, 5), "int8", Quantisation((0.125,), (0,))),
    )
    op = Op("transpose_conv", (0, 1, 2, 3), (4,), {"stride": (1, 1), "padding": "same", "activation": "none"})
    net = Network("up", tensors, (op,), (2,), (4,))
    data = write_tflite(net)
    assert read_tflite(data) == net
    inputs = int8_inputs(net, 3)
    expected = real(inputs, one) @ (filters.reshape(5, 3).T * 0.0078125) / 0.125
    assert np.abs(np.clip(expected, -128, 127) - tflm(data, inputs)).max() <= 1.01

import json
import time

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.lifetimes import lifetimes
from studio.lower.randomise import randomise
from studio.lower.tflite import read_tflite, write_tflite
from studio.lower.tflite.options import ACTIVATIONS, DTYPES, KINDS, PADDINGS, TABLES
from tests.helpers.real_models import MODELS
from tests.helpers.small_networks import BLOCKS, random_graph


@pytest.fixture(scope="session")
def figures(data_folder):
    return {m["model"].removesuffix(".tflite"): m for m in json.loads((data_folder / "models" / "figures.json").read_text())["models"]}


def model_path(data_folder, name):
    return data_folder / "models" / f"{name}.tflite"


@pytest.mark.data
@pytest.mark.parametrize("name", MODELS)
def test_counts_and_shapes_equal_the_published_figures(name, data_folder, figures):
    began = time.perf_counter()
    net = read_tflite(model_path(data_folder, name))
    assert time.perf_counter() - began < 0.5
    facts = figures[name]
    assert net.name == name
    assert len(net.ops) + sum(len(s.ops) for s in net.subgraphs) == facts["n_ops"]
    assert [list(net.input.shape), net.input.dtype.upper()] == facts["inputs"][0]
    assert [list(net.output.shape), net.output.dtype.upper()] == facts["outputs"][0]
    kinds = [op.kind.upper() for graph in (net, *net.subgraphs) for op in graph.ops]
    assert {k: kinds.count(k) for k in kinds} == facts["ops"]
    assert net.has_weights


def _schema():
    return pytest.importorskip("ai_edge_litert.schema_py_generated")


def _numbers(enum) -> dict[str, int]:
    return {k: v for k, v in vars(enum).items() if isinstance(v, int)}


def test_names_are_the_schemas():
    schema = _schema()
    operators = _numbers(schema.BuiltinOperator)
    assert tuple(k.lower() for k in sorted(operators, key=operators.__getitem__)) == KINDS
    types = _numbers(schema.TensorType)
    assert tuple(k.lower() for k in sorted(types, key=types.__getitem__)) == DTYPES
    activations = _numbers(schema.ActivationFunctionType)
    assert tuple(k.lower() for k in sorted(activations, key=activations.__getitem__)) == ACTIVATIONS
    assert [p.lower() for p in _numbers(schema.Padding)] == list(PADDINGS)


@pytest.mark.parametrize("kind", TABLES)
def test_option_tables_have_the_schemas_numbers_and_slots(kind):
    schema = _schema()
    table = TABLES[kind]
    name = next(k for k, v in _numbers(schema.BuiltinOptions).items() if v == table.number)
    start = getattr(schema, f"{name}Start")
    slots = []

    class Builder:
        def StartObject(self, count):
            slots.append(count)

    start(Builder())
    assert slots == [table.slots]
    assert all(s < table.slots for f in table.fields for s in f.slots)


@pytest.mark.data
@pytest.mark.parametrize("name", ["kws_ref_model", "mww_v2_hey_jarvis"])
def test_tensors_options_and_constants_equal_the_generated_schemas_reading(name, data_folder):
    schema = _schema()
    data = model_path(data_folder, name).read_bytes()
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    net = read_tflite(data)
    for graph, theirs in zip((net, *net.subgraphs), model.subgraphs, strict=True):
        for ours, t in zip(graph.tensors, theirs.tensors, strict=True):
            assert ours.shape == tuple(t.shape if t.shape is not None else ())
            assert DTYPES.index(ours.dtype) == t.type
            stored = model.buffers[t.buffer].data
            assert ours.data == (None if stored is None else np.asarray(stored, np.uint8).tobytes())
            if ours.quant:
                assert np.array_equal(np.float32(ours.quant.scale), t.quantization.scale)
                assert np.array_equal(ours.quant.zero_point, t.quantization.zeroPoint)
        for ours, o in zip(graph.ops, theirs.operators, strict=True):
            assert ours.inputs == tuple(o.inputs if o.inputs is not None else ())
            assert ours.outputs == tuple(o.outputs if o.outputs is not None else ())
            if ours.kind == "conv_2d":
                assert ours.options["stride"] == (o.builtinOptions.strideH, o.builtinOptions.strideW)
                assert PADDINGS.index(ours.options["padding"]) == o.builtinOptions.padding
            if ours.kind == "strided_slice":
                assert ours.options["end_mask"] == o.builtinOptions.endMask


def test_the_axis_of_a_bias_is_its_only_one():
    """Old converters wrote the axis of the weights beside the scales of the bias; no runtime looks at it."""
    net = randomise(quantised_types(lower_graph(random_graph(3, (12, 10, 1), 4), BLOCKS, (12, 10, 1))), 3)
    tensors = tuple(
        msgspec.structs.replace(t, quant=msgspec.structs.replace(t.quant, axis=3)) if len(t.shape) == 1 and t.quant else t
        for t in net.tensors
    )
    odd = msgspec.structs.replace(net, tensors=tensors)
    assert sum(a != b for a, b in zip(odd.tensors, net.tensors, strict=True)) > 0
    assert read_tflite(write_tflite(odd)) == read_tflite(write_tflite(net))


@pytest.mark.parametrize(
    "data", [b"", b"TFL3", b"\x00" * 64, b"\x10\x00\x00\x00TFL3", b"not a model at all", b"\xff\xff\xff\xffTFL3" + b"\xff" * 50]
)
def test_what_is_no_model_is_refused_with_its_name(data, tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        read_tflite(path)
    assert "broken.tflite" in str(error.value)
    assert error.value.hint


def test_a_file_compiled_for_an_accelerator_is_refused_in_words():
    tensors = tuple(Tensor(name, (1, 8), "int8", Quantisation((0.1,), (0,))) for name in ("in", "scratch", "out"))
    compiled = Network("n", tensors, (Op("custom:ethos-u", (0, 1), (2,)),), (0,), (2,))
    with pytest.raises(InputError, match=r"custom:ethos-u.*accelerator"):
        read_tflite(write_tflite(compiled), "compiled")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.tflite", tmp_path):
        with pytest.raises(InputError):
            read_tflite(path)


@pytest.mark.data
@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), flips=st.integers(1, 40), metadata_only=st.booleans())
def test_flipped_bytes_are_read_or_refused(data_folder, seed, flips, metadata_only):
    rng = np.random.default_rng(seed)
    name = MODELS[seed % len(MODELS)]
    data = bytearray(model_path(data_folder, name).read_bytes())
    first = len(data) - 12000 if metadata_only and len(data) > 24000 else 0
    for at in rng.integers(first, len(data), flips):
        data[at] = rng.integers(256)
    _read_or_refuse(bytes(data))


@pytest.mark.data
@settings(max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_off_anywhere_is_read_or_refused(data_folder, share):
    data = model_path(data_folder, "micro_speech_quantized").read_bytes()
    _read_or_refuse(data[: int(share * len(data))])


def _read_or_refuse(data: bytes) -> None:
    try:
        net = read_tflite(data, "damaged")
    except InputError as error:
        assert error.where == "damaged"
    else:
        assert isinstance(net, Network)
        lifetimes(net)
        _write_again(net)


def _write_again(net: Network) -> None:
    """What was read can be written, unless an operator's options are unknown, and is then the same."""
    try:
        data = write_tflite(net)
    except InputError:
        return
    assert read_tflite(data, "damaged").digest() == net.digest()


def test_lists_that_share_bytes_cannot_grow():
    """A vector of 60000 tables that all point to one table with a long vector: 240 kB that would become gigabytes."""
    flatbuffers = pytest.importorskip("flatbuffers")
    b = flatbuffers.Builder(0)
    shape = b.CreateNumpyVector(np.ones(20000, np.int32))
    b.StartObject(11)
    b.PrependUOffsetTRelativeSlot(0, shape, 0)
    tensor = b.EndObject()
    b.StartVector(4, 60000, 4)
    for _ in range(60000):
        b.PrependUOffsetTRelative(tensor)
    tensors = b.EndVector()
    b.StartObject(6)
    b.PrependUOffsetTRelativeSlot(0, tensors, 0)
    graph = b.EndObject()
    b.StartVector(4, 1, 4)
    b.PrependUOffsetTRelative(graph)
    graphs = b.EndVector()
    b.StartObject(10)
    b.PrependUOffsetTRelativeSlot(2, graphs, 0)
    b.Finish(b.EndObject(), b"TFL3")
    with pytest.raises(InputError):
        read_tflite(bytes(b.Output()), "bomb")

"""Reading .keras files: real ones made by Keras come back with the same outputs; hostile ones are refused by name."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from studio.blocks import registry
from studio.core.errors import InputError
from studio.core.graph import infer
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph
from studio.lower.keras_file import read_keras, read_keras_weights

# Keras 3.15 itself trips over NumPy 2 when it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def sequential(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((49, 40, 1)),
            layers.Conv2D(4, (5, 3), strides=2, padding="same", use_bias=False, name="first conv"),
            layers.BatchNormalization(scale=False),
            layers.Activation("relu6"),
            layers.DepthwiseConv2D(3, activation="relu", depth_multiplier=2),
            layers.SeparableConv2D(6, 3, activation="linear"),
            layers.BatchNormalization(),
            layers.ReLU(6),
            layers.Conv2D(6, 1, groups=2),
            layers.MaxPooling2D(2),
            layers.AveragePooling2D((2, 1), strides=1, padding="same"),
            layers.Activation("linear"),
            layers.Reshape((-1, 6)),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(5, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ],
        name="words",
    )


def functional(keras):
    layers = keras.layers
    start = keras.Input((16, 12, 1), name="input")
    a = layers.Conv2D(4, 3, padding="same", activation=keras.activations.relu6)(start)
    b = layers.Conv2D(4, 3, padding="same", activation="linear")(start)
    c = layers.Add()([a, b, layers.Activation("linear")(a)])
    d = layers.Concatenate()([c, a])
    e = layers.Concatenate(axis=1)([d, d])
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(keras.ops.relu(e))
    f = layers.Concatenate(axis=1)([layers.Flatten()(pooled), layers.GlobalMaxPooling2D()(e)])
    return keras.Model(start, keras.ops.softmax(layers.Dense(4)(f)))


@pytest.mark.parametrize("make", [sequential, functional])
def test_a_real_file_computes_the_same(make, keras, tmp_path):
    keras.utils.set_random_seed(3)
    model = make(keras)
    rng = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(rng.uniform(0.5, 1.5, variable.shape) if "variance" in variable.name else rng.normal(0, 0.4, variable.shape))
    path = tmp_path / "words.keras"
    model.save(path)
    graph, shape = read_keras(path)
    assert shape == tuple(model.input_shape[1:])
    assert infer(graph, registry(), shape).runnable
    x = rng.standard_normal((3, *shape)).astype(np.float32)
    ours = run_float(lower_graph(graph, registry(), shape, read_keras_weights(path)), x)
    theirs = np.asarray(model(x, training=False))
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * max(1, np.abs(theirs).max()))


def test_names_become_ids(keras, tmp_path):
    path = tmp_path / "words.keras"
    sequential(keras).save(path)
    graph = read_keras(path).graph
    assert "first_conv" in graph.by_id
    assert graph.by_id["first_conv"].params["kernel"] == (5, 3)


def test_layers_of_ones_own_are_refused_by_name(keras, tmp_path):
    @keras.saving.register_keras_serializable("mine")
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    for layer, words in (
        (keras.layers.Lambda(lambda x: x, name="sneaky"), "sneaky.*code of its own"),
        (Twice(name="double"), "double.*code of its own"),
        (keras.layers.Conv2D(2, 3, activation="tanh", name="odd"), "odd.*tanh"),
        (keras.layers.ZeroPadding2D(name="pad"), "pad.*no block"),
        (keras.Sequential([keras.layers.Flatten()], name="inner"), "inner.*no block"),
    ):
        path = tmp_path / "model.keras"
        keras.Sequential([keras.Input((8, 8, 1)), layer, keras.layers.Flatten()]).save(path)
        with pytest.raises(InputError, match=words) as caught:
            read_keras(path)
        assert str(path) in str(caught.value)
        assert caught.value.hint


def test_a_dense_layer_on_a_map_is_refused_with_advice(keras, tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Dense(3, name="top")]).save(path)
    with pytest.raises(InputError, match=r"top.*vector"):
        read_keras(path)


def test_two_inputs_are_refused(keras, tmp_path):
    a, b = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    path = tmp_path / "model.keras"
    keras.Model([a, b], keras.layers.Add()([a, b])).save(path)
    with pytest.raises(InputError, match="2 inputs"):
        read_keras(path)


def layer(cls, name, sources=(), module="keras.layers", **config):
    nodes = [[[s, 0, 0, {}] for s in sources]] if sources else []
    return {"module": module, "class_name": cls, "config": {"name": name, **config}, "name": name, "inbound_nodes": nodes}


def write(path, config, weights=None, name="config.json"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, config if isinstance(config, (str, bytes)) else json.dumps(config))
        if weights is not None:
            archive.writestr("model.weights.h5", weights)
    return path


def model(*layers, kind="Functional", **config):
    return {"module": "keras", "class_name": kind, "config": {"name": "m", "layers": list(layers), **config}}


START = layer("InputLayer", "in", batch_input_shape=[None, 6, 5, 1])
FLAT = layer("Flatten", "flat", ["in"])


def test_keras_2_wiring_is_read(tmp_path):
    path = write(tmp_path / "m.keras", model(START, FLAT, layer("Dense", "top", ["flat"], units=3, activation="softmax")))
    graph, shape = read_keras(path)
    assert shape == (6, 5, 1)
    assert [n.kind for n in graph.nodes] == ["input", "flatten", "dense", "softmax"]
    assert read_keras_weights(path) is None


BAD = {
    "no model": ([1, 2], "not a Sequential"),
    "own model class": ({"module": "mine", "class_name": "Functional", "config": {"layers": [START]}}, "not a Sequential"),
    "no layers": (model(), "layers"),
    "too many layers": (model(*[layer("ReLU", f"r{i}") for i in range(501)]), "500 layers"),
    "a layer that is a number": (model(START, 7), "no configuration"),
    "no input shape": (model(layer("InputLayer", "in")), "shape of its input"),
    "open input shape": (model(layer("InputLayer", "in", batch_shape=[None, None, 5, 1]), FLAT), "no fixed size"),
    "unknown source": (model(START, layer("Flatten", "flat", ["nowhere"])), "nowhere"),
    "a loop": (model(START, layer("ReLU", "a", ["b"]), layer("ReLU", "b", ["a"])), "loop"),
    "a loop of nothing": (model(START, layer("Activation", "a", ["a"], activation="linear"), layer("Flatten", "f", ["a"])), "no layer"),
    "one name twice": (model(START, FLAT, FLAT), "one name"),
    "a module of its own": (model(START, layer("Dense", "d", ["in"], module="evil.mod", units=1)), "code of its own"),
    "a parameter that is text": (model(START, FLAT, layer("Dense", "d", ["flat"], units="many")), "units"),
    "a missing parameter": (model(START, layer("Conv2D", "c", ["in"])), "kernel"),
    "channels first": (model(START, layer("Flatten", "f", ["in"], data_format="channels_first")), "channels first"),
    "two outputs": (model(START, FLAT, output_layers=[["flat", 0, 0], ["in", 0, 0]]), "2 outputs"),
    "leaky": (model(START, layer("ReLU", "r", ["in"], negative_slope=0.1)), "slope"),
    "wrong axis": (model(START, layer("Softmax", "s", ["in"], axis=1)), "axis 1"),
    "not json": ("{", "config.json is damaged"),
    "deep json": ("[" * 200_000, "config.json is damaged"),
    "not text": (b"\xff\xfe\x00", "config.json is damaged"),
}


@pytest.mark.parametrize("case", BAD)
def test_damaged_or_hostile_configurations(case, tmp_path):
    config, words = BAD[case]
    path = write(tmp_path / "m.keras", config)
    with pytest.raises(InputError, match=words) as caught:
        read_keras(path)
    assert str(path) in str(caught.value)


def test_files_that_are_no_keras_files(tmp_path):
    (tmp_path / "empty.keras").write_bytes(b"")
    (tmp_path / "text.keras").write_text("hello")
    whole = write(tmp_path / "whole.keras", model(START, FLAT)).read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    write(tmp_path / "other.keras", "{}", name="other.json")
    for name in ("missing", "empty", "text", "cut", "other"):
        with pytest.raises(InputError, match=name):
            read_keras(tmp_path / f"{name}.keras")
    with pytest.raises(InputError):
        read_keras(tmp_path)


def test_a_damaged_member_is_refused(tmp_path):
    path = write(tmp_path / "m.keras", model(START, FLAT))
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"m\.keras"):
        read_keras(path)


def test_a_zip_bomb_is_refused(tmp_path):
    path = write(tmp_path / "bomb.keras", b" " * (17 * 1024**2))
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="larger than 16 MiB"):
        read_keras(path)


TOP = model(START, FLAT, layer("Dense", "top", ["flat"], units=2))


def weights_file(tmp_path, fill):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return write(tmp_path / "m.keras", TOP, buffer.getvalue())


def test_weights_are_read_by_block(tmp_path):
    def fill(file):
        file["layers/dense/vars/0"] = np.arange(60, dtype=np.float32).reshape(30, 2)
        file["layers/dense/vars/1"] = np.ones(2, np.float16)

    weights = read_keras_weights(weights_file(tmp_path, fill))
    assert sorted(weights) == ["top/bias", "top/kernel"]
    assert weights["top/kernel"][29, 1] == 59
    assert weights["top/bias"].dtype == np.float32


def test_weights_that_lie_elsewhere_are_refused(tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.zeros((30, 2), np.float32)
    raw = tmp_path / "raw.bin"
    raw.write_bytes(bytes(240))

    def external_link(file):
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(secret), "/x")

    def external_storage(file):
        file.create_dataset("layers/dense/vars/0", (30, 2), "f4", external=[(str(raw), 0, 240)])

    def wrong_shape(file):
        file["layers/dense/vars/0"] = np.zeros((2, 30), np.float32)

    def nothing(file):
        file.create_group("layers")

    for fill in (external_link, external_storage, wrong_shape, nothing):
        with pytest.raises(InputError, match="weights cannot be read"):
            read_keras_weights(weights_file(tmp_path, fill))


def test_weights_that_are_no_hdf5_are_refused(tmp_path):
    with pytest.raises(InputError, match="weights cannot be read"):
        read_keras_weights(write(tmp_path / "m.keras", TOP, b"nonsense"))

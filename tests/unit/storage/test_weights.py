import io
import json
import pickle

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.storage.weights import INDEX, read_design, read_weights, write_weights

WEIGHTS = {
    "conv2d_1/kernel": np.random.default_rng(0).standard_normal((3, 3, 1, 4)).astype(np.float32),
    "conv2d_1/bias": np.zeros(4, np.float32),
    "a/same": np.zeros(4, np.float32),
    "a/scalar": np.array(3, np.int32),
}


def test_weights_come_back_exactly(tmp_path):
    assert read_weights(tmp_path) is None
    assert read_design(tmp_path) == ""
    write_weights(tmp_path, WEIGHTS, "d1")
    read = read_weights(tmp_path)
    assert read is not None
    assert read.keys() == WEIGHTS.keys()
    for name, array in WEIGHTS.items():
        assert read[name].dtype == array.dtype
        assert np.array_equal(read[name], array)
        assert read[name].shape == array.shape
    assert read_design(tmp_path) == "d1"
    assert len(list(tmp_path.glob("*.npy"))) == 3


def test_what_is_no_longer_used_goes(tmp_path):
    write_weights(tmp_path, WEIGHTS, "d1")
    write_weights(tmp_path, {"a/b": np.ones(2, np.float32)}, "d2")
    assert len(list(tmp_path.glob("*.npy"))) == 1


def test_a_damaged_tensor_is_named(tmp_path):
    write_weights(tmp_path, {"a/b": np.ones(20, np.float32)}, "")
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(InputError, match="damaged") as caught:
        read_weights(tmp_path)
    assert caught.value.where == str(file)


class _Evil:
    def __reduce__(self):
        return (pytest.exit, ("code from a file ran",))


@pytest.mark.parametrize("kind", ["pickle", "object", "text"])
def test_a_strangers_tensor_runs_no_code(tmp_path, kind):
    import hashlib

    buffer = io.BytesIO()
    if kind == "pickle":
        pickle.dump(_Evil(), buffer)
    elif kind == "object":
        np.save(buffer, np.array([_Evil()], object), allow_pickle=True)
    else:
        np.save(buffer, np.array(["text"]))
    name = hashlib.sha256(buffer.getvalue()).hexdigest()[:32] + ".npy"
    (tmp_path / name).write_bytes(buffer.getvalue())
    (tmp_path / INDEX).write_text(json.dumps({"schema": 1, "design": "", "weights": {"a/b": name}}))
    with pytest.raises(InputError, match="no tensor"):
        read_weights(tmp_path)


@pytest.mark.parametrize("name", ["../../x.npy", "/etc/passwd", "x.npy", "0" * 32])
def test_an_index_names_only_its_own_files(tmp_path, name):
    (tmp_path / INDEX).write_text(json.dumps({"schema": 1, "design": "", "weights": {"a/b": name}}))
    with pytest.raises(InputError, match="no tensor's file name"):
        read_weights(tmp_path)


def test_texts_are_no_weights(tmp_path):
    with pytest.raises(TypeError):
        write_weights(tmp_path, {"a/b": np.array(["x"])}, "")

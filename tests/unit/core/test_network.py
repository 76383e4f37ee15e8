"""The network's figures: elements, bytes, windows, digest."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.network import Network, Op, Tensor, require_weights, window_size

X = Tensor("x", (1, 4), "int8")
KERNEL = Tensor("k", (3, 4), "int8", None, True, bytes(12))
BIAS = Tensor("b", (3,), "int32", None, True, bytes(12))
Y = Tensor("y", (1, 3), "int8")
DENSE = Network("net", (X, KERNEL, BIAS, Y), (Op("fully_connected", (0, 1, 2), (3,)),), (0,), (3,))


def test_bytes_of_tensors():
    assert [Tensor("t", (3, 5), d).nbytes for d in ("int4", "int8", "int16", "float32", "int64")] == [8, 15, 30, 60, 120]
    assert Tensor("scalar", ()).elements == 1
    assert Tensor("empty", (0, 3)).nbytes == 0


def test_weights_are_counted_once_and_without_structure():
    shape = Tensor("shape", (2,), "int32", None, True, bytes(8))
    twice = Network("n", (*DENSE.tensors, shape, Y), (*DENSE.ops, DENSE.ops[0], Op("reshape", (3, 4), (5,))), (0,), (5,))
    assert (DENSE.parameters, DENSE.weights_bytes) == (15, 24)
    assert (twice.parameters, twice.weights_bytes) == (15, 24)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 4), st.integers(1, 3), st.sampled_from(["same", "valid"]))
def test_windows_stay_inside(size, kernel, stride, dilation, padding):
    out, pad = window_size(size, kernel, stride, dilation, padding)
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        assert pad == 0
        assert out == sum(1 for start in range(0, size, stride) if start + reach <= size) or (out <= 0 and reach > size)
    else:
        assert out == len(range(0, size, stride))
        assert 0 <= pad < reach


def test_a_digest_is_of_what_is_computed():
    renamed = msgspec.structs.replace(DENSE, name="other", tensors=tuple(msgspec.structs.replace(t, name="n") for t in DENSE.tensors))
    assert renamed.digest() == DENSE.digest()
    changed = msgspec.structs.replace(DENSE, tensors=(X, msgspec.structs.replace(KERNEL, data=bytes(11) + b"\1"), BIAS, Y))
    assert changed.digest() != DENSE.digest()


def test_missing_weights_are_told():
    require_weights(DENSE)
    untrained = msgspec.structs.replace(DENSE, tensors=(X, msgspec.structs.replace(KERNEL, data=None), BIAS, Y))
    assert not untrained.has_weights
    with pytest.raises(InputError, match="no weights yet"):
        require_weights(untrained)

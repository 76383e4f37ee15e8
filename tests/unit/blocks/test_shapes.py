"""What the operators refuse, in which words, and how they describe themselves."""

import pytest

from studio.blocks import KINDS, registry
from studio.core.block import complete_params
from studio.core.errors import ShapeError

MAP = (12, 10, 4)
REFUSED = [
    ("conv2d", {}, [(30,)], "needs a map"),
    ("conv2d", {"groups": 3}, [MAP], "3 groups do not divide 4 channels"),
    ("conv2d", {"groups": 2, "filters": 3}, [MAP], "do not divide"),
    ("conv2d", {"stride": (2, 2), "dilation": (1, 2)}, [MAP], "exclude each other"),
    ("conv2d", {"kernel": (13, 3), "padding": "valid"}, [MAP], "a window of 13x3 does not fit into a map of 12x10"),
    ("conv2d", {"kernel": (3, 6), "dilation": (1, 2), "padding": "valid"}, [MAP], "3x11 does not fit"),
    ("depthwise_conv2d", {"stride": (2, 1)}, [MAP], "the same in time and frequency, not 2x1"),
    ("separable_conv2d", {"stride": (2, 1)}, [MAP], "the same in time and frequency"),
    ("max_pool", {"kernel": (2, 11), "padding": "valid"}, [MAP], "2x11 does not fit"),
    ("dense", {}, [MAP], "needs a vector, and gets 12x10x4"),
    ("global_average_pool", {}, [(4,)], "needs a map"),
    ("add", {}, [MAP, (12, 10, 5)], "differ in shape: 12x10x4, 12x10x5"),
    ("add", {}, [MAP, (480,)], "differ in shape"),
    ("concatenate", {}, [MAP, (12, 9, 4)], "differ in more than channel"),
    ("concatenate", {"axis": "time"}, [MAP, (12, 10, 5)], "differ in more than time"),
    ("concatenate", {}, [MAP, (4,)], "differ in more than channel"),
    ("concatenate", {"axis": "frequency"}, [(4,), (4,)], "no axis frequency"),
    ("reshape", {"shape": (7, -1)}, [MAP], "480 numbers and does not fit into 7x-1"),
    ("reshape", {"shape": (-1, -1)}, [MAP], "no shape"),
    ("reshape", {"shape": (0, 4)}, [MAP], "no shape"),
    ("reshape", {"shape": (481,)}, [MAP], "does not fit"),
]


@pytest.mark.parametrize(("kind", "params", "inputs", "words"), REFUSED)
def test_a_shape_that_cannot_be_is_refused_with_the_way_out(kind, params, inputs, words):
    block = registry().get(kind)
    with pytest.raises(ShapeError, match=words) as caught:
        block.shape(complete_params(block, params, "x"), inputs)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "params", "summary"),
    [
        ("conv2d", {"filters": 24, "kernel": (5, 5), "stride": (2, 2)}, "24 · 5x5 · stride 2"),
        ("conv2d", {"stride": (2, 1), "activation": "relu"}, "16 · 3x3 · stride 2x1 · relu"),
        ("conv2d", {"dilation": (2, 2)}, "16 · 3x3 · dilation 2"),
        ("depthwise_conv2d", {"multiplier": 2}, "x2 · 3x3"),
        ("depthwise_conv2d", {}, "3x3"),
        ("max_pool", {}, "2x2 · stride 2"),
        ("dense", {"units": 12, "activation": "relu6"}, "12 · relu6"),
        ("concatenate", {}, "channel"),
        ("reshape", {"shape": (-1, 8)}, "-1x8"),
        ("dropout", {"rate": 0.25}, "0.25"),
        ("relu", {}, ""),
    ],
)
def test_the_deciding_line(kind, params, summary):
    block = registry().get(kind)
    assert block.summary(complete_params(block, params, "x")) == summary


def test_each_kind_is_its_file_and_is_loaded_once():
    blocks = registry()
    assert blocks.names() == KINDS
    for kind in KINDS:
        assert blocks.get(kind).kind == kind
        assert blocks.get(kind) is registry().get(kind)

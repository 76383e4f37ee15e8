"""Every operator against its Keras layer and its lowering; the shape rules against Keras' own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.blocks import KINDS, registry
from studio.core.block import complete_params
from studio.core.errors import ShapeError
from studio.testing import check_block
from studio.testing.block_check import check_parameters

MAP = (12, 10, 4)
CASES = {
    "conv2d": (
        ({}, ()),
        ({"filters": 6, "kernel": (5, 3), "stride": (2, 1), "activation": "relu"}, ((11, 9, 3),)),
        ({"filters": 8, "kernel": (3, 2), "padding": "valid", "dilation": (2, 3), "use_bias": False}, (MAP,)),
        ({"filters": 6, "groups": 2, "stride": (2, 2), "activation": "relu6"}, (MAP,)),
        ({"filters": 5, "kernel": (1, 1)}, ((1, 1, 7),)),
    ),
    "depthwise_conv2d": (
        ({}, ()),
        ({"kernel": (4, 3), "stride": (2, 2), "multiplier": 3, "activation": "relu6"}, ((13, 8, 2),)),
        ({"kernel": (3, 3), "padding": "valid", "use_bias": False, "activation": "relu"}, (MAP,)),
        ({"kernel": (3, 2), "dilation": (2, 2)}, (MAP,)),
    ),
    "separable_conv2d": (
        ({}, ()),
        ({"filters": 7, "kernel": (5, 3), "stride": (2, 2), "multiplier": 2, "activation": "relu"}, ((11, 10, 3),)),
        ({"filters": 3, "padding": "valid", "use_bias": False, "activation": "relu6"}, (MAP,)),
        ({"filters": 3, "dilation": (3, 2)}, (MAP,)),
    ),
    "dense": (({}, ((24,),)), ({"units": 3, "activation": "relu", "use_bias": False}, ((7,),)), ({"units": 1}, ((1,),))),
    "max_pool": (({}, ()), ({"kernel": (3, 2), "stride": (2, 1)}, ((7, 5, 3),)), ({"kernel": (4, 4), "padding": "valid"}, (MAP,))),
    "average_pool": (({}, ()), ({"kernel": (3, 2), "stride": (2, 1)}, ((7, 5, 3),)), ({"kernel": (4, 4), "padding": "valid"}, (MAP,))),
    "global_average_pool": (({}, ()), ({}, ((1, 1, 5),))),
    "global_max_pool": (({}, ()), ({}, ((3, 1, 5),))),
    "batch_norm": (({}, ()), ({"epsilon": 1e-5, "momentum": 0.5}, ((9,),))),
    "relu": (({}, ()), ({}, ((9,),))),
    "relu6": (({}, ()), ({}, ((9,),))),
    "softmax": (({}, ((10,),)), ({}, (MAP,))),
    "add": (({}, ()), ({}, ((9,), (9,))), ({}, (MAP, MAP, MAP))),
    "concatenate": (
        ({}, (MAP, (12, 10, 3))),
        ({}, ((9,), (4,), (5,))),
        ({"axis": "time"}, (MAP, (5, 10, 4), (1, 10, 4))),
        ({"axis": "frequency"}, (MAP, (12, 7, 4))),
    ),
    "flatten": (({}, ()), ({}, ((9,),))),
    "reshape": (({}, ()), ({"shape": (-1, 8)}, (MAP,)), ({"shape": (4, 10, 12)}, (MAP,))),
    "dropout": (({}, ()), ({"rate": 0.0}, ((9,),))),
}


@pytest.fixture(scope="session")
def keras():
    return pytest.importorskip("keras")


def test_every_operator_has_cases():
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_parameters(kind):
    check_parameters(registry().get(kind))


@pytest.mark.parametrize(("kind", "params", "inputs"), [(k, *case) for k, cases in CASES.items() for case in cases], ids=str)
def test_operator_equals_keras(kind, params, inputs, keras):
    check_block(registry().get(kind), keras, params, inputs)


sizes = st.integers(1, 24)
pairs = st.tuples(st.integers(1, 7), st.integers(1, 7))
steps = st.sampled_from([(1, 1), (2, 2), (3, 3), (2, 1), (1, 3)])
windows = st.fixed_dictionaries({"kernel": pairs, "stride": steps, "padding": st.sampled_from(["same", "valid"])})
dilated = st.sampled_from([(1, 1), (1, 1), (2, 2), (1, 3)])


def keras_shape(keras, kind, params, shape):
    """Ask Keras for the output's shape; None where it refuses."""
    layers = keras.layers
    window = {"strides": params["stride"], "padding": params["padding"]}
    try:
        if kind == "max_pool":
            layer = layers.MaxPooling2D(params["kernel"], **window)
        elif kind == "average_pool":
            layer = layers.AveragePooling2D(params["kernel"], **window)
        elif kind == "conv2d":
            layer = layers.Conv2D(params["filters"], params["kernel"], dilation_rate=params["dilation"], groups=params["groups"], **window)
        else:
            layer = layers.DepthwiseConv2D(params["kernel"], dilation_rate=params["dilation"], **window)
        if kind == "conv2d" and shape[2] % params["groups"]:
            return None
        if kind == "depthwise_conv2d" and params["stride"] != (1, 1) and params["dilation"] != (1, 1):
            return None  # Keras says so only when the layer is called
        out = tuple(layer.compute_output_shape((1, *shape)))[1:]
    except ValueError:
        return None
    return out if min(out) > 0 else None


@pytest.mark.parametrize("kind", ["conv2d", "depthwise_conv2d", "max_pool", "average_pool"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    window=windows, dilation=dilated, filters=st.integers(1, 12), groups=st.integers(1, 4), shape=st.tuples(sizes, sizes, st.integers(1, 6))
)
def test_shape_rule_agrees_with_keras(kind, window, dilation, filters, groups, shape, keras):
    block = registry().get(kind)
    extra = {"dilation": dilation, "filters": filters, "groups": groups}
    params = complete_params(block, {**window, **{k: v for k, v in extra.items() if k in {p.name for p in block.params}}}, "block_1")
    if kind == "depthwise_conv2d" and params["stride"][0] != params["stride"][1]:
        with pytest.raises(ShapeError, match="depthwise stride"):
            block.shape(params, (shape,))
        return
    expected = keras_shape(keras, kind, params, shape)
    if expected is None:
        with pytest.raises(ShapeError):
            block.shape(params, (shape,))
    else:
        assert block.shape(params, (shape,)) == expected

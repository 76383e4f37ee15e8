"""One small network for every kernel of TFLM whose memory is counted, and a few of several operators."""

from collections.abc import Mapping

import numpy as np

from studio.core.network import Network, Op, Quantisation, Shape, Tensor

QUANT = Quantisation((0.0625,), (0,))
_BYTES = {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "float32": 4, "bool": 1, "int4": 0.5}


def live(*shape: int, dtype: str = "int8", quant: Quantisation | None = QUANT) -> Tensor:
    """Return what an operator computes or takes."""
    return Tensor("t", shape, dtype, quant if dtype.startswith("int") and dtype != "int32" else None)


def fixed(*shape: int, dtype: str = "int8", channels: int = 1, axis: int = 0) -> Tensor:
    """Return weights; with several channels each has a scale."""
    quant = Quantisation((0.03125,) * channels, (0,) * channels, axis)
    size = int(np.ceil(np.prod(shape) * _BYTES[dtype]))
    return Tensor("w", shape, dtype, None if dtype == "float32" else quant, True, bytes(size))


def numbers(*values: int, dtype: str = "int32", shape: Shape | None = None) -> Tensor:
    """Return a list of axes, sizes and the like."""
    given = np.asarray(values, dtype)
    return Tensor("n", given.shape if shape is None else shape, dtype, None, True, given.tobytes())


def one(kind: str, inputs: list[Tensor | None], outputs: list[Tensor], **options: object) -> Network:
    """Return a network of one operator; what is not constant among its inputs is the network's."""
    tensors = [t for t in inputs if t is not None] + outputs
    given, number = [], 0
    for t in inputs:
        given.append(-1 if t is None else number)
        number += t is not None
    made = tuple(range(number, len(tensors)))
    taken = tuple(i for i in range(number) if not (tensors[i].constant or tensors[i].variable))
    return Network(kind, tuple(tensors), (Op(kind, tuple(given), made, options),), taken, made)


def bias(channels: int, dtype: str = "int32", scales: int = 1) -> Tensor:
    """Return a bias beside weights of as many scales."""
    quant = Quantisation((0.0625 * 0.03125,) * scales, (0,) * scales)
    return Tensor("b", (channels,), dtype, quant, True, bytes(channels * int(_BYTES[dtype])))


def _windows() -> Mapping[str, Network]:
    plain = {"stride": (1, 1), "dilation": (1, 1), "padding": "same", "activation": "none"}
    deep = plain | {"multiplier": 1}
    x = live(1, 12, 10, 8)
    wide = live(1, 12, 10, 8, dtype="int16")
    weights = fixed(40, 3, 3, 8, channels=40)
    turned = {"stride": (2, 2), "padding": "same", "activation": "none"}
    pool = {"kernel": (2, 2), "stride": (2, 2), "padding": "valid", "activation": "none"}
    deep_bias = bias(8, scales=8)
    float_x, float_y = live(1, 12, 10, 8, dtype="float32"), live(1, 12, 10, 40, dtype="float32")
    return {
        "conv": one("conv_2d", [x, weights, bias(40, scales=40)], [live(1, 12, 10, 40)], **plain),
        "conv, one scale": one("conv_2d", [x, fixed(40, 3, 3, 8), bias(40)], [live(1, 12, 10, 40)], **plain),
        "conv, pointwise": one("conv_2d", [x, fixed(40, 1, 1, 8, channels=40), None], [live(1, 12, 10, 40)], **plain),
        "conv, int16": one("conv_2d", [wide, weights, bias(40, "int64", 40)], [live(1, 12, 10, 40, dtype="int16")], **plain),
        "conv, int16, narrow bias": one("conv_2d", [wide, weights, bias(40, "int32", 40)], [live(1, 12, 10, 40, dtype="int16")], **plain),
        "conv, int4": one(
            "conv_2d", [x, fixed(40, 3, 3, 8, dtype="int4", channels=40), bias(40, scales=40)], [live(1, 12, 10, 40)], **plain
        ),
        "conv, int4, pointwise": one("conv_2d", [x, fixed(6, 1, 1, 8, dtype="int4", channels=6), None], [live(1, 12, 10, 6)], **plain),
        "conv, float": one("conv_2d", [float_x, fixed(40, 3, 3, 8, dtype="float32"), None], [float_y], **plain),
        "depthwise": one("depthwise_conv_2d", [x, fixed(1, 5, 3, 8, channels=8, axis=3), deep_bias], [x], **deep),
        "depthwise, 3x3": one("depthwise_conv_2d", [x, fixed(1, 3, 3, 8, channels=8, axis=3), deep_bias], [x], **deep),
        "depthwise, int16": one("depthwise_conv_2d", [wide, fixed(1, 5, 3, 8, channels=8, axis=3), bias(8, "int64", 8)], [wide], **deep),
        "depthwise, int4": one("depthwise_conv_2d", [x, fixed(1, 3, 3, 8, dtype="int4", channels=8, axis=3), deep_bias], [x], **deep),
        "depthwise, float": one(
            "depthwise_conv_2d", [float_x, fixed(1, 3, 3, 8, dtype="float32"), fixed(8, dtype="float32")], [float_x], **deep
        ),
        "turned": one("transpose_conv", [numbers(1, 24, 20, 6), fixed(6, 3, 3, 8, channels=6), x], [live(1, 24, 20, 6)], **turned),
        "turned, many channels": one(
            "transpose_conv",
            [numbers(1, 8, 8, 4), fixed(4, 3, 3, 24, channels=4), live(1, 4, 4, 24), bias(4, scales=4)],
            [live(1, 8, 8, 4)],
            **turned,
        ),
        "turned, int16": one(
            "transpose_conv",
            [numbers(1, 24, 20, 6), fixed(6, 3, 3, 8, channels=6), wide, bias(6, "int64", 6)],
            [live(1, 24, 20, 6, dtype="int16")],
            **turned,
        ),
        "average": one("average_pool_2d", [x], [live(1, 6, 5, 8)], **pool),
        "average, int16": one("average_pool_2d", [wide], [live(1, 6, 5, 8, dtype="int16")], **pool),
        "maximum of windows": one("max_pool_2d", [x], [live(1, 6, 5, 8)], **pool),
        "root mean square": one("l2_pool_2d", [float_x], [live(1, 6, 5, 8, dtype="float32")], **pool),
    }


def _products() -> Mapping[str, Network]:
    dense = {"activation": "none", "keep_dims": False}
    x, y = live(1, 24), live(1, 30)
    long, long_out = live(1, 7, 24), live(1, 7, 30)
    left, right = live(1, 6, 10), live(1, 10, 4)
    gates = [fixed(12, 9) for _ in range(4)] + [fixed(12, 12) for _ in range(4)]
    state = Tensor("h", (1, 12), "int8", QUANT, variable=True)
    cell = Tensor("c", (1, 12), "int16", Quantisation((2.0**-11,), (0,)), variable=True)
    lstm = [live(1, 5, 9), *gates, *[None] * 3, *[bias(12) for _ in range(4)], None, None, state, cell, *[None] * 4]
    keys = {"activation": "tanh", "cell_clip": 10.0, "proj_clip": 0.0, "time_major": False}
    memory = Tensor("s", (1, 60), "int16", Quantisation((0.03125,), (0,)), variable=True)
    exact = Quantisation((0.03125 * 0.03125,), (0,))
    sums = Tensor("b", (6,), "int32", exact, True, bytes(24))
    svdf = [live(1, 24), fixed(6, 24), fixed(6, 10, dtype="int16"), sums, memory]
    return {
        "dense": one("fully_connected", [x, fixed(30, 24), bias(30)], [y], **dense),
        "dense, a scale a unit": one("fully_connected", [x, fixed(30, 24, channels=30), bias(30, scales=30)], [y], **dense),
        "dense, rows": one("fully_connected", [long, fixed(30, 24), None], [long_out], **(dense | {"keep_dims": True})),
        "dense, int16": one("fully_connected", [live(1, 24, dtype="int16"), fixed(30, 24), None], [live(1, 30, dtype="int16")], **dense),
        "dense, int4": one("fully_connected", [x, fixed(30, 24, dtype="int4"), None], [y], **dense),
        "lstm": one("unidirectional_sequence_lstm", lstm, [live(1, 5, 12)], **keys),
        "svdf": one("svdf", svdf, [live(1, 6)], rank=1, activation="relu"),
        "matrices": one("batch_matmul", [left, right], [live(1, 6, 4)], adj_x=False, adj_y=False),
        "matrices, turned": one("batch_matmul", [live(1, 10, 6), right], [live(1, 6, 4)], adj_x=True, adj_y=False),
        "matrices, float": one(
            "batch_matmul",
            [live(1, 6, 10, dtype="float32"), live(1, 4, 10, dtype="float32")],
            [live(1, 6, 4, dtype="float32")],
            adj_x=False,
            adj_y=True,
        ),
    }


def _pointwise() -> Mapping[str, Network]:
    x, f, b = live(1, 6, 5, 8), live(1, 6, 5, 8, dtype="float32", quant=None), live(1, 6, 5, 8, dtype="bool")
    exact = live(1, 10, dtype="int16", quant=Quantisation((2.0**-15,), (0,)))
    logarithms = live(1, 240, quant=Quantisation((16 / 256,), (127,)))
    made = {kind: one(kind, [x], [x]) for kind in ("relu", "relu6", "tanh", "hard_swish", "elu", "abs")}
    made |= {kind: one(kind, [f], [f]) for kind in ("exp", "log", "sqrt", "square", "sin", "cos", "floor", "ceil", "round", "neg", "rsqrt")}
    made |= {kind: one(kind, [x, x], [x], activation="none") for kind in ("add", "sub", "mul")}
    made |= {kind: one(kind, [x, x], [x]) for kind in ("maximum", "minimum", "squared_difference")}
    made |= {kind: one(kind, [x, x], [b]) for kind in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")}
    made |= {kind: one(kind, [b, b], [b]) for kind in ("logical_and", "logical_or")}
    made |= {kind: one(kind, [f, f], [f]) for kind in ("floor_div", "floor_mod")}
    return made | {
        "dequantize": one("dequantize", [x], [f]),
        "logistic": one("logistic", [x], [live(1, 6, 5, 8, quant=Quantisation((1 / 256,), (-128,)))]),
        "quantize": one("quantize", [f], [x]),
        "logical_not": one("logical_not", [b], [b]),
        "leaky_relu": one("leaky_relu", [x], [x], alpha=0.25),
        "prelu": one("prelu", [x, fixed(1, 1, 8)], [x]),
        "softmax": one("softmax", [live(1, 10)], [live(1, 10, quant=Quantisation((1 / 256,), (-128,)))], beta=1.0),
        "softmax, int16": one("softmax", [live(1, 10, dtype="int16")], [exact], beta=1.0),
        "log_softmax": one("log_softmax", [live(1, 240)], [logarithms]),
        "div": one("div", [f, f], [f], activation="none"),
        "select_v2": one("select_v2", [b, x, x], [x]),
        "cast": one("cast", [x], [f], in_type="int8", out_type="float32"),
        "l2_normalization": one("l2_normalization", [live(1, 30)], [live(1, 30, quant=Quantisation((1 / 128,), (0,)))], activation="none"),
        "zeros_like": one("zeros_like", [f], [f]),
    }


def _shapes() -> Mapping[str, Network]:
    x, f = live(1, 6, 5, 8), live(1, 6, 5, 8, dtype="float32")
    four = numbers(0, 0, 1, 1, 2, 1, 0, 0, shape=(4, 2))
    half = {"align_corners": False, "half_pixel_centers": False}
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0) | {"offset": False}
    reduced = {"keep_dims": False}
    blocks = [numbers(2, 2), numbers(0, 0, 0, 1, shape=(2, 2))]
    return {
        "pad": one("pad", [x, four], [live(1, 8, 8, 8)]),
        "padv2": one("padv2", [x, four, Tensor("p", (1,), "int8", QUANT, True, b"\0")], [live(1, 8, 8, 8)]),
        "mirror_pad": one("mirror_pad", [x, four], [live(1, 8, 8, 8)], mode="reflect"),
        "concatenation": one("concatenation", [x, x, x], [live(1, 6, 5, 24)], axis=3, activation="none"),
        "split": one("split", [numbers(3, shape=()), x], [live(1, 6, 5, 4), live(1, 6, 5, 4)], num_splits=2),
        "split_v": one("split_v", [x, numbers(3, 5), numbers(3, shape=())], [live(1, 6, 5, 3), live(1, 6, 5, 5)], num_splits=2),
        "pack": one("pack", [x, x], [live(1, 2, 6, 5, 8)], values_count=2, axis=1),
        "unpack": one("unpack", [live(1, 2, 30)], [live(1, 30), live(1, 30)], num=2, axis=1),
        "reshape": one("reshape", [x, numbers(1, 240)], [live(1, 240)]),
        "squeeze": one("squeeze", [live(1, 1, 240)], [live(1, 240)], squeeze_dims=(1,)),
        "expand_dims": one("expand_dims", [x, numbers(1)], [live(1, 1, 6, 5, 8)]),
        "transpose": one("transpose", [x, numbers(0, 2, 1, 3)], [live(1, 5, 6, 8)]),
        "strided_slice": one(
            "strided_slice",
            [x, numbers(0, 1, 0, 0), numbers(1, 6, 5, 8), numbers(1, 2, 1, 1)],
            [live(1, 3, 5, 8)],
            **masks,
        ),
        "slice": one("slice", [x, numbers(0, 1, 0, 0), numbers(1, 3, 5, 8)], [live(1, 3, 5, 8)]),
        "gather": one("gather", [f, numbers(3, 1)], [live(1, 2, 5, 8, dtype="float32")], axis=1, batch_dims=0),
        "gather_nd": one("gather_nd", [f, numbers(0, 3, shape=(1, 2))], [live(1, 5, 8, dtype="float32")]),
        "mean": one("mean", [x, numbers(1, 2)], [live(1, 8)], **reduced),
        "mean, int16": one("mean", [live(1, 6, 5, 8, dtype="int16"), numbers(1, 2)], [live(1, 8, dtype="int16")], **reduced),
        "mean, float": one("mean", [f, numbers(1, 2)], [live(1, 8, dtype="float32")], **reduced),
        "sum": one("sum", [x, numbers(1, 2)], [live(1, 8)], **reduced),
        "reduce_max": one("reduce_max", [x, numbers(1, 2)], [live(1, 8)], **reduced),
        "reduce_min": one("reduce_min", [f, numbers(1, 2)], [live(1, 8, dtype="float32")], **reduced),
        "reduce_all": one("reduce_all", [live(1, 6, 8, dtype="bool"), numbers(1)], [live(1, 8, dtype="bool")], **reduced),
        "arg_max": one("arg_max", [live(1, 30), numbers(1, shape=())], [live(1, dtype="int32")], output_type="int32"),
        "cumsum": one("cumsum", [f, numbers(1, shape=())], [f], exclusive=False, reverse=False),
        "reverse_v2": one("reverse_v2", [x, numbers(1)], [x]),
        "fill": one("fill", [numbers(1, 6), live(dtype="float32")], [live(1, 6, dtype="float32")]),
        "broadcast_to": one("broadcast_to", [live(1, 1, 8), numbers(1, 4, 8)], [live(1, 4, 8)]),
        "depth_to_space": one("depth_to_space", [x], [live(1, 12, 10, 2)], block_size=2),
        "space_to_depth": one("space_to_depth", [live(1, 6, 4, 8)], [live(1, 3, 2, 32)], block_size=2),
        "space_to_batch_nd": one("space_to_batch_nd", [x, *blocks], [live(4, 3, 3, 8)]),
        "batch_to_space_nd": one("batch_to_space_nd", [live(4, 3, 3, 8), *blocks], [live(1, 6, 5, 8)]),
        "resize_nearest_neighbor": one("resize_nearest_neighbor", [x, numbers(12, 10)], [live(1, 12, 10, 8)], **half),
        "resize_bilinear": one("resize_bilinear", [x, numbers(12, 10)], [live(1, 12, 10, 8)], **half),
        "shape": one("shape", [x], [live(4, dtype="int32")], out_type="int32"),
    }


NETWORKS: Mapping[str, Network] = {**_windows(), **_products(), **_pointwise(), **_shapes()}

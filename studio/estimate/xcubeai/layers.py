"""The layers that X-CUBE-AI makes of a network: pooling and activations fused, padding as it runs them, each layer's scratch.

The rules were read from generated plans and reports that people published with their projects (ST Edge AI Core 1.0 to 3.0); the scratch
formulas equal every published array of their kind.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import NamedTuple

from studio.core.network import Network, Op, Tensor, same_padding
from studio.core.remember import remembered
from studio.lower.forms import forms
from studio.lower.lifetimes import planned

ALIASES = frozenset(["reshape", "squeeze", "expand_dims"])
_CONVOLUTIONS = frozenset(["conv_2d", "depthwise_conv_2d"])
_POOLS = frozenset(["max_pool_2d", "average_pool_2d"])
_UNPACKED = 5120
_SOFTMAX_SCRATCH = 496
_CHANNELS = 3


class Layer(NamedTuple):
    """A layer: what it reads, what it writes, its scratch in bytes, and how output and input may overlap.

    `lead` and `trail` are the bytes by which the output must start before the input and end before its end, where they share memory;
    `padded` is the size of a padded copy of the input that is made first, 0 where there is none. `kind` is the operator's, or "pointwise".
    """

    reads: tuple[int, ...]
    writes: int
    kind: str
    scratch: int
    lead: int
    trail: int
    padded: int
    shares: bool
    fused: bool
    activation: bool


def layers(network: Network) -> tuple[Layer, ...]:
    """Return the layers in the order of execution; tensors that are views of another stand as that one."""
    return remembered(_layers, network)


def _layers(network: Network) -> tuple[Layer, ...]:
    home = _homes(network)
    uses: dict[int, int] = dict.fromkeys(network.outputs, 1)
    for op in network.ops:
        for i in op.inputs:
            uses[i] = uses.get(i, 0) + 1
    made: list[Layer] = []
    pooled = -1
    for number, (op, form) in enumerate(zip(network.ops, forms(network), strict=True)):
        if number == pooled or op.kind in ALIASES or not op.outputs:
            continue
        pooled = _pool_after(network, number, uses)
        pool = network.ops[pooled] if pooled >= 0 else None
        shape = form.fact(_shape) if pool is None else _shape(network, op, pool)
        reads = tuple([home.get(i, i) for i in op.inputs if i >= 0 and planned(network, i)])
        writes = (pool or op).outputs[0]
        made.append(Layer(reads, home.get(writes, writes), *shape))
    return tuple(made)


def _homes(network: Network) -> dict[int, int]:
    home: dict[int, int] = {}
    for op in network.ops:
        if op.kind in ALIASES:
            home[op.outputs[0]] = home.get(op.inputs[0], op.inputs[0])
    return home


def _pool_after(network: Network, number: int, uses: dict[int, int]) -> int:
    """Return the pooling over rows, but not over all, that alone reads a convolution's output, for the two run as one layer; else -1."""
    op = network.ops[number]
    if op.kind != "conv_2d" or number + 1 >= len(network.ops) or uses.get(op.outputs[0]) != 1:
        return -1
    after = network.ops[number + 1]
    if after.kind not in _POOLS or after.inputs[0] != op.outputs[0] or after.options["kernel"][0] <= 1:
        return -1
    return number + 1 if max(network.tensors[after.outputs[0]].shape[1:3]) > 1 else -1


def _shape(network: Network, op: Op, pool: Op | None = None) -> tuple[str, int, int, int, int, bool, bool, bool]:
    """Return a layer's fields that do not depend on what it is connected to."""
    int8 = _is_int8(network, op)
    scratch = _SCRATCH[op.kind](network, op) if op.kind in _SCRATCH and int8 else _float_scratch(network, op)
    return (
        "pointwise" if int8 and _pointwise(network, op) else op.kind,
        scratch + (_pooled_rows(network, op, pool) if pool else 0),
        *_shifts(network, op, pool, network.tensors[(pool or op).outputs[0]]),
        _padded(network, op),
        op.kind in _SHARING,
        pool is not None,
        not int8 and pool is None and op.options.get("activation", "none") != "none",
    )


def _is_int8(network: Network, op: Op) -> bool:
    return network.tensors[op.outputs[0]].dtype == "int8"


def _pointwise(network: Network, op: Op) -> bool:
    return op.kind == "conv_2d" and network.tensors[op.inputs[1]].shape[1:3] == (1, 1)


def _row(tensor: Tensor) -> tuple[int, int]:
    """Return the bytes of a row and of a pixel of an activation; a vector is one pixel."""
    if len(tensor.shape) != _CHANNELS + 1:
        return tensor.nbytes, tensor.nbytes
    pixel = tensor.nbytes // max(1, tensor.shape[1] * tensor.shape[2])
    return pixel * tensor.shape[2], pixel


def _shifts(network: Network, op: Op, pool: Op | None, out: Tensor) -> tuple[int, int]:
    """Return how far the output's start must lie before the input's, and its end before the input's end."""
    if op.kind not in _CONVOLUTIONS:
        step = _row(out)[0] if len(out.shape) == _CHANNELS + 1 and out.shape[1] > 1 else _row(out)[1]
        return step, step
    source, filters = network.tensors[op.inputs[0]], network.tensors[op.inputs[1]].shape
    (in_row, in_pixel), (row, pixel) = _row(source), _row(out)
    if pool is not None:
        return row, row + pool.options["stride"][0] * op.options["stride"][0] * in_row
    if op.kind == "depthwise_conv_2d" or filters[1:3] == (1, 1):
        return row, row
    if _leading_pad(op, source, filters):
        return row, row + pixel + (filters[1] - 1) * (in_row + in_pixel) + in_pixel
    return row, row + pixel if _is_int8(network, op) else 2 * row + in_row


def _leading_pad(op: Op, source: Tensor, filters: Sequence[int]) -> bool:
    if op.options["padding"] != "same":
        return False
    return same_padding(source.shape[1], filters[1], op.options["stride"][0], op.options["dilation"][0])[1] > 0


def _padded(network: Network, op: Op) -> int:
    """Return the bytes of a depthwise 3x3 layer's input with its padding, which a layer of its own writes first."""
    if op.kind != "depthwise_conv_2d" or op.options["padding"] != "same" or not _is_int8(network, op):
        return 0
    source, filters, out = network.tensors[op.inputs[0]], network.tensors[op.inputs[1]].shape, network.tensors[op.outputs[0]].shape
    if filters[1:3] != (3, 3):
        return 0
    (down, along), (high, wide) = op.options["stride"], op.options["dilation"]
    height = max(source.shape[1], (out[1] - 1) * down + (filters[1] - 1) * high + 1)
    width = max(source.shape[2], (out[2] - 1) * along + (filters[2] - 1) * wide + 1)
    size = height * width * source.shape[3]
    return size if size > source.nbytes else 0


def _pooled_rows(network: Network, op: Op, pool: Op) -> int:
    """The rows of the convolution that one row of the pooling reads."""
    return pool.options["kernel"][0] * _row(network.tensors[op.outputs[0]])[0]


def _float_scratch(network: Network, op: Op) -> int:
    """A convolution's column."""
    return 4 * _column(network, op) if op.kind == "conv_2d" else 0


def _column(network: Network, op: Op) -> int:
    _, height, width, channels = network.tensors[op.inputs[1]].shape
    return height * width * channels


def _conv_scratch(network: Network, op: Op) -> int:
    """Two columns and 14 bytes a filter, and the filters as int16 as far as they have room; a pointwise one unpacks none."""
    filters, column = network.tensors[op.inputs[1]].shape[0], _column(network, op)
    if _pointwise(network, op):
        return 4 * column + 10 * filters
    return 4 * column + 14 * filters + min(2 * column * filters, _UNPACKED)


def _depthwise_scratch(network: Network, op: Op) -> int:
    _, height, width, channels = network.tensors[op.inputs[1]].shape
    return (3 * height * width + 10) * channels + 1


def _dense_scratch(network: Network, op: Op) -> int:
    """The input as int16, and five more such for each output that has a scale of its own."""
    weights = network.tensors[op.inputs[1]]
    per_channel = weights.quant is not None and len(weights.quant.scale) > 1
    return 2 * (weights.shape[1] + (5 * weights.shape[0] if per_channel else 0))


def _softmax_scratch(network: Network, op: Op) -> int:
    return _SOFTMAX_SCRATCH


_SCRATCH: MappingProxyType[str, Callable[[Network, Op], int]] = MappingProxyType(
    {
        "conv_2d": _conv_scratch,
        "depthwise_conv_2d": _depthwise_scratch,
        "fully_connected": _dense_scratch,
        "softmax": _softmax_scratch,
    }
)
# Their output may lie over the input that dies there.
_SHARING = frozenset(["conv_2d", "depthwise_conv_2d", "max_pool_2d", "average_pool_2d", "quantize", "dequantize", "relu", "relu6", "pad"])

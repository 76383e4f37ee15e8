"""What each TFLM kernel asks of the arena while it prepares, on a 32-bit Arm core.

Sources: tflite-micro 90b983c2b (lite/micro/kernels, lite/core/c/builtin_op_data.h: the structs' sizes under the Arm ABI, where an
enumeration takes one byte) and CMSIS-NN 4ab83cc (the *_get_buffer_size functions).
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal, NamedTuple

from studio.core.network import Network, Op, same_padding

Kernels = Literal["reference", "cmsis_nn"]


class Request(NamedTuple):
    """What a kernel asks for: its options struct (bytes, alignment), its data, arrays that stay, scratch buffers, temporary tensors."""

    options: tuple[int, int]
    data: int
    persistent: tuple[int, ...]
    scratch: tuple[int, ...]
    temporary: tuple[int, ...]


# Bytes and alignment of TfLite<Op>Params; an operator that is not named has none.
_OPTIONS = MappingProxyType(
    {
        "conv_2d": (28, 4),
        "depthwise_conv_2d": (28, 4),
        "transpose_conv": (16, 4),
        "fully_connected": (5, 1),
        "max_pool_2d": (40, 4),
        "average_pool_2d": (40, 4),
        "softmax": (4, 4),
        "add": (2, 1),
        "sub": (2, 1),
        "mul": (1, 1),
        "concatenation": (8, 4),
        "reshape": (36, 4),
        "squeeze": (36, 4),
        "mean": (1, 1),
        "sum": (1, 1),
        "reduce_max": (1, 1),
        "strided_slice": (24, 4),
        "var_handle": (8, 4),
        "call_once": (4, 4),
        "split": (4, 4),
        "split_v": (4, 4),
        "pack": (8, 4),
        "svdf": (8, 4),
        "leaky_relu": (4, 4),
        "gather": (8, 4),
        "resize_nearest_neighbor": (2, 1),
        "unidirectional_sequence_lstm": (16, 4),
    }
)

# Bytes of the kernel's own data, reference and CMSIS-NN; 0 where it keeps none.
_DATA = MappingProxyType(
    {
        "conv_2d": (56, 60),
        "depthwise_conv_2d": (56, 60),
        "transpose_conv": (80, 88),
        "fully_connected": (48, 72),
        "max_pool_2d": (32, 36),
        "average_pool_2d": (32, 36),
        "softmax": (56, 64),
        "add": (60, 60),
        "sub": (52, 52),
        "mul": (36, 36),
        "concatenation": (24, 24),
        "mean": (44, 44),
        "sum": (44, 44),
        "reduce_max": (44, 44),
        "strided_slice": (84, 84),
        "var_handle": (4, 4),
        "call_once": (8, 8),
        "quantize": (32, 32),
        "dequantize": (32, 32),
        "logistic": (16, 16),
        "tanh": (16, 16),
        "relu": (28, 28),
        "relu6": (8, 8),
        "hard_swish": (20, 20),
        "leaky_relu": (28, 28),
        "pad": (56, 56),
        "padv2": (56, 56),
        "unidirectional_sequence_lstm": (560, 720),
    }
)

_NOTHING = frozenset(["reshape", "squeeze", "read_variable", "assign_variable", "pack", "split", "split_v", "expand_dims", "transpose"])
KNOWN = frozenset(_OPTIONS) | frozenset(_DATA) | _NOTHING


def request(network: Network, op: Op, kernels: Kernels, dsp: bool) -> Request:
    """Return what this operator's kernel asks for; `dsp` says whether the core has the DSP extension, which CMSIS-NN uses."""
    data = _DATA.get(op.kind, (0, 0))[kernels == "cmsis_nn"]
    persistent = _ARRAYS[op.kind](network, op) if op.kind in _ARRAYS else ()
    scratch: tuple[int, ...] = ()
    if kernels == "cmsis_nn" and op.kind in _CMSIS_SCRATCH and _source(network, op) in _CMSIS_TYPES[op.kind]:
        scratch = _CMSIS_SCRATCH[op.kind](network, op, dsp)
    elif op.kind in _SCRATCH:
        scratch = _SCRATCH[op.kind](network, op)
    return Request(_OPTIONS.get(op.kind, (0, 1)), data, persistent, tuple(s for s in scratch if s > 0), _temporary(op, kernels))


def _source(network: Network, op: Op) -> str:
    """Return the data type of what the operator works on."""
    return network.tensors[op.inputs[2 if op.kind == "transpose_conv" else 0]].dtype


def _int4(network: Network, op: Op) -> bool:
    return network.tensors[op.inputs[1]].dtype == "int4"


def _temporary(op: Op, kernels: Kernels) -> tuple[int, ...]:
    present = tuple(i for i in (*op.inputs, *op.outputs) if i >= 0)
    if op.kind in ("conv_2d", "depthwise_conv_2d"):
        return (*op.inputs[:2], *op.outputs, *present)
    if op.kind in ("average_pool_2d", "mean", "sum") and (kernels == "cmsis_nn" or op.kind != "average_pool_2d"):
        return (*present, *present)
    if op.kind == "concatenation":
        return (op.inputs[0], *present)
    if op.kind in ("var_handle", "call_once"):
        return ()
    if op.kind == "assign_variable":
        return (op.inputs[1],)
    if op.kind == "read_variable":
        return (op.inputs[0],)
    return present


def _channel_arrays(network: Network, op: Op) -> tuple[int, ...]:
    filters = network.tensors[op.inputs[1]].shape
    channels = filters[3] if op.kind == "depthwise_conv_2d" else filters[0]
    return (4 * channels, 4 * channels)


def _dense_arrays(network: Network, op: Op) -> tuple[int, ...]:
    quant = network.tensors[op.inputs[1]].quant
    return (4 * len(quant.scale),) * 2 if quant is not None and len(quant.scale) > 1 else ()


def _softmax_arrays(network: Network, op: Op) -> tuple[int, ...]:
    """Two tables of int16 functions."""
    return (2 * 513,) * 2 if _source(network, op) == "int16" else ()


_ARRAYS: MappingProxyType[str, Callable[[Network, Op], tuple[int, ...]]] = MappingProxyType(
    {
        "conv_2d": _channel_arrays,
        "depthwise_conv_2d": _channel_arrays,
        "transpose_conv": _channel_arrays,
        "fully_connected": _dense_arrays,
        "softmax": _softmax_arrays,
    }
)


def _mean_scratch(network: Network, op: Op) -> tuple[int, ...]:
    source, axes, out = (network.tensors[i] for i in (*op.inputs[:2], op.outputs[0]))
    accumulators = (4 * out.elements,) if source.dtype in ("int8", "int16") else ()
    return (*accumulators, 4 * len(source.shape), 4 * axes.elements)


def _transpose_scratch(network: Network, op: Op) -> tuple[int, ...]:
    """A sum for every output, of 64 bits for int16; and a bias of int16 as 64 bits."""
    wide = _source(network, op) == "int16"
    bias = network.tensors[op.inputs[3]] if len(op.inputs) > 3 and op.inputs[3] >= 0 else None
    converted = (8 * bias.elements,) if bias is not None and bias.dtype == "int16" else ()
    return (8 if wide else 4) * network.tensors[op.outputs[0]].elements, *converted


def _unpacked_scratch(network: Network, op: Op) -> tuple[int, ...]:
    """The weights, a byte each, where they are stored in four bits."""
    return (network.tensors[op.inputs[1]].elements,) if _int4(network, op) else ()


_SCRATCH: MappingProxyType[str, Callable[[Network, Op], tuple[int, ...]]] = MappingProxyType(
    {
        "mean": _mean_scratch,
        "sum": _mean_scratch,
        "transpose_conv": _transpose_scratch,
        **dict.fromkeys(("conv_2d", "depthwise_conv_2d", "fully_connected"), _unpacked_scratch),
    }
)


# CMSIS-NN's fast depthwise kernel for int16 takes fewer taps; its transposed convolution turns filters of more channels.
_MOST_FAST_TAPS = 512
_LEAST_TURNED_CHANNELS = 16


def _conv_scratch(network: Network, op: Op, dsp: bool) -> tuple[int, ...]:
    """Two im2col columns of int16, except for a 1x1 filter without padding or dilation."""
    source, filters = network.tensors[op.inputs[0]], network.tensors[op.inputs[1]]
    _, height, width, channels = filters.shape
    columns = width * height * source.shape[3]
    if source.dtype == "int16":
        bias = network.tensors[op.inputs[2]].dtype if len(op.inputs) > 2 and op.inputs[2] >= 0 else "int64"
        return (4 * columns,) if bias == "int64" else ()
    if (
        (height, width) == (1, 1)
        and tuple(op.options["dilation"]) == (1, 1)
        and source.shape[3] == channels
        and _pads(network, op) == (0, 0)
    ):
        return ()
    return (4 * columns if _int4(network, op) else 4 * (columns + -columns % 4),)


def _depthwise_scratch(network: Network, op: Op, dsp: bool) -> tuple[int, ...]:
    """An int16 window of all channels, unless the 3x3 kernel serves or a channel has several filters."""
    source, filters = network.tensors[op.inputs[0]], network.tensors[op.inputs[1]]
    _, height, width, channels = filters.shape
    if not dsp or source.shape[3] != channels or source.shape[0] != 1 or tuple(op.options["dilation"]) != (1, 1):
        return ()
    if source.dtype == "int16" and width * height >= _MOST_FAST_TAPS:
        return ()
    if source.dtype == "int8" and not _int4(network, op) and (height, width) == (3, 3) and max(_pads(network, op)) <= 1:
        return ()
    return (2 * channels * width * height,)


def _transpose_columns(network: Network, op: Op, dsp: bool) -> tuple[int, ...]:
    """The columns of an ordinary convolution and its turned filters where there are channels enough, else rows of sums."""
    source, filters, (down, along) = network.tensors[op.inputs[2]], network.tensors[op.inputs[1]], op.options["stride"]
    channels, height, width, taken = filters.shape
    if down <= 2 and along <= 2 and taken > _LEAST_TURNED_CHANNELS:
        columns = width * height * taken
        return 4 * (columns + -columns % 4), columns * channels
    return (4 * channels * ((source.shape[2] - 1) * along + max(width, down)) * max(height, down),)


def _pool_scratch(network: Network, op: Op, dsp: bool) -> tuple[int, ...]:
    """An int32 sum per channel."""
    return (4 * network.tensors[op.inputs[0]].shape[3],) if dsp else ()


def _dense_scratch(network: Network, op: Op, dsp: bool) -> tuple[int, ...]:
    """Multipliers and shifts for the 1x1 convolution that serves where the output keeps its dimensions."""
    filters, out, quant = network.tensors[op.inputs[1]], network.tensors[op.outputs[0]], network.tensors[op.inputs[1]].quant
    if _int4(network, op):
        return ()
    per_channel = quant is not None and len(quant.scale) > 1
    return (8 * out.shape[-1],) if len(out.shape) > 2 and filters.shape[-1] % 4 == 0 and not per_channel else ()


def _pads(network: Network, op: Op) -> tuple[int, int]:
    if op.options["padding"] != "same":
        return 0, 0
    source, filters = network.tensors[op.inputs[0]].shape, network.tensors[op.inputs[1]].shape
    stride, dilation = op.options["stride"], op.options["dilation"]
    return (
        same_padding(source[1], filters[1], stride[0], dilation[0])[1],
        same_padding(source[2], filters[2], stride[1], dilation[1])[1],
    )


_CMSIS_SCRATCH: MappingProxyType[str, Callable[[Network, Op, bool], tuple[int, ...]]] = MappingProxyType(
    {
        "conv_2d": _conv_scratch,
        "depthwise_conv_2d": _depthwise_scratch,
        "average_pool_2d": _pool_scratch,
        "fully_connected": _dense_scratch,
        "transpose_conv": _transpose_columns,
    }
)
# Those on which CMSIS-NN's kernels work; others go to the reference kernels.
_CMSIS_TYPES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("conv_2d", "depthwise_conv_2d", "average_pool_2d"), ("int8", "int16")),
        **dict.fromkeys(("fully_connected", "transpose_conv"), ("int8",)),
    }
)

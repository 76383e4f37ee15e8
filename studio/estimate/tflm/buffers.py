"""The arrays that TFLM's kernels keep and the scratch that they request, in bytes and in their order, on a 32-bit Arm core.

Sources: tflite-micro 90b983c2b (the Prepare functions of lite/micro/kernels and kernels/cmsis_nn) and CMSIS-NN 4ab83cc (the
*_get_buffer_size functions, without Helium).
"""

from collections.abc import Callable
from types import MappingProxyType

from studio.core.network import Network, Op, Shape, Tensor, same_padding

Sizes = tuple[int, ...]

# What stands before the numbers of a list, and bytes of TfLiteEvalTensor and of BatchMatMul's quantisation.
_COUNT, _EVAL_TENSOR, _MATMUL_QUANTISATION = 4, 12, 28
_EXPONENTIALS = 513


def arrays(network: Network, op: Op, cmsis: bool) -> Sizes:
    """Return the bytes of each array that the kernel keeps, in the order in which it asks."""
    made = _ARRAYS.get(op.kind)
    return made(network, op, cmsis) if made else ()


def scratch(network: Network, op: Op, cmsis: bool, dsp: bool) -> Sizes:
    """Return the bytes of each scratch buffer that the kernel requests, in its order; one of none counts as a request too.

    `dsp` says whether the core has the DSP extension, which CMSIS-NN's kernels use.
    """
    if cmsis and op.kind in _CMSIS_SCRATCH:
        return _CMSIS_SCRATCH[op.kind](network, op, dsp)
    made = _SCRATCH.get(op.kind)
    return made(network, op) if made else ()


def source_type(network: Network, op: Op) -> str:
    """Return the data type of what the operator works on."""
    return network.tensors[op.inputs[2 if op.kind == "transpose_conv" else 0]].dtype


def _tensor(network: Network, op: Op, number: int) -> Tensor | None:
    """Return an input; None where it is left out."""
    return network.tensors[op.inputs[number]] if number < len(op.inputs) and op.inputs[number] >= 0 else None


def _filters(network: Network, op: Op) -> Tensor:
    return network.tensors[op.inputs[1]]


def _channel_arrays(network: Network, op: Op, cmsis: bool) -> Sizes:
    """A multiplier and a shift for every filter; CMSIS-NN's convolutions ask for none where all is float."""
    shape = _filters(network, op).shape
    channels = shape[3] if op.kind == "depthwise_conv_2d" else shape[0]
    wanted = not cmsis or op.kind == "transpose_conv" or source_type(network, op) != "float32"
    return (4 * channels,) * 2 if wanted else ()


def _dense_arrays(network: Network, op: Op, cmsis: bool) -> Sizes:
    quant = _filters(network, op).quant
    return (4 * len(quant.scale),) * 2 if quant is not None and len(quant.scale) > 1 else ()


def _softmax_arrays(network: Network, op: Op, cmsis: bool) -> Sizes:
    """Two tables of int16 functions."""
    return (2 * _EXPONENTIALS,) * 2 if source_type(network, op) == "int16" else ()


def _lstm_arrays(network: Network, op: Op, cmsis: bool) -> Sizes:
    """CMSIS-NN: the sums of the weights of four gates, of the input and of the hidden state."""
    kind = source_type(network, op)
    sum_bytes = {"int8": 4, "int16": 8}.get(kind, 0)
    hidden = network.tensors[op.inputs[_LSTM_STATE]].shape[-1]
    return (sum_bytes * hidden,) * 8 if cmsis and sum_bytes else ()


def _output_dimensions(network: Network, op: Op, cmsis: bool) -> Sizes:
    """A copy of the output's dimensions that the kernel can write."""
    return (_COUNT + 4 * len(network.tensors[op.outputs[0]].shape),)


def _int8_data(size: int) -> Callable[[Network, Op, bool], Sizes]:
    """Data that is made while the kernel prepares, and for int8 alone."""
    return lambda network, op, cmsis: (size,) if source_type(network, op) == "int8" else ()


def _matmul_arrays(network: Network, op: Op, cmsis: bool) -> Sizes:
    """The quantisation, a description and a copy of each factor that has to be turned, and the output's dimensions."""
    left, right = network.tensors[op.inputs[0]], network.tensors[op.inputs[1]]
    turned = [factor for factor, wanted in ((left, op.options["adj_x"]), (right, not op.options["adj_y"])) if wanted]
    copies = tuple(size for factor in turned for size in (_EVAL_TENSOR, _COUNT + 4 * len(factor.shape), factor.nbytes))
    quantisation = (_MATMUL_QUANTISATION,) if left.dtype in ("int8", "int16") else ()
    return (*quantisation, *copies, *_output_dimensions(network, op, cmsis))


_ARRAYS: MappingProxyType[str, Callable[[Network, Op, bool], Sizes]] = MappingProxyType(
    {
        **dict.fromkeys(("conv_2d", "depthwise_conv_2d", "transpose_conv"), _channel_arrays),
        "fully_connected": _dense_arrays,
        "softmax": _softmax_arrays,
        "unidirectional_sequence_lstm": _lstm_arrays,
        **dict.fromkeys(("depth_to_space", "space_to_depth", "l2_pool_2d", "gather", "gather_nd"), _output_dimensions),
        "log_softmax": _int8_data(28),
        "cumsum": _int8_data(36),
        "add_n": _int8_data(40),
        "embedding_lookup": _output_dimensions,
        "batch_matmul": _matmul_arrays,
    }
)

_LSTM_STATE, _LSTM_CELL = 18, 19


def _mean_scratch(network: Network, op: Op) -> Sizes:
    source, axes, out = (network.tensors[i] for i in (*op.inputs[:2], op.outputs[0]))
    accumulators = (4 * out.elements,) if source.dtype in ("int8", "int16") else ()
    return (*accumulators, 4 * len(source.shape), 4 * axes.elements)


def _extreme_scratch(network: Network, op: Op) -> Sizes:
    return 4 * len(network.tensors[op.inputs[0]].shape), 4 * network.tensors[op.inputs[1]].elements


def _transpose_scratch(network: Network, op: Op) -> Sizes:
    """A sum for every output, of 64 bits for int16; and a bias of int16 as 64 bits. Nothing for float."""
    size = {"int8": 4, "int16": 8}.get(source_type(network, op), 0)
    return (size * network.tensors[op.outputs[0]].elements, *_wide_bias(network, op)) if size else ()


def _wide_bias(network: Network, op: Op) -> Sizes:
    bias = _tensor(network, op, 3)
    return (8 * bias.elements,) if bias is not None and bias.dtype == "int16" else ()


def _unpacked_scratch(network: Network, op: Op) -> Sizes:
    """The weights, a byte each, where they are stored in four bits."""
    filters = _filters(network, op)
    return (filters.elements,) if filters.dtype == "int4" else ()


def _svdf_scratch(network: Network, op: Op, dsp: bool = False) -> Sizes:
    """A sum for every filter, and for int8 one for every unit."""
    source, features = network.tensors[op.inputs[0]], _filters(network, op)
    sums = 4 * source.shape[0] * features.shape[0]
    return (sums, sums // op.options["rank"]) if source.dtype == "int8" else (sums,)


def _lstm_buffers(network: Network, op: Op, count: int) -> Sizes:
    state, cell = (network.tensors[op.inputs[i]] for i in (_LSTM_STATE, _LSTM_CELL))
    return (state.elements * cell.nbytes // cell.elements,) * count


def _lstm_scratch(network: Network, op: Op) -> Sizes:
    return _lstm_buffers(network, op, 4)


def _mirror_scratch(network: Network, op: Op) -> Sizes:
    return (4 * len(network.tensors[op.inputs[0]].shape),) * 2


def _pointers(network: Network, op: Op) -> Sizes:
    """A pointer for every addend."""
    return (4 * len(op.inputs),) if source_type(network, op) in ("float32", "int8") else ()


_SCRATCH: MappingProxyType[str, Callable[[Network, Op], Sizes]] = MappingProxyType(
    {
        **dict.fromkeys(("mean", "sum"), _mean_scratch),
        **dict.fromkeys(("reduce_max", "reduce_min", "reduce_all"), _extreme_scratch),
        "transpose_conv": _transpose_scratch,
        **dict.fromkeys(("conv_2d", "depthwise_conv_2d", "fully_connected"), _unpacked_scratch),
        "svdf": _svdf_scratch,
        "unidirectional_sequence_lstm": _lstm_scratch,
        "mirror_pad": _mirror_scratch,
        "add_n": _pointers,
    }
)


# CMSIS-NN's transposed convolution turns filters of more channels.
_LEAST_TURNED_CHANNELS = 16


def _columns(shape: Shape, channels: int) -> int:
    """Two im2col columns of int16, each of a multiple of four values."""
    size = shape[1] * shape[2] * channels
    return 4 * (size + -size % 4)


def _conv_scratch(network: Network, op: Op, dsp: bool) -> Sizes:
    """Two im2col columns of int16, except for an int8 1x1 filter without padding or dilation.

    Weights of four bits are asked for as those of eight are.
    """
    source, filters = network.tensors[op.inputs[0]], _filters(network, op)
    _, height, width, channels = filters.shape
    if source.dtype == "int16":
        return (4 * width * height * source.shape[3],)
    if source.dtype != "int8":
        return ()
    pointwise = (height, width) == (1, 1) and tuple(op.options["dilation"]) == (1, 1) and source.shape[3] == channels
    return () if pointwise and _pads(network, op) == (0, 0) else (_columns(filters.shape, source.shape[3]),)


def _depthwise_scratch(network: Network, op: Op, dsp: bool) -> Sizes:
    """For int8, an int16 window of all channels, unless the 3x3 kernel serves or a channel has several filters."""
    source, filters = network.tensors[op.inputs[0]], _filters(network, op)
    _, height, width, channels = filters.shape
    packed = filters.dtype == "int4"
    if source.dtype != "int8" or not (dsp or packed):
        return ()
    if source.shape[3] != channels or source.shape[0] != 1 or tuple(op.options["dilation"]) != (1, 1):
        return ()
    if not packed and (height, width) == (3, 3) and max(_pads(network, op)) <= 1:
        return ()
    return (2 * channels * width * height,)


def _pads(network: Network, op: Op) -> tuple[int, int]:
    if op.options["padding"] != "same":
        return 0, 0
    source, filters = network.tensors[op.inputs[0]].shape, _filters(network, op).shape
    stride, dilation = op.options["stride"], op.options["dilation"]
    return (
        same_padding(source[1], filters[1], stride[0], dilation[0])[1],
        same_padding(source[2], filters[2], stride[1], dilation[1])[1],
    )


def _transpose_columns(network: Network, op: Op, dsp: bool) -> Sizes:
    """For int8 the columns of an ordinary convolution and its turned filters where there are channels enough, else rows of sums."""
    kind = source_type(network, op)
    if kind != "int8":
        return _transpose_scratch(network, op)
    source, filters, (down, along) = network.tensors[op.inputs[2]], _filters(network, op), op.options["stride"]
    channels, height, width, taken = filters.shape
    if down <= 2 and along <= 2 and taken > _LEAST_TURNED_CHANNELS:
        return _columns(filters.shape, taken), width * height * taken * channels
    return 4 * channels * ((source.shape[2] - 1) * along + max(width, down)) * max(height, down), 0


def _pool_scratch(network: Network, op: Op, dsp: bool) -> Sizes:
    """An int32 sum per channel."""
    source = network.tensors[op.inputs[0]]
    return (4 * source.shape[3],) if dsp and source.dtype in ("int8", "int16") else ()


def _dense_scratch(network: Network, op: Op, dsp: bool) -> Sizes:
    """Multipliers and shifts for the int8 1x1 convolution that serves where the output keeps its dimensions."""
    filters, out = _filters(network, op), network.tensors[op.outputs[0]]
    if network.tensors[op.inputs[0]].dtype != "int8" or filters.dtype == "int4":
        return ()
    per_channel = filters.quant is not None and len(filters.quant.scale) > 1
    return (8 * out.shape[-1],) if len(out.shape) > 2 and filters.shape[-1] % 4 == 0 and not per_channel else ()


def _lstm_three(network: Network, op: Op, dsp: bool) -> Sizes:
    return _lstm_buffers(network, op, 4 if source_type(network, op) == "float32" else 3)


_CMSIS_SCRATCH: MappingProxyType[str, Callable[[Network, Op, bool], Sizes]] = MappingProxyType(
    {
        "conv_2d": _conv_scratch,
        "depthwise_conv_2d": _depthwise_scratch,
        "average_pool_2d": _pool_scratch,
        "fully_connected": _dense_scratch,
        "transpose_conv": _transpose_columns,
        "svdf": _svdf_scratch,
        "unidirectional_sequence_lstm": _lstm_three,
    }
)

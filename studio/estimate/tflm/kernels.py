"""What each TFLM kernel asks of the arena while it prepares, on a 32-bit Arm core.

Sources: tflite-micro 90b983c2b (lite/micro/kernels, lite/core/c/builtin_op_data.h: the structs' sizes under the Arm ABI, where an
enumeration takes one byte) and CMSIS-NN 4ab83cc (the *_get_buffer_size functions).
"""

from types import MappingProxyType
from typing import Literal, NamedTuple

from studio.core.network import Network, Op
from studio.estimate.tflm.buffers import arrays, scratch, source_type

Kernels = Literal["reference", "cmsis_nn"]


class Request(NamedTuple):
    """What a kernel asks for: its options struct (bytes, alignment), its data, arrays that stay, scratch buffers, temporary tensors."""

    options: tuple[int, int]
    data: int
    persistent: tuple[int, ...]
    scratch: tuple[int, ...]
    temporary: tuple[int, ...]


_COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
_REDUCERS = ("mean", "sum", "reduce_max", "reduce_min", "reduce_all")

# Bytes and alignment of TfLite<Op>Params; an operator that is not named has none.
_OPTIONS = MappingProxyType(
    {
        **dict.fromkeys(("conv_2d", "depthwise_conv_2d"), (28, 4)),
        **dict.fromkeys(("max_pool_2d", "average_pool_2d", "l2_pool_2d"), (40, 4)),
        **dict.fromkeys(("reshape", "squeeze"), (36, 4)),
        **dict.fromkeys(("transpose_conv", "unidirectional_sequence_lstm"), (16, 4)),
        **dict.fromkeys(("concatenation", "var_handle", "pack", "unpack", "svdf", "gather", "if", "while"), (8, 4)),
        **dict.fromkeys(("softmax", "call_once", "split", "split_v", "leaky_relu", "depth_to_space", "space_to_depth"), (4, 4)),
        **dict.fromkeys(("add", "sub", "cast", "cumsum", "resize_nearest_neighbor", "resize_bilinear"), (2, 1)),
        **dict.fromkeys((*_REDUCERS, "mul", "div", "arg_max", "arg_min", "l2_normalization", "mirror_pad", "shape"), (1, 1)),
        "fully_connected": (5, 1),
        "batch_matmul": (3, 1),
        "strided_slice": (24, 4),
    }
)

# Bytes of the kernel's own data, reference and CMSIS-NN; 0 where it keeps none.
_DATA = MappingProxyType(
    {
        "conv_2d": (56, 60),
        "depthwise_conv_2d": (56, 60),
        "transpose_conv": (72, 76),
        "fully_connected": (48, 72),
        "max_pool_2d": (32, 36),
        "average_pool_2d": (32, 36),
        "softmax": (56, 64),
        "unidirectional_sequence_lstm": (688, 912),
        "svdf": (36, 40),
        "batch_matmul": (16, 36),
        **{
            kind: (size, size)
            for size, kinds in (
                (4, ("var_handle", "l2_normalization", "space_to_batch_nd")),
                (8, ("call_once", "relu6", "embedding_lookup", "if", "while")),
                (16, ("logistic", "tanh")),
                (20, ("hard_swish", "mirror_pad")),
                (24, ("concatenation", "leaky_relu")),
                (28, ("relu", "prelu", "div", "abs", "rsqrt")),
                (32, ("quantize", "dequantize", *_COMPARISONS)),
                (36, ("mul",)),
                (44, _REDUCERS),
                (52, ("sub",)),
                (56, ("pad", "padv2")),
                (60, ("add",)),
                (84, ("strided_slice",)),
                (112, ("squared_difference",)),
                (256, ("elu",)),
            )
            for kind in kinds
        },
        "select_v2": (1, 1),
    }
)


def request(network: Network, op: Op, kernels: Kernels, dsp: bool) -> Request:
    """Return what this operator's kernel asks for; `dsp` says whether the core has the DSP extension, which CMSIS-NN uses."""
    cmsis = kernels == "cmsis_nn"
    return Request(
        _OPTIONS.get(op.kind, (0, 1)),
        _DATA.get(op.kind, (0, 0))[cmsis],
        arrays(network, op, cmsis),
        scratch(network, op, cmsis, dsp),
        _temporary(network, op, cmsis),
    )


# Kernels that prepare nothing, or look at no tensor while they do.
_LOOKS_AT_NONE = frozenset(
    [
        *("var_handle", "call_once", "while", "pack", "unpack", "maximum", "minimum"),
        *("neg", "floor", "arg_max", "arg_min", "shape", "logical_and", "logical_or"),
    ]
)
# Which of its inputs a kernel looks at, where it looks at neither its others nor its output.
_LOOKS_AT = MappingProxyType({"split": 0, "split_v": 2, "relu6": 0, "read_variable": 0, "assign_variable": 1, "if": 0})


def _temporary(network: Network, op: Op, cmsis: bool) -> tuple[int, ...]:
    """Return the tensors that a kernel looks at while it prepares, as often as it does: each time they are described anew."""
    kind, inputs, outputs = op.kind, op.inputs, op.outputs
    if kind in _LOOKS_AT_NONE:
        return ()
    if kind in _LOOKS_AT:
        return (inputs[_LOOKS_AT[kind]],)
    present = tuple([i for i in (*inputs, *outputs) if i >= 0])
    if kind in ("conv_2d", "depthwise_conv_2d"):
        return (*inputs[:2], *outputs, *present)
    if kind == "transpose_conv":
        again = () if source_type(network, op) == "float32" else [i for i in (*inputs[1:4], *outputs) if i >= 0]
        return (*inputs[1:3], *outputs, *again)
    if kind in ("reshape", "space_to_batch_nd", "batch_to_space_nd"):
        return (inputs[0], *outputs)
    if kind == "average_pool_2d" and cmsis:
        return (*present, *present)
    if kind in _REDUCERS:
        return (*present, *(present if network.tensors[inputs[0]].dtype == "int8" else inputs))
    if kind in ("tanh", "concatenation"):
        return (inputs[0], *present)
    return inputs if kind in _COMPARISONS else present

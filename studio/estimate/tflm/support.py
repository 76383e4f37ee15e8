"""Which operators TFLM has; source: tflite-micro 90b983c2b, micro_mutable_op_resolver.h and the kernels' checks."""

from types import MappingProxyType

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.core.remember import remembered
from studio.estimate.tflm.kernels import Kernels
from studio.lower.forms import forms

_NAMES = (
    "abs add add_n arg_max arg_min assign_variable average_pool_2d batch_matmul batch_to_space_nd broadcast_args broadcast_to call_once"
    " cast ceil concatenation conv_2d cos cumsum depth_to_space depthwise_conv_2d dequantize div dynamic_update_slice embedding_lookup"
    " elu equal exp expand_dims fill floor floor_div floor_mod fully_connected gather gather_nd greater greater_equal hard_swish if"
    " l2_normalization l2_pool_2d leaky_relu less less_equal log logical_and logical_not logical_or logistic log_softmax maximum"
    " max_pool_2d mirror_pad mean minimum mul neg not_equal pack pad padv2 prelu quantize read_variable reduce_all reduce_max"
    " reduce_min relu relu6 reshape resize_bilinear resize_nearest_neighbor reverse_v2 round rsqrt select_v2 shape sin slice softmax"
    " space_to_batch_nd space_to_depth split split_v squeeze sqrt square squared_difference strided_slice sub sum svdf tanh"
    " transpose_conv transpose unpack unidirectional_sequence_lstm var_handle while zeros_like"
)
SUPPORTED = frozenset(_NAMES.split())
_WEIGHTED = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected"])
_SIGNAL = "custom:Signal"
# The data types of the first input that the kernels take; an operator that is not named says nothing here.
_USUAL = frozenset(["float32", "int8", "int16"])
_TYPES: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(("relu", "relu6", "leaky_relu", "logistic", "tanh", "prelu", "softmax"), _USUAL),
        **dict.fromkeys(("max_pool_2d", "average_pool_2d", "transpose", "mean", "sum"), _USUAL),
        **dict.fromkeys(("add", "sub", "mul", "pad", "padv2", "unpack", "expand_dims", "resize_nearest_neighbor"), _USUAL | {"int32"}),
        **dict.fromkeys(("hard_swish", "elu", "reduce_max", "reduce_min", "arg_max", "arg_min"), _USUAL - {"int16"}),
        "strided_slice": _USUAL | {"int32", "bool"},
        "pack": _USUAL | {"int32", "int64"},
        "concatenation": _USUAL | {"int32", "int64", "bool"},
        "dequantize": frozenset(["int8", "int16", "uint8"]),
    }
)


def check_supported(network: Network, kernels: Kernels = "reference") -> None:
    """Raise UnsupportedOperator at the first operator that TFLM lacks or whose data types these kernels refuse."""
    remembered(_check, network, kernels)


def _check(network: Network, kernels: Kernels) -> None:
    for graph in (network, *network.subgraphs):
        for form in forms(graph):
            reason = form.fact(_refusal, kernels)
            if reason:
                raise UnsupportedOperator(reason[0], where=form.where, hint=reason[1])


def _refusal(network: Network, op: Op, kernels: Kernels) -> tuple[str, ...]:
    """Return why TFLM does not run an operator and the way out; nothing where it does."""
    if op.kind.startswith(_SIGNAL):
        return f"TFLM's signal library has {op.kind.removeprefix('custom:')}, whose memory nothing here counts", "give the features"
    if op.kind not in SUPPORTED:
        return f"TFLM has no {op.kind}", "replace the block"
    if op.kind in _TYPES and network.tensors[op.inputs[0]].dtype not in _TYPES[op.kind]:
        return f"TFLM runs no {op.kind} on {network.tensors[op.inputs[0]].dtype}", "convert all to int8"
    if op.kind in _WEIGHTED and not _types_match(network, op):
        return f"TFLM runs no {op.kind} with mixed float and integer data", "convert all to int8"
    return _dense_refusal(network, op, kernels) if op.kind == "fully_connected" else ()


def _dense_refusal(network: Network, op: Op, kernels: Kernels) -> tuple[str, ...]:
    source, weights = network.tensors[op.inputs[0]], network.tensors[op.inputs[1]]
    hint = "convert it with one scale for each dense layer"
    if weights.quant is None or len(weights.quant.scale) < 2:
        return ()
    if weights.dtype == "int4":
        return "TFLM runs no fully_connected of 4-bit weights with a scale for every unit", hint
    if source.dtype == "int16" and kernels == "cmsis_nn":
        return "CMSIS-NN runs no int16 fully_connected with a scale for every unit", hint
    return ()


def _types_match(graph: Network, op: Op) -> bool:
    source, weights = graph.tensors[op.inputs[0]].dtype, graph.tensors[op.inputs[1]].dtype
    return (source, weights) in (("float32", "float32"), ("int8", "int8"), ("int16", "int8"), ("int8", "int4"))

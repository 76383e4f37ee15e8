"""Which operators TFLM has; source: tflite-micro 90b983c2b, micro_mutable_op_resolver.h and the kernels' checks."""

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.core.remember import remembered
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


def check_supported(network: Network) -> None:
    """Raise UnsupportedOperator at the first operator that TFLM lacks or whose data types it refuses."""
    remembered(_check, network)


def _check(network: Network) -> None:
    for graph in (network, *network.subgraphs):
        for form in forms(graph):
            reason = form.fact(_refusal)
            if reason:
                raise UnsupportedOperator(reason[0], where=form.where, hint=reason[1])


def _refusal(network: Network, op: Op) -> tuple[str, ...]:
    """Return why TFLM does not run an operator and the way out; nothing where it does."""
    if op.kind not in SUPPORTED:
        return f"TFLM has no {op.kind}", "replace the block"
    if op.kind in _WEIGHTED and not _types_match(network, op):
        return f"TFLM runs no {op.kind} with mixed float and integer data", "convert all to int8"
    return ()


def _types_match(graph: Network, op: Op) -> bool:
    source, weights = graph.tensors[op.inputs[0]].dtype, graph.tensors[op.inputs[1]].dtype
    return (source, weights) in (("float32", "float32"), ("int8", "int8"), ("int16", "int8"), ("int8", "int4"))

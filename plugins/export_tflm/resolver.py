"""Which operators TFLM has, what its resolver calls them, and the header that registers those of one model."""

from studio.api import Network, UnsupportedOperator

_KINDS = """
    abs add add_n arg_max arg_min assign_variable average_pool_2d batch_matmul batch_to_space_nd broadcast_args broadcast_to
    call_once cast ceil concatenation conv_2d cos cumsum depth_to_space depthwise_conv_2d dequantize div dynamic_update_slice elu
    embedding_lookup equal exp expand_dims fill floor floor_div floor_mod fully_connected gather gather_nd greater greater_equal
    hard_swish if l2_normalization l2_pool_2d leaky_relu less less_equal log log_softmax logical_and logical_not logical_or
    logistic max_pool_2d maximum mean minimum mirror_pad mul neg not_equal pack pad padv2 prelu quantize read_variable
    reduce_max reduce_min relu relu6 reshape resize_bilinear resize_nearest_neighbor reverse_v2 round rsqrt select_v2 shape sin
    slice softmax space_to_batch_nd space_to_depth split split_v sqrt square squared_difference squeeze strided_slice sub sum
    svdf tanh transpose transpose_conv unidirectional_sequence_lstm unpack var_handle while zeros_like
"""
KINDS = frozenset(_KINDS.split())
_IRREGULAR = {
    "batch_matmul": "BatchMatMul",
    "cumsum": "CumSum",
    "padv2": "PadV2",
    "unidirectional_sequence_lstm": "UnidirectionalSequenceLSTM",
}


def method(kind: str) -> str:
    """Return the resolver's method for an operator: "conv_2d" -> "AddConv2D"; raise UnsupportedOperator where TFLM has none."""
    if kind not in KINDS:
        raise UnsupportedOperator(
            f"TensorFlow Lite Micro has no operator {kind}", where=kind, hint="replace it, or register a kernel of your own with AddCustom"
        )
    return "Add" + (_IRREGULAR.get(kind) or "".join(_camel(part) for part in kind.split("_")))


def _camel(part: str) -> str:
    return part.upper() if part[0].isdigit() else part.capitalize()


def kinds(network: Network) -> tuple[str, ...]:
    """List the operators of the network and its subgraphs, each once, in the order of first use."""
    found = dict.fromkeys(op.kind for op in network.ops)
    for sub in network.subgraphs:
        found |= dict.fromkeys(kinds(sub))
    return tuple(found)


def header(network: Network) -> str:
    """Return gen_micro_mutable_op_resolver.h, in the form that TFLM's own tool writes."""
    methods = [method(kind) for kind in kinds(network)]
    calls = "".join(f"  micro_op_resolver.{name}();\n" for name in methods)
    return f"""\
#pragma once

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

constexpr int kNumberOperators = {len(methods)};

inline tflite::MicroMutableOpResolver<kNumberOperators> get_resolver()
{{
  tflite::MicroMutableOpResolver<kNumberOperators> micro_op_resolver;

{calls}
  return micro_op_resolver;
}}
"""

"""On what X-CUBE-AI runs, and which networks it imports; source: ST Edge AI Core, TensorFlow Lite toolbox support (2.0 to 4.0)."""

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.core.remember import remembered
from studio.core.target import TargetDevice
from studio.lower.forms import forms

MAKER = "STMicroelectronics"
_NAMES = (
    "abs add arg_max arg_min average_pool_2d batch_matmul cast ceil concatenation conv_2d cos depthwise_conv_2d dequantize div elu equal"
    " exp expand_dims floor floor_div floor_mod fully_connected gather greater greater_equal hard_swish l2_normalization leaky_relu less"
    " less_equal log logical_and logical_not logical_or logistic max_pool_2d maximum mean minimum mul neg pack pad padv2 prelu quantize"
    " reduce_max reduce_min relu relu6 relu_n1_to_1 reshape resize_bilinear resize_nearest_neighbor round rsqrt shape sin slice softmax"
    " split split_v sqrt squared_difference squeeze strided_slice sub sum tanh transpose transpose_conv unpack"
)
SUPPORTED = frozenset(_NAMES.split())
_REFUSED_TYPES = frozenset(["int16", "int4", "float16"])


def check_board(target: TargetDevice) -> None:
    """X-CUBE-AI is licensed for and built for ST's own chips only."""
    if target.vendor != MAKER:
        raise UnsupportedOperator(
            f"X-CUBE-AI runs on STM32 only, and {target.name} has a chip of {target.vendor}",
            where=target.id,
            hint="choose another runtime, or a board with an STM32",
        )


def check_supported(network: Network) -> None:
    """Raise UnsupportedOperator at the first operator or data type that X-CUBE-AI does not import."""
    remembered(_check, network)


def _check(network: Network) -> None:
    for form in forms(network):
        reason = form.fact(_refusal)
        if reason:
            raise UnsupportedOperator(reason[0], where=form.where, hint=reason[1])


def _refusal(network: Network, op: Op) -> tuple[str, ...]:
    """Return why an operator is not imported and the way out; nothing where it is."""
    if op.kind not in SUPPORTED:
        return f"X-CUBE-AI is not known to import {op.kind}", "replace the block"
    for i in op.inputs[:2] + op.outputs:
        tensor = network.tensors[i] if i >= 0 else None
        if tensor is not None and tensor.dtype in _REFUSED_TYPES:
            return f"X-CUBE-AI takes float32, int8 and uint8 data, not {tensor.dtype}", "convert to int8"
    return ()

"""Which rules draft an operator whose data are not plain int8: int16 values, 4-bit weights."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from studio.lower.engine import lattice, nibbles, sizes, wide, wide_simple
from studio.lower.engine.draft import Drafter

Rules = Mapping[str, Callable[[Drafter], None]]

_MOVES: Rules = MappingProxyType(
    {
        **dict.fromkeys(("pad", "padv2"), lattice.pad),
        "transpose": lattice.transpose,
        "strided_slice": lattice.strided_slice,
        "split": lattice.split,
        "split_v": lattice.split_v,
    }
)
_INT16: Rules = MappingProxyType(
    {
        "conv_2d": wide.conv_2d,
        "depthwise_conv_2d": wide.depthwise_conv_2d,
        "fully_connected": wide.fully_connected,
        "add": wide_simple.add,
        "max_pool_2d": wide_simple.pool,
        "average_pool_2d": wide_simple.pool,
        **dict.fromkeys(("reshape", "expand_dims", "squeeze"), wide_simple.reshape),
        "mean": wide_simple.mean,
        "concatenation": wide_simple.concatenation,
        **{kind: wide_simple.moved(rule) for kind, rule in _MOVES.items()},
        "quantize": wide_simple.quantize,
        "dequantize": wide_simple.dequantize,
        "relu": wide_simple.relu,
        "relu6": wide_simple.relu6,
        **dict.fromkeys(("logistic", "tanh"), wide_simple.curve),
        "softmax": wide_simple.softmax,
        "shape": sizes.known,
    }
)


def rules_for(d: Drafter) -> tuple[str, Rules] | None:
    """Return the data type and the rules that the operator at hand needs; None where those for int8 serve."""
    tensors, op = d.network.tensors, d.op
    for number in op.inputs + op.outputs:
        if number >= 0 and tensors[number].dtype == "int16":
            return "int16", _INT16
    weights = op.inputs[1] if op.kind in nibbles.RULES else -1
    return ("int4", nibbles.RULES) if weights >= 0 and tensors[weights].dtype == "int4" else None

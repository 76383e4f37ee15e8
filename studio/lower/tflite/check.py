"""Whether a network that was read makes sense: order, ranks, windows. Everything behind may then rely on it."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from studio.core.errors import InputError
from studio.core.network import Network, Op, Shape, Tensor, window_size

_LARGEST_TENSOR = 1 << 31
_LARGEST_ZERO_POINT = 1 << 16
_HINT = "the file contradicts itself; export it again"

Rule = Callable[[Op, tuple[Shape, ...], Shape], str]


def check_network(network: Network, where: str) -> None:
    """Raise InputError naming the file and the operator that contradicts its tensors."""
    for graph in (network, *network.subgraphs):
        for tensor in graph.tensors:
            reason = _odd_tensor(tensor)
            if reason:
                raise InputError(f"tensor {tensor.name[:80]!r} {reason}", where=where, hint=_HINT)
        _check_order(graph, where)
        for number, op in enumerate(graph.ops):
            reason = _contradiction(op, graph)
            if reason:
                raise InputError(f"operator {number} ({op.kind}): {reason}", where=where, hint=_HINT)
    if not network.inputs or not network.outputs or not network.ops:
        raise InputError("the model has no input, no output or no operator", where=where, hint=_HINT)
    _check_calls(network, where)


def _odd_tensor(tensor: Tensor) -> str:
    if tensor.nbytes > _LARGEST_TENSOR:
        return f"is larger than 2 GiB: {tensor.shape}"
    quant = tensor.quant
    if quant is None:
        return ""
    if not all(math.isfinite(s) and s >= 0 for s in quant.scale):
        return "has a scale that is negative or not finite"
    if any(abs(z) > _LARGEST_ZERO_POINT for z in quant.zero_point):
        return "has a zero point outside its data type"
    if len(quant.scale) > 1 and not (0 <= quant.axis < len(tensor.shape) and tensor.shape[quant.axis] == len(quant.scale)):
        return f"has {len(quant.scale)} scales along axis {quant.axis} of {tensor.shape}"
    return ""


def _check_order(graph: Network, where: str) -> None:
    written = set(graph.inputs) | {i for i, t in enumerate(graph.tensors) if t.constant or t.variable or t.elements == 0}
    for number, op in enumerate(graph.ops):
        for tensor in op.inputs:
            if tensor >= 0 and tensor not in written:
                if op.kind.startswith("custom:"):
                    raise InputError(
                        f"operator {number} ({op.kind}) works on tensor {tensor}, which nothing writes: an accelerator's own memory",
                        where=where,
                        hint="import the model as it was before it was compiled for that accelerator",
                    )
                raise InputError(f"operator {number} ({op.kind}) reads tensor {tensor} before it is written", where=where, hint=_HINT)
        for tensor in op.outputs:
            if tensor in written and not graph.tensors[tensor].variable and graph.tensors[tensor].elements:
                raise InputError(
                    f"operator {number} ({op.kind}) writes tensor {tensor}, which has a value already", where=where, hint=_HINT
                )
            written.add(tensor)
    for tensor in graph.outputs:
        if tensor not in written:
            raise InputError(f"output tensor {tensor} is never written", where=where, hint=_HINT)


def _check_calls(network: Network, where: str) -> None:
    calls = [op.options["init_subgraph_index"] for op in network.ops if op.kind == "call_once"]
    if any(not 1 <= called <= len(network.subgraphs) for called in calls):
        raise InputError(f"call_once calls a subgraph that is not there: {calls}", where=where, hint=_HINT)
    if any(op.kind == "call_once" for graph in network.subgraphs for op in graph.ops):
        raise InputError("a subgraph calls subgraphs itself", where=where, hint=_HINT)


def _contradiction(op: Op, graph: Network) -> str:
    needed = _INPUTS.get(op.kind, 0)
    if len(op.inputs) < needed or any(i < 0 for i in op.inputs[:needed]):
        return "an input is missing"
    if not op.outputs and op.kind not in _WITHOUT_OUTPUT and not op.kind.startswith("custom:"):
        return "it has no output"
    rule = _RULES.get(op.kind)
    if rule is None:
        return ""
    shapes = tuple(graph.tensors[i].shape if i >= 0 else () for i in op.inputs)
    return rule(op, shapes, graph.tensors[op.outputs[0]].shape)


def _window(op: Op, size: Shape, kernel: Shape, out: Shape) -> str:
    stride, dilation = op.options["stride"], op.options.get("dilation", (1, 1))
    if min(*stride, *dilation, *kernel) < 1:
        return f"kernel {kernel}, stride {stride} and dilation {dilation} must be at least 1"
    for axis in (0, 1):
        expected, _ = window_size(size[axis], kernel[axis], stride[axis], dilation[axis], op.options["padding"])
        if expected != out[axis]:
            return f"its output should be {expected} long and is {out[axis]}"
    return ""


def _conv(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    x, w = shapes[0], shapes[1]
    if len(x) != 4 or len(w) != 4 or len(out) != 4:
        return "input, filter and output must have four dimensions"
    if w[3] == 0 or x[3] % w[3] or w[0] != out[3] or w[0] % max(1, x[3] // w[3]):
        return f"filters {w} do not fit {x[3]} channels in and {out[3]} out"
    return _window(op, x[1:3], w[1:3], out[1:3])


def _depthwise(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    x, w = shapes[0], shapes[1]
    if len(x) != 4 or len(w) != 4 or len(out) != 4:
        return "input, filter and output must have four dimensions"
    if w[0] != 1 or w[3] != out[3] or x[3] == 0 or w[3] % x[3]:
        return f"filters {w} do not fit {x[3]} channels in and {out[3]} out"
    return _window(op, x[1:3], w[1:3], out[1:3])


def _transpose_conv(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    """Check it as the convolution that leads from its output back to its input."""
    w, x = shapes[1], shapes[2]
    if len(x) != 4 or len(w) != 4 or len(out) != 4:
        return "input, filter and output must have four dimensions"
    if x[3] != w[3] or w[0] != out[3] or x[0] != out[0]:
        return f"filters {w} do not fit {x[3]} channels in and {out[3]} out"
    return _window(op, out[1:3], w[1:3], x[1:3]).replace("its output", "its input")


def _pool(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    if len(shapes[0]) != 4 or len(out) != 4 or shapes[0][3] != out[3]:
        return "input and output must have four dimensions and equal channels"
    return _window(op, shapes[0][1:3], op.options["kernel"], out[1:3])


def _dense(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    w = shapes[1]
    if len(w) != 2 or not out or out[-1] != w[0] or w[1] == 0 or _elements(shapes[0]) % w[1]:
        return f"weights {w} do not fit input {shapes[0]} and output {out}"
    return "" if _elements(shapes[0]) // w[1] * w[0] == _elements(out) else f"output {out} has the wrong size"


def _same_size(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    return "" if _elements(shapes[0]) == _elements(out) else f"input {shapes[0]} and output {out} differ in size"


def _elements(shape: Shape) -> int:
    count = 1
    for d in shape:
        count *= d
    return count


def _broadcast(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    rank = max(len(s) for s in shapes)
    padded = [(1,) * (rank - len(s)) + s for s in shapes]
    expected = tuple(max(sizes) if min(sizes) else 0 for sizes in zip(*padded, strict=True))
    fits = all(size in (1, whole) for shape in padded for size, whole in zip(shape, expected, strict=True))
    return "" if fits and expected == out else f"inputs {shapes} do not make {out}"


def _concatenation(op: Op, shapes: tuple[Shape, ...], out: Shape) -> str:
    axis = op.options["axis"] % max(1, len(out))
    if any(len(s) != len(out) for s in shapes) or not out:
        return f"inputs {shapes} do not make {out}"
    joined = (*shapes[0][:axis], sum(s[axis] for s in shapes), *shapes[0][axis + 1 :])
    others_agree = len({(*s[:axis], *s[axis + 1 :]) for s in shapes}) == 1
    return "" if others_agree and joined == out else f"inputs {shapes} do not make {out}"


_SAME_SIZE = (
    "reshape",
    "relu",
    "relu6",
    "relu_n1_to_1",
    "logistic",
    "tanh",
    "hard_swish",
    "softmax",
    "quantize",
    "dequantize",
    "transpose",
)
_PAIRS = ("add", "sub", "mul", "div", "maximum", "minimum")
_WITHOUT_OUTPUT = frozenset(["call_once", "assign_variable"])
_INPUTS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys((*_SAME_SIZE, "max_pool_2d", "average_pool_2d", "concatenation", "read_variable"), 1),
        **dict.fromkeys(
            (*_PAIRS, "conv_2d", "depthwise_conv_2d", "fully_connected", "mean", "pad", "transpose", "split", "assign_variable"), 2
        ),
        "transpose_conv": 3,
        "split_v": 3,
        "strided_slice": 4,
    }
)
_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "conv_2d": _conv,
        "depthwise_conv_2d": _depthwise,
        "transpose_conv": _transpose_conv,
        "fully_connected": _dense,
        "max_pool_2d": _pool,
        "average_pool_2d": _pool,
        "concatenation": _concatenation,
        **dict.fromkeys(_SAME_SIZE, _same_size),
        **dict.fromkeys(_PAIRS, _broadcast),
    }
)

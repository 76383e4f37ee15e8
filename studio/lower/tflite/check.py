"""Whether a network that was read makes sense: order, ranks, windows. Everything behind may then rely on it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from studio.core.errors import InputError
from studio.core.network import Network, Op, Shape, window_size

_LARGEST_TENSOR = 1 << 31
_HINT = "the file contradicts itself; export it again"

Rule = Callable[[Op, tuple[Shape, ...], Shape], str]


def check_network(network: Network, where: str) -> None:
    """Raise InputError naming the file and the operator that contradicts its tensors."""
    for graph in (network, *network.subgraphs):
        for tensor in graph.tensors:
            if tensor.nbytes > _LARGEST_TENSOR:
                raise InputError(f"tensor {tensor.name[:80]!r} is larger than 2 GiB: {tensor.shape}", where=where, hint=_HINT)
        _check_order(graph, where)
        for number, op in enumerate(graph.ops):
            reason = _contradiction(op, graph)
            if reason:
                raise InputError(f"operator {number} ({op.kind}): {reason}", where=where, hint=_HINT)
    _check_calls(network, where)


def _check_order(graph: Network, where: str) -> None:
    written = set(graph.inputs) | {i for i, t in enumerate(graph.tensors) if t.constant or t.variable or t.elements == 0}
    for number, op in enumerate(graph.ops):
        for tensor in op.inputs:
            if tensor >= 0 and tensor not in written:
                raise InputError(f"operator {number} ({op.kind}) reads tensor {tensor} before it is written", where=where, hint=_HINT)
        written.update(op.outputs)


def _check_calls(network: Network, where: str) -> None:
    for op in network.ops:
        called = op.options.get("init_subgraph_index", 1) if op.kind == "call_once" else 1
        if op.kind == "call_once" and not 1 <= called <= len(network.subgraphs):
            raise InputError(f"call_once calls subgraph {called}, which is not there", where=where, hint=_HINT)


def _contradiction(op: Op, graph: Network) -> str:
    rule = _RULES.get(op.kind)
    if rule is None:
        return ""
    if not op.outputs or len(op.inputs) < _INPUTS.get(op.kind, 1) or any(i < 0 for i in op.inputs[: _INPUTS.get(op.kind, 1)]):
        return "an input or output is missing"
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


_INPUTS: Mapping[str, int] = MappingProxyType({"conv_2d": 2, "depthwise_conv_2d": 2, "fully_connected": 2})
_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "conv_2d": _conv,
        "depthwise_conv_2d": _depthwise,
        "fully_connected": _dense,
        "max_pool_2d": _pool,
        "average_pool_2d": _pool,
        **dict.fromkeys(("reshape", "relu", "relu6", "logistic", "tanh", "hard_swish", "softmax", "quantize", "dequantize"), _same_size),
    }
)

"""What makes a network smaller: each rule yields where it could be used, and the search tries it out.

The figures in the reasons are from J. Nordby, Environmental Sound Classification on Microcontrollers using CNNs (2019).
"""

from collections.abc import Iterator, Sequence

from studio.advise.advice import Candidate, Rule
from studio.advise.design import Design
from studio.advise.moves import exchanged, put_behind
from studio.core.edits import Edit, RemoveBlocks, SetParams
from studio.core.graph import INPUT_KIND, Node
from studio.core.target import TargetDevice

_CONVOLUTIONS = frozenset(["conv2d", "depthwise_conv2d", "separable_conv2d"])
_POOLS = frozenset(["max_pool", "average_pool"])
_ELEMENTWISE = frozenset(["batch_norm", "relu", "relu6", "dropout"])
_CURVED = frozenset(["relu6", "sigmoid", "tanh", "swish", "hard_swish", "hard_sigmoid", "elu", "gelu"])
_WIDTHS = {"conv2d": "filters", "separable_conv2d": "filters", "dense": "units"}
_SMALL = 3
_LEAST_WIDTH = 8
_GROUPS, _FOUR = 2, 4


def _nodes(design: Design, kinds: frozenset[str] | dict[str, str]) -> Iterator[Node]:
    return (n for n in design.project.graph.nodes if n.kind in kinds)


def _stride_for_pool(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    for pool in _nodes(design, _POOLS):
        id = design.source(pool.id)
        while id and design.node(id).kind in _ELEMENTWISE and design.is_alone(id):
            id = design.source(id)
        if not id or design.node(id).kind not in _CONVOLUTIONS or not design.is_alone(id):
            continue
        own, more = design.params(id)["stride"], pool.params["stride"]
        stride = (own[0] * more[0], own[1] * more[1])
        if stride != own:
            written = f"{stride[0]}" if stride[0] == stride[1] else f"{stride[0]}x{stride[1]}"
            edits: tuple[Edit, ...] = (SetParams(id, {"stride": stride}), RemoveBlocks((pool.id,), bridge=True))
            yield Candidate(id, f"stride {written} in {id} instead of {pool.id}", edits)


def _separable(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    graph = design.project.graph
    for node in _nodes(design, frozenset(["conv2d"])):
        kernel = node.params["kernel"]
        if kernel[0] * kernel[1] == 1 or node.params["groups"] != 1 or design.input_shape(node.id)[2] < 2:
            continue
        new = graph.fresh_id("separable_conv2d")
        params = {name: value for name, value in node.params.items() if name != "groups"}
        edits = exchanged(graph, node.id, "separable_conv2d", params, new)
        yield Candidate(node.id, f"depthwise-separable instead of full {node.id}", edits, {new: node.id})


def _whole_fours(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    for node in _nodes(design, _WIDTHS):
        yield from _narrowed(node, 4 * (node.params[_WIDTHS[node.kind]] // 4))


def _fewer_filters(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    for node in _nodes(design, _WIDTHS):
        yield from _narrowed(node, 4 * (3 * node.params[_WIDTHS[node.kind]] // 16))


def _narrowed(node: Node, width: int) -> Iterator[Candidate]:
    name = _WIDTHS[node.kind]
    now = node.params[name]
    if _LEAST_WIDTH <= width < now:
        yield Candidate(node.id, f"{width} {name} instead of {now} in {node.id}", (SetParams(node.id, {name: width}),))


def _smaller_kernel(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    for node in _nodes(design, _CONVOLUTIONS):
        kernel = node.params["kernel"]
        small = (min(kernel[0], _SMALL), min(kernel[1], _SMALL))
        if small != kernel:
            words = f"{small[0]}x{small[1]} kernel instead of {kernel[0]}x{kernel[1]} in {node.id}"
            yield Candidate(node.id, words, (SetParams(node.id, {"kernel": small}),))


def _two_small_kernels(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    graph = design.project.graph
    for node in _nodes(design, frozenset(["conv2d"])):
        p = node.params
        if p["kernel"] != (5, 5) or p["groups"] != 1 or p["dilation"] != (1, 1) or p["padding"] != "same":
            continue
        new = graph.fresh_id("conv2d")
        first = SetParams(node.id, {"kernel": (3, 3), "activation": "relu", "use_bias": True})
        second = {**p, "kernel": (3, 3), "stride": (1, 1)}
        edits = (first, *put_behind(graph, node.id, "conv2d", second, new))
        yield Candidate(node.id, f"two 3x3 convolutions instead of the 5x5 of {node.id}", edits)


def _spatially_separable(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    graph = design.project.graph
    for node in _nodes(design, frozenset(["conv2d"])):
        p = node.params
        (rows, columns), stride, dilation = p["kernel"], p["stride"], p["dilation"]
        if rows < 2 or columns < 2 or p["groups"] != 1:
            continue
        new = graph.fresh_id("conv2d")
        plain = {"activation": "none", "use_bias": False}
        first = {"kernel": (rows, 1), "stride": (stride[0], 1), "dilation": (dilation[0], 1), **plain}
        second = {**p, "kernel": (1, columns), "stride": (1, stride[1]), "dilation": (1, dilation[1])}
        edits = (SetParams(node.id, first), *put_behind(graph, node.id, "conv2d", second, new))
        yield Candidate(node.id, f"{rows}x1 and 1x{columns} instead of {rows}x{columns} in {node.id}", edits)


def _groups(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    for node in _nodes(design, frozenset(["conv2d"])):
        channels, filters = design.input_shape(node.id)[2], node.params["filters"]
        if node.params["groups"] == 1 and channels % (_GROUPS * _FOUR) == filters % (_GROUPS * _FOUR) == 0:
            yield Candidate(node.id, f"{_GROUPS} groups instead of one in {node.id}", (SetParams(node.id, {"groups": _GROUPS}),))


def _global_pool(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    graph = design.project.graph
    for node in _nodes(design, frozenset(["flatten"])):
        if not design.source(node.id) or len(design.input_shape(node.id)) != 3:
            continue
        new = graph.fresh_id("global_average_pool")
        edits = exchanged(graph, node.id, "global_average_pool", {}, new)
        yield Candidate(node.id, f"global average pooling instead of {node.id}", edits, {new: node.id})


def _plain_relu(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    graph = design.project.graph
    for node in _nodes(design, _CURVED):
        if node.id != design.inference.output and design.source(node.id) and design.node(design.source(node.id)).kind != INPUT_KIND:
            new = graph.fresh_id("relu")
            yield Candidate(node.id, f"ReLU instead of {node.id}", exchanged(graph, node.id, "relu", {}, new), {new: node.id})


GRAPH_RULES = (
    Rule(
        "stride",
        "Stride instead of pooling",
        "A stride skips the positions that a pooling would throw away: about 4 times fewer multiplications for 2x2.",
        _stride_for_pool,
    ),
    Rule(
        "separable",
        "Depthwise-separable convolution",
        "A 3x3 with 64 filters needs 7.5 times fewer multiplications; such networks ran 5 to 10 times faster with very little loss.",
        _separable,
    ),
    Rule(
        "fours",
        "Whole fours of channels",
        "Kernels take four channels at a time: a rest costs nearly as much as a whole four.",
        _whole_fours,
    ),
    Rule(
        "filters",
        "Fewer filters",
        "Start small rather than prune: two to four convolutions with few filters go a long way.",
        _fewer_filters,
    ),
    Rule(
        "kernel",
        "Smaller kernel",
        "The work grows with the kernel's area: 3x3 takes 9/25 of 5x5.",
        _smaller_kernel,
    ),
    Rule(
        "two_kernels",
        "Two small kernels instead of a large one",
        "Two 3x3 see as far as one 5x5, in 18 instead of 25 taps where the channels stay as many.",
        _two_small_kernels,
    ),
    Rule(
        "spatial",
        "Spatially separable convolution",
        "A column and then a row need 2.5 times fewer multiplications than 5x5 and 1.5 times fewer than 3x3; networks of such blocks lost 6 to 10 points.",
        _spatially_separable,
    ),
    Rule(
        "groups",
        "Grouped convolution",
        "Filters that see half of the channels need half of the multiplications and weights; the halves meet again in the next full layer.",
        _groups,
    ),
    Rule(
        "global_pool",
        "Global average pooling instead of flatten",
        "A dense layer behind a flatten has a weight for every position of the map; behind a global pooling one for each channel.",
        _global_pool,
    ),
    Rule(
        "relu",
        "ReLU instead of another activation",
        "A ReLU is done within the layer before it; curved functions take a table, or a pass of their own.",
        _plain_relu,
    ),
)

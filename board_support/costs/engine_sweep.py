"""The networks on which the engine's kernels are measured: chains of every operator, drawn by number, and keyword models held out."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from engine_operators import OPERATOR_NETWORKS, operator_network
from engine_widths import WIDTH_NETWORKS, width_network

from studio.blocks import registry
from studio.blocks.templates import default_graph, tiny_graph
from studio.core.graph import INPUT_KIND, ModelGraph, Node, infer
from studio.core.network import Network, Shape
from studio.lower.graph import lower_graph
from studio.lower.randomise import randomise

BLOCKS = registry()
FITTED = 40
ODD = 12
SMALL = 36
_CHANNELS = (4, 6, 8, 10, 12, 16, 20, 24, 31, 32, 40, 48, 64)
_CLAMPING = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected", "max_pool_2d", "average_pool_2d", "add", "transpose_conv"])
_FEW_CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 33)


class Growing:
    """A graph that grows at its end."""

    channels = _CHANNELS
    largest = (34, 22)
    least = (9, 5)

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        (low, high), (low_width, high_width) = zip(self.least, self.largest, strict=True)
        self.shape: Shape = (int(self.rng.integers(low, high)), int(self.rng.integers(low_width, high_width)), 1)
        self.input = self.shape
        self.graph = ModelGraph((Node(INPUT_KIND, INPUT_KIND),))
        self.last = INPUT_KIND

    def any(self, *values: Any) -> Any:
        """Draw one of the values."""
        return values[int(self.rng.integers(len(values)))]

    def add(self, kind: str, params: Mapping[str, Any] | None = None, others: tuple[str, ...] = (), source: str = "") -> str:
        """Add a block behind the last one, or behind `source`; a block that does not fit is left out."""
        id = self.graph.fresh_id(kind)
        graph = self.graph.add(BLOCKS.get(kind), params or {}, id).connect(source or self.last, id)
        for port, other in enumerate(others, 1):
            graph = graph.connect(other, id, port, BLOCKS.get(kind))
        shape = infer(graph, BLOCKS, self.input).shapes.get(id)
        if shape is None:
            return self.last
        self.graph, self.last, self.shape = graph, id, shape
        return id

    def window(self) -> dict[str, Any]:
        """Draw kernel, stride, padding and dilation."""
        stride = self.any((1, 1), (1, 1), (2, 1), (2, 2))
        dilation = self.any((1, 1), (1, 1), (1, 1), (2, 2), (1, 2)) if stride == (1, 1) else (1, 1)
        kernel = self.any((3, 3), (3, 3), (5, 3), (1, 5), (2, 2), (7, 1), (4, 6))
        return {"kernel": kernel, "stride": stride, "padding": self.any("same", "same", "valid"), "dilation": dilation}

    def behind(self) -> dict[str, Any]:
        """Draw an activation."""
        return {"activation": self.any("none", "relu")}

    def step(self) -> None:
        """Add one operator, or a few that belong together."""
        kind = self.any(
            "conv2d",
            "grouped",
            "pointwise",
            "depthwise_conv2d",
            "depthwise_conv2d",
            "depthwise3",
            "pool",
            "residual",
            "concatenate",
            "relu",
        )
        if kind == "conv2d":
            self.add("conv2d", {"filters": self.any(*self.channels), **self.window(), "activation": self.any("none", "relu")})
        elif kind == "grouped" and self.shape[2] % 2 == 0:
            self.add("conv2d", {"filters": 2 * self.any(5, 8, 12), "groups": 2, **self.window()})
        elif kind == "pointwise":
            self.add("conv2d", {"filters": self.any(*self.channels), "kernel": (1, 1), "activation": "relu"})
        elif kind == "depthwise_conv2d":
            self.add("depthwise_conv2d", {**self.window(), "multiplier": self.any(1, 1, 2)})
        elif kind == "depthwise3":
            self.add("depthwise_conv2d", {"stride": self.any((1, 1), (1, 1), (2, 2)), "multiplier": self.any(1, 1, 1, 2), **self.behind()})
        elif kind == "pool":
            self.add(self.any("max_pool", "average_pool"), {"kernel": self.any((2, 2), (3, 2)), "stride": self.any((2, 2), (1, 1))})
        elif kind == "residual":
            before = self.last
            after = self.add("conv2d", {"filters": self.shape[2], "kernel": (1, 1)})
            self.add("add", None, (before,), after)
        elif kind == "concatenate":
            before = self.last
            after = self.add("conv2d", {"filters": self.any(4, 9, 16), "kernel": (1, 1)})
            self.add("concatenate", {"axis": "channel"}, (before,), after)
        else:
            self.add(self.any("relu", "relu6"))

    def head(self) -> None:
        """End in a classifier."""
        self.add(self.any("global_average_pool", "global_max_pool", "flatten", "flatten"))
        if len(self.shape) > 1:
            self.add("flatten")
        self.add("dense", {"units": self.any(2, 5, 12, 24, 31), "activation": self.any("none", "relu")})
        self.add("dense", {"units": self.any(2, 8, 11)})
        self.add("softmax")


class SmallGrowing(Growing):
    """A graph of small maps with odd numbers of channels, in which what a kernel does once weighs most."""

    channels = _FEW_CHANNELS
    largest = (11, 8)
    least = (1, 1)


def fitted_network(number: int) -> Network:
    """Return a network of the sweep, with random weights."""
    growing = Growing(number)
    growing.add("conv2d", {"filters": growing.any(*growing.channels), **growing.window(), "activation": "relu"})
    for _ in range(8):
        growing.step()
    growing.head()
    return _random(growing.graph, growing.input)


def small_network(number: int) -> Network:
    """Return a network of the sweep with one to four layers of small maps; a third of them clamp, a third have weights of -128."""
    growing = SmallGrowing(number)
    for _ in range(1 + number % 4):
        growing.step()
    growing.head()
    network = _random(growing.graph, growing.input)
    return (network, clamped(network), odd(clamped(network) if number % 2 else network))[number % 3]


def odd(network: Network) -> Network:
    """Return a network with a weight of -128 in every layer, which the packed kernels do not take."""
    filters = {op.inputs[1] for op in network.ops if op.kind in ("conv_2d", "depthwise_conv_2d", "fully_connected")}
    tensors = [
        msgspec.structs.replace(t, data=b"\x80" + t.data[1:]) if i in filters and t.data else t for i, t in enumerate(network.tensors)
    ]
    return msgspec.structs.replace(network, tensors=tuple(tensors))


def clamped(network: Network) -> Network:
    """Return a network whose activations leave out a part of int8's range."""
    ops = [
        msgspec.structs.replace(op, options={**op.options, "activation": "relu_n1_to_1"}) if op.kind in _CLAMPING else op
        for op in network.ops
    ]
    return msgspec.structs.replace(network, ops=tuple(ops))


def sweep() -> Iterator[Network]:
    """Return all networks that are fitted."""
    yield from map(fitted_network, range(FITTED))
    yield from map(odd, map(fitted_network, range(FITTED, FITTED + ODD)))
    yield from map(small_network, range(SMALL))
    yield from rare_networks()


def rare_networks() -> Iterator[Network]:
    """Return the networks of operators and data types that keyword models seldom hold."""
    yield from map(operator_network, range(OPERATOR_NETWORKS))
    for number, network in enumerate(map(width_network, range(WIDTH_NETWORKS))):
        yield clamped(network) if number % 4 == 3 else network


def held_out_networks() -> dict[str, Network]:
    """Return keyword models that the fit has not seen."""
    wide = default_graph((49, 40, 1), 12)
    conv = next(n for n in wide.nodes if n.kind == "conv2d")
    other = wide.with_params(BLOCKS.get("conv2d"), conv.id, {"filters": 40, "stride": (2, 1)})
    return {
        "default": _random(wide, (49, 40, 1)),
        "other stem": _random(other, (49, 32, 1)),
        "tiny": _random(tiny_graph((49, 40, 1), 12), (49, 40, 1)),
        "rare operators": operator_network(OPERATOR_NETWORKS),
        "int16": width_network(WIDTH_NETWORKS),
        "4-bit weights": width_network(WIDTH_NETWORKS + 1),
    }


def _random(graph: ModelGraph, shape: Shape) -> Network:
    return randomise(lower_graph(graph, BLOCKS, shape), 1)

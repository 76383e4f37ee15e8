"""Designs as a user would draw them: a front end, a stem, convolutions of many kinds with residuals and joins, a head."""

from typing import Any

import msgspec
import numpy as np

from studio.blocks import registry
from studio.blocks.templates import TEMPLATES
from studio.core.frontend import FrontEnd
from studio.core.graph import INPUT_KIND, ModelGraph, Node, infer
from studio.core.network import Network
from studio.core.target import Core
from studio.estimate.counts import figures
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types

BLOCKS = registry()
FILTERS = (6, 8, 8, 10, 12, 16, 16, 20, 24, 28, 32, 32, 40, 48, 64, 64, 96)
ODD_FILTERS = (5, 7, 9, 11, 13, 15, 18, 21, 27, 30, 33, 37)
MACS = 8_000_000
LARGEST = 48_000


class Design(msgspec.Struct, frozen=True):
    """A graph and the front end before it."""

    name: str
    graph: ModelGraph
    frontend: FrontEnd

    def network(self) -> Network:
        """Return the design as the gauges see it: typed, without weights."""
        return quantised_types(lower_graph(self.graph, BLOCKS, self.frontend.shape, name=self.name))

    def on(self, core: Core) -> FrontEnd:
        """Return the front end in the numbers that the core computes with."""
        return msgspec.structs.replace(self.frontend, arithmetic="float32" if core.fpu else "fixed")


def drawn_frontend(rng: np.random.Generator) -> FrontEnd:
    """Draw a front end for keywords of half a second to a second and a half."""
    rate = int(rng.choice([8000, 16000, 16000]))
    window = rate * int(rng.choice([20, 25, 30, 32, 40])) // 1000
    fft = 1 << (window - 1).bit_length()
    return FrontEnd(
        sample_rate=rate,
        clip_samples=rate * int(rng.choice([5, 10, 10, 10, 15])) // 10,
        window=window,
        hop=rate * int(rng.choice([10, 16, 20, 20, 30])) // 1000,
        fft=fft,
        mels=int(rng.choice([10, 16, 20, 32, 40, 40, 64])),
        high_hz=rate / 2,
    )


class _Drawing:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.frontend = drawn_frontend(self.rng)
        self.graph, self.last, self.shape = ModelGraph((Node(INPUT_KIND, INPUT_KIND),)), INPUT_KIND, self.frontend.shape
        self.odd = self.rng.random() < 0.25

    def any(self, *values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def filters(self) -> int:
        return self.any(*(ODD_FILTERS if self.odd else FILTERS))

    def add(self, kind: str, others: tuple[str, ...] = (), source: str = "", **params: Any) -> str:
        """Add a block; one that does not fit is left out."""
        id = self.graph.fresh_id(kind)
        graph = self.graph.add(BLOCKS.get(kind), params, id).connect(source or self.last, id)
        for port, other in enumerate(others, 1):
            graph = graph.connect(other, id, port, BLOCKS.get(kind))
        shape = infer(graph, BLOCKS, self.frontend.shape).shapes.get(id)
        if shape is not None:
            self.graph, self.last, self.shape = graph, id, shape
        return self.last

    def behind(self) -> None:
        """Add what follows a convolution."""
        if self.rng.random() < 0.7:
            self.add("batch_norm")
        if self.rng.random() < 0.85:
            self.add(self.any("relu", "relu", "relu6"))

    def stem(self) -> None:
        kernel = self.any((3, 3), (5, 5), (10, 4), (8, 4), (1, 7), (7, 3))
        self.add("conv2d", filters=self.filters(), kernel=kernel, stride=self.any((1, 1), (2, 2), (2, 2), (2, 1)))
        self.behind()

    def step(self) -> None:
        kind = self.any("separable", "separable", "conv", "point", "depthwise", "pool", "residual", "join")
        kernel = self.any((3, 3), (3, 3), (3, 3), (5, 5), (3, 1), (1, 3), (5, 1))
        stride = self.any((1, 1), (1, 1), (2, 2), (2, 1))
        if kind == "separable":
            self.add("separable_conv2d", filters=self.filters(), kernel=kernel, stride=stride)
        elif kind == "conv":
            dilation = (2, 1) if stride == (1, 1) and self.rng.random() < 0.2 else (1, 1)
            self.add("conv2d", filters=self.filters(), kernel=kernel, stride=stride, dilation=dilation)
        elif kind == "point":
            self.add("conv2d", filters=self.filters(), kernel=(1, 1))
        elif kind == "depthwise":
            self.add("depthwise_conv2d", kernel=kernel, stride=stride, multiplier=self.any(1, 1, 1, 2))
        elif kind == "pool":
            self.add(self.any("max_pool", "average_pool"), kernel=(2, 2), stride=(2, 2))
            return
        elif kind == "residual":
            before = self.last
            self.add("conv2d", filters=self.shape[2], kernel=self.any((3, 3), (1, 1)), activation=self.any("none", "relu"))
            self.add("add", (before,))
        else:
            before = self.last
            self.add("conv2d", filters=self.filters(), kernel=(1, 1))
            self.add("concatenate", (before,), axis="channel")
        self.behind()

    def head(self) -> None:
        self.add(self.any("global_average_pool", "global_average_pool", "global_max_pool", "flatten"))
        if self.rng.random() < 0.3:
            self.add("dropout", rate=0.2)
        if self.rng.random() < 0.4:
            self.add("dense", units=self.any(16, 24, 32, 50), activation="relu")
        self.add("dense", units=self.any(2, 3, 4, 10, 12, 35))
        if self.rng.random() < 0.85:
            self.add("softmax")


def drawn_design(seed: int) -> Design:
    """Draw a design of at most MACS multiplications and LARGEST bytes in a tensor, another where the first has more."""
    for attempt in range(100):
        made = _Drawing(1000 * seed + attempt)
        made.stem()
        for _ in range(int(made.rng.integers(1, 8))):
            made.step()
        made.head()
        design = Design(f"drawn {seed}", made.graph, made.frontend)
        network = design.network()
        if figures(network).macs <= MACS and max(t.elements for t in network.tensors if not t.constant) <= LARGEST:
            return design
    raise AssertionError(seed)


def template_design(name: str) -> Design:
    """Return a template of the product with its usual front end and ten labels."""
    frontend = FrontEnd()
    return Design(name, TEMPLATES[name](frontend.shape, 10), frontend)

"""Graphs to start from."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from studio.blocks import registry
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.network import Shape

Step = tuple[str, Mapping[str, Any]]


def default_graph(input_shape: Shape, classes: int) -> ModelGraph:
    """Build a small separable CNN for keywords: 13 k parameters and 2.4 M MACs for ten labels and features of 49x40."""
    return chain((*_stem(32, (5, 5)), *_separable(32), *_separable(48, 2), *_separable(64), *_separable(64), *_head(classes, 0.2)))


def tiny_graph(input_shape: Shape, classes: int) -> ModelGraph:
    """Build the same for the smallest kits: 2.6 k parameters and 0.3 M MACs."""
    return chain((*_stem(12, (5, 5)), *_separable(16, 2), *_separable(24), *_separable(32, 2), *_head(classes, 0.1)))


TEMPLATES: Mapping[str, Callable[[Shape, int], ModelGraph]] = {"default": default_graph, "tiny": tiny_graph}


def chain(steps: Iterable[Step]) -> ModelGraph:
    """Build a graph in which each block feeds the next, from the input block on."""
    blocks = registry()
    graph, last = ModelGraph((Node(INPUT_KIND, INPUT_KIND),)), INPUT_KIND
    for kind, params in steps:
        id = graph.fresh_id(kind)
        graph = graph.add(blocks.get(kind), params, id).connect(last, id)
        last = id
    return graph


def _stem(filters: int, kernel: tuple[int, int]) -> tuple[Step, ...]:
    first = {"filters": filters, "kernel": kernel, "stride": (2, 2), "use_bias": False}
    return (("conv2d", first), ("batch_norm", {}), ("relu", {}))


def _separable(filters: int, stride: int = 1) -> tuple[Step, ...]:
    params = {"filters": filters, "stride": (stride, stride), "use_bias": False}
    return (("separable_conv2d", params), ("batch_norm", {}), ("relu", {}))


def _head(classes: int, dropout: float) -> tuple[Step, ...]:
    return (("global_average_pool", {}), ("dropout", {"rate": dropout}), ("dense", {"units": classes}), ("softmax", {}))

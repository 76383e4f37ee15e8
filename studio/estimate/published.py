"""Published times of known networks on known boards: what the latency estimate is calibrated with and judged by."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

from studio.core.errors import InputError
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.network import Network
from studio.core.places import shipped

Kernels = Literal["cmsis-nn", "helium", "reference", "reference-uncounted", "ahead-of-time", "vendor", "portable"]


class PublishedModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network by its layers, one a string; `macs` is the source's own count, 0 where it gives none."""

    source: str
    macs: int
    input: tuple[int, ...]
    layers: tuple[str, ...]


class PublishedSystem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A board with an engine, and its milliseconds for one inference by model."""

    board: str
    chip: str
    core: str
    mhz: float
    kernels: Kernels
    engine: str
    ms: Mapping[str, float]
    source: str
    drops_zero_filters: bool = False

    def counted(self, model: str) -> str:
        """Return the model whose work this engine really does."""
        return f"{model}_live" if self.drops_zero_filters and model == "vww" else model


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole collection."""

    schema: int
    models: Mapping[str, PublishedModel]
    published: tuple[PublishedSystem, ...]


@lru_cache(maxsize=1)
def published() -> Published:
    """Read the shipped collection; raise InputError where the file is damaged."""
    path = shipped("board_support") / "costs" / "latency.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Published)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"the published times cannot be read: {error}", where=str(path), hint="install the studio again") from error


@lru_cache(maxsize=32)
def published_network(name: str) -> Network:
    """Return a model of the collection as an int8 network without weights."""
    from studio.blocks import registry
    from studio.lower.graph import lower_graph
    from studio.lower.int8 import quantised_types

    model = published().models[name]
    return quantised_types(lower_graph(_graph(model), registry(), model.input, name=name))


def _graph(model: PublishedModel) -> ModelGraph:
    from studio.blocks import registry

    blocks = registry()
    graph, last = ModelGraph((Node(INPUT_KIND, INPUT_KIND),)), INPUT_KIND
    kept: dict[str, str] = {}
    for layer in model.layers:
        word, *rest = layer.split()
        if word == "keep":
            kept[rest[0]] = last
            continue
        if word == "from":
            last = kept[rest[0]]
            continue
        id = graph.fresh_id(word)
        graph = graph.add(blocks.get(word), _params(word, rest), id)
        for port, source in enumerate([last, kept[rest[0]]] if word == "add" else [last]):
            graph = graph.connect(source, id, port)
        last = id
        if word == "add":
            graph, last = graph.add(blocks.get("relu"), {}, f"{id}_relu").connect(id, f"{id}_relu", 0), f"{id}_relu"
    return graph


def _params(kind: str, words: list[str]) -> dict[str, Any]:
    """Read "10x4 64 /2 linear" as a block's parameters; a convolution has a ReLU unless it is linear, a dense layer only where told."""
    if kind == "dense":
        return {"units": int(words[0]), "activation": "relu" if "relu" in words else "none"}
    if "conv" not in kind:
        return {}
    height, width = words[0].split("x")
    strides = [int(w[1:]) for w in words if w.startswith("/")] or [1]
    params = {
        "kernel": (int(height), int(width)),
        "stride": (strides[0], strides[0]),
        "activation": "none" if "linear" in words else "relu",
    }
    return params | ({"filters": int(words[1])} if kind == "conv2d" else {})

"""Read a .keras file without Keras or TensorFlow: its layers as a ModelGraph, its weights as arrays."""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from studio.blocks import registry
from studio.core.errors import GraphError, InputError, StudioError
from studio.core.graph import INPUT_KIND, ModelGraph, Node, infer
from studio.core.network import Shape
from studio.lower.keras_layers import NO_CODE, LayerConfig

CONFIG_LIMIT = 16 * 1024**2
WEIGHTS_LIMIT = 512 * 1024**2
LAYERS_LIMIT = 500
_HINT = 'save it again with model.save("name.keras")'
_MODELS = ("Sequential", "Functional", "Model")


class KerasDesign(NamedTuple):
    """A model from a file: its graph and the input's shape without the batch."""

    graph: ModelGraph
    input_shape: Shape


class _Parsed(NamedTuple):
    design: KerasDesign
    layers: tuple[LayerConfig, ...]
    ids: Mapping[str, str]


def read_keras(path: Path | str) -> KerasDesign:
    """Read a Sequential or Functional model.

    Raises InputError (GraphError) naming the file and the layer where the file is damaged, holds code of its own (a Lambda, a custom
    layer) or something that the studio has no block for. No code from the file is run.
    """
    return _parse(Path(path)).design


def read_keras_weights(path: Path | str) -> dict[str, np.ndarray] | None:
    """Read the weights as "<block id>/<weight name>" in Keras' layouts, float32; None where the file holds none."""
    path = Path(path)
    parsed = _parse(path)
    data = _member(path, "model.weights.h5", WEIGHTS_LIMIT, optional=True)
    return None if data is None else _weights(path, data, parsed)


def _parse(path: Path) -> _Parsed:
    data = _member(path, "config.json", CONFIG_LIMIT)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"its config.json is damaged: {str(error)[:80]}", where=str(path), hint=_HINT) from None
    try:
        return _model(document)
    except StudioError as error:
        place = f"{path}: {error.where}" if error.where else str(path)
        raise type(error)(error.message, where=place, hint=error.hint) from None


def _member(path: Path, name: str, limit: int, optional: bool = False) -> bytes | None:
    """Read one member of the zip, never more than the limit."""
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                if optional:
                    return None
                raise InputError(f"holds no {name}, so it is no .keras file", where=str(path), hint=_HINT)
            with archive.open(name) as member:
                data = member.read(limit + 1)
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path)) from None
    except (
        OSError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        ValueError,
        zlib.error,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
    ) as error:
        raise InputError(f"cannot be read as a .keras file: {error}", where=str(path), hint=_HINT) from None
    if len(data) > limit:
        raise InputError(f"{name} in it is larger than {limit // 1024**2} MiB", where=str(path), hint="this is no model for a kit")
    return data


def _model(document: Any) -> _Parsed:
    kind = document.get("class_name") if isinstance(document, Mapping) else None
    if kind not in _MODELS or str(document.get("module") or "keras").split(".")[0] != "keras":
        raise InputError(f"it holds a {str(kind)[:60]!r}, not a Sequential or Functional model", hint=NO_CODE)
    config = document.get("config")
    records = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(records, list) or not 1 <= len(records) <= LAYERS_LIMIT:
        raise InputError(f"it must hold 1 to {LAYERS_LIMIT} layers", hint=_HINT)
    feeds = _chain(records) if kind == "Sequential" else [_feeds(r) for r in records]
    layers = tuple(LayerConfig(r, rank) for r, (_, rank) in zip(records, feeds, strict=True))
    if len({layer.name for layer in layers}) != len(layers):
        raise InputError("two of its layers have one name", hint=_HINT)
    _check_outputs(config)
    shape = _input_shape(layers, config, document)
    graph, ids = _graph(layers, [names for names, _ in feeds])
    _check_runs(graph, shape)
    return _Parsed(KerasDesign(graph, shape), layers, ids)


def _chain(records: Sequence[Any]) -> list[tuple[tuple[str, ...], int | None]]:
    names = [LayerConfig(r).name for r in records]
    ranks = [_built_rank(r) for r in records]
    sources = [(), *((n,) for n in names[:-1])]
    return list(zip(sources, ranks, strict=True))


def _built_rank(record: Mapping[str, Any]) -> int | None:
    build = record.get("build_config")
    shape = build.get("input_shape") if isinstance(build, Mapping) else None
    return len(shape) if isinstance(shape, list) and not any(isinstance(n, list) for n in shape) else None


def _feeds(record: Any) -> tuple[tuple[str, ...], int | None]:
    """Names of the layers that feed this one, in order, and the rank of what they give."""
    name = LayerConfig(record).name
    nodes = record.get("inbound_nodes") or []
    if not isinstance(nodes, list) or len(nodes) > 1:
        raise InputError(f"layer {name!r} is used more than once", where=name, hint="shared layers have no block; copy the layer")
    if not nodes:
        return (), None
    args = nodes[0].get("args", []) if isinstance(nodes[0], Mapping) else nodes[0]
    histories = list(_histories(args, name))
    if isinstance(nodes[0], Mapping) and list(_tensors(nodes[0].get("kwargs"))):
        raise InputError(f"layer {name!r} takes an input by keyword", where=name, hint="pass inputs by position")
    return tuple(n for n, _ in histories), next((r for _, r in histories if r), _built_rank(record))


def _histories(args: Any, where: str) -> Iterator[tuple[str, int | None]]:
    """Walk positional arguments, in Keras 3's form (tensor records) or Keras 2's ([name, node, tensor, {}])."""
    if isinstance(args, Mapping) and args.get("class_name") == "__keras_tensor__":
        config = args.get("config")
        history = config.get("keras_history") if isinstance(config, Mapping) else None
        if not isinstance(history, list) or not history or not isinstance(history[0], str):
            raise InputError(f"an input of layer {where!r} has no source", where=where, hint=_HINT)
        shape = config.get("shape")
        yield history[0], len(shape) if isinstance(shape, list) else None
    elif isinstance(args, list) and len(args) in (3, 4) and isinstance(args[0], str):
        yield args[0], None
    elif isinstance(args, list):
        for arg in args:
            yield from _histories(arg, where)
    elif args is not None:
        raise InputError(f"layer {where!r} takes a constant as its input", where=where, hint="no block does that")


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value
        for inner in value.values():
            yield from _tensors(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tensors(inner)


def _check_outputs(config: Mapping[str, Any]) -> None:
    outputs = config.get("output_layers")
    if isinstance(outputs, list) and len(outputs) > 1 and isinstance(outputs[0], list):
        raise InputError(f"it has {len(outputs)} outputs", hint="a design has one output; save a model with one")


def _input_shape(layers: Sequence[LayerConfig], config: Mapping[str, Any], document: Mapping[str, Any]) -> Shape:
    inputs = [layer for layer in layers if layer.cls == "InputLayer"]
    if len(inputs) > 1:
        raise InputError(f"it has {len(inputs)} inputs", hint="a design has one input, the features")
    found = inputs[0].config if inputs else layers[0].config
    shape = found.get("batch_shape") or found.get("batch_input_shape") or config.get("build_input_shape") or _build_shape(document)
    if not isinstance(shape, list) or not 2 <= len(shape) <= 4:
        raise InputError("the shape of its input is not known", hint="give the model an Input of (frames, mels, 1)")
    if any(isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 2**20 for n in shape[1:]):
        raise InputError(f"its input {shape} has no fixed size", hint="give every axis but the batch a size")
    return tuple(shape[1:])


def _build_shape(document: Mapping[str, Any]) -> Any:
    build = document.get("build_config")
    return build.get("input_shape") if isinstance(build, Mapping) else None


def _graph(layers: Sequence[LayerConfig], feeds: Sequence[tuple[str, ...]]) -> tuple[ModelGraph, dict[str, str]]:
    """Build the graph; return with it the id of the block that holds each layer's weights."""
    blocks = registry()
    graph, chains = _add_blocks(layers)
    sources = {layer.name: names for layer, names in zip(layers, feeds, strict=True)}
    for name, chain in chains.items():
        for before, after in pairwise(chain):
            graph = graph.connect(before, after)
        for port, source in enumerate((sources[name] or ("",)) if chain else ()):
            graph = graph.connect(_end(source, chains, sources), chain[0], port, blocks.get(graph.node(chain[0]).kind))
    return graph, {name: chain[0] for name, chain in chains.items() if chain}


def _add_blocks(layers: Sequence[LayerConfig]) -> tuple[ModelGraph, dict[str, list[str]]]:
    """Add the blocks of every layer; return the ids by layer: none for the input and for a layer that does nothing."""
    blocks = registry()
    graph = ModelGraph((Node(INPUT_KIND, INPUT_KIND),))
    chains: dict[str, list[str]] = {}
    for layer in layers:
        chain = chains[layer.name] = []
        for kind, params in layer.steps() if layer.cls != "InputLayer" else ():
            chain.append(_fresh(graph, f"{layer.name}_{kind}" if chain else layer.name))
            graph = graph.add(blocks.get(kind), params, chain[-1])
    return graph, chains


def _end(name: str, chains: Mapping[str, list[str]], sources: Mapping[str, tuple[str, ...]]) -> str:
    """Find the block that gives what the layer gives, past layers that do nothing; "" stands for the input."""
    for _ in range(len(chains) + 1):
        if not name:
            return INPUT_KIND
        if name not in chains:
            break
        if chains[name]:
            return chains[name][-1]
        name = sources[name][0] if sources[name] else ""
    raise InputError(f"there is no layer {name[:60]!r} to take an input from", hint=_HINT)


def _fresh(graph: ModelGraph, name: str) -> str:
    """Make an id from a layer's name: letters, digits and underscores, and not taken."""
    clean = re.sub(r"\W", "_", name[:60], flags=re.ASCII)
    clean = clean if clean.isidentifier() and clean != INPUT_KIND else f"layer_{clean}"
    return graph.fresh_id(clean) if clean in graph.by_id else clean


def _check_runs(graph: ModelGraph, shape: Shape) -> None:
    inference = infer(graph, registry(), shape)
    issue = next((i for i in inference.issues if i.severity == "error"), None)
    if issue is not None:
        raise GraphError(issue.message, where=issue.where, hint="change the model and save it again")


def _weights(path: Path, data: bytes, parsed: _Parsed) -> dict[str, np.ndarray] | None:
    import h5py

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return dict(_arrays(file, parsed)) if "layers" in file else None
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise InputError(f"its weights cannot be read: {str(error)[:120]}", where=str(path), hint=_HINT) from None


def _arrays(file: Any, parsed: _Parsed) -> Iterator[tuple[str, np.ndarray]]:
    graph, shape = parsed.design
    blocks = registry()
    shapes = infer(graph, blocks, shape).shapes
    for layer, group in _groups(parsed.layers):
        if layer.name not in parsed.ids:
            continue
        node = graph.node(parsed.ids[layer.name])
        stored = count()
        for spec in blocks.get(node.kind).weights(node.params, [shapes[s] for s in graph.sources[node.id]]):
            values = _left_out(layer, spec.name, spec.shape)
            if values is None:
                values = _dataset(file, f"layers/{group}/vars/{next(stored)}", spec.shape)
            yield f"{node.id}/{spec.name}", values


def _groups(layers: Sequence[LayerConfig]) -> Iterator[tuple[LayerConfig, str]]:
    """Name each layer's group as Keras does: the class in snake case, numbered from the second on."""
    counts: dict[str, int] = {}
    for layer in layers:
        name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", layer.cls)).lower()
        number = counts[name] = counts.get(name, -1) + 1
        yield layer, f"{name}_{number}" if number else name


def _left_out(layer: LayerConfig, weight: str, shape: Shape) -> np.ndarray | None:
    """Stand in for the gamma or beta that a normalisation was made without."""
    if weight == "gamma" and not layer.config.get("scale", True):
        return np.ones(shape, np.float32)
    if weight == "beta" and not layer.config.get("center", True):
        return np.zeros(shape, np.float32)
    return None


def _dataset(file: Any, name: str, shape: Shape) -> np.ndarray:
    """Read a dataset that lies in this very file: links and storage elsewhere are refused."""
    import h5py

    if 4 * prod(shape) > WEIGHTS_LIMIT:
        raise ValueError(f"{name} is too large")
    at = file
    for part in name.split("/"):
        if not isinstance(at.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"{name} is a link or missing")
        at = at[part]
    if not isinstance(at, h5py.Dataset) or at.external or at.is_virtual or at.shape != shape or at.dtype.kind != "f":
        raise ValueError(f"{name} is no array of {shape} in this file")
    return np.asarray(at[()], np.float32)

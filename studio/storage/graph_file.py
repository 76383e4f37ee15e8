"""model.json: the graph with one block a line, sorted by id, so that two people's changes merge."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from studio.core.block import Block, complete_params
from studio.core.errors import CycleError, GraphError, StudioError, UnknownBlock
from studio.core.graph import INPUT_KIND, ModelGraph, Node, Wire
from studio.core.project import SCHEMA
from studio.core.registry import Registry
from studio.storage.reading import convert, migrate, read_json, refuse_unknown

NAME = "model.json"


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block as stored. `n` gives the order of creation; `inputs` who feeds each port, null for none."""

    id: str
    kind: str
    n: int
    params: dict[str, Any] = {}
    inputs: tuple[str | None, ...] = ()


class _GraphFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file without its schema number."""

    blocks: list[_Line]


def graph_json(graph: ModelGraph, old: str | None = None) -> str:
    """Return the file's text; numbers of the old file stay where they can, so that only changed blocks change lines."""
    numbers = _numbers(graph, _old_numbers(old))
    lines = [_line(graph, node, numbers[node.id]) for node in sorted(graph.nodes, key=lambda n: n.id)]
    return f'{{"schema": {SCHEMA}, "blocks": [\n' + ",\n".join(lines) + "\n]}\n"


def _line(graph: ModelGraph, node: Node, number: int) -> str:
    feeds = {w.port: w.source for w in graph.wires if w.target == node.id}
    inputs = [feeds.get(port) for port in range(max(feeds, default=-1) + 1)]
    stored = {"id": node.id, "kind": node.kind, "n": number, "params": dict(node.params), "inputs": inputs}
    return json.dumps(stored, ensure_ascii=False, allow_nan=False)


def _old_numbers(old: str | None) -> Mapping[str, int]:
    try:
        return {b["id"]: b["n"] for b in json.loads(old)["blocks"]} if old else {}
    except (ValueError, KeyError, TypeError):
        return {}


def _numbers(graph: ModelGraph, old: Mapping[str, int]) -> Mapping[str, int]:
    """Number the blocks upwards in their order, with their old numbers where those still rise."""
    last, numbers = 0, {}
    for node in graph.nodes:
        last = max(last + 1, old.get(node.id, 0))
        numbers[node.id] = last
    return numbers


def read_graph(path: Path, blocks: Registry[Block]) -> ModelGraph:
    """Read and check a graph; raise InputError or GraphError naming the file and the block."""
    data = migrate(read_json(path), path)
    listed = data.get("blocks")
    for line in listed if isinstance(listed, list) else ():
        refuse_unknown(line, _Line, path, f"blocks.{line.get('id', '?')}." if isinstance(line, dict) else "")
    lines = sorted(convert(data, _GraphFile, path).blocks, key=lambda b: (b.n, b.id))
    try:
        return build_graph(lines, blocks)
    except StudioError as error:
        raise type(error)(error.message, where=f"{path}: block {error.where}", hint=error.hint) from error


def build_graph(lines: list[_Line], blocks: Registry[Block]) -> ModelGraph:
    """Make the graph from its lines, in their order; raise GraphError for what no edit could have made."""
    known: dict[str, _Line] = {}
    for line in lines:
        _check_id(line, known)
        known[line.id] = line
    nodes = tuple(Node(b.id, b.kind, _params(b, blocks)) for b in lines)
    wires = tuple(Wire(b.id, port, source) for b in lines for port, source in enumerate(b.inputs) if source is not None)
    for wire in wires:
        _check_wire(wire, known, blocks)
    graph = ModelGraph(nodes, tuple(sorted(wires)))
    _check_loops(graph)
    return graph


def _check_id(line: _Line, known: Mapping[str, _Line]) -> None:
    if line.id in known:
        raise GraphError("two blocks have this id", where=line.id, hint="give one of them, and its wires, another id")
    if not line.id.isidentifier() or not line.id.isascii():
        raise GraphError(f"{line.id!r} is no block id", where=line.id, hint="letters, digits and underscores")


def _params(line: _Line, blocks: Registry[Block]) -> Mapping[str, Any]:
    if line.kind == INPUT_KIND:
        if line.params:
            raise GraphError("the input block has no parameters", where=line.id, hint="remove them")
        return {}
    if line.kind not in blocks:
        near = difflib.get_close_matches(line.kind, blocks.names(), 1)
        hint = f"did you mean {near[0]!r}?" if near else "is a plugin missing? known: " + ", ".join(blocks.names())
        raise UnknownBlock(f"there is no operator {line.kind!r}", where=line.id, hint=hint)
    return complete_params(blocks.get(line.kind), line.params, line.id)


def _check_wire(wire: Wire, known: Mapping[str, _Line], blocks: Registry[Block]) -> None:
    kind = known[wire.target].kind
    if wire.source not in known:
        near = difflib.get_close_matches(wire.source, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "blocks: " + ", ".join(known)
        raise GraphError(f"its input {wire.port} comes from {wire.source!r}, which is not there", where=wire.target, hint=hint)
    if kind == INPUT_KIND:
        raise GraphError("the input block takes no wire", where=wire.target, hint='write "inputs": []')
    ports = blocks.get(kind).inputs
    if wire.port >= len(ports) and not (ports and ports[-1].variadic):
        raise GraphError(f"it has no input {wire.port}", where=wire.target, hint=f"it has {len(ports)}")


def _check_loops(graph: ModelGraph) -> None:
    try:
        _ = graph.order
        return
    except CycleError:
        import networkx as nx

    loop = [edge[0] for edge in nx.find_cycle(graph.view)]
    raise CycleError(f"the blocks {', '.join(loop)} feed each other in a loop", where=loop[0], hint="remove one of these wires")

"""The graph an engineer draws: blocks and wires as one immutable value, with guarded edits."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from studio.core.block import Block, Params, complete_params
from studio.core.errors import CycleError, GraphError, PortTaken, StudioError, UnknownBlock
from studio.core.issue import Issue
from studio.core.network import Shape
from studio.core.remember import Memory

if TYPE_CHECKING:
    import networkx as nx

    from studio.core.registry import Registry

INPUT_KIND = "input"


_SHAPES = Memory(4096)
_RECIPES = Memory(4096)


class Node(msgspec.Struct, frozen=True, dict=True):
    """A block in the graph: a stable id ("conv2d_3"), its operator's kind and all its parameters."""

    id: str
    kind: str
    params: Params = msgspec.field(default_factory=dict)

    @property
    def recipe(self) -> object:
        """What stands for kind and parameters in the keys of what is kept: nodes that differ in these have others."""
        kept = self.__dict__
        if "recipe" not in kept:
            # The types count, for True equals 1 and 1 equals 1.0.
            key = (self.kind, *self.params.items(), *map(type, self.params.values()))
            kept["recipe"] = _RECIPES[key] or _RECIPES.keep(key, _Recipe())
        return kept["recipe"]


class _Recipe:
    """A kind and parameters, told apart by identity."""

    __slots__ = ()


class Wire(msgspec.Struct, frozen=True, order=True):
    """A connection from a block's output to an input port of another; at most one per input port."""

    target: str
    port: int
    source: str


class ModelGraph(msgspec.Struct, frozen=True, dict=True):
    """Blocks and wires; edits return a new graph that shares what did not change.

    The block of kind "input" stands for the front end's features. The one block that feeds no other is the output.
    """

    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by their ids."""
        return {n.id: n for n in self.nodes}

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """For each block the blocks that feed it, in the order of its ports."""
        feeds: dict[str, list[tuple[int, str]]] = {n.id: [] for n in self.nodes}
        for wire in self.wires:
            feeds[wire.target].append((wire.port, wire.source))
        return {k: tuple([source for _, source in sorted(v)]) for k, v in feeds.items()}

    @cached_property
    def followers(self) -> Mapping[str, tuple[str, ...]]:
        """For each block the blocks that it feeds, one entry a wire."""
        fed: dict[str, list[str]] = {n.id: [] for n in self.nodes}
        for wire in self.wires:
            fed[wire.source].append(wire.target)
        return {k: tuple(v) for k, v in fed.items()}

    @cached_property
    def view(self) -> nx.MultiDiGraph:
        """A networkx view for what searches graphs; not to be changed."""
        import networkx as nx  # it takes a fifth of a second, and neither the window's start nor an edit needs it

        g = nx.MultiDiGraph()
        g.add_nodes_from(n.id for n in self.nodes)
        g.add_edges_from((w.source, w.target) for w in self.wires)
        return g

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Ids in an order of execution; among equals, the order of creation. Raises CycleError for a loop."""
        position = {n.id: i for i, n in enumerate(self.nodes)}
        if all(position[w.source] < position[w.target] for w in self.wires):
            return tuple(position)
        waits = {id: len(feeds) for id, feeds in self.sources.items()}
        ready = [position[id] for id, count in waits.items() if not count]
        order: list[str] = []
        while ready:
            order.append(self.nodes[heapq.heappop(ready)].id)
            for follower in self.followers[order[-1]]:
                waits[follower] -= 1
                if not waits[follower]:
                    heapq.heappush(ready, position[follower])
        if len(order) < len(self.nodes):
            stuck = next(id for id, count in waits.items() if count)
            raise CycleError(f"{stuck} stands in a loop or behind one", where=stuck, hint="remove a wire of the loop")
        return tuple(order)

    def reaches(self, source: str, target: str) -> bool:
        """Tell whether what `source` puts out comes to `target`."""
        seen, ahead = {source}, [source]
        while ahead:
            new = set(self.followers[ahead.pop()]) - seen
            seen |= new
            ahead += new
        return target in seen

    def node(self, block: str) -> Node:
        """Return the node of this id or raise UnknownBlock."""
        if block not in self.by_id:
            raise UnknownBlock(f"there is no block {block!r}", where=block, hint="blocks: " + (", ".join(self.by_id) or "none"))
        return self.by_id[block]

    def fresh_id(self, kind: str) -> str:
        """Return an id that no block has: the kind and the next number."""
        number = 1
        while f"{kind}_{number}" in self.by_id:
            number += 1
        return f"{kind}_{number}"

    def add(self, block: Block, params: Params | None = None, id: str = "") -> ModelGraph:
        """Add a block; raise ParameterError or GraphError."""
        name = id or self.fresh_id(block.kind)
        if name in self.by_id:
            raise GraphError(f"a block {name!r} is there already", where=name)
        if not name.isidentifier() or not name.isascii():
            raise GraphError(f"{name!r} is no block id", where=name, hint="letters, digits and underscores")
        return msgspec.structs.replace(self, nodes=(*self.nodes, Node(name, block.kind, complete_params(block, params or {}, name))))

    def remove(self, blocks: Iterable[str]) -> ModelGraph:
        """Remove blocks with all their wires."""
        gone = {self.node(b).id for b in blocks}
        nodes = tuple(n for n in self.nodes if n.id not in gone)
        wires = tuple(w for w in self.wires if w.source not in gone and w.target not in gone)
        return ModelGraph(nodes, wires)

    def check_connect(self, source: str, target: str, port: int, block: Block | None = None) -> None:
        """Raise the typed error that says why this wire cannot be drawn; `block` is the target's operator."""
        self.node(source)
        self.node(target)
        if any(w.target == target and w.port == port for w in self.wires):
            raise PortTaken(f"input {port} of {target} already has a wire", where=target, hint="remove that wire first")
        if self.node(target).kind == INPUT_KIND:
            raise GraphError("the input block takes no wire", where=target)
        if block is not None and not _has_port(block, port):
            raise GraphError(f"{target} has no input {port}", where=target, hint=f"it has {len(block.inputs)}")
        if self.reaches(target, source):
            raise CycleError(
                f"a wire from {source} to {target} would close a loop",
                where=target,
                hint="a network runs from input to output without loops",
            )

    def connect(self, source: str, target: str, port: int = 0, block: Block | None = None) -> ModelGraph:
        """Draw a wire; raise what check_connect raises."""
        self.check_connect(source, target, port, block)
        return msgspec.structs.replace(self, wires=(*self.wires, Wire(target, port, source)))

    def disconnect(self, target: str, port: int = 0) -> ModelGraph:
        """Remove the wire of an input port; raise GraphError where there is none."""
        wires = tuple(w for w in self.wires if (w.target, w.port) != (target, port))
        if len(wires) == len(self.wires):
            raise GraphError(f"input {port} of {target} has no wire", where=target)
        return msgspec.structs.replace(self, wires=wires)

    def with_params(self, block: Block, id: str, changes: Params) -> ModelGraph:
        """Change some parameters of a block; raise ParameterError."""
        old = self.node(id)
        new = Node(id, old.kind, complete_params(block, {**old.params, **changes}, id))
        graph = ModelGraph(tuple([new if n.id == id else n for n in self.nodes]), self.wires)
        # Ids and wires are the same, and what was found of them holds.
        graph.__dict__.update({name: found for name, found in self.__dict__.items() if name in _OF_WIRES})
        return graph


_OF_WIRES = frozenset(["sources", "followers", "view", "order"])


class Inference(msgspec.Struct, frozen=True):
    """What can be known of a graph: the shape behind each block (without batch) and what is wrong where."""

    shapes: Mapping[str, Shape]
    issues: tuple[Issue, ...]
    output: str | None

    @property
    def runnable(self) -> bool:
        """Whether every block has its shape and there is one output."""
        return self.output is not None and not any(i.severity == "error" for i in self.issues)


def infer(graph: ModelGraph, blocks: Registry[Block], input_shape: Shape) -> Inference:
    """Infer every block's output shape from the front end's; collect errors instead of raising."""
    shapes: dict[str, Shape] = {}
    issues: list[Issue] = []
    by_id, sources = graph.by_id, graph.sources
    for id in graph.order:
        try:
            shape = _infer_node(by_id[id], sources[id], blocks, input_shape, shapes)
        except StudioError as error:
            issues.append(Issue("graph.block", "error", id, f"{error.message}; {error.hint}" if error.hint else error.message))
            continue
        if shape is not None:
            shapes[id] = shape
    output = _check_ends(graph, issues)
    return Inference(shapes, tuple(issues), output)


def _infer_node(
    node: Node, sources: tuple[str, ...], blocks: Registry[Block], input_shape: Shape, shapes: Mapping[str, Shape]
) -> Shape | None:
    if node.kind == INPUT_KIND:
        return input_shape
    block = blocks.get(node.kind)
    needed = len(block.inputs)
    if len(sources) < needed:
        raise GraphError(f"{needed - len(sources)} of its inputs has no wire", where=node.id, hint="draw a wire to it")
    inputs = tuple([shapes.get(s) for s in sources])
    if None in inputs:
        return None
    key = (block, node.recipe, inputs)
    return _SHAPES[key] or _SHAPES.keep(key, block.shape(dict(node.params), inputs))


def _check_ends(graph: ModelGraph, issues: list[Issue]) -> str | None:
    inputs = [n.id for n in graph.nodes if n.kind == INPUT_KIND]
    fed = {w.source for w in graph.wires}
    ends = [n.id for n in graph.nodes if n.id not in fed and n.kind != INPUT_KIND]
    if len(inputs) != 1:
        issues.append(Issue("graph.input", "error", inputs[1] if inputs else "", f"the graph has {len(inputs)} input blocks; it needs one"))
    if len(ends) != 1:
        named = ", ".join(ends) or "none"
        issues.append(Issue("graph.output", "error", ends[-1] if ends else "", f"the graph must end in one block; ends now: {named}"))
        return None
    return ends[0]


def _has_port(block: Block, port: int) -> bool:
    variadic = bool(block.inputs) and block.inputs[-1].variadic
    return 0 <= port < len(block.inputs) or (variadic and port >= 0)

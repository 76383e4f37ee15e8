"""What a block shows of itself: its name, its deciding parameters, its cost, its shape, and what is wrong with it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from studio.blocks.common import describe
from studio.core.block import Block
from studio.core.errors import StudioError
from studio.core.frontend import FrontEnd
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.project import Project
from studio.core.registry import Registry
from studio.core.remember import remembered
from studio.core.units import format_count, format_size
from studio.estimate.counts import op_counts
from studio.ui.canvas.mends import mend
from studio.ui.gauges import Gauges

FRONT_ENDS = {"log_mel": "Log-mel"}
_SHORTER = (("convolution", "conv"), ("normalisation", "norm"), ("average", "avg"), ("pooling", "pool"))


class Face(msgspec.Struct, frozen=True):
    """One block as it is shown; `ports` counts the input ports, `fix` is an Edit that mends the error."""

    id: str
    kind: str
    title: str
    category: str
    line: str = ""
    cost: str = ""
    shape: str = ""
    error: str = ""
    fix: Any = None
    ports: int = 1


class Faces:
    """The faces of the design as it stands. A block keeps its very Face while it shows the same: `is` tells what an edit changed."""

    def __init__(self, blocks: Registry[Block]) -> None:
        self._blocks = blocks
        self._kept: dict[str, tuple[tuple[Any, ...], Face]] = {}

    def of(self, project: Project, gauges: Gauges) -> dict[str, Face]:
        """Return the faces of all blocks in the order of execution."""
        graph, shapes = project.graph, gauges.inference.shapes
        costs = costs_by_block(gauges.network)
        errors = {i.where: i for i in reversed(gauges.issues) if i.severity == "error" and i.where in graph.by_id}
        wired = _last_ports(graph)
        kept, self._kept = self._kept, {}
        for id in graph.order:
            node = graph.by_id[id]
            cost = costs.get(id, ()) if costs is not None else None
            made_of = (node, shapes.get(id), cost, wired.get(id, -1), project.frontend if node.kind == INPUT_KIND else None)
            known = kept.get(id)
            if known is None or known[0] != made_of or known[1].error or id in errors:  # a mend is tried on the whole graph
                face = self._face(made_of, errors.get(id), project)
                known = made_of, known[1] if known is not None and known[1] == face else face
            self._kept[id] = known
        return {id: face for id, (_, face) in self._kept.items()}

    def _face(self, made_of: tuple[Any, ...], issue: Issue | None, project: Project) -> Face:
        node, shape, cost, last_port, fe = made_of
        error, fix = (issue.message, mend(issue, project, self._blocks)) if issue else ("", None)
        words = describe(shape) if shape is not None else ""
        if fe is not None:
            return _front_end_face(node, fe, words, error, fix)
        try:
            block = self._blocks.get(node.kind)
        except StudioError as missing:
            return Face(node.id, node.kind, node.kind, "composite", shape=words, error=error or missing.message, fix=fix)
        ports = _input_ports(block, last_port)
        line = remembered(_summary, node, block)
        return Face(node.id, node.kind, block.title, block.category, line, _cost_line(cost), words, error, fix, ports)


def front_end_lines(fe: FrontEnd) -> tuple[str, str]:
    """Write what decides a front end: "16 kHz · 30/20 ms" and "40 bins"."""
    ms = 1000 / fe.sample_rate
    return f"{fe.sample_rate / 1000:g} kHz · {fe.window * ms:.3g}/{fe.hop * ms:.3g} ms", f"{fe.mels} bins"


def costs_by_block(network: Network | None) -> Mapping[str, tuple[int, int]] | None:
    """Return MACs and weight bytes of the int8 network by block; None where there is no network."""
    return None if network is None else remembered(_costs, network)


def _costs(network: Network) -> Mapping[str, tuple[int, int]]:
    costs: dict[str, tuple[int, int]] = {}
    for op, count in zip(network.ops, op_counts(network), strict=True):
        macs, weights = costs.get(op.block, (0, 0))
        costs[op.block] = macs + count.macs, weights + count.weights_bytes
    return costs


def short_title(title: str) -> str:
    """Return an operator's title in the field's short words: "Global avg pool"."""
    for long, short in _SHORTER:
        title = title.replace(long, short)
    return title


def _last_ports(graph: ModelGraph) -> dict[str, int]:
    """Return the highest port that a wire ends at, by block."""
    last: dict[str, int] = {}
    for wire in graph.wires:
        if wire.port > last.get(wire.target, -1):
            last[wire.target] = wire.port
    return last


def _input_ports(block: Block, last: int) -> int:
    """Count the ports to show: a variadic block has one free port more than wires."""
    fixed = len(block.inputs)
    return max(fixed, last + 2) if block.inputs and block.inputs[-1].variadic else fixed


def spoken(face: Face) -> str:
    """Say a block in one line for a screen reader."""
    parts = (f"{face.title} {face.id}", face.line, face.cost, f"shape {face.shape}" if face.shape else "", face.error)
    return ", ".join(p for p in parts if p)


def _summary(node: Node, block: Block) -> str:
    return block.summary(node.params)


@lru_cache(maxsize=1024)
def _cost_line(cost: tuple[int, ...] | None) -> str:
    """Write MACs and weights; nothing where there is no network, and () for a block that goes into its neighbours."""
    if cost is None:
        return ""
    if not cost:
        return "free on the kit"
    macs, weights = cost
    return f"{three_digits(macs)} MAC · {format_size(weights)}" if macs or weights else "no MACs"


def three_digits(count: int) -> str:
    """Write a count with three digits: "588 k"."""
    if 100_000 <= count < 999_500:
        return f"{count / 1000:.0f} k"
    return format_count(count)


def _front_end_face(node: Node, fe: FrontEnd, shape: str, error: str, fix: Any) -> Face:
    line, cost = front_end_lines(fe)
    return Face(node.id, node.kind, FRONT_ENDS.get(fe.kind, fe.kind), "input", line, cost, shape, error, fix, 0)

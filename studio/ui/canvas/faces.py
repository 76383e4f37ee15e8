"""What a block shows of itself: its name, its deciding parameters, its cost, its shape, and what is wrong with it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from studio.blocks.common import describe
from studio.core.block import Block
from studio.core.errors import StudioError
from studio.core.frontend import FrontEnd
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.network import Network
from studio.core.project import Project
from studio.core.registry import Registry
from studio.core.units import format_count, format_size
from studio.estimate.counts import op_macs, op_weights_bytes
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


def faces(project: Project, blocks: Registry[Block], gauges: Gauges) -> dict[str, Face]:
    """Return the faces of all blocks in the order of execution."""
    graph = project.graph
    costs = costs_by_block(gauges.network)
    errors = {i.where: i for i in reversed(gauges.issues) if i.severity == "error" and i.where in graph.by_id}
    shapes = gauges.inference.shapes
    made = {}
    for id in graph.order:
        shape = describe(shapes[id]) if id in shapes else ""
        issue = errors.get(id)
        node = graph.by_id[id]
        error, fix = (issue.message, mend(issue, project, blocks)) if issue else ("", None)
        made[id] = (
            _front_end_face(node, project.frontend, shape, error, fix)
            if node.kind == INPUT_KIND
            else _block_face(node, graph, blocks, _cost_line(costs, id), shape, error, fix)
        )
    return made


def front_end_lines(fe: FrontEnd) -> tuple[str, str]:
    """Write what decides a front end: "16 kHz · 30/20 ms" and "40 bins"."""
    ms = 1000 / fe.sample_rate
    return f"{fe.sample_rate / 1000:g} kHz · {fe.window * ms:.3g}/{fe.hop * ms:.3g} ms", f"{fe.mels} bins"


def costs_by_block(network: Network | None) -> dict[str, tuple[int, int]] | None:
    """Return MACs and weight bytes of the int8 network by block; None where there is no network."""
    if network is None:
        return None
    costs: dict[str, tuple[int, int]] = {}
    for op in network.ops:
        macs, weights = costs.get(op.block, (0, 0))
        costs[op.block] = macs + op_macs(network, op), weights + op_weights_bytes(network, op)
    return costs


def short_title(title: str) -> str:
    """Return an operator's title in the field's short words: "Global avg pool"."""
    for long, short in _SHORTER:
        title = title.replace(long, short)
    return title


def input_ports(graph: ModelGraph, block: Block, id: str) -> int:
    """Count the ports to show: a variadic block has one free port more than wires."""
    fixed = len(block.inputs)
    if not (block.inputs and block.inputs[-1].variadic):
        return fixed
    return max(fixed, 2 + max((w.port for w in graph.wires if w.target == id), default=-1))


def spoken(face: Face) -> str:
    """Say a block in one line for a screen reader."""
    parts = (f"{face.title} {face.id}", face.line, face.cost, f"shape {face.shape}" if face.shape else "", face.error)
    return ", ".join(p for p in parts if p)


def _cost_line(costs: Mapping[str, tuple[int, int]] | None, id: str) -> str:
    if costs is None:
        return ""
    if id not in costs:
        return "free on the kit"
    macs, weights = costs[id]
    if not macs and not weights:
        return "no MACs"
    return f"{three_digits(macs)} MAC · {format_size(weights)}"


def three_digits(count: int) -> str:
    """Write a count with three digits: "588 k"."""
    if 100_000 <= count < 999_500:
        return f"{count / 1000:.0f} k"
    return format_count(count)


def _front_end_face(node: Node, fe: FrontEnd, shape: str, error: str, fix: Any) -> Face:
    line, cost = front_end_lines(fe)
    return Face(node.id, node.kind, FRONT_ENDS.get(fe.kind, fe.kind), "input", line, cost, shape, error, fix, 0)


def _block_face(node: Node, graph: ModelGraph, blocks: Registry[Block], cost: str, shape: str, error: str, fix: Any) -> Face:
    try:
        block = blocks.get(node.kind)
    except StudioError as missing:
        return Face(node.id, node.kind, node.kind, "composite", shape=shape, error=error or missing.message, fix=fix)
    ports = input_ports(graph, block, node.id)
    return Face(node.id, node.kind, block.title, block.category, block.summary(node.params), cost, shape, error, fix, ports)

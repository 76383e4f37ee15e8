"""What the inspector says of the selection: names, costs, shapes, what is wrong and what could be better."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from studio.blocks.common import describe
from studio.core.block import Block, Param
from studio.core.edits import SetParams
from studio.core.errors import StudioError
from studio.core.graph import INPUT_KIND, Node
from studio.core.issue import Issue
from studio.core.registry import Registry
from studio.core.units import format_count, format_size
from studio.ui.canvas.faces import FRONT_ENDS, costs_by_block, front_end_lines, short_title, three_digits
from studio.ui.session import Session

NO_WIRE = "no wire yet"


class Facts(msgspec.Struct, frozen=True):
    """What stands above the fields: title, id, lines of facts, help, and remarks with their mends."""

    title: str
    id: str = ""
    lines: tuple[str, ...] = ()
    help: str = ""
    issues: tuple[Issue, ...] = ()


def facts(session: Session, nodes: Sequence[Node]) -> Facts:
    """Describe one block, several, or, where none is selected, the network."""
    if not nodes:
        return network_facts(session)
    if len(nodes) > 1:
        return several_facts(session, nodes)
    return front_end_facts(session, nodes[0]) if nodes[0].kind == INPUT_KIND else block_facts(session, nodes[0])


def block_facts(session: Session, node: Node) -> Facts:
    """Describe a block: its cost, its share of the network, its shapes, its errors."""
    issues = tuple(i for i in session.gauges.issues if i.where == node.id)
    try:
        block = session.blocks.get(node.kind)
    except StudioError as error:
        return Facts(node.kind, node.id, (), "", issues or (Issue("block.missing", "error", node.id, str(error)),))
    lines = (cost_line(session, (node.id,)), shapes_line(session, node.id))
    return Facts(block.title, node.id, tuple(x for x in lines if x), block.help, issues)


def front_end_facts(session: Session, node: Node) -> Facts:
    """Describe the input block."""
    fe = session.document.project.frontend
    issues = tuple(i for i in session.gauges.issues if i.where == node.id)
    shape = f"{fe.frames} frames × {fe.mels} bins × 1"
    return Facts(
        FRONT_ENDS.get(fe.kind, fe.kind),
        node.id,
        (front_end_lines(fe)[0], shape),
        "The front end feeds this block; its knobs stand on the left.",
        issues,
    )


def several_facts(session: Session, nodes: Sequence[Node]) -> Facts:
    """Describe several blocks: what they are, and what they cost together."""
    kinds = Counter(node.kind for node in nodes)
    named = ", ".join(f"{_title(session.blocks, kind)}{f' × {n}' if n > 1 else ''}" for kind, n in kinds.items())
    ids = {n.id for n in nodes}
    lines = (named, cost_line(session, tuple(ids)))
    issues = tuple(i for i in session.gauges.issues if i.where in ids)
    return Facts(f"{len(nodes)} blocks", "", tuple(x for x in lines if x), "What is changed here changes in all of them.", issues)


def network_facts(session: Session) -> Facts:
    """Describe the network, and say what to look at first."""
    project, gauges = session.document.project, session.gauges
    layers = sum(n.kind != INPUT_KIND for n in project.graph.nodes)
    lines = [f"{layers} block{'' if layers == 1 else 's'} · input {describe(project.frontend.shape)}"]
    if gauges.figures:
        made = gauges.figures
        lines.append(f"{format_count(made.macs)} MACs · {format_count(made.parameters)} parameters")
    lines.append(f"{len(project.labels)} labels: {', '.join(project.labels)}" if project.labels else "no labels yet")
    help = "Select a block to change it." if layers else "Drag a block onto the canvas, or press Shift+A."
    return Facts(project.name, "network", tuple(lines), help, network_issues(session))


def network_issues(session: Session) -> tuple[Issue, ...]:
    """Return what is wrong with the design, then what does not suit it, then what limits it on the first target."""
    gauges, project = session.gauges, session.document.project
    found = [*gauges.issues, *_outputs_issue(session)]
    first = next((gauges.reports[t, r] for t in project.targets for r in gauges.runtimes if (t, r) in gauges.reports), None)
    if first is not None:
        found += [i for i in first.issues if i.severity != "advice"]
        if first.fits and first.limits:
            found.append(Issue("report.limits", "advice", first.target, first.limits))
    return tuple(found)


def _outputs_issue(session: Session) -> tuple[Issue, ...]:
    """The network gives as many numbers as there are labels."""
    project, inference = session.document.project, session.gauges.inference
    shape = inference.shapes.get(inference.output or "")
    if not shape or shape == (len(project.labels),):
        return ()
    last = next((id for id in reversed(project.graph.order) if project.graph.by_id[id].kind == "dense"), "")
    fix = SetParams(last, {"units": len(project.labels)}) if last and len(shape) == 1 and project.labels else None
    text = f"the network gives {describe(shape)} numbers for {len(project.labels)} labels"
    return (Issue("graph.outputs", "warning", inference.output or "", text, fix),)


def cost_line(session: Session, ids: Sequence[str]) -> str:
    """Write what blocks cost and their share of the MACs: "588 k MAC (44 %) · 0.7 KiB"; "" while that is not known."""
    costs = costs_by_block(session.gauges.network)
    if costs is None or not session.gauges.figures:
        return ""
    known = [costs[id] for id in ids if id in costs]
    if not known:
        return "free on the kit: it goes into its neighbours"
    macs, weights = sum(m for m, _ in known), sum(w for _, w in known)
    total = session.gauges.figures.macs
    share = f" ({macs / total:.0%})".replace("%", " %") if macs and total else ""
    return f"{three_digits(macs)} MAC{share} · {format_size(weights)}" if macs or weights else "no MACs, no weights"


def shapes_line(session: Session, id: str) -> str:
    """Write a block's shapes: "49x40x1 → 25x20x64"."""
    shapes = session.gauges.inference.shapes
    sources = session.document.project.graph.sources.get(id, ())
    given = " + ".join(describe(shapes[s]) if s in shapes else "?" for s in sources) or NO_WIRE
    return f"{given} → {describe(shapes[id]) if id in shapes else '?'}"


def shared_params(blocks: Registry[Block], nodes: Sequence[Node]) -> tuple[Param, ...]:
    """Return the parameters that all these blocks have alike, in the first one's order; none for the input block."""
    if not nodes or any(n.kind == INPUT_KIND for n in nodes):
        return ()
    try:
        given = [blocks.get(n.kind).params for n in nodes]
    except StudioError:
        return ()
    return tuple(p for p in given[0] if all(p in others for others in given[1:]))


def _title(blocks: Registry[Block], kind: str) -> str:
    try:
        return "Front end" if kind == INPUT_KIND else short_title(blocks.get(kind).title)
    except StudioError:
        return kind

"""A mend for a block that complains: the first small edit that silences it and breaks nothing else."""

from collections.abc import Iterator

from studio.core.block import Block
from studio.core.edits import Edit, InsertBlock, SetParams
from studio.core.errors import StudioError
from studio.core.graph import INPUT_KIND, infer
from studio.core.issue import Issue
from studio.core.project import Project
from studio.core.registry import Registry

_BETWEEN = ("global_average_pool", "flatten")


def mend(issue: Issue, project: Project, blocks: Registry[Block]) -> Edit | None:
    """Return an edit that silences a block's error, tried out on the graph; None where no small one does."""
    if issue.fix is not None or issue.id != "graph.block":
        return issue.fix
    before = len(_errors(project, blocks))
    for edit in _candidates(issue.where, project, blocks):
        try:
            after = _errors(edit.apply(project, blocks), blocks)
        except StudioError:
            continue
        if len(after) < before and all(i.where != issue.where for i in after):
            return edit
    return None


def _errors(project: Project, blocks: Registry[Block]) -> list[Issue]:
    found = infer(project.graph, blocks, project.frontend.shape)
    return [i for i in found.issues if i.severity == "error"]


def _candidates(id: str, project: Project, blocks: Registry[Block]) -> Iterator[Edit]:
    """Yield parameters at rest, same padding, and a pooling or flatten between this block and what feeds it."""
    node = project.graph.by_id.get(id)
    if node is None or node.kind == INPUT_KIND or node.kind not in blocks:
        return
    for param in blocks.get(node.kind).params:
        value = "same" if param.name == "padding" else param.default
        if node.params[param.name] != value:
            yield SetParams(id, {param.name: value})
    for wire in sorted(project.graph.wires):
        if wire.target == id:
            yield from (InsertBlock(kind, id, wire.port) for kind in _BETWEEN if kind in blocks)

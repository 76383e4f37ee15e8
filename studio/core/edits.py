"""Every change to a project is one of these values; applying one gives a new project or a typed error."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from studio.core.block import Block, Params
from studio.core.energy import AS_IT_IS, BY_NAME, changed_plan
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd, check_frontend
from studio.core.graph import INPUT_KIND, ModelGraph
from studio.core.project import Project, Recipe, check_project
from studio.core.registry import Registry


class Edit(Protocol):
    """A pure change of the project; `title` is its line in the undo menu."""

    @property
    def title(self) -> str: ...

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        """Return the changed project or raise a typed StudioError."""


class AddBlock(msgspec.Struct, frozen=True, tag=True):
    """Add a block, and draw a wire from `after` to its first input where `after` is given."""

    kind: str
    params: Params = msgspec.field(default_factory=dict)
    id: str = ""
    after: str = ""

    @property
    def title(self) -> str:
        return f"add {self.kind}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        block = blocks.get(self.kind)
        id = self.id or project.graph.fresh_id(self.kind)
        graph = project.graph.add(block, self.params, id)
        return _with_graph(project, graph.connect(self.after, id, 0, block) if self.after else graph)


class InsertBlock(msgspec.Struct, frozen=True, tag=True):
    """Add a block in the middle of the wire that enters `before` at `port`."""

    kind: str
    before: str
    port: int = 0
    params: Params = msgspec.field(default_factory=dict)
    id: str = ""

    @property
    def title(self) -> str:
        return f"insert {self.kind}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        graph = project.graph
        wire = next((w for w in graph.wires if (w.target, w.port) == (self.before, self.port)), None)
        if wire is None:
            raise InputError(f"input {self.port} of {self.before} has no wire", where=self.before)
        block = blocks.get(self.kind)
        id = self.id or graph.fresh_id(self.kind)
        graph = graph.disconnect(self.before, self.port).add(block, self.params, id)
        graph = graph.connect(wire.source, id, 0, block).connect(id, self.before, self.port)
        return _with_graph(project, graph)


class RemoveBlocks(msgspec.Struct, frozen=True, tag=True):
    """Remove blocks; with `bridge`, what fed a removed block with one input feeds its followers."""

    ids: tuple[str, ...]
    bridge: bool = False

    @property
    def title(self) -> str:
        return f"remove {', '.join(self.ids)}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        graph = project.graph
        for id in self.ids:
            feeds = [w.source for w in graph.wires if w.target == id]
            followers = [w for w in graph.wires if w.source == id]
            graph = graph.remove((id,))
            if self.bridge and len(feeds) == 1:
                for wire in followers:
                    graph = graph.connect(feeds[0], wire.target, wire.port)
        return _with_graph(project, graph)


class SetParams(msgspec.Struct, frozen=True, tag=True):
    """Change some parameters of a block."""

    id: str
    changes: Mapping[str, Any]

    @property
    def title(self) -> str:
        return f"{self.id}: {', '.join(f'{k} = {v}' for k, v in self.changes.items())}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        block = blocks.get(project.graph.node(self.id).kind)
        return _with_graph(project, project.graph.with_params(block, self.id, self.changes))


class Connect(msgspec.Struct, frozen=True, tag=True):
    """Draw a wire."""

    source: str
    target: str
    port: int = 0

    @property
    def title(self) -> str:
        return f"connect {self.source} to {self.target}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        kind = project.graph.node(self.target).kind
        block = None if kind == INPUT_KIND else blocks.get(kind)
        return _with_graph(project, project.graph.connect(self.source, self.target, self.port, block))


class Disconnect(msgspec.Struct, frozen=True, tag=True):
    """Remove the wire of an input port."""

    target: str
    port: int = 0

    @property
    def title(self) -> str:
        return f"disconnect input {self.port} of {self.target}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        return _with_graph(project, project.graph.disconnect(self.target, self.port))


class SetFrontEnd(msgspec.Struct, frozen=True, tag=True):
    """Change some knobs of the front end."""

    changes: Mapping[str, Any]

    @property
    def title(self) -> str:
        return f"front end: {', '.join(f'{k} = {v}' for k, v in self.changes.items())}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        try:
            knobs = msgspec.convert({**msgspec.structs.asdict(project.frontend), **self.changes}, FrontEnd)
        except msgspec.ValidationError as error:
            raise InputError(str(error), where="frontend") from None
        check_frontend(knobs)
        return msgspec.structs.replace(project, frontend=knobs)


class SetLabels(msgspec.Struct, frozen=True, tag=True):
    """Set the labels in the order of the outputs."""

    labels: tuple[str, ...]
    title = "labels"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        return _checked(msgspec.structs.replace(project, labels=self.labels))


class SetTargets(msgspec.Struct, frozen=True, tag=True):
    """Choose the boards whose gauges are shown."""

    targets: tuple[str, ...]
    title = "targets"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        return msgspec.structs.replace(project, targets=self.targets)


class SetInterval(msgspec.Struct, frozen=True, tag=True):
    """Set how often the model runs, in milliseconds."""

    interval_ms: float

    @property
    def title(self) -> str:
        return f"inference interval {self.interval_ms:g} ms"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        return _checked(msgspec.structs.replace(project, interval_ms=self.interval_ms))


class SetEnergy(msgspec.Struct, frozen=True, tag=True):
    """Set the user's own figures of a target's energy; None takes one back to the board's."""

    target: str
    changes: dict[str, Any]

    @property
    def title(self) -> str:
        said = (f"{BY_NAME[k].title} {BY_NAME[k].write(v)}" if k in BY_NAME else f"{k} of the figures" for k, v in self.changes.items())
        return f"{self.target}: {', '.join(said)}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        plan = changed_plan(project.plan(self.target), self.changes, self.target)
        kept = {target: old for target, old in project.energy.items() if target != self.target}
        return msgspec.structs.replace(project, energy=kept if plan == AS_IT_IS else {**kept, self.target: plan})


class SetRecipe(msgspec.Struct, frozen=True, tag=True):
    """Change how the project trains."""

    recipe: Recipe
    title = "training recipe"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        return msgspec.structs.replace(project, recipe=self.recipe)


class Rename(msgspec.Struct, frozen=True, tag=True):
    """Give the project another name."""

    name: str
    title = "rename"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        return _checked(msgspec.structs.replace(project, name=self.name))


AnyEdit = (
    AddBlock
    | InsertBlock
    | RemoveBlocks
    | SetParams
    | Connect
    | Disconnect
    | SetFrontEnd
    | SetLabels
    | SetTargets
    | SetInterval
    | SetEnergy
    | SetRecipe
    | Rename
)


def _with_graph(project: Project, graph: ModelGraph) -> Project:
    return msgspec.structs.replace(project, graph=graph)


def _checked(project: Project) -> Project:
    check_project(project)
    return project

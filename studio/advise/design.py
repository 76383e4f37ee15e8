"""A complete design with what can be known of it: its shapes, its int8 network, its counts."""

import msgspec

from studio.core.block import Block, Params
from studio.core.errors import GraphError
from studio.core.graph import Inference, Node, infer
from studio.core.network import Network, Shape
from studio.core.project import Project
from studio.core.registry import Registry
from studio.core.report import ModelFigures
from studio.estimate.counts import figures
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types


class Design(msgspec.Struct, frozen=True):
    """A design that runs."""

    project: Project
    blocks: Registry[Block]
    inference: Inference
    network: Network
    figures: ModelFigures

    @property
    def output_shape(self) -> Shape:
        """The shape of what the network says."""
        return self.inference.shapes[self.inference.output or ""]

    def node(self, id: str) -> Node:
        """Return a block of the graph."""
        return self.project.graph.by_id[id]

    def params(self, id: str) -> Params:
        """Return a block's parameters."""
        return self.node(id).params

    def source(self, id: str) -> str:
        """Return the block that feeds this one, "" where there are none or several."""
        feeds = self.project.graph.sources[id]
        return feeds[0] if len(feeds) == 1 else ""

    def is_alone(self, id: str) -> bool:
        """Whether exactly one block reads this one's output."""
        return len(self.project.graph.followers[id]) == 1

    def input_shape(self, id: str) -> Shape:
        """Return the shape that a block with one input gets."""
        return self.inference.shapes[self.source(id)]


def design(project: Project, blocks: Registry[Block], like: Design | None = None) -> Design:
    """Work a project out; raise the typed error of what does not run.

    The network of `like` serves where graph and features are the same.
    """
    shape = project.frontend.shape
    if like is not None and like.project.graph is project.graph and like.project.frontend.shape == shape:
        return msgspec.structs.replace(like, project=project)
    found = infer(project.graph, blocks, shape)
    if not found.runnable:
        issue = next(i for i in found.issues if i.severity == "error")
        raise GraphError(issue.message, where=issue.where, hint="mend the graph first")
    network = quantised_types(lower_graph(project.graph, blocks, shape, name=project.name, inference=found))
    return Design(project, blocks, found, network, figures(network))

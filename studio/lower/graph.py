"""Lower the graph that an engineer draws to the network that runs."""

from __future__ import annotations

from studio.core.block import Block
from studio.core.errors import GraphError
from studio.core.graph import INPUT_KIND, Inference, ModelGraph, infer
from studio.core.network import Network, Shape
from studio.core.registry import Registry
from studio.lower.build import Draft, Weights
from studio.lower.fold import fold
from studio.lower.fragment import lower_block


def lower_graph(
    graph: ModelGraph,
    blocks: Registry[Block],
    input_shape: Shape,
    weights: Weights | None = None,
    name: str = "",
    inference: Inference | None = None,
) -> Network:
    """Return the float32 network of a graph: batch normalisation folded, activations fused, dropout gone.

    `input_shape` leaves out the batch. `weights` are arrays named "<block id>/<weight>" in Keras' layouts; without them
    the constants have shapes only. Every convolution and dense layer has a bias; reshapes take their shape from their output.
    `inference` is the graph's, where it is known already. Raises GraphError naming the first block that is wrong, InputError
    where a weight is missing or of another shape.
    """
    inference = inference or infer(graph, blocks, input_shape)
    if not inference.runnable:
        issue = next(i for i in inference.issues if i.severity == "error")
        raise GraphError(issue.message, where=issue.where, hint="mend the graph first")
    draft = Draft(weights)
    tensors: dict[str, int] = {}
    by_id, sources = graph.by_id, graph.sources
    for id in graph.order:
        node = by_id[id]
        if node.kind == INPUT_KIND:
            input = tensors[id] = draft.tensor("input", (1, *input_shape))
        else:
            tensors[id] = lower_block(draft, blocks.get(node.kind), node, [tensors[s] for s in sources[id]])
    output = fold(draft, tensors[inference.output])
    if output == input or not draft.ops:
        raise GraphError("the graph computes nothing", where=inference.output, hint="add a block that computes, a dense layer say")
    return draft.network(name or "model", input, output)

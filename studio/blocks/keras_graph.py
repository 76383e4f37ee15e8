"""A ModelGraph as a Keras model; the keras module is handed in, for nothing here may import it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from studio.core.block import Block
from studio.core.errors import GraphError, InputError
from studio.core.graph import INPUT_KIND, ModelGraph, infer
from studio.core.network import Shape
from studio.core.registry import Registry


def build(keras: Any, graph: ModelGraph, blocks: Registry[Block], input_shape: Shape) -> Any:
    """Build the model for features of this shape (frames, mels, 1); each layer is named by its block.

    Raises GraphError naming the first block that does not work out.
    """
    inference = infer(graph, blocks, input_shape)
    if not inference.runnable:
        issue = next(i for i in inference.issues if i.severity == "error")
        raise GraphError(issue.message, where=issue.where, hint="mend the graph first")
    tensors: dict[str, Any] = {}
    for id in graph.order:
        node = graph.node(id)
        if node.kind == INPUT_KIND:
            tensors[id] = start = keras.Input(input_shape, name=id)
        else:
            tensors[id] = blocks.get(node.kind).keras(keras, node.params, [tensors[s] for s in graph.sources[id]], id)
    return keras.Model(start, tensors[inference.output], name="model")


def get_weights(model: Any) -> dict[str, np.ndarray]:
    """Read all weights of a Keras model, float32, as "<block id>/<weight name>" in Keras' layouts."""
    return {
        f"{layer.name}/{variable.name}": np.asarray(values, np.float32)
        for layer in model.layers
        for variable, values in zip(layer.weights, layer.get_weights(), strict=True)
    }


def set_weights(model: Any, weights: Mapping[str, np.ndarray]) -> None:
    """Write all weights of a Keras model; raise InputError where one is missing or of another shape."""
    for layer in model.layers:
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            if name not in weights or tuple(weights[name].shape) != tuple(variable.shape):
                raise InputError(f"the weight {name} is missing or of another shape", where=layer.name, hint="train the design again")
            variable.assign(weights[name])

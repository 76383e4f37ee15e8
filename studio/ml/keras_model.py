"""A ModelGraph as a Keras model, and its weights by block."""

from collections.abc import Mapping

import keras
import numpy as np

from studio.core.block import Block
from studio.core.errors import GraphError, InputError
from studio.core.graph import INPUT_KIND, ModelGraph, infer
from studio.core.network import Shape
from studio.core.registry import Registry


def build(graph: ModelGraph, blocks: Registry[Block], input_shape: Shape) -> keras.Model:
    """Build the model for features of this shape (frames, mels, 1); each layer is named by its block.

    Raises GraphError naming the first block that does not work out.
    """
    inference = infer(graph, blocks, input_shape)
    if not inference.runnable:
        issue = next(i for i in inference.issues if i.severity == "error")
        raise GraphError(issue.message, where=issue.where, hint="mend the graph before training")
    outputs: dict[str, keras.KerasTensor] = {}
    for id in graph.order:
        node = graph.node(id)
        if node.kind == INPUT_KIND:
            outputs[id] = start = keras.Input(input_shape, name=id)
        else:
            feeds = [outputs[source] for source in graph.sources[id]]
            outputs[id] = blocks.get(node.kind).keras(keras, node.params, feeds, id)
    return keras.Model(start, outputs[inference.output], name="model")


def get_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Read all weights, float32, as "<block id>/<weight name>" in Keras' layouts."""
    return {f"{layer.name}/{w.name}": np.asarray(w, np.float32) for layer in model.layers for w in layer.weights}


def set_weights(model: keras.Model, weights: Mapping[str, np.ndarray]) -> None:
    """Write all weights; raise InputError where one is missing or of another shape."""
    for layer in model.layers:
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            if name not in weights or tuple(weights[name].shape) != tuple(variable.shape):
                raise InputError(f"the weight {name} is missing or of another shape", where=layer.name, hint="train the design again")
            variable.assign(weights[name])

"""A ModelGraph as a model of the installed Keras."""

import keras

from studio.blocks import keras_graph
from studio.blocks.keras_graph import get_weights, set_weights
from studio.core.block import Block
from studio.core.graph import ModelGraph
from studio.core.network import Shape
from studio.core.registry import Registry

__all__ = ["build", "get_weights", "set_weights"]


def build(graph: ModelGraph, blocks: Registry[Block], input_shape: Shape) -> keras.Model:
    """Build the model for features of this shape (frames, mels, 1); each layer is named by its block.

    Raises GraphError naming the first block that does not work out.
    """
    return keras_graph.build(keras, graph, blocks, input_shape)

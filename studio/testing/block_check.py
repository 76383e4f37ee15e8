"""One call that checks an operator against the real Keras layer and the lowered network."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from studio.blocks import keras_graph, registry
from studio.core.block import Block, Params, complete_params
from studio.core.errors import CheckFailed, ParameterError
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.network import Network, Shape
from studio.core.registry import Registry
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph

TOLERANCE = 1e-5
DEFAULT_INPUT: Shape = (12, 10, 4)


def check_block(block: Block, keras: Any, params: Params | None = None, inputs: Sequence[Shape] = (), seed: int = 0) -> None:
    """Check one operator with these parameters and input shapes (batch left out); raise CheckFailed in words.

    Construction, parameter checks, round trip of the parameters, shape, dtype, weights and their number against the Keras layer, one
    training step that moves every trainable weight, and the lowered float network's outputs within 1e-5 of Keras. `keras` is the module.
    Where the shapes of several inputs differ, the first one is the largest in time and frequency.
    """
    check_parameters(block)
    full = complete_params(block, params or {}, block.kind)
    shapes = tuple(inputs) or (DEFAULT_INPUT,) * len(block.inputs)
    blocks = _blocks_with(block)
    graph = _graph_around(block, blocks, full, shapes)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = keras_graph.build(keras, graph, blocks, shapes[0])
    rng = np.random.default_rng(seed)
    _check_shape(block, full, shapes, model)
    _check_weights(block, full, shapes, model)
    _check_config(keras, model)
    _check_training_step(keras, model, rng)
    _randomise(model, rng)
    _check_network(lower_graph(graph, blocks, shapes[0], keras_graph.get_weights(model)), model, rng)


def check_parameters(block: Block) -> None:
    """Check what can be said of an operator without its shapes: names, help, defaults, refusals, round trip through JSON."""
    _require(block.kind.isidentifier() and block.kind == block.kind.lower(), f"the kind {block.kind!r} is no lower-case name")
    _require(bool(block.title and block.help), "it has no title or help")
    _require(bool(block.inputs) and not any(p.variadic for p in block.inputs[:-1]), "only the last input port may be variadic")
    names = [p.name for p in block.params]
    _require(len(set(names)) == len(names), f"parameters occur twice: {names}")
    _require(all(p.help for p in block.params), "a parameter has no help")
    full = complete_params(block, {}, block.kind)
    again = complete_params(block, msgspec.json.decode(msgspec.json.encode(full)), block.kind)
    _require(again == full, f"its parameters change in a round trip through JSON: {full} to {again}")
    _require(isinstance(block.summary(full), str), "its summary is no text")
    for name in ("no_such_parameter", *names):
        _require_refusal(block, {name: object()})


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckFailed(message, hint="see studio.core.block for what a block promises")


def _require_refusal(block: Block, params: Params) -> None:
    try:
        complete_params(block, params, block.kind)
    except ParameterError:
        return
    raise CheckFailed(f"{block.kind} takes {params} without a word")


def _blocks_with(block: Block) -> Registry[Block]:
    blocks = registry()
    if block.kind not in blocks:
        blocks.add(block.kind, lambda: block, owner="check_block")
    return blocks


def _graph_around(block: Block, blocks: Registry[Block], params: Params, inputs: Sequence[Shape]) -> ModelGraph:
    """Feed the first port from the input and each other one through a convolution or dense layer of its shape.

    The output is added to itself, for a network must compute something even where the operator is nothing on the kit.
    """
    graph = ModelGraph((Node(INPUT_KIND, INPUT_KIND),)).add(block, params, "subject").connect(INPUT_KIND, "subject", 0, block)
    for port, shape in enumerate(inputs[1:], start=1):
        kind, feed = _feed(inputs[0], shape)
        graph = graph.add(blocks.get(kind), feed, f"feed_{port}").connect(INPUT_KIND, f"feed_{port}")
        graph = graph.connect(f"feed_{port}", "subject", port, block)
    graph = graph.add(blocks.get("add"), {}, "doubled")
    return graph.connect("subject", "doubled", 0).connect("subject", "doubled", 1)


def _feed(first: Shape, wanted: Shape) -> tuple[str, Params]:
    if len(wanted) == 1:
        return "dense", {"units": wanted[0]}
    kernel = tuple(f - w + 1 for f, w in zip(first[:2], wanted[:2], strict=True))
    return "conv2d", {"filters": wanted[2], "kernel": kernel, "padding": "valid"}


def _check_shape(block: Block, params: Params, inputs: Sequence[Shape], model: Any) -> None:
    output = model.get_layer("subject").output
    ours = block.shape(params, inputs)
    _require(tuple(output.shape[1:]) == ours, f"its shape rule says {ours}, Keras {tuple(output.shape[1:])}")
    _require(output.dtype == "float32", f"its output is {output.dtype} instead of float32")


def _check_weights(block: Block, params: Params, inputs: Sequence[Shape], model: Any) -> None:
    layer = model.get_layer("subject")
    theirs = [(w.name, tuple(w.shape), w.trainable) for w in layer.weights]
    ours = [(w.name, w.shape, w.trainable) for w in block.weights(params, inputs)]
    order = sorted(theirs), sorted(ours)
    _require(order[0] == order[1], f"its weights are {ours}, Keras' are {theirs}")
    _require(sum(int(np.prod(s)) for _, s, _ in ours) == layer.count_params(), "its parameters do not sum to Keras' count")


def _check_config(keras: Any, model: Any) -> None:
    again = keras.Model.from_config(model.get_config())
    _require(again.output_shape == model.output_shape, "Keras' configuration does not round trip")


def _check_training_step(keras: Any, model: Any, rng: np.random.Generator) -> None:
    """Take one step towards random targets; a trainable weight that stays exactly as it was has no gradient."""
    if not model.trainable_variables:
        return
    before = _trainable_values(model)
    model.compile(keras.optimizers.SGD(0.5), "mean_squared_error", run_eagerly=True)
    x = rng.standard_normal((4, *model.input_shape[1:])).astype(np.float32)
    y = rng.standard_normal((4, *model.output_shape[1:])).astype(np.float32)
    model.train_on_batch(x, y)
    for name, values in _trainable_values(model).items():
        _require(not np.array_equal(before[name], values), f"the weight {name} has no gradient")


def _trainable_values(model: Any) -> dict[str, np.ndarray]:
    trained = {variable.path for variable in model.trainable_variables}
    return {v.path: a for layer in model.layers for v, a in zip(layer.weights, layer.get_weights(), strict=True) if v.path in trained}


def _randomise(model: Any, rng: np.random.Generator) -> None:
    """Give every weight values of its own, variances positive ones, so that no weight can be mistaken for another."""
    for variable in model.weights:
        values = rng.uniform(0.5, 1.5, variable.shape) if variable.name == "moving_variance" else rng.normal(0, 0.5, variable.shape)
        variable.assign(values.astype(np.float32))


def _check_network(network: Network, model: Any, rng: np.random.Generator) -> None:
    shape = (1, *model.output_shape[1:])
    _require(network.output.shape == shape, f"its lowering gives {network.output.shape} instead of {shape}")
    x = rng.normal(0, 4, (2, *model.input_shape[1:])).astype(np.float32)
    theirs = np.asarray(model(x, training=False))
    ours = np.concatenate([np.asarray(run_float(network, one[None])) for one in x])
    allowed = TOLERANCE * max(1.0, float(np.abs(theirs).max()))
    worst = float(np.abs(ours - theirs).max())
    _require(worst <= allowed, f"its lowering differs from Keras by {worst:.3g}, more than {allowed:.3g}")

"""Random weights that behave like trained ones, so that an untrained design can be built, run and measured."""

from __future__ import annotations

from math import prod

import msgspec
import numpy as np

from studio.core.network import Network, Op, Shape
from studio.lower.execute import constants, run_op
from studio.lower.fold import OUT_AXIS
from studio.lower.int8 import fill, quantised_types
from studio.lower.quantise import measure

_EXAMPLES = 32


def randomise(network: Network, seed: int = 0) -> Network:
    """Return the int8 network with random weights, biases and scales; equal seeds give equal networks.

    Takes a float network, a typed one without data, or an int8 one, whose structure is kept. Filters are normal; each output
    channel is then brought to mean 0 and deviation 1 over random inputs (as in "All you need is a good init", Mishkin and
    Matas 2015), so that activations neither saturate nor vanish however deep the network is. Scales come from the same inputs.
    """
    rng = np.random.default_rng(seed)
    typed = quantised_types(network)
    examples = _examples(typed.input.shape[1:], rng)
    values = _random_values(typed, examples, rng)
    return fill(typed, values, measure(typed, examples, values))


def _examples(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Draw inputs from -1 to 1: half are noise over the whole range, half patches of different sizes, strengths and means."""
    inputs = rng.uniform(-1, 1, (_EXAMPLES, *shape))
    for number in range(_EXAMPLES // 2):
        grain = 1 << rng.integers(0, 4)
        patches = inputs[number]
        for axis, size in enumerate(shape):
            patches = patches.take(np.arange(size) // grain, axis=axis)
        strength = rng.uniform(0.2, 1)
        inputs[number] = strength * patches + (1 - strength) * rng.uniform(-1, 1)
    return inputs.astype(np.float32)


def _random_values(typed: Network, examples: np.ndarray, rng: np.random.Generator) -> dict[int, np.ndarray]:
    weights = set(typed.weight_tensors())
    values = {i: v for i, v in constants(typed).items() if i not in weights}
    values |= {i: rng.normal(size=typed.tensors[i].shape).astype(np.float32) for i in weights}
    run: dict[int, np.ndarray] = {typed.inputs[0]: examples}
    for op in typed.ops:
        if op.kind in OUT_AXIS:
            _standardise(typed, op, run, values, rng)
        run_op(typed, op, run, values)
    return values


def _standardise(typed: Network, op: Op, run: dict[int, np.ndarray], values: dict[int, np.ndarray], rng: np.random.Generator) -> None:
    """Scale the filters and set the biases so that every output channel has mean near 0 and deviation 1."""
    kernel = op.inputs[1]
    axis = OUT_AXIS[op.kind]
    shape = typed.tensors[kernel].shape
    fan_in = prod(shape) // shape[axis]
    if fan_in == 1 and op.kind == "depthwise_conv_2d":
        # A scale alone, as of a normalisation, is positive when trained; a negative one would turn zeros into the largest values.
        values[kernel] = np.abs(values[kernel])
    values[kernel] = (values[kernel] / np.sqrt(fan_in)).astype(np.float32)
    linear = msgspec.structs.replace(op, inputs=op.inputs[:2], options={**op.options, "activation": "none"})
    run_op(typed, linear, run, values)
    sums = run.pop(op.outputs[0]).reshape(-1, shape[axis])
    mean, deviation = sums.mean(axis=0), np.maximum(sums.std(axis=0), 1e-3)
    along = [1] * len(shape)
    along[axis] = -1
    values[kernel] = (values[kernel] / deviation.reshape(along)).astype(np.float32)
    if len(op.inputs) > 2 and op.inputs[2] >= 0:
        values[op.inputs[2]] = (rng.normal(0, 0.2, shape[axis]) - mean / deviation).astype(np.float32)

"""From float32 to int8: measure the activations on examples, then convert."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.core.errors import InputError
from studio.core.network import Network, require_weights
from studio.lower.execute import constants, run_chunks
from studio.lower.int8 import Range, Ranges, fill, join_ranges, quantised_types

__all__ = ["Ranges", "calibrate", "quantise", "quantised_types"]


def calibrate(network: Network, features: np.ndarray) -> Ranges:
    """Return the smallest and the largest value of every activation over the examples, by tensor.

    `features` is (n, frames, mels, 1) float32, n at least 1. Raises InputError where there is no example or a value is not finite.
    """
    require_weights(network)
    if len(features) == 0:
        raise InputError("there is no example to calibrate with", where=network.name, hint="the training split is empty")
    return measure(network, features, constants(network))


def measure(network: Network, features: np.ndarray, values: Mapping[int, np.ndarray]) -> dict[int, Range]:
    """Do the same with the constants' values given apart."""
    ranges: dict[int, Range] = {}
    for run in run_chunks(network, features, values):
        for index, array in run.items():
            found = (float(array.min()), float(array.max()))
            if not np.isfinite(found).all():
                raise InputError(f"tensor {network.tensors[index].name!r} reaches from {found[0]} to {found[1]}", where=network.name)
            ranges[index] = join_ranges((found, ranges.get(index, found)))
    return ranges


def quantise(network: Network, ranges: Ranges) -> Network:
    """Return the int8 network: symmetric weights, per channel in convolutions, and asymmetric activations.

    Pools, reshapes and joins share their scale with their inputs; softmax and logistic are 1/256, -128. Structure and order
    are those of `quantised_types`. Raises InputError where a weight or range is missing or not finite.
    """
    require_weights(network)
    if any(i not in ranges for i in network.inputs):
        raise InputError("the input was not calibrated", where=network.name, hint="calibrate with training clips")
    return fill(quantised_types(network), constants(network), ranges)

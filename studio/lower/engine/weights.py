"""Lay weights out as the kernels take them, and fold the input's zero point into the bias."""

from collections.abc import Callable

import numpy as np

from studio.core.network import Tensor
from studio.lower.engine.arithmetic import channel_factors, quantise_multiplier
from studio.lower.engine.draft import Drafter, values

View = Callable[[np.ndarray], np.ndarray]
"""Turns weights into one row a channel."""


def pair_rows(rows: np.ndarray) -> np.ndarray:
    """Interleave pairs of filters (channels, inputs) by four inputs; fill up with zeros to an even count and a multiple of four."""
    channels, inputs = rows.shape
    full = np.zeros((-(-channels // 2) * 2, -(-inputs // 4) * 4), np.int8)
    full[:channels, :inputs] = rows
    return full.reshape(len(full) // 2, 2, -1, 4).transpose(0, 2, 1, 3)


def paired_count(channels: int, inputs: int) -> int:
    """Number of values of pair_rows."""
    return -(-channels // 2) * 2 * -(-inputs // 4) * 4


def grouped_pairs(filters: np.ndarray, groups: int) -> np.ndarray:
    """Pair the filters (out channels, inputs) of each group."""
    return np.concatenate([pair_rows(part).ravel() for part in np.split(filters, groups)])


def folded_bias(rows: np.ndarray, bias: Tensor | None, in_zero: int) -> np.ndarray:
    """Return bias - in_zero * sum of each row's weights, in wrapping int32."""
    return wrapped(exact_bias(rows, bias, in_zero))


def exact_bias(rows: np.ndarray, bias: Tensor | None, in_zero: int) -> np.ndarray:
    """Return the same in int64."""
    sums = rows.reshape(len(rows), -1).astype(np.int64).sum(axis=1)
    start = values(bias).astype(np.int64).ravel() if bias is not None else 0
    return start - in_zero * sums


def wrapped(numbers: np.ndarray) -> np.ndarray:
    """Return the low 32 bits of int64 values as int32."""
    return numbers.astype(np.uint64).astype(np.uint32).view(np.int32)


def channel_consts(
    drafter: Drafter,
    rows: Tensor,
    view: View,
    bias: Tensor | None,
    count: int,
) -> dict[str, str]:
    """Add bias, multiplier and shift of each of `count` channels.

    `view` turns the weights into one row a channel. Without weights nothing is computed: sizes are enough for estimates.
    """
    check_weights(drafter, rows, bias)
    source, filters, out = (drafter.quant(t) for t in (drafter.tensor(0), rows, drafter.out))
    if rows.data is None or (bias is not None and bias.data is None):
        packs: list[Callable[[], np.ndarray] | None] = [None, None, None]
    else:
        pairs = np.array([quantise_multiplier(f) for f in channel_factors(source, filters, out, count)])
        packs = [lambda: folded_bias(view(values(rows)), bias, source.zero_point[0]), lambda: pairs[:, 0], lambda: pairs[:, 1]]
    names = ("bias", "multiplier", "shift")
    ctypes = ("int32_t", "int32_t", "int8_t")
    return {n: drafter.const(n, c, count, pack) for n, c, pack in zip(names, ctypes, packs, strict=True)}


def check_weights(drafter: Drafter, rows: Tensor, bias: Tensor | None) -> None:
    """Refuse a bias of another type and weights with a zero point."""
    if bias is not None and bias.dtype != "int32":
        drafter.refuse(f"its bias is {bias.dtype}; it must be int32")
    if any(drafter.quant(rows).zero_point):
        drafter.refuse("its weights are not symmetric: their zero point must be 0")

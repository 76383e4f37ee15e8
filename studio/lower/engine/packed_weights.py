"""Weights and scales as the packed kernels take them: two channels in a halfword, bias and shift in a word."""

from collections.abc import Callable

import numpy as np

from studio.core.network import Tensor
from studio.lower.engine.arithmetic import channel_factors, quantise_multiplier
from studio.lower.engine.draft import Drafter, values
from studio.lower.engine.weights import check_weights, exact_bias, wrapped

SHIFT_BITS = 8
LARGEST_SHIFT = 20
View = Callable[[np.ndarray], np.ndarray]
"""Turns weights into one row a channel."""


def pack_pairs(rows: np.ndarray) -> np.ndarray:
    """Pack pairs of filters (channels, inputs) as ot_tile_packed_dsp takes them: (pairs, quads, 4, 2), filled up with zeros."""
    channels, inputs = rows.shape
    full = np.zeros((-(-channels // 2) * 2, -(-inputs // 4) * 4), np.int8)
    full[:channels, :inputs] = rows
    packed = full.reshape(len(full) // 2, 2, full.shape[1] // 4, 4)[..., (0, 2, 1, 3)].transpose(0, 2, 3, 1).copy()
    packed[..., 1] -= packed[..., 0] < 0
    return packed


def pack_fours(rows: np.ndarray) -> np.ndarray:
    """Pack the rows of a dense layer (outputs, inputs) as ot_fully_connected_packed_dsp takes them."""
    whole = len(rows) // 4 * 4
    pairs = pack_pairs(rows[:whole])
    fours = pairs.reshape(whole // 4, 2, pairs.shape[1], 2, 4).transpose(0, 2, 3, 1, 4)
    return np.concatenate([fours.ravel(), rows[whole:].ravel()])


def fours_count(outputs: int, inputs: int) -> int:
    """Number of values of pack_fours."""
    return outputs // 4 * 4 * -(-inputs // 4) * 4 + outputs % 4 * inputs


def fits(drafter: Drafter, rows: Tensor, view: View, bias: Tensor | None, count: int) -> bool:
    """Say whether the packed kernels can take a layer: every factor below one half, the biases below 2^23.

    A network without weights is taken to have usual ones.
    """
    check_weights(drafter, rows, bias)
    if not _known(rows, bias):
        return True
    if max(quantise_multiplier(f)[1] for f in set(_factors(drafter, rows, count))) >= 0:
        return False
    return bool(np.abs(exact_bias(view(values(rows)), bias, _in_zero(drafter))).max() < 1 << 31 - SHIFT_BITS)


def fits_pairs(rows: Tensor, view: View, bounded: bool = False) -> bool:
    """Say whether channels can go in pairs: no weight is -128 and 128 * (|a| + 256 * |b|), summed over a pair, stays below 2^31.

    Where a kernel takes the sums out before (`bounded`) they always do. TFLite's converter makes no weight of -128.
    """
    if rows.data is None:
        return True
    weights = view(values(rows))
    if weights.min() == -128:
        return False
    sums = np.abs(weights.reshape(len(weights), -1).astype(np.int64)).sum(axis=1)
    sums = np.append(sums, 0) if len(sums) % 2 else sums
    return bounded or bool((sums.reshape(-1, 2) @ (1, 256)).max() < 1 << 24)


def fits_depthwise(drafter: Drafter, rows: Tensor, view: View, bias: Tensor | None, count: int) -> bool:
    """Say the same of the depthwise kernel, whose shifts end at LARGEST_SHIFT: a smaller factor must round every sum to zero."""
    if not fits(drafter, rows, view, bias, count):
        return False
    if not _known(rows, bias):
        return True
    weights = view(values(rows)).astype(np.int64)
    most = np.abs(exact_bias(weights, bias, _in_zero(drafter))) + 128 * np.abs(weights).sum(axis=1)
    right = -np.array([quantise_multiplier(f)[1] for f in _factors(drafter, rows, count)])
    return bool(((right <= LARGEST_SHIFT) | (most < 2.0 ** (right - 1))).all())


def scale_consts(drafter: Drafter, rows: Tensor, view: View, bias: Tensor | None, count: int, largest_shift: int = 31) -> dict[str, str]:
    """Add two words for each of `count` channels, filled up to an even number: bias and shift, and the multiplier doubled.

    Above the largest shift the multiplier is zero.
    """
    even = -(-count // 2) * 2

    def pack() -> np.ndarray:
        words = np.zeros((even, 2), np.int64)
        words[:count] = np.stack(_packed_scales(drafter, rows, view, bias, count), axis=1)
        words[:count][(words[:count, 0] & 31) >= largest_shift] = 0
        return wrapped(words)

    return {"scales": drafter.const("scales", "int32_t", 2 * even, pack if _known(rows, bias) else None)}


def dense_scale_consts(drafter: Drafter, rows: Tensor, view: View, bias: Tensor | None, count: int) -> dict[str, str]:
    """Add the same words apart: `count` of bias and shift, and as many multipliers as the weights have scales."""
    multipliers = count if len(drafter.quant(rows).scale) > 1 else 1

    def words() -> np.ndarray:
        return wrapped(_packed_scales(drafter, rows, view, bias, count)[0])

    def factors() -> np.ndarray:
        return wrapped(_packed_scales(drafter, rows, view, bias, count)[1][:multipliers])

    parts = zip(("bias", "multiplier"), (count, multipliers), (words, factors), strict=True)
    return {name: drafter.const(name, "int32_t", number, pack if _known(rows, bias) else None) for name, number, pack in parts}


def _packed_scales(drafter: Drafter, rows: Tensor, view: View, bias: Tensor | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array([quantise_multiplier(f) for f in _factors(drafter, rows, count)], np.int64)
    exact = exact_bias(view(values(rows)), bias, _in_zero(drafter))
    return (exact << SHIFT_BITS) + (-pairs[:, 1] - 1), pairs[:, 0] * 2


def _known(rows: Tensor, bias: Tensor | None) -> bool:
    return rows.data is not None and (bias is None or bias.data is not None)


def _factors(drafter: Drafter, rows: Tensor, count: int) -> list[float]:
    return channel_factors(drafter.quant(drafter.tensor(0)), drafter.quant(rows), drafter.quant(drafter.out), count)


def _in_zero(drafter: Drafter) -> int:
    return drafter.quant(drafter.tensor(0)).zero_point[0]

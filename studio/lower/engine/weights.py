"""Lay weights out as the kernels take them, and fold the input's zero point into the bias."""

import numpy as np

from studio.core.network import Tensor
from studio.lower.engine.arithmetic import quantise_multiplier
from studio.lower.engine.draft import Drafter, values


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
    sums = rows.reshape(len(rows), -1).astype(np.int64).sum(axis=1)
    start = values(bias).astype(np.int64).ravel() if bias is not None else 0
    return (start - in_zero * sums).astype(np.uint64).astype(np.uint32).view(np.int32)


def channel_consts(drafter: Drafter, rows: Tensor, view, bias: Tensor | None, factors: list[float]) -> dict[str, str]:
    """Add bias, multiplier and shift of each output channel; `view` turns the weights into one row a channel."""
    in_zero = drafter.quant(drafter.tensor(0)).zero_point[0]
    if bias is not None and bias.dtype != "int32":
        drafter.refuse(f"its bias is {bias.dtype}; it must be int32")
    ready = rows.data is not None and (bias is None or bias.data is not None)
    pairs = [quantise_multiplier(f) for f in factors] if ready else []
    count = len(factors)
    bias_of = (lambda: folded_bias(view(values(rows)), bias, in_zero)) if ready else None
    multipliers = (lambda: np.array([m for m, _ in pairs])) if ready else None
    shifts = (lambda: np.array([s for _, s in pairs])) if ready else None
    return {
        "bias": drafter.const("bias", "int32_t", count, bias_of),
        "multiplier": drafter.const("multiplier", "int32_t", count, multipliers),
        "shift": drafter.const("shift", "int8_t", count, shifts),
    }

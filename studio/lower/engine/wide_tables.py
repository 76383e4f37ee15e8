"""The tables of int16 curves: values with straight lines between them, each value moved by half of what the line is off midway."""

from collections.abc import Callable
from functools import lru_cache
from math import exp, floor

import numpy as np

_STEPS = 512
Float = np.float32


def _sigmoid(place: float) -> float:
    return 65536 / (1 + exp(-place / 24))


def _sigmoid_table() -> tuple[int, ...]:
    """Return 1 / (1 + exp(-x)) in Q0.16 at every 1/24 from 0 on; the last is the largest that 16 bits hold."""
    off = [(_sigmoid(i) + _sigmoid(i + 1)) / 2 - _sigmoid(i + 0.5) for i in range(255)]
    return (*(floor(_sigmoid(i) - error / 2 + 0.5) for i, error in enumerate(off)), 65535)


SIGMOID = _sigmoid_table()


@lru_cache(maxsize=1)
def softmax_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return exp(x) from -10 to 0 and 1 / (1 + x) from 0 to 1, each at 513 places in Q0.15, in float32 as TFLM computes them."""
    whole = Float(65535)
    exponential = _table(Float(10) / whole, 32767, lambda x: np.exp(x, dtype=Float))
    return exponential, _table(Float(1) / whole, -32768, lambda x: Float(1) / (Float(1) + x))


def _table(scale: np.float32, zero_point: int, function: Callable[[np.float32], np.float32]) -> np.ndarray:
    lowest, highest = scale * Float(-32768 - zero_point), scale * Float(32767 - zero_point)
    step = (highest - lowest) / Float(_STEPS)
    out_scale = Float(2) / Float(65535)
    upwards = Float(65536) / (out_scale * Float(32767) - out_scale * Float(-32768))
    found = []
    for i in range(_STEPS):
        here, midway, there = (function(x) * upwards for x in _places(lowest, step, i))
        line = _rounded((there + _rounded(here)) / Float(2))
        found.append(_rounded(here) - _rounded((line - _rounded(midway)) / Float(2)))
    found.append(_rounded(function(highest) * upwards))
    return np.clip(found, -32768, 32767).astype(np.int16)


def _places(lowest: np.float32, step: np.float32, i: int) -> tuple[np.float32, np.float32, np.float32]:
    here = lowest + Float(i) * step
    return here, here + step / Float(2), lowest + Float(i + 1) * step


def _rounded(x: np.float32) -> np.float32:
    return Float(np.copysign(np.floor(abs(x) + Float(0.5)), x))

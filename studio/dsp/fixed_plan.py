"""The fixed-point front end's scales and integer tables, from which host and kit compute the same bits."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from studio.core.frontend import FrontEnd, feature_quantisation
from studio.core.network import Quantisation
from studio.dsp.mel import mel_segments

UNIT = 1 << 15
PCM_BITS = 15
WEIGHT_BITS = 15
LOG_BITS = 12
LOG_STEPS = 32
OCTAVE_DB = 10.0 * np.log10(2.0)
# A little below the powers of two, for tables are rounded.
_SPECTRUM_LIMIT = 2.0**30 * (1 - 2.0**-10)
_BAND_LIMIT = 2.0**64 * (1 - 2.0**-10)
_AFFINE_BITS = 4
_OFFSET_LIMIT = 2.0**30
_LOUDEST_LOG = 20 << LOG_BITS


class Scales(NamedTuple):
    """Where the binary point stands, step by step.

    A windowed sample is pcm * window >> `input_shift`; each of the `stages` radix-4 stages halves; the spectrum then loses
    `spectrum_shift` bits, rounded, and has `power_point` fractional bits of a PCM step (below zero: whole steps are left out).
    """

    input_shift: int
    stages: int
    spectrum_shift: int
    power_point: int


class Affine(NamedTuple):
    """A logarithm's way to int8: clamp((log * slope / 2^4 + offset) >> shift), the product rounded down, half a step in offset."""

    slope: int
    offset: int
    shift: int


class Bands(NamedTuple):
    """Mel weights: `rise` of each bin in 1/2^15, `norm` the logarithm that each band adds on top of `least`."""

    rise: np.ndarray
    norm: np.ndarray
    least: int


def first_radix(fft: int) -> int:
    """Return the first stage's radix: 4, or 2 where fft / 2 is no power of four."""
    return 4 if (fft // 2).bit_length() % 2 else 2


@lru_cache(maxsize=64)
def window_table(length: int) -> np.ndarray:
    """Return the periodic Hann window in 1/2^15, int16 (length,); its peak, 1, is 32767."""
    return _q15(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length))


@lru_cache(maxsize=64)
def twiddle_table(fft: int) -> np.ndarray:
    """Return cosine and sine of three quarters of a circle in fft / 2 steps, int16 (3 fft / 8, 2)."""
    angle = 2 * np.pi * np.arange(3 * fft // 8) / (fft // 2)
    return _q15(np.stack([np.cos(angle), np.sin(angle)], axis=-1))


@lru_cache(maxsize=64)
def sine_table(fft: int) -> np.ndarray:
    """Return the first quarter of a sine wave of `fft` steps, both ends included, int16 (fft / 4 + 1,)."""
    return _q15(np.sin(2 * np.pi * np.arange(fft // 4 + 1) / fft))


@lru_cache(maxsize=1)
def log_table() -> np.ndarray:
    """Return log2(1 + i / 32) in 1/2^15, uint16 (33,)."""
    return _frozen(np.rint(np.log2(1 + np.arange(LOG_STEPS + 1) / LOG_STEPS) * UNIT).astype(np.uint16))


@lru_cache(maxsize=64)
def band_tables(fe: FrontEnd) -> Bands:
    """Return the filterbank in integers; a logarithm counts 1/2^12 of an octave of power over full scale squared."""
    segments, point = mel_segments(fe), scales(fe.window, fe.fft).power_point
    added = np.log2(segments.norm.astype(np.float64)) - 2 * (PCM_BITS + point) - WEIGHT_BITS
    logs = np.rint(added * (1 << LOG_BITS)).astype(np.int64)
    least = int(logs.min())
    return Bands(_frozen(np.rint(segments.rise * UNIT).astype(np.uint16)), _frozen((logs - least).astype(np.uint16)), least)


@lru_cache(maxsize=64)
def scales(window: int, fft: int) -> Scales:
    """Choose the scales: as fine as no sound can make anything overflow."""
    points, stages = fft // 2, 0
    weights = np.zeros(fft)
    weights[:window] = window_table(window) / UNIT
    # No complex point is larger than full scale times this; no sub-transform than the sum over its points.
    reach = np.hypot(weights[0::2], weights[1::2])
    size, bounds = first_radix(fft), []
    while True:
        bounds.append(UNIT * reach.reshape(size, points // size).sum(axis=0).max() / 2**stages)
        if size == points:
            break
        size, stages = 4 * size, stages + 1
    point = min(15, int(np.floor(np.log2(_SPECTRUM_LIMIT / max(bounds)))))
    # Parseval's theorem: no sound has more power in all bins together.
    power = UNIT**2 * (points * np.square(weights).sum() + weights.sum() ** 2)
    power_point = min(point - stages - 1, int(np.floor(np.log2(_BAND_LIMIT / 2**WEIGHT_BITS / power) / 2)))
    return Scales(15 - point, stages, point - stages - power_point, power_point)


def floor_log(fe: FrontEnd) -> int:
    """Return the floor's logarithm in 1/2^12 of an octave."""
    return round(float(np.log2(fe.floor)) * (1 << LOG_BITS))


def log_to_feature(fe: FrontEnd) -> tuple[float, float]:
    """Return scale and offset with which a feature is logarithm * scale + offset."""
    scale, offset = fe.scale_offset
    return scale * OCTAVE_DB / (1 << LOG_BITS), offset - scale * 10.0 * float(np.log10(fe.reference))


def affine(fe: FrontEnd, quant: Quantisation) -> Affine:
    """Return how a logarithm becomes int8; a slope or offset past all bounds, where int8 only saturates, is cut."""
    step = feature_quantisation(fe, quant)
    slope = step.scale * OCTAVE_DB / (1 << LOG_BITS)
    offset = step.offset - step.scale * 10.0 * float(np.log10(fe.reference))
    # As many bits as the slope has room for, and the offset, which is to hold all of int8 besides.
    most = np.log2(_OFFSET_LIMIT / max(256.0, abs(offset)))
    shift = int(np.clip(np.floor(min(most, np.log2(32767 / slope) - _AFFINE_BITS)), 0, None))
    exact = slope * 2.0 ** (shift + _AFFINE_BITS)
    rounded = min(32767, round(exact))
    # The rounded line meets the exact one at int8's zero, or at the logarithm that comes nearest to it.
    pivot = float(np.clip(-offset / slope, floor_log(fe), _LOUDEST_LOG))
    start = offset * 2.0**shift + (exact - rounded) * pivot / (1 << _AFFINE_BITS)
    return Affine(rounded, round(np.clip(start, -_OFFSET_LIMIT, _OFFSET_LIMIT)) + (1 << shift >> 1), shift)


def _q15(values: np.ndarray) -> np.ndarray:
    return _frozen(np.clip(np.rint(values * UNIT), -UNIT + 1, UNIT - 1).astype(np.int16))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array

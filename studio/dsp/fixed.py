"""The log-mel front end in fixed point on the host: the kit's integers, bit for bit (frontend_fixed.c says what is computed).

Integers are held in float64, which is exact below 2^53 and several times as fast as int64; np.floor is the kit's right shift.
"""

from functools import lru_cache

import numpy as np

from studio.core.frontend import FrontEnd
from studio.core.network import Quantisation
from studio.dsp.fixed_plan import (
    LOG_BITS,
    LOG_STEPS,
    UNIT,
    affine,
    band_tables,
    first_radix,
    floor_log,
    log_table,
    log_to_feature,
    scales,
    sine_table,
    twiddle_table,
    window_table,
)
from studio.dsp.mel import mel_segments

# So many numbers of a spectrum at once: they stay in the processor's cache.
_BLOCK = 1 << 14
# Powers are below 2^49: two digits keep the products with weights and their sums exact.
_DIGIT = 2.0**24


def power_spectrogram(fe: FrontEnd, samples: np.ndarray) -> np.ndarray:
    """Return |X|^2 of each frame in the kit's unit: float32 (..., samples) in [-1, 1) -> whole float64 (..., frames, bins)."""
    pcm = np.clip(np.rint(samples * np.float32(UNIT)), -UNIT, UNIT - 1).astype(np.int16)
    frames = np.lib.stride_tricks.sliding_window_view(pcm, fe.window, axis=-1)[..., :: fe.hop, :]
    rows = frames.reshape(-1, fe.window)
    power = np.empty((len(rows), fe.bins))
    step = max(1, _BLOCK // fe.fft)
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        power[part] = _power(fe, rows[part].T).T
    return power.reshape(*frames.shape[:-1], fe.bins)


def logarithms(fe: FrontEnd, power: np.ndarray) -> np.ndarray:
    """Return the bands' logarithms in 1/2^12 of an octave, not below the floor's: (..., bins) -> int64 (..., mels)."""
    tables = band_tables(fe)
    logs = _log2(_energies(fe, power)) + tables.norm + tables.least
    return np.maximum(logs, floor_log(fe))


def features_from_power(fe: FrontEnd, power: np.ndarray) -> np.ndarray:
    """Return the features of a power spectrogram: (..., frames, bins) -> float32 (..., frames, mels, 1)."""
    scale, offset = log_to_feature(fe)
    return (logarithms(fe, power) * scale + offset).astype(np.float32)[..., None]


def quantise_features(fe: FrontEnd, feats: np.ndarray, quant: Quantisation) -> np.ndarray:
    """Return features as the kit's int8: back to the logarithm that they came from, then the kit's own step."""
    scale, offset = log_to_feature(fe)
    return quantise_logarithms(fe, np.rint((feats.astype(np.float64) - offset) / scale).astype(np.int64), quant)


def quantise_logarithms(fe: FrontEnd, logs: np.ndarray, quant: Quantisation) -> np.ndarray:
    """Return logarithms as the network's int8 input."""
    step = affine(fe, quant)
    return np.clip(((logs * step.slope >> 4) + step.offset) >> step.shift, -128, 127).astype(np.int8)


def _power(fe: FrontEnd, pcm: np.ndarray) -> np.ndarray:
    """int16 (window, frames) -> (bins, frames)."""
    plan = scales(fe.window, fe.fft)
    real = np.zeros((fe.fft, pcm.shape[1]))
    weights = window_table(fe.window) * 2.0**-plan.input_shift
    np.floor(pcm * weights[:, None], out=real[: fe.window])
    re, im = _first_stage(fe.fft, real[0::2], real[1::2])
    points, size = fe.fft // 2, first_radix(fe.fft)
    while size < points:
        re, im = _stage(fe.fft, size, re, im)
        size *= 4
    return _split(fe.fft, plan.spectrum_shift, re, im)


def _first_stage(fft: int, re: np.ndarray, im: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    radix = first_radix(fft)
    order = _bit_reversed(fft // 2 // radix)
    re, im = (x.reshape(radix, len(order), -1)[:, order] for x in (re, im))
    if radix == 2:
        return _joined((re[0] + re[1], re[0] - re[1])), _joined((im[0] + im[1], im[0] - im[1]))
    legs = [(re[leg], im[leg]) for leg in (0, 2, 1, 3)]
    outputs = _butterfly(*legs)
    return _joined([o[0] for o in outputs]), _joined([o[1] for o in outputs])


def _joined(parts: list[np.ndarray] | tuple[np.ndarray, ...]) -> np.ndarray:
    return np.stack(parts, axis=1).reshape(-1, parts[0].shape[-1])


def _stage(fft: int, size: int, re: np.ndarray, im: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join four sub-transforms of `size` points, in the order of residues 0, 2, 1, 3; all is halved."""
    re, im = (x.reshape(-1, 4, size, x.shape[-1]) for x in (re, im))
    legs = [(np.floor(re[:, 0] * 0.5), np.floor(im[:, 0] * 0.5))]
    for place, turns in ((1, 2), (2, 1), (3, 3)):
        cosine, sine = _twiddles(fft, size, turns)
        legs.append(_turned(re[:, place], im[:, place], cosine, sine))
    outputs = _butterfly(*legs)
    made = np.empty((2, *re.shape))
    for place, output in enumerate(outputs):
        made[0, :, place], made[1, :, place] = output
    return made[0].reshape(-1, re.shape[-1]), made[1].reshape(-1, re.shape[-1])


Point = tuple[np.ndarray, np.ndarray]


def _butterfly(a: Point, c: Point, b: Point, d: Point) -> tuple[Point, Point, Point, Point]:
    er, ei, fr, fi = a[0] + c[0], a[1] + c[1], a[0] - c[0], a[1] - c[1]
    gr, gi, hr, hi = b[0] + d[0], b[1] + d[1], b[0] - d[0], b[1] - d[1]
    return (er + gr, ei + gi), (fr + hi, fi - hr), (er - gr, ei - gi), (fr - hi, fi + hr)


def _turned(re: np.ndarray, im: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> Point:
    """Multiply by cosine - i sine, which carry the kit's halving; each product is rounded down."""
    return np.floor(re * cosine) + np.floor(im * sine), np.floor(im * cosine) - np.floor(re * sine)


@lru_cache(maxsize=64)
def _twiddles(fft: int, size: int, turns: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.arange(size) * (turns * fft // 8 // size)
    pairs = twiddle_table(fft)[at] * 2.0**-16
    return pairs[:, :1].copy(), pairs[:, 1:].copy()


@lru_cache(maxsize=64)
def _split_twiddles(fft: int) -> tuple[np.ndarray, np.ndarray]:
    sine = sine_table(fft)[:, None] * 2.0**-16
    return sine[::-1][1:].copy(), sine[1:].copy()


def _split(fft: int, shift: int, re: np.ndarray, im: np.ndarray) -> np.ndarray:
    """From the complex transform of fft / 2 points to the power of the real one's bins."""
    points = fft // 2
    half, unit = 2.0 ** (shift - 1), 2.0**-shift
    at = np.arange(1, points // 2 + 1)
    pr, pi, qr, qi = re[at], im[at], re[points - at], im[points - at]
    tr, ti = _turned(pi + qi, qr - pr, *_split_twiddles(fft))
    er, ei = np.floor((pr + qr) * 0.5) + half, np.floor((pi - qi) * 0.5) + half
    power = np.empty((points + 1, re.shape[-1]))
    power[at] = np.floor((er + tr) * unit) ** 2 + np.floor((ei + ti) * unit) ** 2
    power[points - at] = np.floor((er - tr) * unit) ** 2 + np.floor((ei - ti) * unit) ** 2
    power[0] = np.floor((re[0] + im[0] + half) * unit) ** 2
    power[points] = np.floor((re[0] - im[0] + half) * unit) ** 2
    return power


@lru_cache(maxsize=16)
def _weights(fe: FrontEnd) -> np.ndarray:
    """Return the whole weights, float64 (bins, mels)."""
    segments, rise = mel_segments(fe), band_tables(fe).rise.astype(np.float64)
    segment = np.repeat(np.arange(fe.mels + 1), segments.counts)
    bins = segments.first_bin + np.arange(segment.size)
    weights = np.zeros((fe.bins, fe.mels + 2))
    weights[bins, segment + 1] = rise
    weights[bins, segment] = UNIT - rise
    return np.ascontiguousarray(weights[:, 1:-1])


def _energies(fe: FrontEnd, power: np.ndarray) -> np.ndarray:
    weights = _weights(fe)
    high = np.floor(power * (1 / _DIGIT))
    low = power - high * _DIGIT
    return ((high @ weights).astype(np.uint64) << np.uint64(24)) + (low @ weights).astype(np.uint64)


def _log2(energy: np.ndarray) -> np.ndarray:
    """Return log2 in 1/2^12: a table of 32 steps an octave, straight between them; far below any floor for 0."""
    bits = np.frexp(energy.astype(np.float64))[1].astype(np.int64) - 1
    # float64 may round up to the next power of two.
    bits -= (energy >> np.clip(bits, 0, 63).astype(np.uint64)) == 0
    mantissa = ((energy << np.clip(63 - bits, 0, 63).astype(np.uint64)) >> np.uint64(32)).astype(np.int64)
    table = log_table().astype(np.int64)
    step, rest = mantissa >> 26 & LOG_STEPS - 1, mantissa >> 10 & 0xFFFF
    rises = table[step] + ((table[step + 1] - table[step]) * rest >> 16)
    return np.where(energy == 0, -(1 << 24), (bits << LOG_BITS) + (rises + 4 >> 3))


@lru_cache(maxsize=64)
def _bit_reversed(count: int) -> np.ndarray:
    order = np.zeros(1, np.int64)
    while order.size < count:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order

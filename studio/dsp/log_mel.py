"""The log-mel front end on the host, frames not centred, as the kit computes it: float32 here, fixed point in dsp.fixed."""

from functools import lru_cache

import numpy as np

from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.network import Quantisation
from studio.dsp import fixed
from studio.dsp.mel import mel_filterbank

_CLIPS_AT_ONCE = 64


@lru_cache(maxsize=64)
def hann(length: int) -> np.ndarray:
    """Return the periodic Hann window, 0.5 - 0.5 cos(2 pi i / length), float32 (length,)."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.setflags(write=False)
    return window


def frame_count(fe: FrontEnd, samples: int) -> int:
    """Return the whole frames that so many samples hold."""
    return max(0, 1 + (samples - fe.window) // fe.hop)


def power_spectrogram(fe: FrontEnd, samples: np.ndarray) -> np.ndarray:
    """Return |X|^2 of each windowed frame: float32 (..., samples) in [-1, 1) -> (..., frames, bins).

    Any length from a window up will do. float32, or in fixed point the kit's whole numbers in float64. It depends on window, hop, FFT
    length and arithmetic. Raises InputError where the sound is shorter than a window.
    """
    samples = np.asarray(samples, np.float32)
    if samples.shape[-1] < fe.window:
        raise InputError(
            f"{samples.shape[-1]} samples are fewer than the window's {fe.window}",
            where="clip",
            hint="take a longer clip or a shorter window",
        )
    if fe.arithmetic == "fixed":
        return fixed.power_spectrogram(fe, samples)
    import scipy.fft  # it takes a third of a second, and the window is to be seen before it hears

    frames = np.lib.stride_tricks.sliding_window_view(samples, fe.window, axis=-1)[..., :: fe.hop, :]
    spectrum = scipy.fft.rfft(frames * hann(fe.window), fe.fft)
    return spectrum.real**2 + spectrum.imag**2


def decibels(fe: FrontEnd, power: np.ndarray) -> np.ndarray:
    """Return the bands of a float32 power spectrogram in dB: (..., bins) -> float32 (..., mels), 10 log10(max(p, floor) / reference)."""
    bands = np.maximum(power @ mel_filterbank(fe).T, np.float32(fe.floor))
    return np.float32(10.0) * np.log10(bands) - np.float32(10.0 * np.log10(fe.reference))


def features_from_power(fe: FrontEnd, power: np.ndarray) -> np.ndarray:
    """Return the features of a power spectrogram: (..., frames, bins) -> float32 (..., frames, mels, 1)."""
    if fe.arithmetic == "fixed":
        return fixed.features_from_power(fe, power)
    scale, offset = fe.scale_offset
    db = decibels(fe, power)
    if fe.normalisation == "fixed":
        db = db * np.float32(scale) + np.float32(offset)
    return db[..., None]


def features(fe: FrontEnd, samples: np.ndarray) -> np.ndarray:
    """Return a clip's features: float32 (samples,) in [-1, 1) -> float32 (frames, mels, 1)."""
    return features_from_power(fe, power_spectrogram(fe, samples))


def features_batch(fe: FrontEnd, pcm: np.ndarray) -> np.ndarray:
    """Return the features of many clips: float32 (n, samples) -> (n, frames, mels, 1), a few at a time to spare memory."""
    out = np.empty((len(pcm), frame_count(fe, pcm.shape[1]), fe.mels, 1), np.float32)
    for start in range(0, len(pcm), _CLIPS_AT_ONCE):
        part = slice(start, start + _CLIPS_AT_ONCE)
        out[part] = features(fe, pcm[part])
    return out


def quantise_features(fe: FrontEnd, feats: np.ndarray, quant: Quantisation) -> np.ndarray:
    """Return features as the network's int8 input: clamp(round(feature / scale + zero point)), halves away from zero.

    The same affine step as the kit's, which starts from dB (core.frontend.feature_quantisation); in fixed point its very integers.
    """
    if fe.arithmetic == "fixed":
        return fixed.quantise_features(fe, feats, quant)
    steps = feats * np.float32(1.0 / quant.scale[0]) + np.float32(quant.zero_point[0])
    rounded = np.trunc(steps + np.copysign(np.float32(0.5), steps))
    return np.clip(rounded, -128, 127).astype(np.int8)

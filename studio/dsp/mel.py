"""Mel filterbanks in librosa's conventions, as a matrix for the host and as segments between edges for the kit."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from studio.core.frontend import FrontEnd

_SLANEY_HZ_PER_MEL = 200.0 / 3
_SLANEY_BREAK_HZ = 1000.0
_SLANEY_BREAK_MEL = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
_SLANEY_LOG_STEP = np.log(6.4) / 27.0


class MelSegments(NamedTuple):
    """The filterbank as the kit walks it: bins from `first_bin` on, in segments between neighbouring edges.

    Segment j (of mels + 1) holds `counts[j]` bins. A bin weighs `rise` in band j and 1 - `rise` in band j - 1;
    band m is then multiplied by `norm[m]`.
    """

    first_bin: int
    counts: np.ndarray
    rise: np.ndarray
    norm: np.ndarray


def hz_to_mel(hz: np.ndarray, scale: str) -> np.ndarray:
    """Convert Hz to mels: "htk" (2595 log10(1 + f/700)) or "slaney" (Auditory Toolbox: linear to 1 kHz, then logarithmic)."""
    hz = np.asarray(hz, np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    above = _SLANEY_BREAK_MEL + np.log(np.maximum(hz, 1e-9) / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP
    return np.where(hz >= _SLANEY_BREAK_HZ, above, hz / _SLANEY_HZ_PER_MEL)


def mel_to_hz(mel: np.ndarray, scale: str) -> np.ndarray:
    """Convert mels to Hz, the inverse of hz_to_mel."""
    mel = np.asarray(mel, np.float64)
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    above = _SLANEY_BREAK_HZ * np.exp(_SLANEY_LOG_STEP * (mel - _SLANEY_BREAK_MEL))
    return np.where(mel >= _SLANEY_BREAK_MEL, above, mel * _SLANEY_HZ_PER_MEL)


@lru_cache(maxsize=64)
def mel_edges(fe: FrontEnd) -> np.ndarray:
    """Return the mels + 2 edges of the triangles in Hz, evenly spaced in mels; band m peaks at edge m + 1."""
    low, high = hz_to_mel(np.array([fe.low_hz, fe.high_hz]), fe.mel_scale)
    return _frozen(mel_to_hz(np.linspace(low, high, fe.mels + 2), fe.mel_scale))


def bin_hz(fe: FrontEnd) -> np.ndarray:
    """Return the frequencies of the spectrum's bins in Hz."""
    return np.arange(fe.bins) * (fe.sample_rate / fe.fft)


@lru_cache(maxsize=64)
def mel_norm(fe: FrontEnd) -> np.ndarray:
    """Return each band's factor: 2 / bandwidth in Hz for "slaney" (unit area), 1 for "none"; float32 (mels,)."""
    edges = mel_edges(fe)
    norm = 2.0 / (edges[2:] - edges[:-2]) if fe.mel_norm == "slaney" else np.ones(fe.mels)
    return _frozen(norm.astype(np.float32))


@lru_cache(maxsize=64)
def mel_filterbank(fe: FrontEnd) -> np.ndarray:
    """Return the weights that turn a power spectrum into bands, float32 (mels, bins)."""
    edges, hz = mel_edges(fe), bin_hz(fe)
    rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return _frozen((triangles * mel_norm(fe)[:, None]).astype(np.float32))


@lru_cache(maxsize=64)
def mel_segments(fe: FrontEnd) -> MelSegments:
    """Return the filterbank as segments: half the weights, for neighbouring triangles sum to one between two edges."""
    edges, hz = mel_edges(fe), bin_hz(fe)
    segment = np.searchsorted(edges, hz, side="right") - 1
    inside = np.flatnonzero((segment >= 0) & (segment <= fe.mels))
    at = segment[inside]
    rise = (hz[inside] - edges[at]) / (edges[at + 1] - edges[at])
    counts = np.bincount(at, minlength=fe.mels + 1).astype(np.uint16)
    first = int(inside[0]) if inside.size else 0
    return MelSegments(first, _frozen(counts), _frozen(rise.astype(np.float32)), mel_norm(fe))


def empty_bands(fe: FrontEnd) -> tuple[int, ...]:
    """Return the bands that catch no bin of the spectrum: always at the floor."""
    return tuple(int(m) for m in np.flatnonzero(~mel_filterbank(fe).any(axis=1)))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array

"""Filterbanks against librosa's definitions."""

import librosa
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio.core.frontend import FrontEnd
from studio.dsp.mel import empty_bands, hz_to_mel, mel_edges, mel_filterbank, mel_segments, mel_to_hz


@st.composite
def designs(draw):
    rate = draw(st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]))
    fft = 2 ** draw(st.integers(6, 12))
    low = draw(st.floats(0, rate / 4))
    high = draw(st.floats(rate / 4 + 50, rate / 2))
    assume(low < high)
    return FrontEnd(
        sample_rate=rate,
        clip_samples=rate,
        window=fft,
        hop=fft,
        fft=fft,
        mels=draw(st.integers(1, min(128, fft // 2))),
        low_hz=low,
        high_hz=high,
        mel_scale=draw(st.sampled_from(["slaney", "htk"])),
        mel_norm=draw(st.sampled_from(["slaney", "none"])),
    )


def librosa_bank(fe):
    norm = "slaney" if fe.mel_norm == "slaney" else None
    bounds = {"fmin": fe.low_hz, "fmax": fe.high_hz}
    return librosa.filters.mel(
        sr=fe.sample_rate, n_fft=fe.fft, n_mels=fe.mels, htk=fe.mel_scale == "htk", norm=norm, dtype=np.float64, **bounds
    )


@pytest.mark.filterwarnings("ignore:Empty filters")
@settings(max_examples=80, deadline=None)
@given(designs())
def test_filterbank_is_librosas(fe):
    expected = librosa_bank(fe)
    np.testing.assert_allclose(mel_filterbank(fe), expected, rtol=2e-6, atol=1e-7 * max(expected.max(), 1e-9))


@settings(max_examples=80, deadline=None)
@given(designs())
def test_segments_hold_the_whole_filterbank(fe):
    first, counts, rise, norm = mel_segments(fe)
    bank = np.zeros((fe.mels + 2, fe.bins))
    at = first
    for segment, count in enumerate(counts):
        weights = rise[at - first : at - first + count]
        bank[segment + 1, at : at + count] += weights
        bank[segment, at : at + count] += 1 - weights
        at += count
    assert at - first == rise.size
    bands = bank[1:-1] * norm[:, None]
    np.testing.assert_allclose(bands, mel_filterbank(fe), atol=2e-7 * norm.max())


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_scales_are_librosas_and_invert(scale):
    hz = np.array([0.0, 20, 440, 999, 1000, 1001, 4000, 20000])
    np.testing.assert_allclose(hz_to_mel(hz, scale), librosa.hz_to_mel(hz, htk=scale == "htk"), rtol=1e-12)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz, scale), scale), hz, rtol=1e-12, atol=1e-9)


def test_edges_span_the_band():
    edges = mel_edges(FrontEnd(low_hz=100, high_hz=5000, mels=10))
    assert edges.size == 12
    assert edges[0] == pytest.approx(100)
    assert edges[-1] == pytest.approx(5000)
    assert (np.diff(edges) > 0).all()


def test_empty_bands_are_those_without_a_bin():
    assert empty_bands(FrontEnd()) == ()
    crowded = FrontEnd(window=256, hop=256, fft=256, mels=100, low_hz=0)
    assert empty_bands(crowded) == tuple(np.flatnonzero(mel_filterbank(crowded).sum(axis=1) == 0))
    assert empty_bands(crowded)

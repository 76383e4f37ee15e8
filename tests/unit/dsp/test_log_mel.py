"""Features against librosa and against a plain float64 reckoning of the same definition."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.frontend import FrontEnd, feature_quantisation
from studio.core.network import Quantisation
from studio.dsp.log_mel import features, features_batch, features_from_power, hann, power_spectrogram, quantise_features


def sound(count, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(count)
    return np.float32(0.2 * np.sin(0.05 * t * (1 + t / count)) + 0.02 * rng.standard_normal(count))


@st.composite
def designs(draw):
    rate = draw(st.sampled_from([8000, 16000, 44100]))
    fft = 2 ** draw(st.integers(7, 11))
    return FrontEnd(
        sample_rate=rate,
        clip_samples=draw(st.integers(fft, 3 * fft)),
        window=draw(st.integers(fft // 4, fft)),
        hop=draw(st.integers(16, 2 * fft)),
        fft=fft,
        mels=draw(st.integers(1, fft // 8)),
        low_hz=draw(st.floats(0, 300)),
        high_hz=draw(st.floats(2000, rate / 2)),
        mel_scale=draw(st.sampled_from(["slaney", "htk"])),
        mel_norm=draw(st.sampled_from(["slaney", "none"])),
        floor=draw(st.sampled_from([1e-10, 1e-7, 1e-3])),
        reference=draw(st.sampled_from([1.0, 0.01, 350.0])),
        normalisation=draw(st.sampled_from(["none", "fixed"])),
    )


FFT_ERROR = 4e-7  # of the spectrum's root mean square: float32's 6e-8 grown through at most 11 stages


def plain_decibels(fe, samples):
    """The definition, frame by frame, in float64, with librosa's filterbank; and how far float32's rounding may be off, in dB.

    A transform's error is spread over all bins alike, so a band far below the loud ones has few digits left.
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fe.window) / fe.window)
    norm = "slaney" if fe.mel_norm == "slaney" else None
    options = {"sr": fe.sample_rate, "n_fft": fe.fft, "n_mels": fe.mels, "fmin": fe.low_hz, "fmax": fe.high_hz}
    bank = librosa.filters.mel(**options, htk=fe.mel_scale == "htk", norm=norm, dtype=np.float64)
    rows, slack = [], []
    for i in range(fe.frames):
        frame = samples[i * fe.hop : i * fe.hop + fe.window].astype(np.float64) * window
        power = np.abs(np.fft.rfft(frame, fe.fft)) ** 2
        error = FFT_ERROR * np.sqrt(np.sum(frame**2))
        bands = np.maximum(bank @ power, fe.floor)
        rows.append(10 * np.log10(bands / fe.reference))
        slack.append(10 * np.log10(1 + bank @ (2 * np.sqrt(power) * error + error**2) / bands))
    return np.array(rows), np.array(slack)


@pytest.mark.filterwarnings("ignore:Empty filters")
@settings(max_examples=60, deadline=None)
@given(designs())
def test_features_are_the_definition(fe):
    samples = sound(fe.clip_samples)
    made = features(fe, samples)
    assert made.shape == fe.shape
    assert made.dtype == np.float32
    decibels = made[..., 0].astype(np.float64)
    if fe.normalisation == "fixed":
        decibels = decibels * fe.std_db + fe.mean_db
    wanted, slack = plain_decibels(fe, samples)
    assert np.all(np.abs(decibels - wanted) <= 1e-4 + slack)
    assert np.median(slack) < 1e-4


def test_features_are_librosas():
    fe = FrontEnd(window=512, normalisation="none")
    samples = sound(fe.clip_samples)
    options = {"sr": fe.sample_rate, "n_fft": fe.fft, "hop_length": fe.hop, "n_mels": fe.mels, "fmin": fe.low_hz, "fmax": fe.high_hz}
    power = librosa.feature.melspectrogram(y=samples, window="hann", center=False, power=2.0, **options)
    expected = librosa.power_to_db(power, ref=fe.reference, amin=fe.floor, top_db=None)
    np.testing.assert_allclose(features(fe, samples)[..., 0], expected.T, atol=1e-4)


def test_a_window_shorter_than_the_fft_is_librosas_with_the_window_in_its_middle():
    fe = FrontEnd(window=480, fft=512, hop=320, normalisation="none")
    samples = sound(fe.clip_samples)
    # librosa pads a short window on both sides, so its frames start that much earlier.
    padded = np.concatenate([np.zeros((fe.fft - fe.window) // 2, np.float32), samples, np.zeros(fe.fft, np.float32)])
    options = {"sr": fe.sample_rate, "n_fft": fe.fft, "hop_length": fe.hop, "n_mels": fe.mels, "fmin": fe.low_hz, "fmax": fe.high_hz}
    power = librosa.feature.melspectrogram(y=padded, win_length=fe.window, window="hann", center=False, power=2.0, **options)
    expected = librosa.power_to_db(power, ref=fe.reference, amin=fe.floor, top_db=None).T[: fe.frames]
    np.testing.assert_allclose(features(fe, samples)[..., 0], expected, atol=1e-4)


def test_silence_lies_at_the_floor():
    fe = FrontEnd(normalisation="none", floor=1e-6, reference=10.0)
    np.testing.assert_allclose(features(fe, np.zeros(fe.clip_samples, np.float32)), -70.0, atol=1e-5)


def test_a_batch_is_its_clips_one_by_one():
    fe = FrontEnd(clip_samples=3200)
    clips = np.stack([sound(3200, seed) for seed in range(130)])
    batch = features_batch(fe, clips)
    assert batch.shape == (130, *fe.shape)
    np.testing.assert_allclose(batch[129], features(fe, clips[129]), atol=1e-5)


def test_features_of_a_cached_power_spectrogram():
    fe = FrontEnd()
    samples = sound(fe.clip_samples)
    power = power_spectrogram(fe, samples)
    assert power.shape == (fe.frames, fe.bins)
    np.testing.assert_array_equal(features_from_power(fe, power), features(fe, samples))


def test_a_sound_of_another_length_gives_its_own_frames():
    fe = FrontEnd()
    assert features(fe, sound(fe.window)).shape[0] == 1
    assert features(fe, sound(fe.window + fe.hop)).shape[0] == 2


@pytest.mark.parametrize("count", [0, 1, 479])
def test_a_sound_shorter_than_a_window_is_refused(count):
    with pytest.raises(InputError, match=f"{count} samples are fewer than the window's 480"):
        features(FrontEnd(), np.zeros(count, np.float32))


def test_hann_is_periodic_and_shared():
    window = hann(480)
    assert window[0] == 0
    assert window[240] == 1
    np.testing.assert_array_equal(window[1:240], window[:240:-1])
    assert hann(480) is window
    with pytest.raises(ValueError):
        window[0] = 1


def test_quantisation_rounds_halves_away_from_zero_and_clamps():
    values = np.float32([-200, -1.5, -0.5, -0.49, 0.49, 0.5, 1.5, 2.5, 300])
    made = quantise_features(FrontEnd(), values, Quantisation((1.0,), (0,)))
    assert made.tolist() == [-128, -2, -1, 0, 0, 1, 2, 3, 127]


@given(st.floats(1e-3, 1.0), st.integers(-128, 127), st.floats(-80, 40), st.sampled_from(["none", "fixed"]))
def test_quantisation_is_the_affine_step_of_the_core(scale, zero, decibels, normalisation):
    fe, quant = FrontEnd(normalisation=normalisation), Quantisation((scale,), (zero,))
    factor, offset = fe.scale_offset
    made = quantise_features(fe, np.float32([decibels * factor + offset]), quant)[0]
    step = feature_quantisation(fe, quant)
    exact = decibels * step.scale + step.offset
    assert abs(np.clip(exact, -128, 127) - made) <= 0.5 + 1e-3 + abs(exact) * 1e-6

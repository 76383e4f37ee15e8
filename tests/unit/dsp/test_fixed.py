"""The fixed-point front end: the kit's C and the host bit for bit, and both close to float32."""

import msgspec
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import ParameterError
from studio.core.frontend import FrontEnd, check_frontend
from studio.core.network import Quantisation
from studio.dsp.fixed_plan import affine, scales, window_table
from studio.dsp.log_mel import features, features_batch, power_spectrogram, quantise_features
from tests.helpers.frontends import DESIGNS, host_features, push_in_pieces, quantisation_of, speech_like

FIXED = FrontEnd(arithmetic="fixed")
# The C's forms: long multiplies, and halves for cores that have none.
FORMS = {"long multiply": (), "halves": ("-DFE_HALVES",)}


def fixed(fe):
    return msgspec.structs.replace(fe, arithmetic="fixed")


def sounds(fe):
    t, rng = np.arange(fe.clip_samples), np.random.default_rng(4)
    return {
        "speech-like": speech_like(fe),
        "loud noise": rng.integers(-32768, 32768, t.size).astype(np.int16),
        "square": np.where(t // 37 % 2, 32767, -32768).astype(np.int16),
        "lowest value": np.full(t.size, -32768, np.int16),
        "alternating extremes": np.where(t % 2, 32767, -32768).astype(np.int16),
        "last bit": rng.integers(-1, 2, t.size).astype(np.int16),
        "silence": np.zeros(t.size, np.int16),
        "one click": np.where(t == t.size // 2, 32767, 0).astype(np.int16),
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DESIGNS)
def test_kit_and_host_are_equal(compile_frontend, name, form):
    fe = fixed(DESIGNS[name])
    check_frontend(fe)
    quant = quantisation_of(features(fe, speech_like(fe).astype(np.float32) / 32768))
    kit = compile_frontend(fe, quant, *FORMS[form])
    for pcm in sounds(fe).values():
        kit.init()
        assert push_in_pieces(kit, pcm) == fe.frames
        np.testing.assert_array_equal(kit.features(), host_features(fe, pcm, quant))


@pytest.mark.parametrize(
    "quant", [Quantisation((1e-5,), (0,)), Quantisation((0.02,), (-128,)), Quantisation((4.0,), (100,)), Quantisation((1e4,), (-3,))]
)
@pytest.mark.parametrize("changes", [{}, {"normalisation": "none", "reference": 1e-6}, {"mean_db": 900.0, "std_db": 0.01}])
def test_any_quantisation_is_equal(compile_frontend, quant, changes):
    fe = msgspec.structs.replace(FIXED, **changes)
    kit, pcm = compile_frontend(fe, quant), speech_like(fe)
    kit.init()
    kit.push(pcm)
    np.testing.assert_array_equal(kit.features(), host_features(fe, pcm, quant))


@settings(max_examples=60, deadline=None)
@given(st.floats(0.002, 100.0), st.integers(-128, 127), st.floats(-100, 20), st.floats(1, 60), st.integers(0, 2**32 - 1))
def test_int8_is_that_of_the_feature(scale, zero, mean, deviation, seed):
    """The kit's whole numbers round a feature as float does, but for features within a hair of half a step."""
    fe, quant = msgspec.structs.replace(FIXED, mean_db=mean, std_db=deviation, clip_samples=1600), Quantisation((scale,), (zero,))
    feats = features(fe, np.random.default_rng(seed).standard_normal(1600).astype(np.float32) * 0.05)
    exact = feats.astype(np.float64) / scale + zero
    given_steps = quantise_features(fe, feats, quant)
    assert np.abs(given_steps - np.clip(exact, -128, 127)).max() <= 0.5 + 0.02


def test_no_undefined_behaviour(compile_frontend):
    for flags in FORMS.values():
        fe = fixed(DESIGNS["no norm, no normalisation, odd window"])
        traps = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-fsanitize=bounds")
        kit = compile_frontend(fe, Quantisation((0.1,), (0,)), *traps, *flags)
        for pcm in sounds(fe).values():
            kit.init()
            assert kit.push(pcm) == fe.frames


def test_silence_before_any_sound(compile_frontend):
    quant = Quantisation((0.02,), (-3,))
    kit = compile_frontend(FIXED, quant)
    kit.init()
    before = kit.features()
    kit.push(np.zeros(FIXED.clip_samples, np.int16))
    np.testing.assert_array_equal(before, kit.features())


def in_db(fe, samples):
    return features(msgspec.structs.replace(fe, normalisation="none"), samples)


def errors_db(fe, samples):
    """Fixed minus float32 in dB, where float32 is within 40 dB of its loudest band."""
    reference = in_db(msgspec.structs.replace(fe, arithmetic="float32"), samples)
    return (in_db(fixed(fe), samples) - reference)[reference > reference.max() - 40]


@pytest.mark.parametrize("name", DESIGNS)
def test_close_to_float32_on_speech_like_sound(name):
    errors = errors_db(DESIGNS[name], speech_like(DESIGNS[name]).astype(np.float32) / 32768)
    assert np.sqrt(np.mean(errors**2)) < 0.005
    assert np.abs(errors).max() < 0.05


@pytest.mark.parametrize("level_db", [0, -20, -40, -60, -80])
@pytest.mark.parametrize("kind", ["sine", "noise"])
def test_close_to_float32_at_any_level(kind, level_db):
    """At -60 dBFS a sine has ten bits left: no scale may be a fixed one from the loudest sound down."""
    t, level = np.arange(16000) / 16000, 10 ** (level_db / 20)
    sound = np.sin(2 * np.pi * 997 * t) if kind == "sine" else 0.25 * np.random.default_rng(0).standard_normal(t.size)
    pcm = np.clip(np.rint(level * sound * 32767), -32768, 32767).astype(np.float32) / 32768
    errors = errors_db(FIXED, pcm)
    assert np.sqrt(np.mean(errors**2)) < 0.02
    assert np.abs(errors).max() < 0.2


@pytest.mark.data
def test_close_to_float32_on_recordings(data_folder):
    fe = FrontEnd(sample_rate=8000, clip_samples=8000, window=256, hop=160, fft=256, mels=32, high_hz=3800, normalisation="none")
    clips = np.zeros((60, fe.clip_samples), np.float32)
    for clip, path in zip(clips, sorted((data_folder / "fsdd" / "recordings").glob("*_0.wav")), strict=False):
        pcm = soundfile.read(path, dtype="int16")[0][: fe.clip_samples]
        clip[: pcm.size] = pcm / 32768
    reference, heard = features_batch(fe, clips), features_batch(fixed(fe), clips)
    # All frames, down to the floor 70 dB below full scale.
    assert np.sqrt(np.mean((heard - reference) ** 2)) < 0.01
    assert np.abs(heard - reference).max() < 0.5


def test_the_power_is_whole_and_fits_what_the_host_takes_as_exact():
    for fe in map(fixed, DESIGNS.values()):
        for pcm in sounds(fe).values():
            power = power_spectrogram(fe, pcm.astype(np.float32) / 32768)
            assert power.dtype == np.float64
            assert np.array_equal(power, np.floor(power))
            assert power.max() < 2.0**49


@pytest.mark.parametrize("fft", [32, 64, 256, 512, 2048, 8192])
def test_scales_spare_no_bit(fft):
    """The worst sound for a bin comes within a factor of eight of what the scales allow, and nothing passes it."""
    window = fft
    plan = scales(window, fft)
    weights = window_table(window) / 32768
    loudest = 2.0**15 * weights.sum() * 2.0 ** (15 - plan.input_shift - plan.stages)
    assert 2.0**27.5 < loudest < 2.0**31
    assert plan.spectrum_shift >= 1


def test_the_slope_keeps_its_bits():
    assert 2**14 <= affine(FIXED, Quantisation((0.03,), (0,))).slope < 2**15


def test_a_mean_that_float32_features_could_not_carry_is_refused():
    with pytest.raises(ParameterError, match="mean_db") as caught:
        check_frontend(msgspec.structs.replace(FIXED, mean_db=2000.0))
    assert "fixed" in caught.value.hint
    check_frontend(msgspec.structs.replace(FIXED, mean_db=2000.0, arithmetic="float32"))

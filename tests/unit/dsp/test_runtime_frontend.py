"""The kit's C against the host's numpy, on the same PCM."""

import numpy as np
import pytest
import soundfile

from studio.core.frontend import FrontEnd, check_frontend
from studio.core.network import Quantisation
from studio.dsp.log_mel import features, features_batch, quantise_features
from tests.helpers.frontends import DESIGNS, host_features, push_in_pieces, quantisation_of, speech_like


def assert_alike(kit, host):
    difference = np.abs(kit.astype(int) - host.astype(int))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.001


@pytest.mark.parametrize("name", DESIGNS)
def test_kit_and_host_agree(compile_frontend, name):
    fe = DESIGNS[name]
    check_frontend(fe)
    pcm = speech_like(fe)
    quant = quantisation_of(features(fe, pcm.astype(np.float32) / 32768))
    kit = compile_frontend(fe, quant)
    differences = []
    for seed in range(6):
        pcm = speech_like(fe, seed)
        kit.init()
        assert push_in_pieces(kit, pcm, seed) == fe.frames
        differences.append(np.abs(kit.features().astype(int) - host_features(fe, pcm, quant).astype(int)))
    assert np.max(differences) <= 1
    assert np.mean(np.array(differences) > 0) <= 0.001


@pytest.mark.parametrize("sound", ["silence", "full-scale square", "alternating extremes", "one click", "loud noise"])
def test_extreme_sounds(compile_frontend, sound):
    fe = FrontEnd()
    t = np.arange(fe.clip_samples)
    pcm = {
        "silence": np.zeros(t.size, np.int16),
        "full-scale square": np.where(t // 37 % 2, 32767, -32768).astype(np.int16),
        "alternating extremes": np.where(t % 2, 32767, -32768).astype(np.int16),
        "one click": np.where(t == 5000, 32767, 0).astype(np.int16),
        "loud noise": np.random.default_rng(0).integers(-32768, 32768, t.size).astype(np.int16),
    }[sound]
    quant = Quantisation((0.03,), (5,))
    kit = compile_frontend(fe, quant)
    kit.init()
    kit.push(pcm)
    assert_alike(kit.features(), host_features(fe, pcm, quant))


def test_silence_before_any_sound(compile_frontend):
    fe, quant = FrontEnd(), Quantisation((0.02,), (-3,))
    kit = compile_frontend(fe, quant)
    kit.init()
    before = kit.features()
    kit.push(np.zeros(fe.clip_samples, np.int16))
    np.testing.assert_array_equal(before, kit.features())


def test_a_running_stream_holds_the_last_frames_oldest_first(compile_frontend):
    fe, quant = FrontEnd(), Quantisation((0.03,), (0,))
    kit = compile_frontend(fe, quant)
    sound = np.concatenate([speech_like(fe, s) for s in range(2)])[: fe.clip_samples + 7 * fe.hop]
    kit.init()
    kit.push(sound)
    kit_rows, host_rows = kit.features(), host_features(fe, sound, quant)
    assert_alike(kit_rows, host_rows[-fe.frames :])


def test_saturation_clamps(compile_frontend):
    fe, quant = FrontEnd(), Quantisation((0.001,), (0,))
    kit = compile_frontend(fe, quant)
    kit.init()
    pcm = speech_like(fe)
    kit.push(pcm)
    rows = kit.features()
    assert rows.min() == -128
    assert rows.max() == 127
    assert_alike(rows, host_features(fe, pcm, quant))


def test_no_undefined_behaviour(compile_frontend):
    """Trap on overflow, bad shifts and float-to-int conversions out of range, over loud sound."""
    fe = DESIGNS["no norm, no normalisation, odd window"]
    kit = compile_frontend(
        fe, Quantisation((0.1,), (0,)), "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-fsanitize=bounds"
    )
    kit.init()
    assert kit.push(np.random.default_rng(0).integers(-32768, 32768, fe.clip_samples).astype(np.int16)) == fe.frames


@pytest.mark.data
def test_real_recordings(compile_frontend, data_folder):
    fe = FrontEnd(sample_rate=8000, clip_samples=8000, window=256, hop=160, fft=256, mels=32, high_hz=3800)
    recordings = sorted((data_folder / "fsdd" / "recordings").glob("*_0.wav"))
    assert len(recordings) >= 60
    clips = np.zeros((len(recordings), fe.clip_samples), np.int16)
    for clip, path in zip(clips, recordings, strict=True):
        pcm = soundfile.read(path, dtype="int16")[0][: fe.clip_samples]
        clip[: pcm.size] = pcm
    feats = features_batch(fe, clips.astype(np.float32) / 32768)
    quant = quantisation_of(feats)
    kit = compile_frontend(fe, quant)
    heard = np.empty(feats.shape, np.int8)
    for row, clip in zip(heard, clips, strict=True):
        kit.init()
        kit.push(clip)
        row[...] = kit.features()
    assert_alike(heard, quantise_features(fe, feats, quant))

import struct

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from studio.core.errors import InputError
from studio.data.audio import file_sha256, fit, from_pcm, next_power_of_two, read_clip, resample, to_pcm


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_U8", 0.01),
        ("wav", "PCM_16", 1e-4),
        ("wav", "PCM_24", 1e-6),
        ("wav", "PCM_32", 1e-6),
        ("wav", "FLOAT", 0),
        ("wav", "DOUBLE", 1e-7),
        ("flac", "PCM_16", 1e-4),
        ("flac", "PCM_24", 1e-6),
        ("ogg", "VORBIS", 0.1),
    ],
)
def test_every_format_reads_as_the_same_samples(write, tone, suffix, subtype, tolerance):
    samples = tone(rate=44100)
    clip = read_clip(write(f"a.{suffix}", samples, rate=44100, subtype=subtype))
    assert clip.rate == 44100
    assert clip.samples.dtype == np.float32
    assert clip.samples.shape == samples.shape
    np.testing.assert_allclose(clip.samples, samples, atol=tolerance)


def test_channels_are_averaged(write, tone):
    left, right = tone(hz=300), tone(hz=700)
    clip = read_clip(write("stereo.wav", np.stack([left, right], 1), subtype="FLOAT"))
    assert clip.channels == 2
    np.testing.assert_allclose(clip.samples, (left + right) / 2, atol=1e-7)


def test_16_bit_samples_come_back_bit_for_bit(write):
    pcm = np.arange(-32768, 32768).astype(np.int16)
    path = write("all.wav", pcm, subtype="PCM_16")
    assert np.array_equal(to_pcm(read_clip(path).samples), pcm)


def _cut(path, count):
    path.write_bytes(path.read_bytes()[:count])


def test_complaints_name_the_file_and_the_way_out(write, tmp_path):
    empty = tmp_path / "empty.wav"
    empty.touch()
    text = tmp_path / "text.wav"
    text.write_text("this is no sound")
    silent = write("none.wav", np.zeros(0, np.float32))
    nan = write("nan.wav", np.array([0.1, np.nan, 0.2], np.float32), subtype="FLOAT")
    infinite = write("inf.wav", np.array([0.1, np.inf], np.float32), subtype="DOUBLE")
    cut = write("cut.wav")
    _cut(cut, 1000)
    cut_flac = write("cut.flac", np.random.default_rng(0).uniform(-0.5, 0.5, 20000))
    _cut(cut_flac, 9000)
    head = write("head.wav")
    _cut(head, 20)
    expected = {
        tmp_path / "gone.wav": "no such file",
        tmp_path: "folder",
        empty: "empty",
        text: "no audio file",
        silent: "0 samples",
        nan: "sample 1 is not a finite number",
        infinite: "sample 1 is not a finite number",
        cut: "cut short",
        cut_flac: "",
        head: "",
    }
    for path, words in expected.items():
        with pytest.raises(InputError) as caught:
            read_clip(path)
        assert words in caught.value.message
        assert str(path) in str(caught.value)
        assert caught.value.hint


def test_a_wav_written_to_a_pipe_has_no_true_length_and_is_read_anyway(write, tone):
    path = write("piped.wav", tone())
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert len(read_clip(path).samples) == len(tone())


@pytest.mark.parametrize(("rate", "new_rate"), [(44100, 16000), (8000, 16000), (48000, 8000)])
def test_resampling_keeps_a_tone_and_repeats(tone, rate, new_rate):
    samples = tone(1.0, rate, 1000.0)
    once, twice = resample(samples, rate, new_rate), resample(samples, rate, new_rate)
    assert np.array_equal(once, twice)
    assert abs(len(once) - new_rate) <= 1
    middle = slice(new_rate // 4, 3 * new_rate // 4)
    np.testing.assert_allclose(once[middle], tone(1.0, new_rate, 1000.0)[middle], atol=2e-3)


def test_resampling_lets_nothing_fold_back(tone):
    above = resample(tone(1.0, 48000, 9000.0), 48000, 16000)
    assert np.abs(above[1000:-1000]).max() < 1e-3


def test_fit_keeps_the_word_and_leaves_room_on_both_sides():
    long = np.zeros(30000, np.float32)
    long[20000:24000] = 0.5
    cut = fit(long, 16000)
    assert np.count_nonzero(cut) == 4000
    first, last = np.flatnonzero(cut)[[0, -1]]
    assert abs(first - (16000 - 1 - last)) <= 20


def test_fit_pads_on_both_sides():
    out = fit(np.ones(3, np.float32), 8)
    assert out.tolist() == [0, 0, 1, 1, 1, 0, 0, 0]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**31))
def test_fit_always_gives_the_length_and_the_loudest_sample(length, count, seed):
    samples = np.random.default_rng(seed).uniform(-0.01, 0.01, length).astype(np.float32)
    loud = seed % length
    samples[loud] = 1.0
    out = fit(samples, count)
    assert out.shape == (count,)
    assert out.max() == 1.0


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(arrays(np.int16, st.integers(1, 50)))
def test_pcm_round_trip(pcm):
    assert np.array_equal(to_pcm(from_pcm(pcm)), pcm)


def test_pcm_clips_instead_of_wrapping():
    assert to_pcm(np.array([1.0, 2.0, -1.0, -2.0])).tolist() == [32767, 32767, -32768, -32768]


def test_sha256_and_powers(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_sha256(path).startswith("ba7816bf")
    assert [next_power_of_two(n) for n in (1, 2, 3, 240, 480, 512, 513)] == [1, 2, 4, 256, 512, 512, 1024]


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff", "au"])
def test_a_damaged_file_is_read_or_refused_in_words(write, tone, suffix):
    path = write(f"a.{suffix}", tone(0.1), **({"subtype": "PCM_16"} if suffix != "ogg" else {}))
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, min(len(data), 200), rng.integers(1, 5)):
            data[at] = rng.integers(256)
        path.write_bytes(data[: rng.integers(1, len(data) + 1)] if rng.random() < 0.3 else data)
        try:
            assert np.isfinite(read_clip(path).samples).all()
        except InputError as error:
            assert error.where == str(path)


def test_real_speech_reads(data_folder):
    for path in sorted((data_folder / "speech").glob("*.wav")):
        info = soundfile.info(path)
        clip = read_clip(path)
        assert (clip.rate, len(clip.samples)) == (info.samplerate, info.frames)

import io

import numpy as np
import pytest
import soundfile

from studio.audio.clocked import ClockedStream
from studio.audio.silent import SilentPlayer
from studio.audio.take import AFTER_S, BEFORE_S, Take, wav_bytes


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def stream(sound, clock):
    return ClockedStream(lambda first, last: sound[first:last], 1000, clock)


def test_a_take_begins_before_the_key_and_finds_the_word():
    clock, sound = Clock(), np.zeros(5000, np.float32)
    sound[1900:2300] = 0.5
    source = stream(sound, clock)
    clock.now = 2.0
    source.poll()
    take = Take(source, 1.0)
    assert not take.full and take.seconds_left == pytest.approx(1.0 + AFTER_S)
    for _ in range(14):
        clock.now += 0.1
        source.poll()
    assert take.full and take.fraction == 1.0
    samples = take.samples()
    assert len(samples) == 1000 * (BEFORE_S + 1.0 + AFTER_S) == take.so_far
    assert samples[200:600].all() and not samples[600:].any()
    start, end = take.part(samples, trim=True)
    assert end - start == 1000 and start <= 200 and end >= 600
    assert take.part(samples, trim=False) == (300, 1300)


def test_a_take_at_the_very_start_has_no_sound_before_it():
    clock = Clock()
    source = stream(np.ones(3000, np.float32), clock)
    take = Take(source, 1.0)
    clock.now = 2.0
    source.poll()
    assert len(take.samples()) == 1300


def test_a_take_that_was_cut_short_is_all_clip():
    clock = Clock()
    source = stream(np.ones(3000, np.float32), clock)
    take = Take(source, 1.0)
    clock.now = 0.4
    source.poll()
    assert take.part(take.samples(), trim=True) == (0, 400)


def test_a_wav_holds_the_samples_in_16_bits():
    samples = np.linspace(-1, 1, 1000, dtype=np.float32)
    read, rate = soundfile.read(io.BytesIO(wav_bytes(samples, 44100)), dtype="int16")
    assert rate == 44100
    assert np.abs(read / 32768 - samples).max() <= 1 / 32768


def test_a_silent_player_keeps_time_and_says_why():
    clock = Clock()
    player = SilentPlayer("no card", clock)
    assert not player.playing and player.position == 0
    player.play(np.zeros(500, np.float32), 1000)
    clock.now = 0.3
    assert player.playing and player.position == pytest.approx(0.3)
    clock.now = 0.6
    assert not player.playing and player.position == 0
    player.play(np.zeros(500, np.float32), 1000)
    player.stop()
    assert not player.playing

"""The sound cards' backend against a library that answers as PortAudio does: what is tested is our side of the contract."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from studio.audio import portaudio
from studio.audio.protocol import DeviceGone, DeviceMissing


class Error(Exception):
    pass


class Stopped(Exception):
    pass


class Library:
    """Two inputs and an output; the first input takes two channels at 48 kHz only."""

    PortAudioError, CallbackStop = Error, Stopped

    def __init__(self):
        self.default = SimpleNamespace(device=(1, 2))
        self.started = 0
        self.streams = []
        self.listed = [
            {"name": "Stereo card", "hostapi": 0, "max_input_channels": 2, "max_output_channels": 0, "default_samplerate": 48000.0},
            {"name": "Headset", "hostapi": 0, "max_input_channels": 1, "max_output_channels": 0, "default_samplerate": 16000.0},
            {"name": "Speaker", "hostapi": 0, "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 48000.0},
        ]

    def query_devices(self, number=None):
        return self.listed if number is None else self.listed[number]

    def _terminate(self):
        pass

    def _initialize(self):
        self.started += 1

    def check_input_settings(self, device, channels, dtype, samplerate):
        if device == 0 and (channels, samplerate) != (2, 48000):
            raise Error("Invalid number of channels")

    def InputStream(self, **settings):
        return self._stream(settings)

    def OutputStream(self, **settings):
        if not self.listed or settings["samplerate"] == 1:
            raise Error("Invalid sample rate", -9997)
        return self._stream(settings)

    def _stream(self, settings):
        made = SimpleNamespace(active=False, settings=settings)
        made.start = lambda: setattr(made, "active", True)
        made.close = lambda ignore_errors: setattr(made, "active", False)
        self.streams.append(made)
        return made


@pytest.fixture
def library(monkeypatch):
    made = Library()
    monkeypatch.setattr(portaudio, "sounddevice", made)
    return made


def test_the_default_device_comes_first_and_each_listing_looks_anew(library):
    recorder = portaudio.PortAudioRecorder()
    assert [(d.name, d.default) for d in recorder.devices()] == [("Headset", True), ("Stereo card", False)]
    library.listed = library.listed[:1]
    assert [d.name for d in recorder.devices()] == ["Stereo card"]
    assert library.started == 2


def test_a_listing_leaves_a_stream_that_runs_alone(library):
    recorder = portaudio.PortAudioRecorder()
    stream = recorder.open("0:Headset", 16000)
    recorder.devices()
    assert library.started == 0
    stream.stop()
    recorder.devices()
    assert library.started == 1


def test_a_device_that_refuses_the_rate_runs_at_its_own(library):
    stream = portaudio.PortAudioRecorder().open("0:Stereo card", 16000)
    assert stream.rate == 48000
    assert library.streams[0].settings["channels"] == 2
    block = np.stack((np.arange(480), -np.arange(480)), axis=1).astype(np.float32)
    library.streams[0].settings["callback"](block, 480, None, None)
    assert stream.poll() == 480
    assert stream.ring.window(480).tolist() == list(range(480))
    library.streams[0].settings["callback"](np.full((8, 2), np.nan, np.float32), 8, None, None)
    assert not stream.ring.window(8).any()
    stream.stop()
    assert not library.streams[0].active


def test_a_stream_that_ends_by_itself_is_a_device_that_went(library):
    stream = portaudio.PortAudioRecorder().open("0:Headset", 16000)
    assert stream.poll() == 0
    library.streams[0].active = False
    with pytest.raises(DeviceGone) as gone:
        stream.poll()
    assert gone.value.where == "Headset" and gone.value.hint


def test_a_device_that_brings_nothing_for_long_is_gone(library, monkeypatch):
    stream = portaudio.PortAudioRecorder().open("0:Headset", 16000)
    now = time.monotonic()
    monkeypatch.setattr(portaudio.time, "monotonic", lambda: now + 10)
    with pytest.raises(DeviceGone):
        stream.poll()


def test_a_device_that_is_not_listed_any_more_is_missing(library):
    with pytest.raises(DeviceMissing, match="not plugged in"):
        portaudio.PortAudioRecorder().open("0:Old card", 16000)
    library.check_input_settings = lambda **_: (_ for _ in ()).throw(Error("Device unavailable", -9985))
    with pytest.raises(DeviceMissing, match="Device unavailable"):
        portaudio.PortAudioRecorder().open("0:Headset", 16000)


def test_no_microphone_and_no_output_are_said_in_words(library):
    library.listed = []
    recorder = portaudio.PortAudioRecorder()
    assert recorder.devices() == () and "no microphone" in recorder.problem
    assert "no output" in portaudio.output_problem()


def test_the_player_fills_blocks_and_stops_at_the_end(library):
    player = portaudio.PortAudioPlayer()
    player.play(np.ones(250, np.float32), 16000)
    assert player.playing and player.problem == ""
    fill, out = library.streams[0].settings["callback"], np.full((200, 1), 9, np.float32)
    fill(out, 200, None, None)
    assert (out == 1).all() and player.position == pytest.approx(200 / 16000)
    with pytest.raises(Stopped):
        fill(out, 200, None, None)
    assert (out[:50] == 1).all() and not out[50:].any()
    player.stop()
    assert not player.playing and player.position == 0


def test_a_player_that_cannot_play_says_why(library):
    player = portaudio.PortAudioPlayer()
    player.play(np.ones(10, np.float32), 1)
    assert not player.playing and "Invalid sample rate" in player.problem

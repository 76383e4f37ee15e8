import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import soundfile

from studio.audio import portaudio, recorders
from studio.audio.file import FileRecorder
from studio.audio.protocol import DeviceGone, DeviceMissing
from studio.audio.synthetic import DEVICE, SyntheticRecorder, voice
from studio.core.errors import InputError


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_the_voice_comes_in_real_time_and_is_the_same_each_time():
    clock = Clock()
    first, second = (SyntheticRecorder(clock).open(DEVICE.id, 16000) for _ in range(2))
    for _ in range(7):
        clock.now += 0.51
        first.poll()
    assert second.poll() == first.poll() == round(7 * 0.51 * 16000)
    assert np.array_equal(first.ring.window(40000), second.ring.window(40000))
    assert np.array_equal(first.ring.window(16000, 48000), voice(16000)[:16000])


def test_the_voice_is_there_at_any_rate_and_not_clipped():
    for rate in (8000, 16000, 44100):
        assert 0.2 < np.abs(voice(rate)).max() < 0.9
        assert len(voice(rate)) == 2 * rate


def test_an_unplugged_device_is_a_typed_error_until_it_is_plugged_in_again():
    clock, recorder = Clock(), None
    recorder = SyntheticRecorder(clock)
    stream = recorder.open(DEVICE.id, 16000)
    clock.now += 0.25
    stream.poll()
    recorder.unplug()
    with pytest.raises(DeviceGone) as gone:
        stream.poll()
    assert gone.value.where == DEVICE.name and "plug it in" in gone.value.hint
    assert stream.ring.written == 4000
    assert recorder.devices() == ()
    with pytest.raises(DeviceMissing):
        recorder.open(DEVICE.id, 16000)
    recorder.plug()
    assert recorder.open(DEVICE.id, 16000).poll() == 0


def test_a_stopped_stream_makes_no_more_and_no_thread_runs():
    clock, before = Clock(), threading.active_count()
    stream = SyntheticRecorder(clock).open(DEVICE.id, 16000)
    clock.now += 0.1
    assert stream.poll() == 1600
    assert threading.active_count() == before
    stream.stop()
    clock.now += 1
    assert stream.poll() == 1600


def test_a_file_plays_as_a_microphone_then_falls_silent(tmp_path):
    path, clock = tmp_path / "word.wav", Clock()
    tone = (0.5 * np.sin(np.arange(8000) / 5)).astype(np.float32)
    soundfile.write(path, tone, 16000, subtype="PCM_16")
    recorder = FileRecorder(clock)
    device = recorder.add(path)
    assert device.name == "word.wav" and recorder.devices() == (device,)
    stream = recorder.open(device.id, 16000)
    clock.now += 1.0
    assert stream.poll() == 16000
    heard = stream.ring.window(16000)
    assert np.allclose(heard[:8000], tone, atol=1e-4)
    assert not heard[8000:].any()
    with pytest.raises(InputError):
        recorder.add(tmp_path / "none.wav")


def test_all_libraries_are_listed_with_the_synthetic_voice_last():
    assert [r.id for r in recorders()] == ["portaudio", "file", "synthetic"]


@pytest.mark.skipif(portaudio.sounddevice is not None, reason="PortAudio is installed here")
def test_without_portaudio_the_way_out_is_named():
    recorder = portaudio.PortAudioRecorder()
    assert recorder.devices() == ()
    assert "libportaudio2" in recorder.problem or "pip install sounddevice" in recorder.problem
    with pytest.raises(DeviceMissing):
        recorder.open("0:mic", 16000)


def test_without_the_package_nothing_falls_over():
    """A process in which sounddevice cannot be imported still records from the voice and plays in silence."""
    code = (
        "import sys; sys.modules['sounddevice'] = None\n"
        "from studio import audio\n"
        "assert 'pip install sounddevice' in audio.recorders()[0].problem\n"
        "assert audio.recorders()[0].devices() == ()\n"
        "import numpy as np; p = audio.player(); p.play(np.zeros(160, 'float32'), 16000)\n"
        "assert p.playing and 'sounddevice' in p.problem; p.stop(); assert not p.playing\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False, timeout=60).returncode == 0

"""Sound cards by way of PortAudio (the sounddevice package)."""

import time
from typing import Any

import numpy as np

from studio.audio.protocol import RING_SECONDS, Device, DeviceGone, DeviceMissing
from studio.audio.ring import Ring

try:
    import sounddevice
except (ImportError, OSError) as error:  # OSError: the package is there, the C library is not
    sounddevice = None
    _PROBLEM = (
        "the sounddevice package is not installed: pip install sounddevice"
        if isinstance(error, ImportError)
        else "PortAudio is not installed (Debian, Ubuntu: apt install libportaudio2); then start the studio again"
    )
else:
    _PROBLEM = ""

_SILENT_S = 1.5
_NO_OUTPUT = "no output device is plugged in"


class PortAudioRecorder:
    """The microphones of this machine."""

    id = "portaudio"

    def __init__(self) -> None:
        self._open: list[PortAudioStream] = []
        self._problem = _PROBLEM

    @property
    def problem(self) -> str:
        """Why there is no microphone."""
        return self._problem

    def devices(self) -> tuple[Device, ...]:
        """List the inputs, the system's default first; looks anew where none is in use."""
        if sounddevice is None:
            return ()
        self._open = [s for s in self._open if s.listening]
        if not self._open:
            _look_again()
        found = tuple(_inputs())
        self._problem = "" if found else "no microphone is plugged in"
        return found

    def open(self, device: str, rate: int) -> "PortAudioStream":
        """Listen to a microphone."""
        if sounddevice is None:
            raise DeviceMissing(_PROBLEM, where=device, hint="or choose the synthetic voice")
        number = next((i for i, d in enumerate(_query()) if _id(d) == device and d["max_input_channels"]), None)
        if number is None:
            raise DeviceMissing("this device is not plugged in any more", where=_name(device), hint="plug it in or choose another")
        stream = PortAudioStream(number, _name(device), rate)
        self._open.append(stream)
        return stream


class PortAudioStream:
    """A microphone that is listened to; the callback copies and does nothing else."""

    def __init__(self, number: int, name: str, rate: int) -> None:
        self._name = name
        self.rate, channels = _accepted(number, name, rate)
        self.ring = Ring(RING_SECONDS * self.rate)
        self._heard = (0, time.monotonic())
        try:
            self._stream = sounddevice.InputStream(
                device=number, samplerate=self.rate, channels=channels, dtype="float32", callback=self._hear
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise _cannot_open(name, error) from error
        self.listening = True

    def _hear(self, data: np.ndarray, frames: int, when: Any, status: Any) -> None:
        self.ring.write(np.nan_to_num(data[:, 0], posinf=1, neginf=-1))  # float devices may bring what is no number

    def poll(self) -> int:
        """Return the samples so far; a stream that ended by itself, or brings nothing for long, is a device that went."""
        written, now = self.ring.written, time.monotonic()
        if written != self._heard[0]:
            self._heard = (written, now)
        if self.listening and (not self._stream.active or now - self._heard[1] > _SILENT_S):
            self.stop()
            raise DeviceGone("the device was unplugged or stopped", where=self._name, hint="plug it in again or choose another device")
        return written

    def stop(self) -> None:
        """Close the device."""
        if self.listening:
            self.listening = False
            self._stream.close(ignore_errors=True)


class PortAudioPlayer:
    """The default output of this machine."""

    def __init__(self) -> None:
        self.problem = _PROBLEM
        self._stream: Any = None
        self._samples = np.zeros(0, np.float32)
        self._rate, self._at = 1, 0

    @property
    def playing(self) -> bool:
        """Whether a sound plays."""
        return self._stream is not None and self._stream.active

    @property
    def position(self) -> float:
        """Seconds into the sound."""
        return self._at / self._rate if self.playing else 0.0

    def play(self, samples: np.ndarray, rate: int) -> None:
        """Play in place of what plays."""
        self.stop()
        self._samples, self._rate, self._at = np.ascontiguousarray(samples, np.float32), rate, 0
        try:
            self._stream = sounddevice.OutputStream(samplerate=rate, channels=1, dtype="float32", callback=self._fill)
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self.problem = f"the sound cannot be played: {_words(error)}"
            self._stream = None
        else:
            self.problem = ""

    def _fill(self, out: np.ndarray, frames: int, when: Any, status: Any) -> None:
        part = self._samples[self._at : self._at + frames]
        out[: len(part), 0] = part
        out[len(part) :] = 0
        self._at += len(part)
        if len(part) < frames:
            raise sounddevice.CallbackStop

    def stop(self) -> None:
        """Stop and close."""
        if self._stream is not None:
            self._stream.close(ignore_errors=True)
            self._stream = None


def output_problem() -> str:
    """Return why no sound can be played here, "" where it can."""
    if sounddevice is None:
        return _PROBLEM
    return "" if any(d["max_output_channels"] for d in _query()) else _NO_OUTPUT


def _inputs() -> list[Device]:
    default = sounddevice.default.device[0]
    found = [
        Device(_id(d), d["name"], round(d["default_samplerate"]), i == default)
        for i, d in enumerate(_query())
        if d["max_input_channels"] > 0
    ]
    return sorted(found, key=lambda d: not d.default)


def _query() -> list[dict[str, Any]]:
    return list(sounddevice.query_devices())


def _look_again() -> None:
    """Let PortAudio list the devices anew: it only does so when it starts."""
    sounddevice._terminate()
    sounddevice._initialize()


def _id(device: dict[str, Any]) -> str:
    return f"{device['hostapi']}:{device['name']}"


def _name(id: str) -> str:
    return id.partition(":")[2]


def _accepted(number: int, name: str, rate: int) -> tuple[int, int]:
    """Return the first rate and channel count that the device takes, the wanted rate and one channel first."""
    info = sounddevice.query_devices(number)
    last: Exception | None = None
    for hertz in dict.fromkeys((rate, round(info["default_samplerate"]))):
        for channels in dict.fromkeys((1, info["max_input_channels"])):
            try:
                sounddevice.check_input_settings(device=number, channels=channels, dtype="float32", samplerate=hertz)
            except (sounddevice.PortAudioError, ValueError) as error:
                last = error
            else:
                return hertz, channels
    raise _cannot_open(name, last)


def _cannot_open(name: str, error: Exception | None) -> DeviceMissing:
    hint = "another program may hold it, or the system may not let the studio listen; close it, allow it, or choose another device"
    return DeviceMissing(f"it cannot be opened: {_words(error)}", where=name, hint=hint)


def _words(error: Exception | None) -> str:
    return str(error.args[0] if error is not None and error.args else error).rstrip(".")

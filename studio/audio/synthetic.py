"""A voice that is always there: a word of two syllables, then a tone that sweeps, every two seconds, the same each time."""

import time
from functools import lru_cache

import numpy as np

from studio.audio.clocked import Clock, ClockedStream
from studio.audio.protocol import Device, DeviceGone, DeviceMissing

DEVICE = Device("voice", "Synthetic voice (test)", 16000)
PERIOD_S = 2.0
_FORMANTS = ((700.0, 110.0, 1.0), (1200.0, 130.0, 0.5), (2600.0, 180.0, 0.25))


class SyntheticRecorder:
    """Always has one device, unless a test pulls its plug."""

    id = "synthetic"
    problem = ""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._plugged = True
        self._streams: list[ClockedStream] = []

    def devices(self) -> tuple[Device, ...]:
        """List the voice."""
        return (DEVICE,) if self._plugged else ()

    def open(self, device: str, rate: int) -> ClockedStream:
        """Listen to the voice at any rate."""
        if device != DEVICE.id or not self._plugged:
            raise DeviceMissing("the synthetic voice is unplugged", where=DEVICE.name, hint="choose another device")
        made = voice(rate)
        stream = ClockedStream(lambda first, last: np.take(made, np.arange(first, last), mode="wrap"), rate, self._clock)
        self._streams.append(stream)
        return stream

    def unplug(self) -> None:
        """Take the device away while it may be in use."""
        self._plugged = False
        for stream in self._streams:
            stream.gone = DeviceGone("the device was unplugged", where=DEVICE.name, hint="plug it in again or choose another device")
        self._streams.clear()

    def plug(self) -> None:
        """Bring it back."""
        self._plugged = True


@lru_cache(maxsize=4)
def voice(rate: int) -> np.ndarray:
    """Return one period of the voice, float32, peak near -8 dB over noise at -66 dB."""
    t = np.arange(round(PERIOD_S * rate)) / rate
    sound = 0.45 * _vowel(t, 0.4, 0.22, 150, rate) + 0.3 * _vowel(t, 0.6, 0.4, 120, rate) + 0.08 * _sweep(t, 1.4, 0.3, rate)
    sound += 5e-4 * np.random.default_rng(1).standard_normal(len(t))
    return np.clip(sound, -0.5, 0.5).astype(np.float32)


def _swell(t: np.ndarray, start: float, length: float) -> np.ndarray:
    """Return a quick rise and a slow fall between start and start + length, 0 elsewhere."""
    place = np.clip((t - start) / length, 0, 1)
    return np.minimum(1, place / 0.15) * (0.5 + 0.5 * np.cos(np.pi * place)) * (place > 0)


def _vowel(t: np.ndarray, start: float, length: float, pitch_hz: float, rate: int) -> np.ndarray:
    """Return harmonics of a falling pitch under three formants."""
    pitch = pitch_hz * (1 - 0.2 * np.clip((t - start) / length, 0, 1))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    sound = np.zeros_like(t)
    for n in range(1, 1 + int(min(3800, 0.45 * rate) / pitch_hz)):
        strength = sum(gain / (1 + ((n * pitch_hz - centre) / width) ** 2) for centre, width, gain in _FORMANTS)
        sound += (strength + 0.15 / n) * np.sin(n * phase)
    return _swell(t, start, length) * sound / np.abs(sound).max()


def _sweep(t: np.ndarray, start: float, length: float, rate: int) -> np.ndarray:
    """Return a tone from 200 Hz up to 3 kHz, or as far as the rate allows."""
    top = min(3000.0, 0.4 * rate)
    pitch = 200 * (top / 200) ** np.clip((t - start) / length, 0, 1)
    return _swell(t, start, length) * np.sin(2 * np.pi * np.cumsum(pitch) / rate)

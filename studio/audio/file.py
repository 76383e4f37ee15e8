"""A sound file that plays as a microphone: once, from its start, then silence."""

import time
from pathlib import Path

import numpy as np

from studio.audio.clocked import Clock, ClockedStream
from studio.audio.protocol import Device
from studio.data.audio import read_clip, resample


class FileRecorder:
    """Its devices are the files that were added; a device's id is the file's path."""

    id = "file"
    problem = ""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._files: dict[str, Device] = {}

    def add(self, path: Path) -> Device:
        """Offer a file as a device; raise InputError where it cannot be read."""
        device = Device(str(path), path.name, read_clip(path).rate)
        self._files[device.id] = device
        return device

    def devices(self) -> tuple[Device, ...]:
        """List the files that were added."""
        return tuple(self._files.values())

    def open(self, device: str, rate: int) -> ClockedStream:
        """Play the file into a stream of this rate; raise InputError where it cannot be read."""
        clip = read_clip(Path(device))
        samples = resample(clip.samples, clip.rate, rate)
        return ClockedStream(lambda first, last: _part(samples, first, last), rate, self._clock)


def _part(samples: np.ndarray, first: int, last: int) -> np.ndarray:
    part = samples[first:last]
    return np.pad(part, (0, last - first - len(part)))

"""Streams without a device or a thread: the clock says how many samples are due, and the reader's poll makes them."""

from collections.abc import Callable

import numpy as np

from studio.audio.protocol import RING_SECONDS, DeviceGone
from studio.audio.ring import Ring

Clock = Callable[[], float]
Sound = Callable[[int, int], np.ndarray]


class ClockedStream:
    """Samples `first` to `last` of a sound, as they come due; `gone` is what the next poll raises."""

    def __init__(self, sound: Sound, rate: int, clock: Clock) -> None:
        self.rate = rate
        self.ring = Ring(RING_SECONDS * rate)
        self.gone: DeviceGone | None = None
        self._sound, self._clock, self._started = sound, clock, clock()
        self._stopped = False

    def poll(self) -> int:
        """Write what is due."""
        if self.gone is not None:
            raise self.gone
        due = round((self._clock() - self._started) * self.rate)
        if not self._stopped and due > self.ring.written:
            self.ring.write(self._sound(self.ring.written, due))
        return self.ring.written

    def stop(self) -> None:
        """Make no more samples."""
        self._stopped = True

"""A player for where no sound comes out: it keeps time, so that what is shown moves, and says why nothing is heard."""

import time

import numpy as np

from studio.audio.clocked import Clock


class SilentPlayer:
    """Plays nothing, for as long as the sound would last."""

    def __init__(self, problem: str, clock: Clock = time.monotonic) -> None:
        self.problem = problem
        self._clock = clock
        self._started = self._length = 0.0

    @property
    def playing(self) -> bool:
        """Whether the sound would still be heard."""
        return self._clock() < self._started + self._length

    @property
    def position(self) -> float:
        """Seconds into the sound."""
        return self._clock() - self._started if self.playing else 0.0

    def play(self, samples: np.ndarray, rate: int) -> None:
        """Start keeping time."""
        self._started, self._length = self._clock(), len(samples) / rate

    def stop(self) -> None:
        """Stop keeping time."""
        self._length = 0.0

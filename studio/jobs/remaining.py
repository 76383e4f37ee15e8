"""How long work will still take, from how far it has come."""

import time
from collections.abc import Callable

SETTLING_S = 0.5
SMOOTHING = 0.3
SLOWEST = 1e-8
"""A pace, in fractions a second, below which no time is named: it would be years."""


class SecondsLeft:
    """Estimates the seconds left from fractions done; the latest pace counts more than the first.

    The pace over the whole run is mixed with a smoothed pace of late, since a first step that loads things misleads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = self._last_time = clock()
        self._last_fraction = 0.0
        self._pace: float | None = None

    def update(self, fraction: float) -> float | None:
        """Take the fraction done and return the seconds left; None while that is a guess."""
        now = self._clock()
        if fraction < self._last_fraction:
            self._start, self._last_fraction, self._pace = now, fraction, None
            self._last_time = now
            return None
        if fraction > self._last_fraction and now > self._last_time:
            self._learn((fraction - self._last_fraction) / (now - self._last_time))
            self._last_fraction, self._last_time = fraction, now
        if fraction >= 1:
            return 0.0
        if self._pace is None or self._pace < SLOWEST or now - self._start < SETTLING_S:
            return None
        return max(0.0, (1 - self._last_fraction) / self._pace - (now - self._last_time))

    def _learn(self, pace: float) -> None:
        self._pace = pace if self._pace is None else SMOOTHING * pace + (1 - SMOOTHING) * self._pace

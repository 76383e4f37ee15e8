"""A ring buffer that is written twice, so that any window of it is one view."""

import numpy as np


class Ring:
    """The last `capacity` samples of a stream, float32; one thread writes, another reads.

    Each sample stands at i and at i + capacity, so the window that ends anywhere lies in one piece.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("a ring holds at least one sample")
        self.capacity = capacity
        self.written = 0
        self._buffer = np.zeros(2 * capacity, np.float32)

    def write(self, samples: np.ndarray) -> None:
        """Append samples (n,); of more than fit, the last count. Only copies, so an audio callback may call it."""
        end = self.written + len(samples)
        kept = samples[-self.capacity :]
        at = (end - len(kept)) % self.capacity
        first = min(len(kept), self.capacity - at)
        for start, part in ((at, kept[:first]), (0, kept[first:])):
            self._buffer[start : start + len(part)] = part
            self._buffer[start + self.capacity : start + self.capacity + len(part)] = part
        self.written = end

    def window(self, count: int, until: int | None = None) -> np.ndarray:
        """Return a view of the `count` samples before index `until` (by default the newest); silence stands before the first.

        Indices count from the first sample ever written. Raises IndexError for samples that are not there any more, or not yet.
        """
        end = self.written if until is None else until
        if count < 0 or count > self.capacity or end > self.written or end - count < self.written - self.capacity:
            raise IndexError(f"samples {end - count} to {end} are not in the ring")
        if count > end:
            return np.concatenate((np.zeros(count - max(0, end), np.float32), self.window(max(0, end), max(0, end))))
        stop = end % self.capacity + self.capacity
        return self._buffer[stop - count : stop]

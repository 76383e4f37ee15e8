"""One take: what a stream brings from just before a key is pressed until the clip is full."""

import io

import numpy as np
import soundfile

from studio.audio.protocol import Stream
from studio.data.audio import loudest_start, to_pcm

BEFORE_S = 0.3
AFTER_S = 0.3


class Take:
    """A clip of `seconds` being recorded, with some sound before and after it so that the word need not be timed."""

    def __init__(self, stream: Stream, seconds: float) -> None:
        self.rate, self._ring = stream.rate, stream.ring
        self.clip_frames = round(seconds * self.rate)
        self._pressed = self._ring.written
        self._first = max(0, self._pressed - round(BEFORE_S * self.rate))
        self._last = self._pressed + self.clip_frames + round(AFTER_S * self.rate)

    @property
    def fraction(self) -> float:
        """How much of it is recorded, 0 to 1."""
        return min(1.0, (self._ring.written - self._pressed) / (self._last - self._pressed))

    @property
    def so_far(self) -> int:
        """How many samples it has."""
        return min(self._last, self._ring.written) - self._first

    @property
    def seconds_left(self) -> float:
        """Seconds until it is full."""
        return max(0, self._last - self._ring.written) / self.rate

    @property
    def full(self) -> bool:
        """Whether it is all there."""
        return self._ring.written >= self._last

    def samples(self) -> np.ndarray:
        """Return a copy of what is recorded so far."""
        until = min(self._last, self._ring.written)
        return self._ring.window(until - self._first, until).copy()

    def part(self, samples: np.ndarray, trim: bool) -> tuple[int, int]:
        """Return where the clip starts and ends in the samples: their loudest part, or from the key press on."""
        if len(samples) <= self.clip_frames:
            return 0, len(samples)
        start = loudest_start(samples, self.clip_frames) if trim else min(self._pressed - self._first, len(samples) - self.clip_frames)
        return start, start + self.clip_frames


def wav_bytes(samples: np.ndarray, rate: int) -> bytes:
    """Return mono float32 samples as a 16 bit WAV file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, to_pcm(samples), rate, subtype="PCM_16", format="WAV")
    return buffer.getvalue()

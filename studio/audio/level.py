"""How loud samples are, and their outline for drawing."""

import msgspec
import numpy as np

FLOOR_DB = -90.0
CLIPPED = 32767 / 32768


class Level(msgspec.Struct, frozen=True):
    """Peak and RMS in dB of full scale (a full-scale square wave has an RMS of 0 dB), and whether any sample is clipped."""

    peak_db: float
    rms_db: float
    clipped: bool


SILENCE = Level(FLOOR_DB, FLOOR_DB, False)


def level(samples: np.ndarray) -> Level:
    """Measure samples (n,); nothing is silence."""
    if len(samples) == 0:
        return SILENCE
    peak = float(np.abs(samples).max())
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return Level(_db(peak), _db(rms), peak >= CLIPPED)


def _db(amplitude: float) -> float:
    return max(FLOOR_DB, 20 * float(np.log10(max(amplitude, 1e-9))))


def envelope(samples: np.ndarray, columns: int) -> np.ndarray:
    """Return the lowest and highest sample of each column, float32 (columns, 2); columns share samples where there are few."""
    count = len(samples)
    if count == 0:
        return np.zeros((columns, 2), np.float32)
    edges = np.linspace(0, count, columns + 1).astype(np.int64)
    starts = np.minimum(edges[:-1], count - 1)
    if count < columns:
        return np.repeat(samples[starts][:, None], 2, axis=1).astype(np.float32)
    return np.stack((np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)), axis=1).astype(np.float32)


class Outline:
    """The outline of a stream's newest samples, kept up to date column by column; a column covers `step` samples."""

    def __init__(self, columns: int, step: int) -> None:
        self.step = step
        self.columns = np.zeros((columns, 2), np.float32)
        self.made = 0

    def wanted(self, written: int) -> int:
        """Return how many of the newest samples `push` needs when `written` have come: whole columns only."""
        return min(written // self.step - self.made, len(self.columns)) * self.step

    def push(self, samples: np.ndarray, written: int) -> None:
        """Add the newest whole columns, made of the samples before index `written` rounded down to a column."""
        new = len(samples) // self.step
        self.made = written // self.step
        if new:
            folded = samples.reshape(new, self.step)
            self.columns = np.concatenate((self.columns[new:], np.stack((folded.min(axis=1), folded.max(axis=1)), axis=1)))

"""The sound that is looked at: a library's clip or any file, at the front end's rate, decoded once."""

from pathlib import Path

import msgspec
import numpy as np

from studio.core.frontend import FrontEnd
from studio.core.library import Library
from studio.data.audio import Clip, fit, from_pcm, loudest_start, read_clip, resample, to_pcm

LARGE_BYTES = 2 * 1024**2
KEPT = 4


class ShownClip(msgspec.Struct, frozen=True, eq=False):
    """A sound: samples as the kit would get them, at `rate` Hz; `heard` are the samples that the network gets of it."""

    title: str
    samples: np.ndarray
    rate: int
    heard: tuple[int, int]

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / self.rate

    @property
    def is_whole(self) -> bool:
        """Whether the network gets all of it."""
        return self.heard == (0, len(self.samples))


class Wanted(msgspec.Struct, frozen=True):
    """Which sound to show: a file, and of it the samples from `start` to `end` (all where `end` is -1)."""

    path: Path
    title: str
    start: int = 0
    end: int = -1

    @property
    def is_large(self) -> bool:
        """Whether reading it takes so long that it is done in a thread; a missing file is read at once, to say so."""
        try:
            return self.path.stat().st_size > LARGE_BYTES
        except OSError:
            return False


def wanted_segment(library: Library, number: int) -> Wanted | None:
    """Return the library's clip of this number; None where there is none."""
    if not 0 <= number < len(library.segments):
        return None
    segment = library.segments[number]
    recording = library.by_id[segment.recording]
    who = recording.speaker or recording.id
    title = f"{segment.label} · {who} · {number + 1} of {len(library.segments)}"
    return Wanted(library.file(recording), title, segment.start, segment.end)


class Clips:
    """Decodes sounds, and keeps the last few decoded."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[float, Clip]] = {}

    def shown(self, wanted: Wanted, fe: FrontEnd) -> ShownClip:
        """Return a sound at the front end's rate, at least as long as its clips; raise InputError naming the file."""
        clip = self._decoded(wanted.path)
        part = clip.samples[wanted.start : wanted.end if wanted.end >= 0 else None]
        samples = resample(part, clip.rate, fe.sample_rate)
        count, start = fe.clip_samples, 0
        if len(samples) <= count:
            samples = fit(samples, count)
        else:
            start = loudest_start(samples, count)
        return ShownClip(wanted.title, from_pcm(to_pcm(samples)), fe.sample_rate, (start, start + count))

    def _decoded(self, path: Path) -> Clip:
        stamp = path.stat().st_mtime if path.exists() else 0.0
        kept = self._read.pop(path, None)
        clip = kept[1] if kept is not None and kept[0] == stamp else read_clip(path)
        self._read[path] = (stamp, clip)
        while len(self._read) > KEPT:
            self._read.pop(next(iter(self._read)), None)
        return clip


class Envelope:
    """The extremes of a sound in any stretch of it, fast for long ones: kept for every block of samples."""

    block = 64

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples
        whole = len(samples) // self.block * self.block
        blocks = samples[:whole].reshape(-1, self.block)
        self._low, self._high = blocks.min(axis=1), blocks.max(axis=1)
        self.peak = float(np.abs(samples).max(initial=0.0))

    def outline(self, start: int, end: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return sample numbers and values to draw as one line: the samples, or where they are many the extremes of each column."""
        start, end = max(0, start), min(len(self.samples), end)
        if end - start <= 4 * columns:
            return np.arange(start, end), self.samples[start:end]
        coarse = end - start > 4 * columns * self.block
        unit = self.block if coarse else 1
        low, high = (self._low, self._high) if coarse else (self.samples, self.samples)
        edges = np.linspace(start // unit, max(start // unit + 1, end // unit), columns, endpoint=False).astype(np.int64)
        edges = np.unique(edges[edges < len(low)])
        stop = max(edges[-1] + 1, min(len(low), end // unit))
        values = np.empty(2 * len(edges), np.float32)
        values[0::2] = np.minimum.reduceat(low[:stop], edges)
        values[1::2] = np.maximum.reduceat(high[:stop], edges)
        return np.repeat(edges * unit, 2), values

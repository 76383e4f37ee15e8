"""The recordings of a project and what is marked in them, as one immutable value beside the project."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Recording(msgspec.Struct, frozen=True):
    """An audio file as recorded. `rate` in Hz, `frames` samples a channel, `sha256` of the file's bytes.

    `path` is relative to the library's folder, or, where `reference` is true, any path to a file left where it was.
    Recordings of one `group` stay in one split. `fields` keeps what else the file name said.
    """

    id: str
    path: str
    sha256: str
    rate: int
    frames: int
    channels: int = 1
    speaker: str = ""
    device: str = ""
    group: str = ""
    source: str = ""
    reference: bool = False
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.rate


class Segment(msgspec.Struct, frozen=True):
    """A marked part of a recording: samples `start` to `end` (exclusive) of it bear `label`."""

    recording: str
    start: int
    end: int
    label: str
    split: Split
    track: str = "label"
    note: str = ""


class Library(msgspec.Struct, frozen=True, dict=True):
    """Recordings and segments; `folder` is where relative paths start (it is not part of what is stored)."""

    recordings: tuple[Recording, ...] = ()
    segments: tuple[Segment, ...] = ()
    folder: Path = Path()

    @cached_property
    def by_id(self) -> Mapping[str, Recording]:
        """Recordings by their ids."""
        return {r.id: r for r in self.recordings}

    def file(self, recording: Recording) -> Path:
        """Return where the recording's file lies."""
        return self.folder / recording.path

    def counts(self) -> dict[str, dict[str, int]]:
        """Count segments by label, then by split."""
        counts: dict[str, dict[str, int]] = {}
        for segment in self.segments:
            row = counts.setdefault(segment.label, dict.fromkeys(SPLITS, 0))
            row[segment.split] += 1
        return counts

"""What a folder of recordings would bring, in words, before anything is read or copied."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from studio.core.errors import StudioError
from studio.data.importers import Scan, label_order, natural_key, scan_folder

NAMED = 8
_TERMS = (
    ("use --pattern", "say beneath how the file names tell"),
    ("--pattern", "file names"),
    ("another --split", "another way to hold out"),
)


class Preview(msgspec.Struct, frozen=True):
    """What a scan found; `fields` are what the file names tell besides the label, with their values."""

    clips: int
    labels: tuple[str, ...]
    speakers: int
    fields: Mapping[str, tuple[str, ...]]
    left_out: int
    first_left_out: str
    parts_given: bool

    @property
    def words(self) -> str:
        """The preview in a line: "3000 clips · 10 labels: 0, 1, 2 … 9 · 6 speakers · fields index"."""
        parts = [f"{self.clips} clip{'' if self.clips == 1 else 's'}", _labels(self.labels)]
        if self.speakers:
            parts.append(f"{self.speakers} speaker{'' if self.speakers == 1 else 's'}")
        others = [f for f in self.fields if f != "speaker"]
        if others:
            parts.append(f"field{'' if len(others) == 1 else 's'} {', '.join(others)}")
        return " · ".join(parts)

    @property
    def left_out_words(self) -> str:
        """What would be left out, "" where nothing would."""
        if not self.left_out:
            return ""
        return f"{self.left_out} file{'' if self.left_out == 1 else 's'} will be left out, the first: {self.first_left_out}"


def preview(source: Path, pattern: str, check: Callable[[], None]) -> Preview:
    """Scan a folder; raise what scan_folder raises."""
    return summarise(scan_folder(source, pattern or None, check))


def summarise(scan: Scan) -> Preview:
    """Count what a scan found."""
    speakers = Counter(f.speaker for f in scan.found if f.speaker)
    names = dict.fromkeys(name for f in scan.found for name in f.fields)
    fields = {name: _values(f.fields.get(name, "") for f in scan.found) for name in names}
    if speakers:
        fields = {"speaker": _values(speakers), **fields}
    first = next(iter(scan.problems), None)
    return Preview(
        clips=len(scan.found),
        labels=label_order(f.label for f in scan.found),
        speakers=len(speakers),
        fields=fields,
        left_out=len(scan.problems),
        first_left_out=f"{first.path}: {first.reason}" if first else "",
        parts_given=any(f.split for f in scan.found),
    )


def _values(values) -> tuple[str, ...]:
    return tuple(sorted(set(values) - {""}, key=natural_key))


def _labels(labels: Sequence[str]) -> str:
    few = labels if len(labels) <= NAMED else (*labels[: NAMED - 2], "…", labels[-1])
    return f"{len(labels)} label{'' if len(labels) == 1 else 's'}: {', '.join(few)}"


def in_words(error: StudioError) -> str:
    """Say an error and its way out in the dialog's terms, which has no command line's options."""
    text = f"{error.message}. {error.hint[:1].upper()}{error.hint[1:]}" if error.hint else error.message
    for option, term in _TERMS:
        text = text.replace(option, term)
    return text

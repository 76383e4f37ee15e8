"""Changes of a library, as pure functions: add, remove, relabel, move between the parts of the split."""

from collections.abc import Collection, Iterable

import msgspec

from studio.core.library import Library, Recording, Segment, Split


def split_of(sha256: str) -> Split:
    """Return the part of the split that a file belongs to by rule: 80 % train, 10 % validation, 10 % test, by its SHA-256.

    The same file always goes to the same part, whatever else is in the library.
    """
    place = int(sha256[:8], 16) / 2**32
    return "train" if place < 0.8 else "validation" if place < 0.9 else "test"


def add(library: Library, recordings: Iterable[Recording], segments: Iterable[Segment]) -> Library:
    """Append recordings and what is marked in them."""
    return msgspec.structs.replace(library, recordings=(*library.recordings, *recordings), segments=(*library.segments, *segments))


def remove(library: Library, numbers: Collection[int]) -> Library:
    """Leave out segments by their numbers, and recordings in which nothing is marked any more; files stay where they are."""
    gone = set(numbers)
    touched = {library.segments[i].recording for i in gone}
    segments = tuple(s for i, s in enumerate(library.segments) if i not in gone)
    bare = touched - {s.recording for s in segments}
    recordings = tuple(r for r in library.recordings if r.id not in bare)
    return msgspec.structs.replace(library, recordings=recordings, segments=segments)


def relabel(library: Library, numbers: Collection[int], label: str) -> Library:
    """Give segments another label."""
    return _change(library, numbers, label=label)


def resplit(library: Library, numbers: Collection[int], split: Split) -> Library:
    """Move segments to another part of the split."""
    return _change(library, numbers, split=split)


def _change(library: Library, numbers: Collection[int], **changes: str) -> Library:
    chosen = set(numbers)
    segments = (msgspec.structs.replace(s, **changes) if i in chosen else s for i, s in enumerate(library.segments))
    return msgspec.structs.replace(library, segments=tuple(segments))

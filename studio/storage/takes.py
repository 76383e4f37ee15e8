"""New recordings in a project's data/recordings folder: written whole, under a name of their own, never over another."""

import contextlib
import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import msgspec

from studio.core.errors import InputError
from studio.core.library import Library, Recording
from studio.storage.atomic import write_bytes
from studio.storage.names import safe_name


class Origin(msgspec.Struct, frozen=True):
    """What is known of a take beside its sound."""

    label: str
    speaker: str = ""
    device: str = ""


def store_take(library: Library, wav: bytes, rate: int, frames: int, origin: Origin, when: datetime) -> Recording:
    """Write a mono WAV file as <label>/<date-time>_<n>.wav in the library's folder and return its recording.

    Raises InputError where it cannot be written, and then nothing is left of it.
    """
    taken = {r.id.casefold() for r in library.recordings}
    stem = free_stem(library.folder, f"{safe_name(origin.label)}/{when:%Y-%m-%d_%H-%M-%S}", ".wav", taken)
    path = library.folder / f"{stem}.wav"
    new = not path.parent.exists()
    try:
        write_bytes(path, wav)
    except InputError:
        if new:
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        raise
    return Recording(
        id=stem,
        path=f"{stem}.wav",
        sha256=hashlib.sha256(wav).hexdigest(),
        rate=rate,
        frames=frames,
        speaker=origin.speaker,
        device=origin.device,
        source="recorded",
    )


def free_stem(folder: Path, stem: str, suffix: str, taken: Collection[str]) -> str:
    """Return stem_1, or the first number after it that is neither taken as an id (case-folded) nor the name of a file."""
    number = 1
    while f"{stem}_{number}".casefold() in taken or (folder / f"{stem}_{number}{suffix}").exists():
        number += 1
    return f"{stem}_{number}"


def sweep(written: Collection[str], library: Library) -> None:
    """Remove files that this session recorded and that the saved library does not name."""
    named = {r.path for r in library.recordings}
    for path in set(written) - named:
        with contextlib.suppress(OSError):
            (library.folder / path).unlink()

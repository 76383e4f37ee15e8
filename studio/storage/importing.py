"""A job: copy a folder's recordings into a project and say what the library gains; the window adds it as one change."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from studio.core.errors import Cancelled, InputError
from studio.core.library import Recording, Segment
from studio.core.protocols import JobContext
from studio.data.curate import split_of
from studio.data.importers import Found, Problem, scan_folder, shown
from studio.storage.atomic import write_error
from studio.storage.names import safe_name
from studio.storage.new import read_recording


class Gain(msgspec.Struct, frozen=True):
    """What an import brought: recordings and segments to add, how many files were there already, and what was left out."""

    recordings: tuple[Recording, ...]
    segments: tuple[Segment, ...]
    known: int
    problems: tuple[Problem, ...]


def run(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Import `source` into the project at `path`; `ids` and `sha256` are those of the library as it stands.

    `pattern` is optional. Where it fails or is cancelled, no copied file stays behind.
    """
    source, folder = Path(args["source"]), Path(args["path"]) / "data" / "recordings"
    scan = scan_folder(source, args.get("pattern") or None)
    copied: list[Path] = []
    try:
        gain = _import(source, scan.found, folder, set(args["ids"]), set(args["sha256"]), copied, context)
    except BaseException:
        _remove(copied, folder)
        raise
    gain = msgspec.structs.replace(gain, problems=(*scan.problems, *gain.problems))
    if not gain.recordings and not gain.known:
        first = gain.problems[0]
        raise InputError("none of the audio files can be read", where=str(source), hint=f"{first.path}: {first.reason}")
    return msgspec.to_builtins(gain)


def _import(
    source: Path, found: Sequence[Found], folder: Path, ids: set[str], hashes: set[str], copied: list[Path], context: JobContext
) -> Gain:
    recordings: list[Recording] = []
    segments: list[Segment] = []
    problems: list[Problem] = []
    known, taken = 0, {i.casefold() for i in ids}
    for i, file in enumerate(found):
        if context.cancelled:
            raise Cancelled("the import was cancelled; nothing was added")
        context.progress(i / len(found), f"reading {file.path.name}")
        try:
            recording = read_recording(source, file)
        except InputError as error:
            problems.append(Problem(shown(file.path.relative_to(source)), error.message))
            continue
        if recording.sha256 in hashes:
            known += 1
            continue
        hashes.add(recording.sha256)
        stem = next(s for s in _stems(file) if s.casefold() not in taken and not _occupied(folder, s))
        taken.add(stem.casefold())
        path = folder / (stem + file.path.suffix.lower())
        _copy(file.path, path, copied)
        recordings.append(msgspec.structs.replace(recording, id=stem, path=path.relative_to(folder).as_posix(), reference=False))
        segments.append(Segment(stem, 0, recording.frames, file.label, file.split or split_of(recording.sha256)))
    return Gain(tuple(recordings), tuple(segments), known, tuple(problems))


def _stems(file: Found) -> Iterator[str]:
    stem = f"{safe_name(file.label)}/{safe_name(file.path.stem)}"
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _occupied(folder: Path, stem: str) -> bool:
    parent = (folder / stem).parent
    name = (folder / stem).name.casefold()
    return parent.is_dir() and any(p.stem.casefold() == name for p in parent.iterdir())


def _copy(source: Path, dest: Path, copied: list[Path]) -> None:
    part = dest.with_name(f".{dest.name}.part")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, part)
            part.replace(dest)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(dest, error) from error
    copied.append(dest)


def _remove(files: Sequence[Path], folder: Path) -> None:
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink()
    for parent in {p.parent for p in files} - {folder}:
        with contextlib.suppress(OSError):
            parent.rmdir()

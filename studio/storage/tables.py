"""recordings.csv and segments.csv: a library as two tables that any spreadsheet opens."""

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import msgspec

from studio.core.errors import InputError
from studio.core.library import SPLITS, Library, Recording, Segment
from studio.core.project import check_label
from studio.storage.reading import read_text, unknown_key

RECORDINGS = "recordings.csv"
SEGMENTS = "segments.csv"

_RECORDING = ("id", "path", "reference", "sha256", "rate", "frames", "channels", "speaker", "device", "group", "source")
_SEGMENT = ("recording", "track", "start", "end", "label", "split", "note")
_FIELD = "field."
_PLAIN_PATH = re.compile(r"[\w -]+(\.[\w -]+)*(/[\w -]+(\.[\w -]+)*)*")
_BOOLEANS = {"true": True, "false": False, "": False}


def recordings_csv(recordings: Sequence[Recording]) -> str:
    """Return the table's text; what else file names told stands in columns "field.<name>"."""
    fields = sorted({f for r in recordings for f in r.fields})
    rows = [(*(_cell(getattr(r, c)) for c in _RECORDING), *(r.fields.get(f, "") for f in fields)) for r in recordings]
    return _csv((*_RECORDING, *(_FIELD + f for f in fields)), rows)


def segments_csv(segments: Sequence[Segment]) -> str:
    """Return the table's text."""
    return _csv(_SEGMENT, [tuple(_cell(getattr(s, c)) for c in _SEGMENT) for s in segments])


def read_library(data: Path) -> Library:
    """Read both tables of a project's data/ folder; files lie in its recordings/. Where there is none, the library is empty.

    Raises InputError naming file and row: no table may name a file outside the project unless the row is marked as a reference.
    """
    folder = data / "recordings"
    if not (data / RECORDINGS).exists():
        return Library(folder=folder)
    recordings = tuple(_read_recordings(data / RECORDINGS, folder))
    known = {r.id: r for r in recordings}
    segments = tuple(_read_segments(data / SEGMENTS, known))
    return Library(recordings, segments, folder)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _csv(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _rows(path: Path, columns: Sequence[str], extra: str = "") -> Iterable[tuple[str, dict[str, str]]]:
    """Yield where each row stands, and the row; raise InputError for a wrong column or a row of another length."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        head = next(reader, [])
        _check_head(head, columns, extra, path)
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            if not row:
                continue
            if len(row) != len(head):
                raise InputError(
                    f"it has {len(row)} cells, not {len(head)}", where=where, hint="a text with a comma stands in double quotes"
                )
            yield where, dict(zip(head, row, strict=True))
    except csv.Error as error:
        raise InputError(f"this is not CSV: {error}", where=f"{path}: line {reader.line_num}", hint="mend the line") from error


def _check_head(head: Sequence[str], columns: Sequence[str], extra: str, path: Path) -> None:
    for name in head:
        if name not in columns and not (extra and name.startswith(extra)):
            raise unknown_key(name, columns, f"{path}: line 1")
    missing = [c for c in columns if c not in head]
    if missing or len(set(head)) != len(head):
        what = f"the column {missing[0]!r} is missing" if missing else "a column stands twice"
        raise InputError(what, where=f"{path}: line 1", hint="the columns are " + ",".join(columns))


def _read_recordings(path: Path, folder: Path) -> Iterable[Recording]:
    seen: set[str] = set()
    root = folder.resolve()
    plain: dict[str, bool] = {}
    for where, row in _rows(path, _RECORDING, _FIELD):
        fields = {k.removeprefix(_FIELD): row.pop(k) for k in list(row) if k.startswith(_FIELD)}
        if not row["id"] or row["id"] in seen:
            raise InputError(f"the id {row['id']!r} is empty or stands twice", where=where, hint="every recording has its own id")
        seen.add(row["id"])
        if row["reference"].lower() not in _BOOLEANS:
            raise InputError(f"reference = {row['reference']!r}", where=where, hint="write true or false")
        reference = _BOOLEANS[row["reference"].lower()]
        if not reference and not _is_plain(row["path"], str(root), plain):
            _check_inside(row["path"], root, where)
        yield _convert({**row, "reference": reference, "fields": {k: v for k, v in fields.items() if v}}, Recording, where)


def _is_plain(text: str, root: str, folders: dict[str, bool]) -> bool:
    """Tell cheaply that a path is of ordinary words and no link leads out of `root`; False leaves it to the whole check."""
    if not _PLAIN_PATH.fullmatch(text):
        return False
    path = os.path.join(root, text)  # noqa: PTH118 - pathlib takes ten times as long, and a library has thousands of rows
    folder = path.rpartition("/")[0]
    if folder not in folders:
        folders[folder] = os.path.realpath(folder) == folder
    return folders[folder] and not os.path.islink(path)  # noqa: PTH114


def _check_inside(text: str, root: Path, where: str) -> None:
    """Raise InputError for a path that leaves the folder of recordings, by its words or by a link."""
    posix, windows = PurePosixPath(text), PureWindowsPath(text)
    escapes = not text or posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts or "\0" in text
    if escapes or not (root / text).resolve().is_relative_to(root):
        hint = "put the file into data/recordings, or set reference to true if you trust this project"
        raise InputError(f"the path {text!r} leads out of data/recordings", where=where, hint=hint)


def _read_segments(path: Path, known: Mapping[str, Recording]) -> Iterable[Segment]:
    for where, row in _rows(path, _SEGMENT):
        if row["recording"] not in known:
            raise InputError(f"there is no recording {row['recording']!r}", where=where, hint="its id must stand in recordings.csv")
        if row["split"] not in SPLITS:
            raise InputError(f"split = {row['split']!r}", where=where, hint="write train, validation or test")
        check_label(row["label"], where)
        segment = _convert(row, Segment, where)
        frames = known[segment.recording].frames
        if not 0 <= segment.start < segment.end <= frames:
            raise InputError(f"samples {segment.start} to {segment.end} are no part of the recording", where=where, hint=f"it has {frames}")
        yield segment


def _convert(row: Mapping[str, Any], kind: type[Any], where: str) -> Any:
    """Turn texts into the Struct's types."""
    try:
        value = msgspec.convert(row, kind, strict=False)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        raise InputError(f"{place.rstrip('`')}: {text}", where=where, hint="mend the cell") from error
    if kind is Recording and (value.rate < 1 or value.frames < 1 or value.channels < 1):
        raise InputError("rate, frames and channels are whole numbers above 0", where=where, hint="mend the cell")
    return value

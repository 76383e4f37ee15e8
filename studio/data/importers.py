"""Recordings found in a folder: a folder per class, or file names that tell."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from studio.core.errors import InputError
from studio.core.library import Split
from studio.core.project import check_label
from studio.data.audio import SUFFIXES
from studio.data.patterns import Pattern, parse_pattern

SPLIT_FOLDERS: Mapping[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_LAST = ("unknown", "background", "noise", "silence")
_CASTS = ("label", "speaker", "device", "group")

Check = Callable[[], None]


class Found(msgspec.Struct, frozen=True):
    """A file and what its place and name say; `split` is "" where nothing says it."""

    path: Path
    label: str
    speaker: str = ""
    device: str = ""
    group: str = ""
    split: Split | str = ""
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)


class Problem(msgspec.Struct, frozen=True):
    """A file that was left out, and why."""

    path: str
    reason: str

    def __iter__(self) -> Iterator[str]:
        return iter((self.path, self.reason))


class Scan(msgspec.Struct, frozen=True):
    """What a folder holds: usable files in a fixed order, and what was left out."""

    found: tuple[Found, ...]
    problems: tuple[Problem, ...]


def scan_folder(source: Path, pattern: str | None = None, check: Check | None = None) -> Scan:
    """List the recordings of a folder: `source/label/file`, `source/train/label/file`, or by a pattern of the relative path.

    Hidden files are passed over. `check` is called for each folder and may raise to end a long scan. Raises InputError where the
    folder is missing, cannot be read, or nothing in it can be used.
    """
    try:
        return _scan(source, pattern, check or _go_on)
    except PermissionError as error:
        raise InputError("this folder may not be read", where=str(error.filename or source), hint="choose one that you may read") from error


def _scan(source: Path, pattern: str | None, check: Check) -> Scan:
    if not source.is_dir():
        what = "this is a file, not a folder" if source.exists() else "there is no such folder"
        raise InputError(what, where=str(source), hint="give a folder that holds a folder for each label, or use --pattern")
    scan = _by_pattern(source, parse_pattern(pattern), check) if pattern else _by_folder(source, check)
    if not scan.found:
        raise _nothing_found(source, pattern, check)
    return scan


def _go_on() -> None:
    """Let a scan take as long as it takes."""


def shown(path: Path) -> str:
    """Return a path that can be printed and stored; bytes that are no Unicode become question marks."""
    return str(path).encode("utf-8", "replace").decode()


def label_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort labels as people do (2 before 10), with unknown words and background sounds last."""
    return tuple(sorted(set(labels), key=lambda x: (x.strip("_").casefold().split("_")[0] in _LAST, natural_key(x))))


def natural_key(text: str) -> tuple[object, ...]:
    """Return a sorting key in which numbers count as numbers."""
    parts = re.split(r"(\d+)", text.casefold())
    return (*((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p), text)


def _visible(folder: Path) -> list[Path]:
    entries = (folder / e.name for e in os.scandir(folder) if not e.name.startswith("."))
    return sorted(entries, key=lambda p: natural_key(p.name))


def _by_folder(source: Path, check: Check) -> Scan:
    found: list[Found] = []
    problems: list[Problem] = []
    entries = _visible(source)
    folders = [e for e in entries if e.is_dir()]
    problems += [Problem(shown(Path(e.name)), _reason_outside(e)) for e in entries if not e.is_dir()]
    if folders and all(_is_split_folder(f) for f in folders):
        for above in folders:
            for entry in _visible(above):
                check()
                _add_class(source, entry, SPLIT_FOLDERS[above.name.lower()], found, problems)
    else:
        for folder in folders:
            check()
            _add_class(source, folder, "", found, problems)
    return Scan(tuple(found), tuple(problems))


def _is_split_folder(folder: Path) -> bool:
    return folder.name.lower() in SPLIT_FOLDERS and any(e.is_dir() for e in _visible(folder))


def _add_class(source: Path, folder: Path, split: Split | str, found: list[Found], problems: list[Problem]) -> None:
    name = shown(folder.relative_to(source))
    if not folder.is_dir():
        problems.append(Problem(name, _reason_outside(folder)))
        return
    label = unicodedata.normalize("NFC", folder.name)
    try:
        check_label(label)
    except InputError as error:
        problems.append(Problem(name, f"{error.message}: a label has {error.hint}"))
        return
    for entry in _visible(folder):
        reason = _reason_not_audio(entry)
        if reason:
            problems.append(Problem(shown(entry.relative_to(source)), reason))
        else:
            found.append(Found(entry, label, split=split))


def _reason_outside(path: Path) -> str:
    return _reason_not_audio(path) or "it lies in no label's folder"


def _reason_not_audio(path: Path) -> str:
    if shown(path) != str(path):
        return "its name is no valid Unicode: rename it"
    if path.is_dir():
        return "a folder within a label's folder is not read"
    if not path.is_file():
        return "not a file"
    if path.suffix.lower() not in SUFFIXES:
        return f"not an audio file, for its name ends in {path.suffix or 'no suffix'}"
    return ""


def _by_pattern(source: Path, pattern: Pattern, check: Check) -> Scan:
    found: list[Found] = []
    problems: list[Problem] = []
    for path in _walk(source, check):
        name = path.relative_to(source).as_posix()
        fields = pattern.match(name)
        reason = _reason_not_audio(path) or (
            "its name does not match the pattern" if fields is None else _reason_bad_label(fields["label"])
        )
        if reason:
            problems.append(Problem(shown(Path(name)), reason))
        elif fields is not None:
            found.append(_from_fields(path, fields))
    return Scan(tuple(found), tuple(problems))


def _from_fields(path: Path, fields: Mapping[str, str]) -> Found:
    known = {k: fields[k] for k in _CASTS if k in fields}
    rest = {k: v for k, v in fields.items() if k not in known and k != "split"}
    return Found(path, **known, split=SPLIT_FOLDERS.get(fields.get("split", "").lower(), ""), fields=rest)


def _reason_bad_label(label: str) -> str:
    try:
        check_label(label)
    except InputError as error:
        return f"{error.message}: a label has {error.hint}"
    return ""


def _walk(folder: Path, check: Check) -> Iterator[Path]:
    check()
    for entry in _visible(folder):
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry, check)
        else:
            yield entry


def _nothing_found(source: Path, pattern: str | None, check: Check) -> InputError:
    names = [p.relative_to(source).as_posix() for p in _walk(source, check) if p.suffix.lower() in SUFFIXES]
    if not names:
        return InputError("it holds no audio files", where=str(source), hint="WAV, FLAC, OGG, AIFF and MP3 can be read")
    if pattern:
        return InputError(f"no file matches the pattern {pattern!r}", where=str(source), hint=f"the first file is {names[0]!r}")
    hint = f"put each label's files in a folder of its name, or use --pattern; the first file is {names[0]!r}"
    return InputError("it holds no folders named for labels with audio files in them", where=str(source), hint=hint)

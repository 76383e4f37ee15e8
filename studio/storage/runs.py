"""runs/<n>/: what each training did and how well it came out, kept comparable."""

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from studio.core.errors import InputError
from studio.core.project import SCHEMA, Recipe
from studio.storage.atomic import write_bytes, write_error
from studio.storage.reading import convert, migrate, read_json

RUN = "run.json"
MODEL = "model.tflite"
METRICS = "metrics.jsonl"
LOG = "log.txt"
TRASH = ".studio/trash"
KEPT_IN_TRASH = 20


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One training. `design` is the design's digest; `started` in seconds since 1970 (UTC).

    Accuracies from 0 to 1 on the `test_clips` test clips; confusion matrices count clips, row the label, column what was heard, both
    in the order of `labels`. `best_epoch` counts from 1. `engine` names what ran the int8 model.
    """

    number: int
    design: str
    started: float
    seconds: float
    epochs: int
    recipe: Recipe
    labels: tuple[str, ...]
    float_accuracy: float
    int8_accuracy: float
    float_confusion: tuple[tuple[int, ...], ...] = ()
    int8_confusion: tuple[tuple[int, ...], ...] = ()
    best_epoch: int = 0
    test_clips: int = 0
    engine: str = ""
    cancelled: bool = False


def new_run(runs: Path) -> Path:
    """Make the next run's folder; two processes never get the same."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        return _next_folder(runs)
    except OSError as error:
        raise write_error(runs, error) from error


def _next_folder(runs: Path) -> Path:
    number = max(_numbers(runs), default=0) + 1
    while True:
        folder = runs / str(number)
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def write_run(folder: Path, run: Run) -> None:
    """Write run.json; a run without it does not count as done."""
    data = {"schema": SCHEMA, **msgspec.to_builtins(run)}
    write_bytes(folder / RUN, msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")


def read_run(folder: Path) -> Run:
    """Read a run; raise InputError naming the file."""
    path = folder / RUN
    return convert(migrate(read_json(path), path), Run, path)


def list_runs(runs: Path) -> Sequence[Run]:
    """List the finished runs, oldest first; one that cannot be read is passed over."""
    found = []
    for number in sorted(_numbers(runs)):
        try:
            found.append(read_run(runs / str(number)))
        except InputError:
            continue
    return tuple(found)


def latest_run(runs: Path, design: str) -> Path | None:
    """Return the folder of the newest finished run of this design that has a model, or None."""
    for number in sorted(_numbers(runs), reverse=True):
        folder = runs / str(number)
        try:
            if (folder / MODEL).exists() and read_run(folder).design == design:
                return folder
        except InputError:
            continue
    return None


def read_history(folder: Path) -> tuple[dict[str, float], ...]:
    """Return a run's figures epoch by epoch; none where its metrics.jsonl is missing or not what was written."""
    try:
        rows = [json.loads(line) for line in (folder / METRICS).read_text("utf-8").splitlines()]
        return tuple({str(k): float(v) for k, v in row.items()} for row in rows)
    except (OSError, ValueError, TypeError, AttributeError):
        return ()


def discard_run(project: Path, number: int) -> Path:
    """Move a run to the project's trash, which keeps the newest few; return where it lies now."""
    trash = project / TRASH
    place = trash / f"{_next_entry(trash):06d}-{secrets.token_hex(2)}" / str(number)
    try:
        place.parent.mkdir(parents=True)
        (project / "runs" / str(number)).replace(place)
    except OSError as error:
        raise write_error(project / "runs" / str(number), error) from error
    for old in sorted(trash.iterdir())[:-KEPT_IN_TRASH]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def restore_run(project: Path, place: Path) -> int:
    """Bring a run back from the trash; return its number, which is a new one where its own was taken meanwhile."""
    run = read_run(place)
    folder = project / "runs" / str(run.number)
    try:
        folder.parent.mkdir(exist_ok=True)
        if folder.exists():
            folder = _next_folder(folder.parent)
            folder.rmdir()
        place.replace(folder)
        place.parent.rmdir()
    except OSError as error:
        raise write_error(folder, error) from error
    if int(folder.name) != run.number:
        write_run(folder, msgspec.structs.replace(run, number=int(folder.name)))
    return int(folder.name)


def _next_entry(trash: Path) -> int:
    known = [int(p.name[:6]) for p in trash.glob("??????-*") if p.name[:6].isdigit()] if trash.is_dir() else []
    return max(known, default=0) + 1


def _numbers(runs: Path) -> list[int]:
    if not runs.is_dir():
        return []
    return [int(p.name) for p in runs.iterdir() if p.name.isascii() and p.name.isdigit() and p.is_dir()]

"""runs/<n>/: what each training did and how well it came out, kept comparable."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from studio.core.errors import InputError
from studio.core.project import SCHEMA, Recipe
from studio.storage.atomic import write_bytes, write_error
from studio.storage.reading import convert, migrate, read_json

RUN = "run.json"
MODEL = "model.tflite"
LOG = "log.txt"


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


def _numbers(runs: Path) -> list[int]:
    if not runs.is_dir():
        return []
    return [int(p.name) for p in runs.iterdir() if p.name.isascii() and p.name.isdigit() and p.is_dir()]

"""Trainings as series of epochs: what the curves draw, of runs that are done and of the one that runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from studio.core.project import Recipe
from studio.storage.runs import Run, read_history

LIVE = 0
"""The number of the run that is under way: it gets its own at the end."""


class Series(msgspec.Struct, frozen=True):
    """One training's epochs: rows with "epoch", "loss", "accuracy" and, with validation clips, "val_loss", "val_accuracy"."""

    number: int
    title: str
    rows: tuple[Mapping[str, float], ...] = ()
    best_epoch: int = 0
    epochs: int = 0

    def points(self, name: str) -> tuple[list[float], list[float]]:
        """Return epochs and values of one figure, of the epochs that have it."""
        rows = [r for r in self.rows if r.get(name) is not None and r.get("epoch") is not None]
        return [r["epoch"] for r in rows], [r[name] for r in rows]

    def at(self, epoch: int) -> Mapping[str, float] | None:
        """Return an epoch's figures."""
        return next((r for r in self.rows if r.get("epoch") == epoch), None)


def with_row(series: Series, row: Mapping[str, float]) -> Series:
    """Return the series with another epoch, and the best so far as the training itself chooses it."""
    rows = (*series.rows, row)
    return msgspec.structs.replace(series, rows=rows, best_epoch=best_epoch(rows))


def best_epoch(rows: Sequence[Mapping[str, float]]) -> int:
    """Return the epoch of the highest validation accuracy, then the lowest loss; the last one without validation clips."""
    judged = [r for r in rows if r.get("val_accuracy") is not None]
    if not judged:
        return int(rows[-1]["epoch"]) if rows else 0
    return int(max(judged, key=lambda r: (r["val_accuracy"], -(r.get("val_loss") or 0.0), -r["epoch"]))["epoch"])


def of_run(run: Run, folder: Path) -> Series:
    """Read the epochs of a run that is done."""
    return Series(run.number, f"run {run.number}", read_history(folder), run.best_epoch, max(run.epochs, 1))


def live(recipe: Recipe) -> Series:
    """Return the series of a training that starts."""
    return Series(LIVE, "training now", epochs=recipe.epochs)

"""A training in words: time left, how the int8 model compares, what two recipes differ in."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from studio.core.errors import StudioError
from studio.core.project import Recipe
from studio.storage.runs import Run

NAMES = {
    "epochs": "epochs",
    "batch": "batch",
    "learning_rate": "learning rate",
    "label_smoothing": "label smoothing",
    "seed": "seed",
    "noise_probability": "noise share",
    "noise_snr_db": "noise SNR",
    "gain_db": "gain",
    "shift_ms": "shift",
}


def left_in_words(seconds: float | None) -> str:
    """Say how long it will still take: "about 2 min left"."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60:02d} min left"


def per_cent(share: float) -> str:
    """Write a share with one decimal."""
    return f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """Write a difference of two shares in points, signed: "−0.6"."""
    value = round(100 * difference, 1)
    return "0.0" if value == 0 else f"{value:+.1f}".replace("-", "−")


def int8_in_words(run: Run) -> str:
    """Say what int8 costs: "int8 loses 0.6 points (1 clip)"."""
    difference = round(100 * (run.int8_accuracy - run.float_accuracy), 1)
    clips = abs(round((run.int8_accuracy - run.float_accuracy) * run.test_clips))
    if not clips:
        return "int8 hears as many right as float"
    verb = "loses" if difference < 0 else "gains"
    return f"int8 {verb} {_points(abs(difference))} ({clips} clip{'s' * (clips != 1)} of {run.test_clips})"


def against_in_words(run: Run, other: Run) -> str:
    """Say how a run compares with another: int8 accuracy, and what was different."""
    difference = round(100 * (run.int8_accuracy - other.int8_accuracy), 1)
    verb = "loses" if difference < 0 else "gains"
    gain = f"int8 {verb} {_points(abs(difference))}" if difference else "int8 is as good"
    changes = recipe_changes(other.recipe, run.recipe)
    changes += ["another design"] if run.design != other.design else []
    changes += ["other test clips"] if run.test_clips != other.test_clips else []
    return f"against run {other.number}: {gain}; {', '.join(changes) if changes else 'the same design and recipe'}"


def recipe_changes(before: Recipe, after: Recipe) -> list[str]:
    """Name what a recipe changes: "learning rate 0.001 instead of 0.003"."""
    a, b = _flat(before), _flat(after)
    return [f"{NAMES.get(k, k)} {_value(b[k])} instead of {_value(a[k])}" for k in a if a[k] != b[k]]


def when_in_words(started: float, now: float | None = None) -> str:
    """Say when a run began, in local time."""
    at, today = datetime.fromtimestamp(started), datetime.fromtimestamp(time.time() if now is None else now)
    if at.date() == today.date():
        return f"today {at:%H:%M}"
    return f"{at.day} {at:%b %H:%M}" if at.year == today.year else f"{at.day} {at:%b %Y}"


def epochs_in_words(run: Run) -> str:
    """Say how many epochs a run had."""
    return f"{run.epochs} of {run.recipe.epochs}" if run.cancelled else str(run.epochs)


def outcome_in_words(result: Mapping[str, Any]) -> str:
    """Say what a training came to, from its job's result."""
    accuracies = f"float {per_cent(result['float_accuracy'])}, int8 {per_cent(result['int8_accuracy'])} of the test clips"
    if result["cancelled"]:
        epochs = f"{result['epochs']} epoch{'s' * (result['epochs'] != 1)}"
        return f"stopped after {epochs}; the best, epoch {result['best_epoch']}, is kept as run {result['number']}: {accuracies}"
    return f"run {result['number']} is done: {accuracies}"


def sentence(error: StudioError) -> str:
    """Say an error and the way out as sentences."""
    said = str(error) if error.where else error.message[:1].upper() + error.message[1:]
    return f"{said}. {error.hint[:1].upper()}{error.hint[1:]}." if error.hint else f"{said}."


def _points(value: float) -> str:
    return f"{value:.1f} point{'s' * (value != 1)}"


def _flat(recipe: Recipe) -> dict[str, object]:
    values = msgspec.structs.asdict(recipe)
    return {**{k: v for k, v in values.items() if k != "augmentation"}, **msgspec.structs.asdict(values["augmentation"])}


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " to ".join(f"{v:g}" for v in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)

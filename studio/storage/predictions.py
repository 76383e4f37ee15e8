"""runs/<n>/predictions.json: what the float and the int8 model heard in each test clip."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from studio.core.project import SCHEMA
from studio.storage.atomic import write_bytes
from studio.storage.reading import convert, migrate, read_json

PREDICTIONS = "predictions.json"


class Prediction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test clip, named by its recording and the samples `start` to `end` of it, and what was heard in it.

    Scores are the model's outputs in the order of the run's labels, those of int8 as real numbers.
    """

    recording: str
    start: int
    end: int
    label: str
    float_heard: str
    int8_heard: str
    float_scores: tuple[float, ...] = ()
    int8_scores: tuple[float, ...] = ()

    @property
    def place(self) -> tuple[str, int, int]:
        """Which part of which recording it is."""
        return self.recording, self.start, self.end

    def heard(self, model: str) -> str:
        """Return the label that the "float" or the "int8" model heard."""
        return self.int8_heard if model == "int8" else self.float_heard

    def scores(self, model: str) -> tuple[float, ...]:
        """Return the outputs of the "float" or the "int8" model."""
        return self.int8_scores if model == "int8" else self.float_scores


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clips: tuple[Prediction, ...]


def write_predictions(run: Path, predictions: Sequence[Prediction]) -> None:
    """Write a run's predictions, one clip a line."""
    lines = b",\n".join(msgspec.json.encode(p) for p in predictions)
    write_bytes(run / PREDICTIONS, b'{"schema": %d, "clips": [\n%s\n]}\n' % (SCHEMA, lines))


def read_predictions(run: Path) -> tuple[Prediction, ...]:
    """Read a run's predictions; raise InputError naming the file where there are none or they cannot be read."""
    path = run / PREDICTIONS
    return convert(migrate(read_json(path), path), _File, path).clips

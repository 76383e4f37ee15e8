"""Clips of the project for the kit to hear once it is programmed, and what it makes of them."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from studio.core.errors import InputError
from studio.core.library import Library, Segment
from studio.core.network import Tensor
from studio.deploy import oracle
from studio.deploy.conversation import Answer
from studio.deploy.subject import Subject


class HeardClip(msgspec.Struct, frozen=True):
    """What the kit made of a clip: its score for each label, and whether its output equals the oracle's for the kit's own features.

    `segment` is the clip's number in the library, `label` what it really is; `equal` is None without the oracle.
    """

    segment: int
    id: str
    label: str
    scores: tuple[float, ...]
    equal: bool | None


class Choice(msgspec.Struct, frozen=True):
    """Clips to hear: their numbers in the library, and their samples, int16 (n, clip_samples)."""

    segments: tuple[int, ...]
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    pcm: np.ndarray


def choose_clips(subject: Subject, count: int, first: int = -1) -> Choice | None:
    """Take `count` clips, that of number `first` ahead of the others, then test clips of every label in turn.

    None where the subject has none, or `count` is 0. Raises InputError where a recording cannot be read.
    """
    from studio.data.dataset import load_dataset

    if count < 1 or subject.folder is None or subject.project is None:
        return None
    library = subject.folder.library()
    numbers = _numbers(library, subject.labels, count, first)
    if not numbers:
        return None
    chosen = Library(library.recordings, tuple(library.segments[n] for n in numbers), library.folder)
    with tempfile.TemporaryDirectory(prefix="otolith-clips-") as scratch:
        data = load_dataset(chosen, subject.project, cache=Path(scratch))
    pcm = np.rint(data.pcm * 32768).clip(-32768, 32767).astype(np.int16)
    return Choice(tuple(numbers), data.ids, tuple(s.label for s in chosen.segments), pcm)


def _numbers(library: Library, labels: Sequence[str], count: int, first: int) -> list[int]:
    known = set(labels)
    order = [first] if 0 <= first < len(library.segments) and library.segments[first].label in known else []
    order += [n for n in _in_turn(library.segments, labels) if n != first]
    return order[:count]


def _in_turn(segments: Sequence[Segment], labels: Sequence[str]) -> Iterator[int]:
    """Yield the first test clip of each label, then the second of each; labels without a test clip give others."""
    by_label: dict[str, list[int]] = {label: [] for label in labels}
    for number, segment in enumerate(segments):
        if segment.label in by_label:
            by_label[segment.label].append(number)
    for numbers in by_label.values():
        numbers.sort(key=lambda n: segments[n].split != "test")
    for turn in range(max(map(len, by_label.values()), default=0)):
        yield from (numbers[turn] for numbers in by_label.values() if turn < len(numbers))


def heard_clips(subject: Subject, choice: Choice, answers: Sequence[Answer]) -> tuple[HeardClip, ...]:
    """Say what the kit made of each clip."""
    expected: Sequence[bytes | None] = [None] * len(answers)
    if oracle.available():
        expected = oracle.run(subject.network, [a.features or b"" for a in answers], subject.tflite)
    rows = zip(choice.segments, choice.ids, choice.labels, answers, expected, strict=True)
    return tuple(
        HeardClip(segment, id, label, scores(subject.network.output, a.output), None if e is None else a.output == e)
        for segment, id, label, a, e in rows
    )


def scores(tensor: Tensor, output: bytes) -> tuple[float, ...]:
    """Return the values that an output tensor's bytes stand for."""
    types: dict[str, Any] = {"int8": np.int8, "uint8": np.uint8, "int16": "<i2", "float32": "<f4"}
    if tensor.dtype not in types:
        raise InputError(f"its output is {tensor.dtype}", where=tensor.name, hint="give a model with an int8 output")
    values = np.frombuffer(output, types[tensor.dtype]).astype(float)
    if tensor.quant is not None:
        values = (values - tensor.quant.zero_point[0]) * tensor.quant.scale[0]
    return tuple(float(v) for v in values)

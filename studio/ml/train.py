"""The job that trains a project: clips in, float weights and an int8 model out, both judged on the same test clips."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from studio.blocks import registry
from studio.core.block import Block
from studio.core.errors import GraphError, InputError
from studio.core.graph import infer
from studio.core.project import Project, Recipe, check_recipe, design_digest
from studio.core.protocols import JobContext
from studio.core.registry import Registry
from studio.data.dataset import load_dataset
from studio.lower.tflite import write_tflite
from studio.ml.clips import Clips, check_dataset
from studio.plugin import load_plugins
from studio.storage.atomic import write_bytes, write_text
from studio.storage.folder import ProjectFolder
from studio.storage.predictions import write_predictions
from studio.storage.runs import LOG, METRICS, MODEL, Run, write_run

_READ, _STARTED, _TRAINED, _CONVERTED = 0.03, 0.06, 0.95, 0.97


def run(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Train `args["project"]`; `epochs` and `seed` override the recipe.

    Says a metric "epoch" after each epoch. Leaves weights/ and runs/<n>/ with model.tflite, metrics.jsonl, predictions.json,
    log.txt and run.json, and returns the run's folder, accuracies and confusion matrices. A cancel keeps the best epoch so far; before the first one is done
    nothing is changed. Raises InputError naming what cannot be trained.
    """
    began, started = time.time(), time.monotonic()
    blocks = load_plugins(blocks=registry()).blocks
    folder = ProjectFolder.open(Path(args["project"]), blocks)
    project, recipe = folder.project, _recipe(folder.project, args)
    check_trainable(project, blocks)
    clips = load_clips(folder, recipe, context)
    context.progress(_READ, "starting TensorFlow")
    from studio.ml import fit, int8_model, judge, keras_model

    fit.set_seed(recipe.seed)
    model = keras_model.build(project.graph, blocks, project.frontend.shape)
    record = Record(context)
    record.log(f"{project.name}: {model.count_params()} parameters, {_counts(clips)}")
    done = fit.fit(model, clips, recipe, not ends_in_softmax(project, blocks), record)
    weights = keras_model.get_weights(model)
    context.progress(_TRAINED, "measuring the activations")
    examples = clips.calibration()
    context.progress((_TRAINED + _CONVERTED) / 2, "converting to int8")
    network = int8_model.convert(project, blocks, weights, examples)
    tflite = write_tflite(network)
    judged, predictions = judge.judge(model, network, tflite, clips, lambda share: _listening(context, share))
    record.log(
        f"best epoch {done.best_epoch}: float {judged['float_accuracy']:.4f}, int8 {judged['int8_accuracy']:.4f} ({judged['engine']})"
    )
    out = folder.new_run()
    summary = _run(int(out.name), project, recipe, done, judged, began, time.monotonic() - started)
    write_predictions(out, predictions)
    _store(folder, out, tflite, weights, summary, done.history, record.lines)
    context.artifact("model", out / MODEL)
    context.progress(1.0, "done")
    return {"project": str(folder.path), "run": str(out), "parameters": model.count_params(), **msgspec.to_builtins(summary), **judged}


class Record:
    """Passes on what the training says, and keeps the lines for the log."""

    def __init__(self, context: JobContext) -> None:
        self.lines: list[str] = []
        self._context = context

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop."""
        return self._context.cancelled

    def progress(self, fraction: float, message: str, seconds_left: float | None = None) -> None:
        """Say how far the epochs are."""
        self._context.progress(_STARTED + (_TRAINED - _STARTED) * fraction, message, seconds_left)

    def epoch(self, row: dict[str, float]) -> None:
        """Say an epoch's figures."""
        self._context.metric("epoch", row)
        self.log(", ".join(f"{k} {v:.4g}" for k, v in row.items()))

    def log(self, text: str) -> None:
        """Say and keep a line."""
        self._context.log(text)
        self.lines.append(text)


def load_clips(folder: ProjectFolder, recipe: Recipe, context: JobContext) -> Clips:
    """Load and check a project's clips."""
    library, project = folder.library(), folder.project
    dataset = load_dataset(library, project, progress=lambda share, text: context.progress(_READ * share, text))
    check_dataset(dataset)
    return Clips(project, recipe, dataset, tuple(s for s in library.segments if s.label in project.labels))


def check_trainable(project: Project, blocks: Registry[Block]) -> None:
    """Raise GraphError where the graph is broken or does not end in one number for each label."""
    inference = infer(project.graph, blocks, project.frontend.shape)
    if not inference.runnable:
        issue = next(i for i in inference.issues if i.severity == "error")
        raise GraphError(issue.message, where=issue.where, hint="mend the graph before training")
    shape = inference.shapes[inference.output]
    if shape != (len(project.labels),):
        raise GraphError(
            f"the graph ends in {'x'.join(map(str, shape))} numbers and the project has {len(project.labels)} labels",
            where=inference.output,
            hint=f"let the last dense block have {len(project.labels)} units",
        )


def ends_in_softmax(project: Project, blocks: Registry[Block]) -> bool:
    """Whether the graph's outputs are shares already."""
    output = infer(project.graph, blocks, project.frontend.shape).output
    return project.graph.node(output).kind == "softmax"


def _recipe(project: Project, args: dict[str, Any]) -> Recipe:
    given = {k: args[k] for k in ("epochs", "seed") if args.get(k) is not None}
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise InputError(f"{name} = {value!r} is no whole number", where=name)
    recipe = msgspec.structs.replace(project.recipe, **given)
    check_recipe(recipe)
    return recipe


def _counts(clips: Clips) -> str:
    return ", ".join(f"{len(clips.dataset.rows(split))} {split}" for split in ("train", "validation", "test")) + " clips"


def _listening(context: JobContext, share: float) -> None:
    context.progress(_CONVERTED + (1 - _CONVERTED) * share, "listening to the test clips")


def _store(
    folder: ProjectFolder,
    out: Path,
    tflite: bytes,
    weights: Mapping[str, np.ndarray],
    summary: Run,
    history: Sequence[dict[str, float]],
    lines: Sequence[str],
) -> None:
    """Write the run's files and the weights; run.json comes last, for it makes the run count."""
    write_bytes(out / MODEL, tflite)
    write_text(out / METRICS, "".join(json.dumps(row) + "\n" for row in history))
    write_text(out / LOG, "\n".join(lines) + "\n")
    folder.save_weights(weights, summary.design)
    write_run(out, summary)


def _run(number: int, project: Project, recipe: Recipe, done: Any, judged: dict[str, Any], began: float, seconds: float) -> Run:
    return Run(
        number=number,
        design=design_digest(project),
        started=began,
        seconds=round(seconds, 2),
        epochs=done.epochs,
        recipe=recipe,
        labels=project.labels,
        float_accuracy=judged["float_accuracy"],
        int8_accuracy=judged["int8_accuracy"],
        float_confusion=tuple(map(tuple, judged["float_confusion"])),
        int8_confusion=tuple(map(tuple, judged["int8_confusion"])),
        best_epoch=done.best_epoch,
        test_clips=judged["test_clips"],
        engine=judged["engine"],
        cancelled=done.cancelled,
    )

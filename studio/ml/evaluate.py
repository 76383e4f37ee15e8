"""The job that judges a trained project on its test clips, float and int8."""

from pathlib import Path
from typing import Any

from studio.blocks import registry
from studio.core.errors import InputError
from studio.core.project import design_digest
from studio.core.protocols import JobContext
from studio.lower.tflite import read_tflite
from studio.ml.train import check_trainable, load_clips
from studio.plugin import load_plugins
from studio.storage.folder import ProjectFolder
from studio.storage.predictions import PREDICTIONS, write_predictions
from studio.storage.reading import read_bytes
from studio.storage.runs import MODEL


def run(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Judge `args["project"]`: accuracies, confusion matrices and recall by label, of the saved weights and of the last run's model.

    Raises InputError where this very design was not trained.
    """
    blocks = load_plugins(blocks=registry()).blocks
    folder = ProjectFolder.open(Path(args["project"]), blocks)
    project = folder.project
    check_trainable(project, blocks)
    weights, latest = folder.weights(), folder.latest_run(design_digest(project))
    if weights is None or latest is None or folder.weights_design() != design_digest(project):
        raise InputError("this design is not trained", where=str(folder.path), hint=f"otolith train {folder.path}")
    clips = load_clips(folder, project.recipe, context)
    context.progress(0.2, "starting TensorFlow")
    from studio.ml import judge, keras_model

    model = keras_model.build(project.graph, blocks, project.frontend.shape)
    keras_model.set_weights(model, weights)
    tflite = read_bytes(latest / MODEL)
    network = read_tflite(tflite, project.name)
    judged, predictions = judge.judge(model, network, tflite, clips, lambda share: _listening(context, share))
    if not (latest / PREDICTIONS).exists():
        write_predictions(latest, predictions)
    context.progress(1.0, "done")
    return {"project": str(folder.path), "run": str(latest), **judged}


def _listening(context: JobContext, share: float) -> None:
    context.progress(0.6 + 0.4 * share, "listening to the test clips")

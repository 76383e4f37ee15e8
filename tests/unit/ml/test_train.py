"""The jobs: a project of real recordings is trained, stored, judged again, cancelled, refused."""

import json
import threading
from collections import Counter

import msgspec
import numpy as np
import pytest

pytest.importorskip("tensorflow")

from studio.blocks import registry
from studio.core.edits import SetParams
from studio.core.errors import Cancelled, GraphError, InputError, JobFailed
from studio.core.project import design_digest
from studio.deploy import oracle
from studio.jobs.context import QuietContext
from studio.jobs.events import JobSpec, Metric
from studio.jobs.parent import run as run_job
from studio.lower.tflite import read_tflite
from studio.ml import evaluate, train
from studio.storage.folder import ProjectFolder
from studio.storage.predictions import PREDICTIONS, read_predictions
from studio.storage.runs import read_run


@pytest.fixture(autouse=True)
def free_order():
    """Let TensorFlow compute in any order again: it keeps the job's setting for the whole process."""
    yield
    from tensorflow.python.framework import config

    config.disable_op_determinism()


class Listener(QuietContext):
    def __init__(self):
        self.metrics, self.shares, self.artifacts, self.lines = [], [], [], []

    def metric(self, name, values):
        self.metrics.append((name, dict(values)))

    def progress(self, fraction, message, seconds_left=None):
        self.shares.append(fraction)

    def artifact(self, kind, path):
        self.artifacts.append((kind, path))

    def log(self, text):
        self.lines.append(text)


def test_a_project_is_trained_stored_and_judged_again(project, monkeypatch):
    listener = Listener()
    result = train.run({"project": str(project.path), "epochs": None}, listener)
    assert result["float_accuracy"] >= 0.9
    assert abs(result["float_accuracy"] - result["int8_accuracy"]) <= 0.1
    assert result["test_clips"] == sum(map(sum, result["int8_confusion"]))
    assert listener.shares == sorted(listener.shares)
    assert [name for name, _ in listener.metrics] == ["epoch"] * 8
    assert set(listener.metrics[0][1]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    json.dumps(result)

    folder = ProjectFolder.open(project.path)
    out = folder.latest_run(design_digest(folder.project))
    assert str(out) == result["run"]
    assert listener.artifacts == [("model", out / "model.tflite")]
    stored = read_run(out)
    assert (stored.float_accuracy, stored.int8_accuracy) == (result["float_accuracy"], result["int8_accuracy"])
    assert (stored.epochs, stored.labels, stored.cancelled) == (8, ("high", "low", "middle"), False)
    check_predictions(out, folder, stored)
    (out / PREDICTIONS).unlink()
    assert len((out / "metrics.jsonl").read_text().splitlines()) == 8
    assert (out / "log.txt").read_text().splitlines() == listener.lines
    network = read_tflite(out / "model.tflite")
    assert (network.input.dtype, network.input.shape) == ("int8", (1, *folder.project.frontend.shape))
    assert folder.weights_design() == design_digest(folder.project)

    again = evaluate.run({"project": str(project.path)}, QuietContext())
    assert {k: again[k] for k in ("float_confusion", "int8_confusion", "engine")} == {
        k: result[k] for k in ("float_confusion", "int8_confusion", "engine")
    }
    check_predictions(out, folder, stored)
    monkeypatch.setattr(oracle, "available", lambda: False)
    other = evaluate.run({"project": str(project.path)}, QuietContext())
    assert "LiteRT" in other["engine"]
    assert abs(other["int8_accuracy"] - result["int8_accuracy"]) <= 0.1


def check_predictions(out, folder, run):
    """Every test clip is there by its place in the recordings, and counting what was heard gives the confusion matrices."""
    predictions = read_predictions(out)
    assert [(p.place, p.label) for p in predictions] == [
        ((s.recording, s.start, s.end), s.label) for s in folder.library().segments if s.split == "test"
    ]
    for model, matrix in (("float", run.float_confusion), ("int8", run.int8_confusion)):
        counts = Counter((p.label, p.heard(model)) for p in predictions)
        assert [[counts[a, b] for b in run.labels] for a in run.labels] == [list(row) for row in matrix]
        assert all(run.labels[int(np.argmax(p.scores(model)))] == p.heard(model) for p in predictions)


def test_the_same_seed_gives_the_same_weights(project):
    weights = []
    for seed in (7, 7, 8):
        train.run({"project": str(project.path), "epochs": 2, "seed": seed}, QuietContext())
        weights.append(project.weights())
    assert all(np.array_equal(v, weights[1][k]) for k, v in weights[0].items())
    assert not all(np.array_equal(v, weights[2][k]) for k, v in weights[0].items())


def test_logits_without_softmax_are_trained_as_such(project):
    graph = project.project.graph.remove(("softmax_1",))
    project.save(msgspec.structs.replace(project.project, graph=graph))
    assert train.run({"project": str(project.path)}, QuietContext())["float_accuracy"] >= 0.9


def test_what_cannot_be_trained_is_refused_before_tensorflow_starts(project):
    for args, words in (({"epochs": 0}, "epochs = 0"), ({"epochs": "many"}, "no whole number"), ({"seed": -1}, "seed = -1")):
        with pytest.raises(InputError, match=words):
            train.run({"project": str(project.path), **args}, QuietContext())
    before = project.project
    project.save(SetParams("dense_1", {"units": 4}).apply(before, registry()))
    with pytest.raises(GraphError, match="4 numbers and the project has 3 labels"):
        train.run({"project": str(project.path)}, QuietContext())
    project.save(msgspec.structs.replace(before, graph=before.graph.disconnect("relu_1")))
    with pytest.raises(GraphError, match="no wire"):
        train.run({"project": str(project.path)}, QuietContext())
    with pytest.raises(InputError, match="no such folder"):
        train.run({"project": str(project.path / "nowhere")}, QuietContext())
    assert not (project.path / "runs").exists()


def test_an_untrained_or_changed_design_is_not_judged(project):
    with pytest.raises(InputError, match="not trained") as caught:
        evaluate.run({"project": str(project.path)}, QuietContext())
    assert "otolith train" in caught.value.hint
    train.run({"project": str(project.path), "epochs": 1}, QuietContext())
    project.save(SetParams("conv2d_1", {"filters": 7}).apply(project.project, registry()))
    with pytest.raises(InputError, match="not trained"):
        evaluate.run({"project": str(project.path)}, QuietContext())


def test_a_cancel_in_a_child_process_keeps_the_best_so_far(project):
    cancel = threading.Event()

    def on_event(event):
        if isinstance(event, Metric) and event.values["epoch"] >= 2:
            cancel.set()

    spec = JobSpec("studio.ml.train:run", {"project": str(project.path), "epochs": 10_000})
    try:
        result = run_job(spec, on_event, cancel, timeout=200, grace_s=60)
    except (Cancelled, JobFailed) as error:
        pytest.fail(f"{error}: {error.hint}")
    assert result["cancelled"]
    assert 2 <= result["epochs"] < 10_000
    assert project.latest_run(design_digest(project.project)) is not None

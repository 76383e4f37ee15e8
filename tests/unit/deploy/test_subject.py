"""What may be given as a subject, and what each kind becomes."""

import io
import json
import zipfile

import msgspec
import pytest

from studio.core.errors import InputError, StudioError
from studio.core.project import design_digest
from studio.deploy.subject import load_subject, with_random_weights
from studio.lower.tflite import write_tflite
from studio.storage.runs import MODEL, Run, write_run


def trained_run(folder, project, seed=1):
    network = with_random_weights(load_subject(folder.path), seed).network
    run = folder.new_run()
    (run / MODEL).write_bytes(write_tflite(network))
    record = Run(int(run.name), design_digest(project), 0.0, 1.0, 1, project.recipe, project.labels, 1.0, 1.0)
    write_run(run, record)
    return network


def test_untrained_project(project_folder, project):
    subject = load_subject(project_folder.path)
    assert (subject.name, subject.labels, subject.trained, subject.frontend) == ("Two words!", project.labels, False, project.frontend)
    assert not subject.network.has_weights and subject.network.input.dtype == "int8"
    assert subject.network.input.shape == (1, *project.frontend.shape)
    assert subject.folder.path == project_folder.path


def test_trained_project_until_the_design_changes(project_folder, project):
    network = trained_run(project_folder, project)
    subject = load_subject(project_folder.path)
    assert subject.trained and subject.network.digest() == network.digest() and subject.tflite
    project_folder.save(msgspec.structs.replace(project, name="renamed"))
    assert load_subject(project_folder.path).trained
    project_folder.save(msgspec.structs.replace(project, labels=tuple(reversed(project.labels))))
    assert not load_subject(project_folder.path).trained


def test_broken_model_of_a_run_is_named(project_folder, project):
    trained_run(project_folder, project)
    path = project_folder.path / "runs" / "1" / MODEL
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError) as caught:
        load_subject(project_folder.path)
    assert str(path) in caught.value.where


def test_random_weights_repeat(project_folder):
    subject = load_subject(project_folder.path)
    one, same, other = (with_random_weights(subject, seed) for seed in (1, 1, 2))
    assert one.network.has_weights and not one.trained
    assert one.network.digest() == same.network.digest() != other.network.digest()


def test_tflite(data_folder):
    subject = load_subject(data_folder / "models" / "kws_ref_model.tflite")
    assert (subject.name, subject.trained, subject.frontend, subject.project) == ("kws_ref_model", True, None, None)
    assert subject.labels == tuple(map(str, range(12))) and subject.network.has_weights


def test_labels_from_metadata(data_folder, tmp_path):
    labels = [f"wort {i}" for i in range(11)] + ["你好"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("labels.txt", "\n".join(labels))
    path = tmp_path / "model.tflite"
    path.write_bytes((data_folder / "models" / "kws_ref_model.tflite").read_bytes() + archive.getvalue())
    assert load_subject(path).labels == tuple(labels)


def test_keras(tmp_path):
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 12], "dtype": "float32", "name": "input"}},
        {"class_name": "Dense", "config": {"name": "dense", "units": 4, "activation": "softmax", "use_bias": True}},
    ]
    path = tmp_path / "words.keras"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": layers}}))
    subject = load_subject(path)
    assert (subject.name, subject.trained, subject.labels) == ("words", False, ("0", "1", "2", "3"))
    assert (subject.network.input.shape, subject.network.input.dtype) == ((1, 12), "int8")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing-here", None),
        ("empty.tflite", b""),
        ("noise.tflite", b"TFL3" * 20),
        ("model.h5", b"x"),
        ("model", b"x"),
        ("broken.keras", b"PK"),
        ("folder.tflite/", None),
    ],
)
def test_what_is_no_subject_says_what_would_do(name, content, tmp_path):
    path = tmp_path / name.rstrip("/")
    if content is not None:
        path.write_bytes(content)
    if name.endswith("/"):
        path.mkdir()
    with pytest.raises(StudioError) as caught:
        load_subject(path)
    assert caught.value.exit_code == 2 and path.name in str(caught.value) and caught.value.hint

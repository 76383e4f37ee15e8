import subprocess
import sys

import numpy as np
import pytest
import soundfile

from studio.core.errors import Cancelled, InputError
from studio.core.graph import infer
from studio.storage.folder import ProjectFolder, registry
from studio.storage.new import create_from_folder, safe_name


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OTOLITH_CACHE", str(tmp_path / "cache"))


def _fill(folder, labels=("yes", "no"), takes=12, rate=16000, seed=0):
    rng = np.random.default_rng(seed)
    for label in labels:
        (folder / label).mkdir(parents=True)
        for take in range(takes):
            soundfile.write(folder / label / f"{take}.wav", rng.uniform(-0.3, 0.3, rate // 2), rate)
    return folder


def test_a_project_from_a_folder_per_class(tmp_path):
    source = _fill(tmp_path / "in", ("yes", 'say "no"', "开灯"))
    (source / "yes" / "bad.wav").write_text("no sound")
    (source / "yes" / "notes.txt").write_text("x")
    heard = []
    folder, report = create_from_folder(tmp_path / "words", source, progress=lambda f, m: heard.append(f))
    assert report.clips == 36
    assert report.splits == {"train": 27, "validation": 3, "test": 6}
    assert report.labels == {'say "no"': 12, "yes": 12, "开灯": 12}
    assert {path for path, _ in report.problems} == {"yes/bad.wav", "yes/notes.txt"}
    assert heard == sorted(heard)
    opened = ProjectFolder.open(folder.path)
    assert opened.project.name == "words"
    assert opened.project.frontend.clip_samples == 8000
    assert opened.project.frontend.mean_db != -40
    assert infer(opened.project.graph, registry(), opened.project.frontend.shape).runnable
    library = opened.library()
    for recording in library.recordings:
        assert library.file(recording).read_bytes() in {p.read_bytes() for p in source.rglob("*.wav")}
    assert not list(tmp_path.glob(".*.part"))


def test_the_same_seed_gives_the_same_project(tmp_path):
    source = _fill(tmp_path / "in")
    for name in ("a", "b"):
        create_from_folder(tmp_path / name, source, name="same", seed=5)
    for name in ("project.toml", "model.json", "data/segments.csv", "data/recordings.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_references_leave_the_recordings_where_they_are(tmp_path):
    source = _fill(tmp_path / "in")
    folder, _ = create_from_folder(tmp_path / "p", source, reference=True)
    library = folder.library()
    assert {library.file(r).parent.parent for r in library.recordings} == {source.resolve()}
    assert not list((folder.path / "data" / "recordings").iterdir())


def test_split_folders(tmp_path):
    for seed, part in enumerate(("train", "test")):
        _fill(tmp_path / "in" / part, seed=seed)
    _, report = create_from_folder(tmp_path / "p", tmp_path / "in")
    assert report.splits == {"train": 20, "validation": 4, "test": 24}


def test_the_same_files_in_train_and_test_are_not_trained_on(tmp_path):
    for part in ("train", "test"):
        _fill(tmp_path / "in" / part)
    with pytest.raises(InputError, match="no clip is left for the train part"):
        create_from_folder(tmp_path / "p", tmp_path / "in")


def test_names_that_differ_only_in_case_or_suffix_do_not_collide(tmp_path):
    rng = np.random.default_rng(0)
    for n, name in enumerate(("yes/a.wav", "yes/a.flac", "yes/A.wav", "yes/b.wav", "no/c.wav", "no/d.wav")):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "in" / name, rng.uniform(-0.3, 0.3, 4000 + n), 16000)
    folder, report = create_from_folder(tmp_path / "p", tmp_path / "in")
    assert report.clips == 6
    paths = [r.path.casefold() for r in folder.library().recordings]
    assert len(set(paths)) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split": "sideways"}, "no split"),
        ({"split": "test:index=1"}, "no clip has index"),
        ({"pattern": "{x}"}, "no {label}"),
        ({"split": "speaker"}, "3 speakers"),
    ],
)
def test_bad_wishes_leave_nothing(tmp_path, options, words):
    source = _fill(tmp_path / "in")
    with pytest.raises(InputError) as caught:
        create_from_folder(tmp_path / "p", source, **options)
    assert words in caught.value.message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled("stopped")])
@pytest.mark.parametrize("at", [0.0, 0.3, 0.5, 0.7, 0.95])
def test_cancelling_leaves_nothing(tmp_path, error, at):
    source = _fill(tmp_path / "in")

    def progress(fraction, message):
        if fraction >= at:
            raise error

    with pytest.raises((KeyboardInterrupt, Cancelled)):
        create_from_folder(tmp_path / "p", source, progress=progress)
    assert {p.name for p in tmp_path.iterdir()} <= {"in", "cache"}


def test_one_label_is_nothing_to_tell_apart(tmp_path):
    with pytest.raises(InputError, match="one label, 'yes'") as caught:
        create_from_folder(tmp_path / "p", _fill(tmp_path / "in", ("yes",)))
    assert "--pattern" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_cannot_take_the_recordings_leaves_nothing(tmp_path):
    source = _fill(tmp_path / "in", rate=16000)
    program = (
        "import resource, sys; from pathlib import Path; from studio.core.errors import InputError\n"
        "from studio.storage.new import create_from_folder\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
        "try: create_from_folder(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except InputError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "p", source], capture_output=True, text=True, check=True)
    assert "cannot be written: File too large" in done.stdout
    assert {p.name for p in tmp_path.iterdir()} <= {"in", "cache"}


def test_nothing_readable_says_why(tmp_path):
    (tmp_path / "in" / "yes").mkdir(parents=True)
    (tmp_path / "in" / "yes" / "a.wav").write_text("x")
    with pytest.raises(InputError, match="none of the audio files") as caught:
        create_from_folder(tmp_path / "p", tmp_path / "in")
    assert "yes/a.wav" in caught.value.hint


def test_an_occupied_folder_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine").touch()
    with pytest.raises(InputError, match="not empty"):
        create_from_folder(tmp_path / "p", tmp_path / "gone")


@pytest.mark.parametrize(
    ("text", "safe"),
    [("a b", "a b"), ('say "no"', "say _no_"), ("开灯", "开灯"), ("..", "_"), ("x.", "x"), ("a/b\\c:d", "a_b_c_d"), (".a", "a")],
)
def test_safe_names(text, safe):
    assert safe_name(text) == safe

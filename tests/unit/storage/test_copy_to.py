import shutil

import msgspec
import numpy as np
import pytest
import soundfile

from studio.blocks.templates import default_graph
from studio.core.edits import SetFrontEnd
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.library import Library, Recording, Segment
from studio.core.project import Project, Recipe, design_digest
from studio.storage.folder import ProjectFolder
from studio.storage.runs import MODEL, Run, write_run

PROJECT = Project("words", ("yes", "no", "up"), graph=default_graph(FrontEnd().shape, 3))


@pytest.fixture
def folder(tmp_path) -> ProjectFolder:
    outside = tmp_path / "outside.wav"
    soundfile.write(outside, np.zeros(16000, np.int16), 16000)
    recordings = (
        Recording("a", "a.wav", "0" * 64, 16000, 16000),
        Recording("b", str(outside), "1" * 64, 16000, 16000, reference=True),
        Recording("c", "../../../outside.wav", "2" * 64, 16000, 16000, reference=True),
    )
    made = ProjectFolder.create(tmp_path / "p", PROJECT, Library(recordings, (Segment("a", 0, 16000, "yes", "train"),)))
    soundfile.write(made.path / "data" / "recordings" / "a.wav", np.arange(16000, dtype=np.int16), 16000)
    made.save_weights({"dense_1/kernel": np.arange(6, dtype=np.float32)})
    (made.path / "runs" / "1").mkdir(parents=True)
    (made.path / "runs" / "1" / "log.txt").write_text("trained")
    (made.path / "build").mkdir()
    (made.path / "build" / "old.c").write_text("x")
    toml = made.path / "project.toml"
    toml.write_text("# our own words\n" + toml.read_text())
    return ProjectFolder.open(made.path)


def test_a_copy_has_everything_with_the_values_given(folder, tmp_path):
    project = SetFrontEnd({"mels": 33}).apply(folder.project, folder._blocks)
    library = folder.library()
    library = msgspec.structs.replace(library, segments=(*library.segments, Segment("b", 0, 100, "no", "test")))
    with folder.locked():
        (folder.path / ".studio" / "journal.jsonl").write_text("{}")
        copy = folder.copy_to(tmp_path / "new" / "copy", project, library, {"dense_1": (1.0, 2.0)})
    again = ProjectFolder.open(copy.path)
    assert again.project.frontend.mels == 33
    assert again.library().segments == library.segments
    assert again.layout() == {"dense_1": (1.0, 2.0)}
    assert (copy.path / "project.toml").read_text().startswith("# our own words")
    assert (copy.path / "runs" / "1" / "log.txt").read_text() == "trained"
    assert list(again.weights()) == ["dense_1/kernel"]
    files = [again.library().file(r) for r in again.library().recordings]
    assert [f.exists() for f in files] == [True, True, True]
    assert files[0].is_relative_to(copy.path)
    assert not (copy.path / "build").exists()
    assert not (copy.path / ".studio").exists()
    assert ProjectFolder.open(folder.path).project.frontend.mels == FrontEnd().mels


def test_a_passing_copy_leaves_recordings_and_runs_where_they_are(folder, tmp_path):
    (folder.path / "notes").mkdir()
    copy = folder.copy_to(tmp_path / "passing", folder.project, link=True)
    again = ProjectFolder.open(copy.path)
    files = [again.library().file(r) for r in again.library().recordings]
    assert [f.exists() for f in files] == [True, True, True]
    assert files[0] == folder.path / "data" / "recordings" / "a.wav"
    assert not (copy.path / "runs").exists()
    assert not (copy.path / "notes").exists()
    assert list(again.weights()) == ["dense_1/kernel"]


def test_a_passing_copy_takes_the_run_of_its_design_along(folder, tmp_path):
    run = folder.new_run()
    (run / MODEL).write_bytes(b"a model")
    write_run(run, Run(int(run.name), design_digest(PROJECT), 0.0, 1.0, 1, Recipe(), PROJECT.labels, 0.5, 0.5))
    same = folder.copy_to(tmp_path / "same", PROJECT, link=True)
    assert [p.name for p in (same.path / "runs").iterdir()] == [run.name]
    assert (same.latest_run(design_digest(PROJECT)) / MODEL).read_bytes() == b"a model"
    other = folder.copy_to(tmp_path / "other", SetFrontEnd({"mels": 33}).apply(PROJECT, folder._blocks), link=True)
    assert not (other.path / "runs").exists()


def test_a_folder_that_is_gone_leaves_the_values_to_copy(folder, tmp_path):
    library, positions = folder.library(), {"dense_1": (1.0, 2.0)}
    shutil.rmtree(folder.path)
    copy = folder.copy_to(tmp_path / "kept", PROJECT, library, positions)
    assert design_digest(ProjectFolder.open(copy.path).project) == design_digest(PROJECT)
    assert copy.library().segments == library.segments


@pytest.mark.parametrize("inside", ["", "deeper/copy"])
def test_a_copy_into_itself_is_refused(folder, inside):
    with pytest.raises(InputError, match="inside"):
        folder.copy_to(folder.path / inside, folder.project)


def test_a_folder_with_something_in_it_is_refused_and_stays(folder, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        folder.copy_to(taken, folder.project)
    assert [p.name for p in taken.iterdir()] == ["mine.txt"]


def test_a_copy_that_fails_half_way_leaves_nothing(folder, tmp_path):
    (folder.path / "notes").symlink_to(tmp_path / "nowhere")  # what points nowhere cannot be copied
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(InputError):
        folder.copy_to(tmp_path / "copy", folder.project)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_stamps_name_what_saving_writes(folder):
    before = folder.stamps()
    assert set(before) == {"project.toml", "model.json", "data/recordings.csv", "data/segments.csv"}
    folder.save(SetFrontEnd({"mels": 33}).apply(folder.project, folder._blocks))
    after = folder.stamps()
    assert [n for n in after if after[n] != before[n]] == ["project.toml"]

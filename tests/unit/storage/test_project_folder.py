import errno
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.edits import AddBlock, RemoveBlocks, SetParams
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.library import Library, Recording, Segment
from studio.core.places import shipped
from studio.core.project import Project, Recipe, design_digest
from studio.storage import reading
from studio.storage.folder import ProjectFolder
from studio.storage.runs import MODEL, Run, write_run

PROJECT = Project("words", ("yes", 'say "no"', "开灯"), graph=default_graph(FrontEnd().shape, 3))
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def folder(tmp_path) -> ProjectFolder:
    return ProjectFolder.create(tmp_path / "p", PROJECT)


def test_a_new_project_opens_as_it_was_made(folder):
    again = ProjectFolder.open(folder.path)
    assert msgspec.structs.replace(again.project, graph=PROJECT.graph) == PROJECT
    assert again.project.graph.nodes == PROJECT.graph.nodes
    assert again.library().recordings == ()
    assert again.weights() is None
    assert "/runs/" in (folder.path / ".gitignore").read_text()


def test_an_occupied_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(InputError, match="not empty"):
        ProjectFolder.create(tmp_path, PROJECT)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_an_edit_is_saved_and_comments_stay(folder):
    path = folder.path / "project.toml"
    path.write_text(path.read_text().replace("[recipe]", "# slow but good\n[recipe]"))
    project = ProjectFolder.open(folder.path).project
    for edit in (AddBlock("relu", after="softmax_1"), SetParams("conv2d_1", {"filters": 8}), RemoveBlocks(("dropout_1",), bridge=True)):
        project = edit.apply(project, registry())
    project = msgspec.structs.replace(project, recipe=Recipe(epochs=7))
    folder.save(project)
    again = ProjectFolder.open(folder.path).project
    assert design_digest(again) == design_digest(project)
    assert again.graph.order == project.graph.order
    assert again.recipe.epochs == 7
    assert "# slow but good" in path.read_text()


def test_a_value_that_cannot_be_stored_changes_nothing(folder):
    before = {p.name: p.read_bytes() for p in folder.path.iterdir() if p.is_file()}
    with pytest.raises(InputError):
        folder.save(msgspec.structs.replace(PROJECT, labels=("a\nb",)))
    assert {p.name: p.read_bytes() for p in folder.path.iterdir() if p.is_file()} == before
    assert folder.project == PROJECT


@pytest.mark.parametrize("failing", [1, 2])
def test_a_disk_that_fills_up_while_saving_leaves_the_old_design_whole(folder, monkeypatch, failing):
    changed = msgspec.structs.replace(SetParams("conv2d_1", {"filters": 8}).apply(PROJECT, registry()), interval_ms=250.0)
    plain, count = os.replace, 0
    original = Path.replace

    def replace(self, target):
        nonlocal count
        count += 1
        if count == failing:
            raise OSError(errno.ENOSPC, "full")
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(InputError, match="disk is full"):
        folder.save(changed)
    monkeypatch.undo()
    assert os.replace is plain
    again = ProjectFolder.open(folder.path).project
    assert design_digest(again) == design_digest(PROJECT)
    assert again.interval_ms == 1000.0
    assert not list(folder.path.glob("*.part"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_opens_but_does_not_save(folder):
    folder.path.chmod(0o555)
    try:
        opened = ProjectFolder.open(folder.path)
        with pytest.raises(InputError, match="may not be written"):
            opened.save(PROJECT)
    finally:
        folder.path.chmod(0o755)


def test_opening_writes_nothing(folder):
    before = sorted(p.name for p in folder.path.rglob("*"))
    ProjectFolder.open(folder.path).library()
    assert sorted(p.name for p in folder.path.rglob("*")) == before


def test_another_process_that_saves_is_not_run_over(folder):
    hold = "import sys, pathlib; from studio.storage.lock import lock\nwith lock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    lock = folder.path / ".studio" / "lock"
    with subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"process {other.pid}"):
            folder.save(PROJECT)
        other.communicate("")
    with folder.locked():
        folder.save(PROJECT)
        folder.save_library(Library())


def test_not_a_project(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        ProjectFolder.open(tmp_path / "gone")
    with pytest.raises(InputError, match="missing") as caught:
        ProjectFolder.open(tmp_path)
    assert "model.json" in caught.value.where
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="a file"):
        ProjectFolder.open(tmp_path / "file")


def test_library_weights_layout_and_runs(folder):
    library = Library((Recording("a", "a.wav", "00", 8000, 10),), (Segment("a", 0, 10, "yes", "train"),))
    folder.save_library(library)
    assert folder.library().segments == library.segments
    folder.save_weights({"conv2d_1/kernel": np.ones(3, np.float32)}, "digest")
    assert folder.weights_design() == "digest"
    assert folder.weights().keys() == {"conv2d_1/kernel"}
    assert folder.layout() == {}
    folder.save_layout({"b": (1.0, 2.5), "a": (0.0, -1.0)})
    assert folder.layout() == {"a": (0.0, -1.0), "b": (1.0, 2.5)}
    design = design_digest(PROJECT)
    assert folder.latest_run(design) is None
    run = folder.new_run()
    write_run(run, Run(1, design, 0.0, 1.0, 1, Recipe(), ("yes",), 1.0, 1.0))
    (run / MODEL).touch()
    assert folder.latest_run(design) == run
    assert len(folder.runs()) == 1


def test_a_broken_layout_is_named(folder):
    (folder.path / "layout.json").write_text('{"schema": 1, "blocks": {"a": [1]}}')
    with pytest.raises(InputError, match="two numbers"):
        folder.layout()


def test_digest_follows_the_design_and_nothing_else():
    changed = (
        msgspec.structs.replace(PROJECT, labels=PROJECT.labels[::-1]),
        msgspec.structs.replace(PROJECT, frontend=FrontEnd(mels=20)),
        SetParams("conv2d_1", {"filters": 8}).apply(PROJECT, registry()),
        RemoveBlocks(("dropout_1",), bridge=True).apply(PROJECT, registry()),
    )
    assert len({design_digest(p) for p in (PROJECT, *changed)}) == 5
    same = (
        msgspec.structs.replace(PROJECT, name="x", targets=(), recipe=Recipe(epochs=1)),
        msgspec.structs.replace(PROJECT, frontend=msgspec.structs.replace(FrontEnd(), mean_db=-40)),
        msgspec.structs.replace(PROJECT, graph=msgspec.structs.replace(PROJECT.graph, wires=PROJECT.graph.wires[::-1])),
    )
    assert {design_digest(p) for p in same} == {design_digest(PROJECT)}


def test_the_sample_is_copied_out(tmp_path):
    folder = ProjectFolder.copy_sample("keywords", tmp_path / "kw")
    assert folder.project.name == "keywords"
    library = folder.library()
    assert all(library.file(r).is_file() for r in library.recordings)
    folder.save(folder.project)
    with pytest.raises(InputError, match="not empty"):
        ProjectFolder.copy_sample("keywords", tmp_path / "kw")
    with pytest.raises(InputError) as caught:
        ProjectFolder.copy_sample("keywrods", tmp_path / "other")
    assert "keywords" in caught.value.hint
    assert not (tmp_path / "other").exists()


def test_a_linked_sample_serves_at_once_and_becomes_ones_own(tmp_path):
    """On a disk without links, or across two disks, it is a copy from the beginning."""
    linked, copied = ProjectFolder.copy_sample("keywords", tmp_path / "a", link=True), ProjectFolder.copy_sample("keywords", tmp_path / "b")
    assert linked.project == copied.project
    assert linked.library() == msgspec.structs.replace(copied.library(), folder=linked.library().folder)
    sound = linked.library().file(linked.library().recordings[0])
    (twin := tmp_path / "twin.flac").hardlink_to(sound)
    original = sound.read_bytes()
    linked.own_recordings()
    files = [p for p in (linked.path / "data" / "recordings").rglob("*") if p.is_file()]
    assert len(files) == len(linked.library().recordings)
    assert {p.stat().st_nlink for p in files} == {1}
    assert sound.read_bytes() == original
    sound.write_bytes(b"edited in place")
    assert twin.read_bytes() == original
    assert copied.library().file(copied.library().recordings[0]).read_bytes() == original


@pytest.mark.parametrize("schema", [1])
def test_projects_of_every_schema_still_open(schema):
    folder = ProjectFolder.open(GOLDEN / f"schema{schema}")
    assert folder.project.name == "golden"
    assert folder.project.labels == ("yes", "no", 'say "hi"', "开灯")
    assert folder.project.frontend.mels == 32
    assert folder.project.recipe.augmentation.gain_db == (-3.0, 3.0)
    assert folder.project.graph.order == (
        "input",
        "conv2d_1",
        "relu_1",
        "conv2d_2",
        "add_1",
        "global_average_pool_1",
        "dense_1",
        "softmax_1",
    )
    assert folder.project.graph.sources["add_1"] == ("relu_1", "conv2d_2")
    (recording, referenced) = folder.library().recordings
    assert recording.fields == {"index": "3"}
    assert referenced.reference
    assert [s.split for s in folder.library().segments] == ["train", "test"]
    assert folder.weights()["dense_1/bias"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert folder.layout() == {"conv2d_1": (10.0, 20.5)}


def test_older_schemas_go_through_every_step(folder, monkeypatch):
    steps = {1: lambda d: {**d, "was": 1}, 2: lambda d: {**d, "was": d["was"] + 1}}
    monkeypatch.setitem(reading.MIGRATIONS, "some.json", steps)
    assert reading.migrate({"schema": 1, "a": 2}, Path("some.json"), 3) == {"a": 2, "was": 2}
    assert reading.migrate({"schema": 3, "a": 2}, Path("some.json"), 3) == {"a": 2}


def test_the_samples_are_in_the_newest_form():
    source = shipped("resources") / "samples" / "keywords"
    text = (source / "model.json").read_text()
    from studio.storage.graph_file import graph_json

    assert graph_json(ProjectFolder.open(source).project.graph, text) == text

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from studio.core.edits import AddBlock, RemoveBlocks, SetFrontEnd, SetParams
from studio.core.errors import GraphError, InputError, ProjectLocked
from studio.core.library import Segment
from studio.storage.folder import ProjectFolder
from studio.ui.document import Document


@pytest.fixture
def open_document(app, session):
    """Open documents on folders; whatever is left is closed without a trace."""
    made = []

    def open_(path) -> Document:
        made.append(Document(ProjectFolder.open(path, session.blocks), session.blocks))
        return made[-1]

    yield open_
    for document in made:
        document.close(discard=True)


@pytest.fixture
def document(open_document, tmp_path):
    folder = ProjectFolder.copy_sample("keywords", tmp_path / "own")
    return open_document(folder.path)


def mels(number):
    return SetFrontEnd({"mels": number})


def crash(document):
    """Leave a document as a kill does: the file as it is, the lock gone with the process."""
    document._sync_timer.stop()
    document._pool.waitForDone()
    document._journal.close()
    document._lock.__exit__(None, None, None)
    document._closed = True


def with_a_segment(library, label="new word"):
    return msgspec.structs.replace(library, segments=(*library.segments, Segment(library.recordings[0].id, 0, 100, label, "test")))


def test_an_edit_is_one_signal_and_one_entry(document, qtbot):
    before = document.state
    with qtbot.waitSignal(document.changed) as heard:
        document.push(mels(33))
    assert heard.args == [before, document.state]
    assert document.project.frontend.mels == 33
    assert document.undo_stack.count() == 1
    assert not document.is_saved
    document.undo_stack.undo()
    assert document.state is before
    assert document.is_saved
    document.undo_stack.redo()
    assert document.project.frontend.mels == 33


def test_an_edit_that_cannot_be_applied_changes_nothing(document):
    before = document.state
    with pytest.raises(GraphError):
        document.push(SetParams("no_such_block", {"filters": 3}))
    with pytest.raises(GraphError):
        document.push_all("two", [mels(33), RemoveBlocks(("no_such_block",))])
    with pytest.raises(InputError):
        document.set_library("add", with_a_segment(document.library), [mels(10**6)])
    assert document.state is before
    assert document.undo_stack.count() == 0


def test_an_edit_that_changes_nothing_leaves_no_entry(document, qtbot):
    with qtbot.assertNotEmitted(document.changed):
        document.push(mels(document.project.frontend.mels))
    assert document.undo_stack.count() == 0


def test_a_gesture_is_one_entry_and_its_start_is_the_origin(document):
    before = document.state
    for number in (31, 32, 33):
        document.push(mels(number), "fe.mels.1")
        assert document.origin is before
    document.push(mels(34), "fe.mels.2")
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    assert document.project.frontend.mels == 33
    document.undo_stack.undo()
    assert document.state is before


def test_a_gesture_that_comes_back_to_its_start_leaves_no_entry(document):
    first = document.project.frontend.mels
    for number in (31, 32, first):
        document.push(mels(number), "fe.mels.1")
    assert document.undo_stack.count() == 0
    assert document.is_saved


def test_a_removed_block_leaves_no_place_to_a_later_one_of_its_name(document):
    document.push(AddBlock("relu", id="mine"), positions={"mine": (1.0, 2.0)})
    document.push(RemoveBlocks(("mine",)))
    assert "mine" not in document.state.positions
    document.undo_stack.undo()
    assert document.state.positions["mine"] == (1.0, 2.0)


def test_saving_writes_design_recordings_and_places(document, session):
    library = with_a_segment(document.library)
    document.push(mels(33))
    document.set_library("mark", library)
    document.move({"dense_1": (5.0, 6.0)})
    document.save()
    assert document.is_saved
    again = ProjectFolder.open(document.path, session.blocks)
    assert again.project.frontend.mels == 33
    assert again.library() == library
    assert again.layout() == {"dense_1": (5.0, 6.0)}
    assert document.changed_on_disk() == ()


def test_saving_an_untouched_project_touches_no_file(document):
    before = {p: p.stat().st_mtime_ns for p in document.path.rglob("*") if ".studio" not in p.parts}
    document.save()
    assert {p: p.stat().st_mtime_ns for p in document.path.rglob("*") if ".studio" not in p.parts} == before


def test_what_a_kill_left_unsaved_is_there_again_and_can_be_taken_back(document, open_document):
    document.push(mels(31))
    document.save()
    saved = document.state
    document.push(mels(33))
    document.set_library("mark", with_a_segment(document.library))
    document.move({"dense_1": (5.0, 6.0)})
    document.undo_stack.undo()
    last = document.state
    crash(document)
    again = open_document(document.path)
    assert again.recovered.steps == 4
    assert again.state == last
    assert not again.is_saved
    assert again.undo_stack.undoText() == "recovered changes (4)"
    again.undo_stack.undo()
    assert again.state == saved
    assert again.is_saved


def test_a_second_kill_before_any_edit_loses_nothing_either(document, open_document):
    document.push(mels(33))
    for _ in range(3):
        crash(document)
        document = open_document(document.path)
        assert document.project.frontend.mels == 33
        assert document.recovered.steps == 1


def test_closing_leaves_a_journal_only_where_something_is_unsaved(document, open_document):
    journal = document.path / ".studio" / "journal.jsonl"
    document.push(mels(33))
    document.close()
    document.close()
    assert journal.exists()
    again = open_document(document.path)
    assert again.project.frontend.mels == 33
    again.close(discard=True)
    assert not journal.exists()
    third = open_document(document.path)
    assert third.recovered.steps == 0
    third.push(mels(32))
    third.save()
    third.close()
    assert not journal.exists()


def test_a_kill_in_the_middle_of_saving_loses_nothing(document, open_document):
    """The design's files are written, the tables are not: the journal still has both."""
    library = with_a_segment(document.library)
    document.push(mels(33))
    document.set_library("mark", library)
    document.folder.save(document.project)
    crash(document)
    again = open_document(document.path)
    assert again.project.frontend.mels == 33
    assert again.library == library
    assert not again.is_saved


HOLD = """
import sys
from pathlib import Path
from studio.storage.folder import ProjectFolder
with ProjectFolder.open(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_window(document):
    """Another process that has the document's folder."""
    path = document.path
    document.close(discard=True)
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    assert process.stdout.readline().strip() == b"held"
    yield path, process
    process.kill()
    process.communicate()


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_project_that_is_open_elsewhere_names_the_process(other_window, open_document):
    path, process = other_window
    with pytest.raises(ProjectLocked, match=f"process {process.pid} on "):
        open_document(path)


def test_a_broken_project_does_not_stay_locked(document, session, open_document):
    path = document.path
    document.close(discard=True)
    whole = (path / "data" / "segments.csv").read_text()
    (path / "data" / "segments.csv").write_text("nonsense\n")
    with pytest.raises(InputError):
        open_document(path)
    (path / "data" / "segments.csv").write_text(whole)
    assert open_document(path).is_saved


def test_what_somebody_else_changed_is_seen_and_can_be_loaded_and_taken_back(document):
    document.push(mels(33))
    mine = document.state
    toml = document.path / "project.toml"
    toml.write_text(toml.read_text().replace("mels = 40", "mels = 20"))
    assert document.changed_on_disk() == ("project.toml",)
    document.reload()
    assert document.project.frontend.mels == 20
    assert document.is_saved
    assert document.changed_on_disk() == ()
    document.undo_stack.undo()
    assert document.state is mine
    assert not document.is_saved
    document.save()
    assert "mels = 33" in toml.read_text()


def test_a_reload_of_what_cannot_be_read_changes_nothing(document):
    before = document.state
    (document.path / "project.toml").write_text("name = ")
    with pytest.raises(InputError):
        document.reload()
    assert document.state is before
    assert document.changed_on_disk() == ("project.toml",)


def test_a_journal_that_cannot_be_written_is_said_once_and_again_when_it_can(document, qtbot):
    said = []
    document.unprotected.connect(said.append)
    document._journal.close()
    (document.path / ".studio" / "journal.part").mkdir()
    document.push(mels(31))
    document.push(mels(32))
    assert document.project.frontend.mels == 32
    assert len(said) == 1
    assert "cannot be written" in document.problem
    (document.path / ".studio" / "journal.part").rmdir()
    document.push(mels(33))
    assert said[1:] == [""]
    lines = (document.path / ".studio" / "journal.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["project"]["frontend"]["mels"] == 33


def test_a_save_that_fails_loses_nothing(document, open_document):
    document.push(mels(33))
    (document.path / "project.toml").rename(document.path / "kept.toml")
    (document.path / "project.toml").mkdir()
    with pytest.raises(InputError):
        document.save()
    assert not document.is_saved
    (document.path / "project.toml").rmdir()
    (document.path / "kept.toml").rename(document.path / "project.toml")
    crash(document)
    assert open_document(document.path).project.frontend.mels == 33


def test_the_journal_reaches_the_disk_soon(document, qtbot):
    document.push(mels(33))
    assert document._sync_timer.isActive()
    document._sync_timer.start(1)
    qtbot.waitUntil(lambda: not document._sync_timer.isActive(), timeout=3000)
    assert document._pool.waitForDone(3000)
    assert document.problem == ""


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_full_disk_is_said_and_the_edits_are_still_there(document):
    said = []
    document.unprotected.connect(said.append)
    document._journal._file.close()
    document._journal.path.unlink()
    document._journal.path.symlink_to(FULL)
    document._journal._file = FULL.open("wb", buffering=0)
    document.push(mels(33))
    assert "the disk is full" in said[0]
    assert document.project.frontend.mels == 33

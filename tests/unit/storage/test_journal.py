import os
import random
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.edits import AddBlock, RemoveBlocks, SetEnergy, SetFrontEnd, SetParams
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.library import Library, Recording, Segment
from studio.core.project import Project
from studio.core.state import State
from studio.storage import journal as module
from studio.storage.folder import ProjectFolder
from studio.storage.journal import Journal, recover, state_digest

BLOCKS = registry()


def tiny_project():
    return Project("words", ("yes", "no", "up"), graph=default_graph(FrontEnd().shape, 3))


@pytest.fixture
def saved(tmp_path) -> State:
    folder = ProjectFolder.create(tmp_path / "p", tiny_project(), Library((recording("a"),), (segment("a"),)))
    return State(folder.project, folder.library(), folder.layout())


@pytest.fixture
def folder(tmp_path, saved):
    return tmp_path / "p"


def recording(id):
    return Recording(id, f"{id}.wav", "0" * 64, 16000, 16000)


def segment(id, label="yes"):
    return Segment(id, 0, 16000, label, "train")


def edited(state, number):
    """The state with one change of a kind that the number picks."""
    project, library = state.project, state.library
    kinds = (
        lambda: {"project": SetFrontEnd({"mels": 10 + number % 30}).apply(project, BLOCKS)},
        lambda: {"project": AddBlock("relu").apply(project, BLOCKS)},
        lambda: {"project": SetEnergy("pico", {"active_ma": 1.0 + number % 9, "source": "my meter"}).apply(project, BLOCKS)},
        lambda: {"project": RemoveBlocks((project.graph.nodes[-1].id,)).apply(project, BLOCKS)},
        lambda: {"positions": {**state.positions, f"conv2d_{number}": (float(number), -0.5)}},
        lambda: {"library": msgspec.structs.replace(library, segments=(*library.segments, segment("a", f"word {number}")))},
        lambda: {"library": Library((*library.recordings, recording(f"r{number}")), library.segments, library.folder)},
    )
    return msgspec.structs.replace(state, **kinds[number % len(kinds)]())


def states(saved, numbers):
    made = [saved]
    for number in numbers:
        made.append(edited(made[-1], number))
    return made[1:]


def begun(folder, saved):
    journal = Journal(folder, saved)
    journal.start(saved)
    return journal


def test_what_was_appended_comes_back_whole(folder, saved):
    journal = begun(folder, saved)
    for number, state in enumerate(states(saved, range(12)), 1):
        journal.append(state)
        found = recover(folder, saved, BLOCKS)
        assert found.state == state
        assert found.steps == number
        assert not found.files_changed
    journal.close()


def test_nothing_is_recovered_where_nothing_is_unsaved(folder, saved):
    assert recover(folder, saved, BLOCKS).steps == 0
    journal = begun(folder, saved)
    assert recover(folder, saved, BLOCKS).state is saved
    journal.append(edited(saved, 0))
    journal.append(saved)
    assert recover(folder, saved, BLOCKS).steps == 0
    journal.append(edited(saved, 1))
    journal.start(edited(saved, 1))
    assert recover(folder, edited(saved, 1), BLOCKS).steps == 0
    journal.discard()
    assert not journal.path.exists()
    assert recover(folder, saved, BLOCKS).steps == 0


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_journal_cut_anywhere_gives_a_state_that_was_shown(tmp_path_factory, data):
    tmp = tmp_path_factory.mktemp("cut")
    made = ProjectFolder.create(tmp / "p", tiny_project(), Library((recording("a"),), (segment("a"),)))
    saved = State(made.project, made.library(), made.layout())
    shown = states(saved, data.draw(st.lists(st.integers(0, 60), min_size=1, max_size=8)))
    part = data.draw(st.floats(0, 1))
    journal = begun(made.path, saved)
    for state in shown:
        journal.append(state)
    journal.close()
    whole = journal.path.read_bytes()
    length = round(part * len(whole))
    journal.path.write_bytes(whole[:length])
    found = recover(made.path, saved, BLOCKS)
    lines = whole[:length].count(b"\n")
    wanted = [saved, *shown][max(0, lines - 1)]
    assert state_digest(found.state) == state_digest(wanted)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fall(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "junk"
    (folder / ".studio").mkdir(parents=True, exist_ok=True)
    (folder / ".studio" / "journal.jsonl").write_bytes(data)
    saved = State(tiny_project())
    assert recover(folder, saved, BLOCKS).state is saved


def test_a_large_journal_is_written_anew_with_all_steps_counted(folder, saved, monkeypatch):
    monkeypatch.setattr(module, "COMPACT_BYTES", 20_000)
    journal = begun(folder, saved)
    last = saved
    for number in range(0, 600, 6):
        last = edited(last, number)
        journal.append(last)
    journal.close()
    assert journal.path.stat().st_size < 60_000
    found = recover(folder, saved, BLOCKS)
    assert found.state == last
    assert found.steps == 100


def test_files_that_changed_since_do_not_cost_the_edits(folder, saved):
    journal = begun(folder, saved)
    mine = edited(saved, 0)
    journal.append(mine)
    journal.close()
    theirs = msgspec.structs.replace(saved, positions={"x": (1.0, 2.0)})
    found = recover(folder, theirs, BLOCKS)
    assert found.files_changed
    assert found.state.project == mine.project
    assert found.state.positions == theirs.positions


def test_a_step_that_no_longer_fits_the_files_ends_the_recovery_before_it(folder, saved):
    journal = begun(folder, saved)
    first = edited(saved, 0)
    journal.append(first)
    journal.append(msgspec.structs.replace(first, library=Library(saved.library.recordings, (segment("a", "new"),), saved.library.folder)))
    journal.close()
    theirs = msgspec.structs.replace(saved, library=Library((), (), saved.library.folder))
    found = recover(folder, theirs, BLOCKS)
    assert found.state.project == first.project
    assert found.state.library == theirs.library
    assert found.steps == 1


def test_the_digest_does_not_see_what_files_do_not_keep(saved):
    graph = saved.project.graph
    turned = msgspec.structs.replace(graph, wires=tuple(reversed(graph.wires)))
    project = msgspec.structs.replace(saved.project, graph=turned, interval_ms=int(saved.project.interval_ms))
    assert state_digest(msgspec.structs.replace(saved, project=project)) == state_digest(saved)
    assert state_digest(edited(saved, 0)) != state_digest(saved)


LIMITED = """
import resource, sys
from pathlib import Path
import tests.unit.storage.test_journal as t
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.state import State
from studio.storage.folder import ProjectFolder
folder = Path(sys.argv[1])
made = ProjectFolder.open(folder)
saved = State(made.project, made.library(), made.layout())
journal = t.begun(folder, saved)
first = t.edited(saved, 0)
journal.append(first)
size = journal.path.stat().st_size
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
second = t.edited(first, 1)
try:
    journal.append(second)
    print("accepted")
except InputError as error:
    print("refused", error.hint)
assert journal.path.stat().st_size == size
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
third = t.edited(second, 3)
journal.append(third)
found = t.recover(folder, saved, t.BLOCKS)
print(found.state == third, found.steps)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_write_that_the_system_refuses_hides_nothing(folder):
    """Beyond its limit the kernel writes half a line and then refuses, as a full disk does."""
    run = subprocess.run([sys.executable, "-c", LIMITED, str(folder)], capture_output=True, text=True, check=True, env=environment())
    first, second = run.stdout.splitlines()
    assert first.startswith("refused ")
    assert second.startswith("True")


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_folder_that_may_not_be_written_is_said_and_the_old_journal_stays(folder, saved, tmp_path):
    journal = begun(folder, saved)
    journal.append(edited(saved, 0))
    journal.close()
    before = journal.path.read_bytes()
    part = journal.path.with_suffix(".part")
    part.mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        journal.start(saved)
    assert journal.path.read_bytes() == before
    part.rmdir()
    journal.append(edited(saved, 1))
    assert recover(folder, saved, BLOCKS).state == edited(saved, 1)
    journal.close()


def test_it_can_be_brought_to_the_disk_from_elsewhere(folder, saved):
    journal = Journal(folder, saved)
    assert journal.sync_handle() is None
    journal.start(saved)
    handle = journal.sync_handle()
    journal.close()
    os.fsync(handle)
    os.close(handle)


def test_a_kill_between_two_journals_leaves_one(folder, saved):
    """The new journal takes the old one's place in one step, so at each moment one of both is there."""
    journal = begun(folder, saved)
    state = saved
    for number in random.Random(1).sample(range(100), 20):
        state = edited(state, number)
        journal.start(saved, state, number + 1)
        assert recover(folder, saved, BLOCKS).state == state
        assert [p.name for p in journal.path.parent.iterdir()] == ["journal.jsonl"]
    journal.close()


def test_unused_parameters_types_are_given_back(folder, saved):
    name = next(n.id for n in saved.project.graph.nodes if n.kind == "conv2d")
    state = msgspec.structs.replace(saved, project=SetParams(name, {"kernel": (3, 3)}).apply(saved.project, BLOCKS))
    journal = begun(folder, saved)
    journal.append(state)
    journal.close()
    assert recover(folder, saved, BLOCKS).state.project.graph.node(name).params["kernel"] == (3, 3)

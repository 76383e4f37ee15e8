import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from studio.storage.folder import ProjectFolder
from studio.ui.arrangement import NAME, Arrangement
from studio.ui.main_window import MainWindow
from studio.ui.session import Session
from studio.ui.settings import Settings


@pytest.fixture
def splitter(qtbot):
    made = QSplitter(Qt.Orientation.Horizontal)
    qtbot.addWidget(made)
    for _ in range(2):
        made.addWidget(QWidget())
    made.resize(401, 100)
    made.show()
    made.setSizes([100, 300])
    return made


@pytest.fixture
def folders(tmp_path):
    """Two projects' folders, as far as an arrangement needs them."""
    made = tmp_path / "a", tmp_path / "b"
    for folder in made:
        (folder / ".studio").mkdir(parents=True)
    return made


def shares(splitter):
    return [round(s / 50) * 50 for s in splitter.sizes()]


def test_each_project_has_its_own_and_a_new_one_begins_with_the_last(app, splitter, folders):
    first = Arrangement(Settings(), folders[0])
    first.place("x", {"y": splitter})
    first.room = "train"
    splitter.setSizes([200, 200])
    first.keep()
    second = Arrangement(Settings(), folders[1])
    assert second.room == "train"
    second.place("x", {"y": splitter})
    assert shares(splitter) == [200, 200]
    second.room = "sounds"
    splitter.setSizes([300, 100])
    second.keep()
    again = Arrangement(Settings(), folders[0])
    again.place("x", {"y": splitter})
    assert again.room == "train"
    assert shares(splitter) == [200, 200]
    again.follow(folders[1])
    assert again.room == "sounds"
    assert shares(splitter) == [300, 100]


@pytest.mark.parametrize("stored", ["{", "[]", json.dumps({"room": 3, "x.y": [1, "x"]}), json.dumps({"x.y": [0, 0]}), '{"x.y": [1, 2, 3]}'])
def test_what_is_broken_is_passed_over(app, splitter, folders, stored):
    (folders[0] / ".studio" / NAME).write_text(stored)
    made = Arrangement(Settings(), folders[0])
    made.place("x", {"y": splitter})
    assert made.room == ""
    assert shares(splitter) == [100, 300]


def test_a_folder_that_is_gone_is_not_made_anew(app, folders, tmp_path):
    made = Arrangement(Settings(), tmp_path / "gone")
    made.room = "train"
    made.keep()
    assert not (tmp_path / "gone").exists()
    assert Arrangement(Settings(), folders[0]).room == "train"


def test_the_window_follows_the_project_that_is_opened(window, session, tmp_path, qtbot):
    other = ProjectFolder.copy_sample("keywords", tmp_path / "other").path
    window.show_room("train")
    train = window.room("train")
    train._sides.setSizes([400, 500])
    kept = train._sides.sizes()
    session.open(other)
    assert window.current_room == "train", "a project that was never open here stays in the room that is shown"
    window.show_room("design")
    train._sides.setSizes([300, 600])
    home = tmp_path / "keywords"
    session.open(home)
    assert window.current_room == "train"
    assert train._sides.sizes() == kept
    session.document.undo_stack.setClean()
    window.close()
    again = Session(other, Settings())
    reopened = MainWindow(again)
    assert reopened.current_room == "design"
    reopened.close_now()

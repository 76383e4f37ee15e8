import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox
from shiboken6 import delete

from studio.core.edits import SetFrontEnd
from studio.storage.folder import ProjectFolder
from studio.ui import opening
from studio.ui.dialogs.error import ErrorDialog
from studio.ui.main_window import ROOMS, MainWindow
from studio.ui.session import Session
from studio.ui.settings import Settings
from studio.ui.status_line import duration

ENTRY = "studio.testing.job_entries:"


@pytest.fixture
def answers(app):
    """Answer the questions to come, in order; each must be asked."""
    asked = []

    def answer(*verbs):
        waiting = list(verbs)

        def press():
            box = QApplication.activeModalWidget()
            if isinstance(box, QMessageBox) and box not in asked:
                asked.append(box)
                texts.append(box.text())
                verb = waiting.pop(0)
                next(b for b in box.buttons() if b.text() == verb).click()
            if waiting:
                QTimer.singleShot(10, press)

        texts: list[str] = []
        QTimer.singleShot(0, press)
        return texts

    return answer


@pytest.fixture
def other(tmp_path):
    """Another project's folder."""
    return ProjectFolder.copy_sample("keywords", tmp_path / "other").path


def mels(window, number):
    window.session.document.push(SetFrontEnd({"mels": number}))


def test_the_window_shows_the_sample_and_its_rooms(window):
    assert window.isVisible()
    assert window.windowTitle().startswith("keywords")
    for number, room in enumerate(ROOMS, 1):
        QTest.keyClick(window, Qt.Key.Key_0 + number, Qt.KeyboardModifier.ControlModifier)
        assert window.current_room == room.id
        assert window.rail.buttons[room.id].isChecked()


def test_a_session_may_go_before_its_window(app, sample):
    session = Session(sample, Settings())
    window = MainWindow(session)
    mels(window, 33)
    session.document.close(discard=True)
    delete(session)
    delete(window)


def test_it_starts_on_a_word_and_with_the_canvas_in_hand(window):
    document = window.session.document
    assert document.library.segments[window.session.segment].label == document.project.labels[0]
    window.activateWindow()
    assert window.focusWidget() is window.room("design").canvas


def test_bar_and_status_follow_the_document(window, qtbot):
    bar, line = window.top_bar, window.status_line
    assert (bar.state.text(), bar.undo_button.isEnabled()) == ("saved", False)
    mels(window, 33)
    assert (bar.state.text(), line.saved.text()) == ("edited", "edited")
    assert window.isWindowModified()
    assert bar.undo_button.toolTip().startswith("Undo: front end: mels = 33")
    QTest.mouseClick(bar.undo_button, Qt.MouseButton.LeftButton)
    assert bar.state.text() == "saved"
    assert bar.redo_button.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.session.document.project.frontend.mels == 33
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert line.saved.text().startswith("✓ saved ")
    assert not window.isWindowModified()
    assert "MACs" in line.counts.text()


@pytest.mark.parametrize(("verb", "closes", "kept"), [("Save", True, 33), ("Discard changes", True, 40), ("Keep editing", False, 33)])
def test_closing_with_unsaved_changes_asks_once(window, answers, verb, closes, kept):
    mels(window, 33)
    texts = answers(verb)
    assert window.close() is closes
    assert texts == ["Save the changes to keywords?"]
    assert window.isVisible() is not closes
    if closes:
        again = ProjectFolder.open(window.session.document.path)
        assert again.project.frontend.mels == kept
        assert not (again.path / ".studio" / "journal.jsonl").exists()


def test_closing_without_a_question_keeps_the_journal(window):
    mels(window, 33)
    window.close_now()
    window.close()
    assert not window.isVisible()
    assert (window.session.document.path / ".studio" / "journal.jsonl").stat().st_size > 200


def test_closing_while_something_runs_asks_and_ends_it(window, answers, qtbot):
    job = window.session.jobs.start(ENTRY + "sleep_deaf", {}, "Training")
    answers("Let it run")
    assert not window.close()
    assert job.running
    texts = answers("Stop it")
    assert window.close()
    assert texts == ["Training: still running."]
    assert not job.running


def test_the_verbs_say_what_runs_and_stop_it(window, qtbot):
    bar = window.top_bar
    job = window.session.jobs.start(ENTRY + "count", {"steps": 2000, "step_s": 0.02}, "Training")
    job.entry = "studio.ml.train:run"
    with qtbot.waitSignal(job.progressed, timeout=20_000):
        pass
    assert bar.train_button.text().startswith("Stop · ")
    assert window.status_line.job.isVisible()
    assert window.status_line.job.text().startswith("Training: step ")
    assert bar.flash_button.text() == "Flash"
    with qtbot.waitSignal(job.ended, timeout=20_000):
        QTest.mouseClick(bar.train_button, Qt.MouseButton.LeftButton)
    assert bar.train_button.text() == "Train"
    assert not window.status_line.job.isVisible()


def test_proving_is_said_on_its_button(window):
    window.targets.proving_changed.emit("build 10%")
    assert window.top_bar.prove_button.text() == "Stop · build 10%"
    window.targets.proving_changed.emit("")
    assert window.top_bar.prove_button.text() == "Prove it"


def test_another_project_takes_this_ones_place(window, other):
    first = window.session.document.path
    window.commands.open_folder_as_project(other)
    assert window.session.document.path == other
    mels(window, 33)
    assert window.top_bar.state.text() == "edited"
    window.commands.save()
    window.commands.open_folder_as_project(first)
    window.recent_menu.aboutToShow.emit()
    assert [a.data() for a in window.recent_menu.actions()] == [str(other)]
    window.recent_menu.actions()[0].trigger()
    assert window.session.document.path == other
    assert window.session.document.project.frontend.mels == 33


def test_an_error_leaves_the_present_project_open(window, tmp_path):
    path = window.session.document.path
    window.commands.open_folder_as_project(tmp_path)
    assert window.session.document.path == path
    assert window.findChild(ErrorDialog).isVisible()


def test_changes_discarded_for_another_project_stay_discarded(window, other, answers, monkeypatch):
    first = window.session.document.path
    mels(window, 33)
    answers("Discard changes")
    window.commands.open_recent(other)
    window.commands.open_folder_as_project(first)
    assert window.session.document.project.frontend.mels == 40
    assert window.session.document.recovered.steps == 0


def test_a_project_that_is_open_elsewhere_can_be_opened_as_a_copy(window, other, answers):
    with ProjectFolder.open(other).locked():
        texts = answers(opening.COPY)
        window.commands.open_folder_as_project(other)
    assert "another process" in texts[0]
    assert window.session.document.path == other.with_name("other-copy")


def test_opening_what_is_open_changes_nothing(window):
    document = window.session.document
    mels(window, 33)
    window.commands.open_folder_as_project(document.path)
    assert window.session.document is document
    assert document.project.frontend.mels == 33


def test_save_as_goes_on_in_the_copy_and_leaves_the_old_one_as_it_was_saved(window, tmp_path):
    first = window.session.document.path
    mels(window, 33)
    window.commands.save_to(tmp_path / "copy")
    assert window.session.document.path == tmp_path / "copy"
    assert window.session.document.is_saved
    assert window.session.document.project.frontend.mels == 33
    assert len(window.session.document.library.segments) == 777
    window.commands.open_folder_as_project(first)
    assert window.session.document.project.frontend.mels == 40
    assert window.session.document.recovered.steps == 0


def test_a_copy_that_cannot_be_made_loses_nothing(window, tmp_path):
    path = window.session.document.path
    mels(window, 33)
    (tmp_path / "taken").write_text("mine")
    window.commands.save_to(tmp_path / "taken")
    assert window.session.document.path == path
    assert not window.session.document.is_saved
    assert window.findChild(ErrorDialog).isVisible()


@pytest.mark.parametrize(
    ("verb", "shown", "stored"), [("Keep mine", 33, "mels = 33"), ("Load theirs", 20, "mels = 20"), ("Cancel", 33, "mels = 20")]
)
def test_saving_over_somebody_elses_changes_asks_whose_to_keep(window, answers, verb, shown, stored):
    document = window.session.document
    mels(window, 33)
    toml = document.path / "project.toml"
    toml.write_text(toml.read_text().replace("mels = 40", "mels = 20"))
    texts = answers(verb)
    window.commands.save()
    assert texts == ["project.toml changed on disk since the project was read."]
    assert document.project.frontend.mels == shown
    assert stored in toml.read_text()
    assert document.is_saved is (verb != "Cancel")


def test_a_save_that_the_disk_refuses_is_shown_and_the_document_stays_edited(window):
    document = window.session.document
    mels(window, 33)
    toml = document.path / "project.toml"
    kept = toml.read_text()
    toml.unlink()
    toml.mkdir()
    window.commands.save()
    assert window.findChild(ErrorDialog).isVisible()
    assert not document.is_saved
    assert window.top_bar.state.text() == "edited"
    toml.rmdir()
    toml.write_text(kept)


def test_unprotected_edits_are_said_until_they_are_protected(window):
    document = window.session.document
    blocker = document.path / ".studio" / "journal.part"
    blocker.mkdir()
    document._journal.close()
    mels(window, 33)
    assert window.status_line.unprotected.isVisible()
    assert "not protected" in window.status_line.currentMessage()
    blocker.rmdir()
    mels(window, 34)
    assert not window.status_line.unprotected.isVisible()


def test_a_recovery_is_told(session, app, qtbot):
    session.document.push(SetFrontEnd({"mels": 33}))
    session.document._journal.close()
    path = session.document.path
    session.document.close()
    from studio.ui.session import Session

    again = Session(path, session.settings)
    window = MainWindow(again)
    assert window.status_line.currentMessage() == "recovered 1 change that had not been saved; Ctrl+Z takes them back"
    window.commands.undo()
    assert again.document.project.frontend.mels == 40
    window.close_now()


def test_size_panels_and_room_are_remembered(window, qtbot):
    window.show_room("sounds")
    window._splitter.setSizes([900, 400])
    sizes = window._splitter.sizes()
    window.session.document.undo_stack.setClean()
    window.close()
    again = MainWindow(window.session)
    qtbot.addWidget(again)
    again.show()
    assert again.current_room == "sounds"
    ratio = again._splitter.width() / window._splitter.width()  # this screen is smaller than the window
    assert abs(again._splitter.sizes()[1] - ratio * sizes[1]) <= 40
    again.reset_layout()
    assert abs(again._splitter.sizes()[1] - 300) <= 40
    again.close_now()


def test_every_button_of_the_frame_has_a_name_and_says_what_it_does(window):
    for part in (window.top_bar, window.rail, window.status_line):
        for button in part.findChildren(QAbstractButton):
            assert button.accessibleName() or button.text(), button.objectName()
            assert button.toolTip()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus or part is window.rail
    assert window.rail.buttons["design"].focusPolicy() & Qt.FocusPolicy.TabFocus


def test_arrows_go_along_the_rail(window):
    window.rail.buttons["design"].setFocus()
    QTest.keyClick(window.rail.buttons["design"], Qt.Key.Key_Up)
    assert window.current_room == "sounds"


def test_tab_goes_from_the_bar_by_the_rail_through_the_room_to_the_targets(window):
    window.top_bar.search_button.setFocus()
    places = []
    for _ in range(200):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        widget = window.focusWidget()
        for place in (window.top_bar, window.rail, window.room("design"), window.targets):
            if place.isAncestorOf(widget) and places[-1:] != [place]:
                places.append(place)
        if widget is window.top_bar.search_button:
            break
    order = [places.index(p) for p in (window.rail, window.room("design"), window.targets)]
    assert order == sorted(order)


def test_a_dropped_model_is_proved(window, tmp_path, monkeypatch, qtbot):
    proved = []
    monkeypatch.setattr(window.targets, "prove_file", proved.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "model.tflite")), QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    qtbot.waitUntil(lambda: proved == [tmp_path / "model.tflite"])


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (185, "3 min 05 s")])
def test_times_are_written_as_people_say_them(seconds, words):
    assert duration(seconds) == words

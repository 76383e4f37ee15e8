"""The Sounds room by real clicks and keys, on the synthetic voice at eight times its pace and a player that keeps time in silence."""

import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from studio.audio.file import FileRecorder
from studio.audio.silent import SilentPlayer
from studio.audio.synthetic import SyntheticRecorder
from studio.data.audio import read_clip
from studio.ui.rooms.sounds import SoundsRoom

PACE = 8


@pytest.fixture
def voice():
    return SyntheticRecorder(lambda: PACE * time.monotonic())


@pytest.fixture
def room(session, qtbot, voice):
    made = SoundsRoom(session, (FileRecorder(lambda: PACE * time.monotonic()), voice), SilentPlayer("no card in this test"))
    made.resize(908, 710)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close_room()
    made.hide()
    made.deleteLater()


def click(widget, at=None):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or widget.rect().center())


def row_centre(view, row):
    return view.visualRect(view.model().index(row)).center()


def choose_label(room, label):
    view = room.library_panel.labels
    click(view.viewport(), row_centre(view, 1 + view.label_model.labels.index(label)))


def record(room, qtbot, clips=1):
    before = len(room.session.document.library.segments)
    click(room.recorder.record_button)
    assert room.recorder.recording
    qtbot.waitUntil(lambda: len(room.session.document.library.segments) == before + clips, timeout=5000)


def test_a_clip_is_recorded_listed_played_undone_and_redone(room, session, qtbot):
    choose_label(room, "yes")
    record(room, qtbot)
    library, number = session.document.library, len(session.document.library.segments) - 1
    segment, recording = library.segments[number], library.recordings[-1]
    assert segment.label == "yes" and segment.end - segment.start == 16000
    clip = read_clip(library.file(recording))
    assert clip.rate == 16000 and len(clip.samples) == recording.frames > 16000
    assert np.abs(clip.samples[segment.start : segment.end]).max() > 0.05
    assert session.segment == number
    clips = room.library_panel.clips
    assert clips.selected() == (number,)
    told = []
    session.told.connect(told.append)
    QTest.keyClick(clips, Qt.Key.Key_Space)
    assert room.player.playing and "no card in this test" in told[-1]
    QTest.keyClick(clips, Qt.Key.Key_Space)
    assert not room.player.playing
    session.document.undo_stack.undo()
    assert len(session.document.library.segments) == number and session.segment < number
    assert library.file(recording).exists()
    session.document.undo_stack.redo()
    assert session.document.library.segments[number] == segment


def test_the_button_beneath_takes_the_last_recording_back(room, session, qtbot):
    before = session.document.library
    record(room, qtbot)
    assert room.recorder.undo_button.isVisible()
    click(room.recorder.undo_button)
    assert session.document.library == before
    assert not room.recorder.undo_button.isVisible()


def test_a_new_label_comes_in_the_same_entry(room, session, qtbot):
    room.recorder.form.label_box.setFocus()
    room.recorder.form.label_box.lineEdit().selectAll()
    QTest.keyClicks(room.recorder.form.label_box.lineEdit(), "perhaps")
    before, count = session.document.state, session.document.undo_stack.count()
    record(room, qtbot)
    assert session.document.project.labels == (*before.project.labels, "perhaps")
    assert session.document.undo_stack.count() == count + 1
    assert session.document.library.recordings[-1].path.startswith("perhaps/")
    session.document.undo_stack.undo()
    assert session.document.state == before


def test_without_a_label_nothing_is_recorded(room, session):
    room.recorder.form.choose_label("  ")
    click(room.recorder.record_button)
    assert not room.recorder.recording
    assert "label" in room.recorder.message.text().lower()


def test_the_part_and_the_speaker_that_were_chosen_hold(room, session, qtbot):
    room.recorder.form.split_box.setCurrentText("test")
    QTest.keyClicks(room.recorder.form.speaker_edit, "ann")
    record(room, qtbot)
    assert session.document.library.segments[-1].split == "test"
    assert session.document.library.recordings[-1].speaker == "ann"


def test_escape_cancels_a_recording(room, session, qtbot):
    before = session.document.library
    click(room.recorder.record_button)
    QTest.keyClick(room.recorder.record_button, Qt.Key.Key_Escape)
    assert not room.recorder.recording
    qtbot.wait(300)
    assert session.document.library is before
    assert "cancelled" in room.recorder.message.text()


def test_the_level_and_the_waveform_follow_the_voice(room, qtbot):
    qtbot.waitUntil(lambda: room.recorder.meter.peak_db > -20, timeout=3000)
    assert room.recorder.wave._outline is not None and room.recorder.wave._outline.made > 0


@pytest.mark.parametrize("keeps", [True, False])
def test_a_device_that_goes_midway_leaves_what_was_recorded_to_choose(room, session, qtbot, voice, keeps):
    before = session.document.library
    click(room.recorder.record_button)
    qtbot.waitUntil(lambda: room.recorder.take is not None and room.recorder.take.fraction > 0.3, timeout=3000)
    voice.unplug()
    qtbot.waitUntil(lambda: room.recorder.keep_button.isVisible(), timeout=2000)
    assert "unplugged after" in room.recorder.message.text()
    assert session.document.library is before
    click(room.recorder.keep_button if keeps else room.recorder.discard_button)
    library = session.document.library
    if keeps:
        segment = library.segments[-1]
        assert 0 < segment.end - segment.start <= 16000
        assert len(read_clip(library.file(library.recordings[-1])).samples) == library.recordings[-1].frames
    else:
        assert library is before
    assert room.recorder.record_button.isEnabled()


def test_a_device_comes_back_when_looked_for(room, qtbot, voice):
    voice.unplug()
    qtbot.waitUntil(lambda: room.recorder.stream is None, timeout=2000)
    assert "unplugged" in room.recorder.wave.text
    click(room.recorder.devices.look_button)
    assert room.recorder.stream is None and "no device" in room.recorder.wave.text
    voice.plug()
    click(room.recorder.devices.look_button)
    assert room.recorder.stream is not None


def test_a_clip_that_cannot_be_stored_is_kept_until_it_can(room, session, qtbot):
    before, folder = session.document.library, session.document.library.folder / "nowhere"
    folder.write_text("a file in the place of the folder")
    room.recorder.form.choose_label("nowhere")
    click(room.recorder.record_button)
    qtbot.waitUntil(lambda: room.recorder.keep_button.isVisible(), timeout=5000)
    assert "not stored" in room.recorder.message.text() and session.document.library is before
    click(room.recorder.keep_button)
    assert room.recorder.keep_button.isVisible() and session.document.library is before
    folder.unlink()
    click(room.recorder.keep_button)
    assert session.document.library.segments[-1].label == "nowhere"
    assert not room.recorder.keep_button.isVisible()


@pytest.fixture
def full_disk(session):
    """A label's folder on a disk of 16 KiB; where this user may not mount one, the test is skipped."""
    folder = session.document.library.folder / "full"
    folder.mkdir()
    if not sys.platform.startswith("linux") or not _mount(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]):
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    _mount(["umount", str(folder)])


def _mount(command):
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def test_on_a_full_disk_nothing_half_written_stays_and_the_clip_waits(room, session, qtbot, full_disk):
    room.recorder.form.choose_label("full")
    before = session.document.state
    click(room.recorder.record_button)
    qtbot.waitUntil(lambda: room.recorder.keep_button.isVisible(), timeout=5000)
    assert "the disk is full" in room.recorder.message.text()
    assert list(full_disk.iterdir()) == [] and session.document.state == before
    assert _mount(["umount", str(full_disk)])
    click(room.recorder.keep_button)
    assert session.document.library.segments[-1].label == "full"


def test_a_file_plays_as_the_microphone(room, session, qtbot, tmp_path):
    tone = (0.5 * np.sin(np.arange(32000) / 3)).astype(np.float32)
    soundfile.write(tmp_path / "tone.wav", tone, 16000)
    room.recorder.use_file(tmp_path / "tone.wav")
    assert room.recorder.devices.name == "tone.wav"
    record(room, qtbot)
    assert session.document.library.recordings[-1].device == "tone.wav"
    room.recorder.use_file(tmp_path / "none.wav")
    assert "no such file" in room.recorder.message.text()


def test_the_device_is_given_back_when_the_room_is_hidden(room, qtbot):
    assert room.recorder.stream is not None
    room.hide()
    assert room.recorder.stream is None
    room.show()
    assert room.recorder.stream is not None


def test_files_of_undone_takes_go_when_all_is_saved_and_no_others(room, session, qtbot):
    record(room, qtbot)
    kept = session.document.library.file(session.document.library.recordings[-1])
    record(room, qtbot)
    gone = session.document.library.file(session.document.library.recordings[-1])
    session.document.undo_stack.undo()
    session.document.save()
    assert gone.exists()
    room.close_room()
    assert kept.exists() and not gone.exists()


# the library


def test_filters_show_fewer_clips_and_say_so(room, session, qtbot):
    panel = room.library_panel
    count = len(session.document.library.segments)
    assert len(panel.clips.clips.numbers) == count
    choose_label(room, "yes")
    assert {session.document.library.segments[n].label for n in panel.clips.clips.numbers} == {"yes"}
    assert room.recorder.form.label == "yes"
    QTest.keyClicks(panel.filter, "test")
    assert {session.document.library.segments[n].split for n in panel.clips.clips.numbers} == {"test"}
    QTest.keyClicks(panel.filter, " zzz")
    assert panel.empty_text.isVisible() and "zzz" in panel.empty_text.text()
    click(panel.empty_buttons[0])
    assert panel.filter.text() == "" and len(panel.clips.clips.numbers) == 74


def test_a_click_shows_a_clip_and_a_double_click_plays_it(room, session):
    view = room.library_panel.clips
    click(view.viewport(), row_centre(view, 3))
    assert session.segment == view.clips.numbers[3]
    click(view.viewport(), row_centre(view, 4))
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row_centre(view, 4))
    assert room.player.playing and view.playing == session.segment == view.clips.numbers[4]
    room.play()
    assert not room.player.playing


def test_the_session_clip_is_chosen_in_the_list(room, session):
    session.show_segment(40)
    assert room.library_panel.clips.selected() == (40,)


def test_clips_are_removed_and_come_back(room, session):
    view, before = room.library_panel.clips, session.document.library
    click(view.viewport(), row_centre(view, 0))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, row_centre(view, 2))
    room.delete_selected()
    assert session.document.library.segments == before.segments[3:]
    assert session.document.undo_stack.undoText() == "remove 3 clips"
    session.document.undo_stack.undo()
    assert session.document.library == before


def test_a_clip_dropped_on_a_label_gets_it(room, session):
    view, labels = room.library_panel.clips, room.library_panel.labels
    click(view.viewport(), row_centre(view, 5))
    carried = []
    view.run_drag = carried.append
    start = row_centre(view, 5)
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 8):
        QTest.mouseMove(view.viewport(), start - QPoint(6 * step, 0))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start - QPoint(48, 0))
    data = carried[0]
    at = row_centre(labels, 1 + labels.label_model.labels.index("no"))
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(labels.viewport(), QDragEnterEvent(at, Qt.DropAction.MoveAction, data, buttons, keys))
    drop = QDropEvent(QPointF(at), Qt.DropAction.MoveAction, data, buttons, keys)
    QApplication.sendEvent(labels.viewport(), drop)
    assert drop.isAccepted()
    assert session.document.library.segments[5].label == "no"
    session.document.undo_stack.undo()
    assert session.document.library.segments[5].label != "no"


def test_the_menu_changes_label_and_part(room, session):
    view = room.library_panel.clips
    click(view.viewport(), row_centre(view, 2))
    menu = room.library_panel.make_menu()
    entries = {a.text(): a for a in menu.actions()}
    next(a for a in entries["Label"].menu().actions() if a.text() == "stop").trigger()
    next(a for a in entries["Part of the split"].menu().actions() if a.text() == "validation").trigger()
    segment = session.document.library.segments[2]
    assert (segment.label, segment.split) == ("stop", "validation")
    menu.deleteLater()


def test_outlines_come_for_what_is_in_view_and_scrolling_is_quick(room, session, qtbot):
    view, library = room.library_panel.clips, session.document.library
    thumbnails = room.library_panel.thumbnails
    qtbot.waitUntil(lambda: all(thumbnails.summary(library, s, ask=False) for s in library.segments), timeout=20000)
    assert not any(thumbnails.summary(library, s).problem for s in library.segments)
    bar, spent = view.verticalScrollBar(), []
    for value in np.linspace(0, bar.maximum(), 60).astype(int).tolist():
        started = time.thread_time()
        bar.setValue(value)
        view.viewport().repaint()
        spent.append(time.thread_time() - started)
    assert sorted(spent)[len(spent) // 2] < 0.05


def test_a_quiet_line_filters_the_clips_that_are_clipped(room, session, qtbot):
    panel, library = room.library_panel, session.document.library
    loud = np.sign(np.sin(np.arange(24000) / 9)).astype(np.float32)
    soundfile.write(library.folder.parent.parent / "loud.wav", loud, 16000)
    room.recorder.use_file(library.folder.parent.parent / "loud.wav")
    record(room, qtbot)
    number = len(session.document.library.segments) - 1
    qtbot.waitUntil(lambda: "data.clipped" in panel.health.buttons, timeout=20000)
    button: QToolButton = panel.health.buttons["data.clipped"]
    assert button.text() == "1 clip is clipped"
    click(button)
    assert panel.clips.clips.numbers == (number,)
    click(button)
    assert len(panel.clips.clips.numbers) == number + 1
    session.document.undo_stack.undo()
    qtbot.waitUntil(lambda: "data.clipped" not in panel.health.buttons, timeout=3000)


def test_a_file_that_is_gone_is_said_in_its_row(room, session, qtbot):
    library = session.document.library
    library.file(library.by_id[library.segments[0].recording]).unlink()
    room.library_panel.thumbnails._known.clear()
    room.library_panel._library_changed()
    qtbot.waitUntil(lambda: "data.missing" in room.library_panel.health.buttons, timeout=20000)
    assert "cannot be read" in room.library_panel.health.buttons["data.missing"].text()
    told = []
    session.told.connect(told.append)
    room.play_clip(0)
    assert not room.player.playing and "no such file" in told[-1]


def test_a_folder_is_imported_as_one_entry(room, session, qtbot, tmp_path):
    for label, seed in (("yes", 1), ("maybe", 2), ("maybe", 3)):
        path = tmp_path / "more" / label / f"{seed}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(seed).uniform(-0.3, 0.3, 16000), 16000)
    before, count = session.document.state, session.document.undo_stack.count()
    room.import_folder(tmp_path / "more")
    assert room.imports.isVisible()
    qtbot.waitUntil(lambda: len(session.document.library.segments) == len(before.library.segments) + 3, timeout=30000)
    assert session.document.project.labels[-1] == "maybe"
    assert session.document.undo_stack.count() == count + 1
    assert not room.imports.isVisible()
    session.document.undo_stack.undo()
    assert session.document.state == before


def test_a_folder_without_clips_is_refused_in_words(room, session, qtbot, tmp_path):
    (tmp_path / "nothing").mkdir()
    before = session.document.library
    room.import_folder(tmp_path / "nothing")
    qtbot.waitUntil(lambda: room.imports.job is None, timeout=30000)
    assert "no audio files" in room.imports.text.text() and room.imports.isVisible()
    assert session.document.library is before


def test_an_empty_library_says_what_belongs_there(room, session, qtbot):
    room.library_panel._change("remove all", type(session.document.library)(folder=session.document.library.folder))
    assert room.library_panel.empty_text.isVisible()
    assert "belong here" in room.library_panel.empty_text.text()
    assert session.segment == -1
    room.play()
    click(room.library_panel.empty_buttons[0])
    assert room.recorder.recording
    qtbot.waitUntil(lambda: len(session.document.library.segments) == 1, timeout=5000)
    assert session.segment == 0 and room.library_panel.clips.selected() == (0,)


def test_another_document_replaces_this_one(room, session, qtbot, tmp_path):
    from studio.storage.folder import ProjectFolder

    record(room, qtbot)
    session.document.save()
    other = ProjectFolder.copy_sample("keywords", tmp_path / "other").path
    session.open(other)
    assert len(room.library_panel.clips.clips.numbers) == 777
    record(room, qtbot)
    assert session.document.library.folder.is_relative_to(other)


def test_the_window_records_and_plays_by_keys(window, qtbot):
    session = window.session
    before = len(session.document.library.segments)
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.current_room == "sounds"
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    room = window.room("sounds")
    qtbot.waitUntil(lambda: room.recorder.recording, timeout=3000)
    qtbot.waitUntil(lambda: len(session.document.library.segments) == before + 1, timeout=8000)
    room.library_panel.clips.setFocus()
    QTest.keyClick(room.library_panel.clips, Qt.Key.Key_Space)
    assert room.player.playing
    room.play()
    room.recorder.record_button.setFocus()
    QTest.keyClick(room.recorder.record_button, Qt.Key.Key_Space)
    assert room.recorder.recording and not room.player.playing
    QTest.keyClick(room.recorder.record_button, Qt.Key.Key_Escape)
    room.library_panel.clips.setFocus()
    QTest.keyClick(room.library_panel.clips, Qt.Key.Key_Delete)
    assert len(session.document.library.segments) == before

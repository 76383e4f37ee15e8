import msgspec
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studio.core.edits import SetFrontEnd
from studio.core.frontend import FrontEnd
from studio.core.library import Library
from studio.core.network import Quantisation
from studio.dsp.log_mel import features
from studio.dsp.mel import mel_edges
from studio.ui.plots.clip_features import Sight, Spectra, hz_ticks, own_sight, picture
from studio.ui.plots.clip_plots import MAGMA, column_pixels
from studio.ui.plots.clip_view import EMPTY, ClipView
from studio.ui.plots.shown_clip import Clips, Envelope, Wanted, wanted_segment

KEPT = []


@pytest.fixture
def view(session, qtbot):
    made = ClipView(session)
    KEPT.append(made)
    made.resize(520, 320)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.stop()
    made.hide()


def tone(path, seconds, rate=16000, hz=1000.0, level=0.5):
    samples = level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)
    soundfile.write(path, samples.astype(np.float32), rate)
    return path


def drop(view, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at, buttons, keys = QPoint(200, 150), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(view, enter)
    if enter.isAccepted():
        QApplication.sendEvent(view, QDropEvent(QPointF(at), Qt.DropAction.CopyAction, data, buttons, keys))
    return enter.isAccepted()


def wheel(plot, notches):
    at = QPointF(plot.rect().center())
    none, held = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at, QPointF(plot.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * notches), none, held, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(plot, event)


def test_the_sample_shows_a_clip(view, session):
    assert view.title.text().endswith(f"{session.segment + 1} of {len(session.document.library.segments)}")
    fe = session.document.project.frontend
    assert view.features.picture.features.shape == (fe.frames, fe.mels)
    assert view.features.picture.colours.shape == (fe.mels, fe.frames)


def test_what_is_drawn_is_what_the_front_end_gives(view, session):
    fe = session.document.project.frontend
    assert np.allclose(view.features.picture.features, features(fe, view.clip.samples)[..., 0], atol=1e-5)


def test_a_mel_change_redraws_from_the_kept_power(view, session):
    power, before = view._spectra._power, view.features.picture.colours
    session.document.push(SetFrontEnd({"mels": 64}))
    assert view.features.picture.colours.shape[0] == 64
    assert view._spectra._power is power
    session.document.push(SetFrontEnd({"high_hz": 4000.0}))
    assert not np.array_equal(view.features.picture.colours, before)
    session.document.push(SetFrontEnd({"hop": 160}))
    assert view._spectra._power is not power
    assert view.features.picture.colours.shape[1] == 98


def test_next_and_previous_go_through_the_library(view, session):
    session.show_segment(0)
    first = view.title.text()
    QTest.mouseClick(view.next_button, Qt.MouseButton.LeftButton)
    assert session.segment == 1
    assert view.title.text() != first
    QTest.mouseClick(view.previous_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(view.previous_button, Qt.MouseButton.LeftButton)
    assert session.segment == len(session.document.library.segments) - 1


def test_int8_shows_steps_and_saturation(view, session):
    QTest.mouseClick(view.int8_button, Qt.MouseButton.LeftButton)
    assert view.int8_button.isChecked()
    assert view.features.picture.kit.dtype == np.int8
    assert "0.0 % of values saturate" in view.info.text()
    assert "own range" in view.info.text()
    view.toggle_int8()
    assert view.features.picture.kit is None
    assert "dB" in view.info.text()


def test_int8_follows_the_newest_run_of_this_design(view, session):
    """A run's model decides while the design is the one that was trained."""
    from studio.core.project import design_digest
    from studio.lower.graph import lower_graph
    from studio.lower.int8 import quantised_types
    from studio.lower.randomise import randomise
    from studio.lower.tflite import write_tflite
    from studio.storage.runs import MODEL, Run, write_run

    project = session.document.project
    network = randomise(quantised_types(lower_graph(project.graph, session.blocks, project.frontend.shape, name="x")), 1)
    folder = session.document.folder.new_run()
    (folder / MODEL).write_bytes(write_tflite(network))
    write_run(folder, Run(1, design_digest(project), 0.0, 1.0, 1, project.recipe, project.labels, 0.5, 0.5))
    view.toggle_int8()
    assert "run 1" in view.info.text()
    assert view.features.picture.sight.quant == network.input.quant
    session.document.push(SetFrontEnd({"mels": 20}))
    assert "own range" in view.info.text()
    session.document.undo_stack.undo()
    assert "run 1" in view.info.text()


def test_a_dropped_file_is_shown_and_played_from(view, session, tmp_path):
    assert drop(view, tone(tmp_path / "long.wav", 3.0, rate=44100))
    assert view.title.text() == "long.wav"
    assert view.clip.seconds == pytest.approx(3.0, abs=0.01)
    assert view.clip.heard[1] - view.clip.heard[0] == session.document.project.frontend.clip_samples
    assert view.wave.heard == pytest.approx([x / 16000 for x in view.clip.heard])
    assert "marked part" in view.info.text()
    band = view.features.picture.features.mean(axis=0).argmax()
    assert mel_edges(session.document.project.frontend)[band + 1] == pytest.approx(1000, rel=0.1)
    session.show_segment(3)
    assert "long.wav" not in view.title.text()


def test_other_files_are_not_taken(view, tmp_path):
    (tmp_path / "x.txt").write_text("x")
    assert not drop(view, tmp_path / "x.txt")


def test_a_broken_file_says_what_is_wrong(view, tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    drop(view, tmp_path / "x.wav")
    assert view.clip is None
    assert view.empty.isVisible()
    assert "x.wav" in view.empty.text()


def test_a_long_file_is_read_and_computed_beside_the_window(view, tmp_path, qtbot):
    drop(view, tone(tmp_path / "minute.wav", 70.0, hz=440.0))
    qtbot.waitUntil(lambda: view.clip is not None and view.clip.seconds > 60, timeout=20_000)
    qtbot.waitUntil(lambda: view.features.picture.features.shape[0] > 3000, timeout=20_000)
    view.session.document.push(SetFrontEnd({"mels": 32}))
    view.session.document.push(SetFrontEnd({"mels": 24}))
    qtbot.waitUntil(lambda: view.features.picture.features.shape[1] == 24, timeout=20_000)
    QTest.qWait(100)
    assert view.features.picture.features.shape[1] == 24


def test_without_clips_it_says_what_belongs_here(view, session, qtbot):
    session.document.set_library("empty", Library())
    assert view.clip is None
    assert view.empty.text() == EMPTY
    with qtbot.waitSignal(session.room_wanted) as asked:
        QTest.mouseClick(view.findChild(QPushButton, "clip.record"), Qt.MouseButton.LeftButton)
    assert asked.args == ["sounds"]
    view.play()
    session.document.undo_stack.undo()
    assert view.clip is not None


def test_wheel_zooms_both_and_a_double_click_shows_all(view):
    wheel(view.features, 3)
    start, end = view.features.shown_seconds
    assert end - start < 0.9
    assert view.wave.shown_seconds == pytest.approx((start, end), abs=1e-3)
    QTest.mouseDClick(view.wave, Qt.MouseButton.LeftButton, pos=QPoint(200, 20))
    assert view.features.shown_seconds == pytest.approx((0, 1), abs=1e-3)


def test_keys_zoom_and_pan(view):
    view.features.setFocus()
    QTest.keyClick(view.features, Qt.Key.Key_Plus)
    QTest.keyClick(view.features, Qt.Key.Key_Plus)
    start, _ = view.features.shown_seconds
    QTest.keyClick(view.features, Qt.Key.Key_Right)
    assert view.features.shown_seconds[0] > start
    QTest.keyClick(view.features, Qt.Key.Key_Home)
    assert view.features.shown_seconds == pytest.approx((0, 1), abs=1e-3)


def test_hovering_says_time_band_and_value(view, session):
    made = view.features.picture
    start, width = made.seconds
    text = made.at(start + width / 2, 10.5)
    frame = int(0.5 * len(made.features))
    db = made.db(float(made.features[frame, 10]))
    assert text.startswith("0.4")
    assert "band 10" in text
    assert f"{db:.1f} dB".replace("-", "−") in text
    assert made.at(-1.0, 10) == ""
    assert made.at(0.5, 99) == ""
    QTest.mouseMove(view.features, QPoint(300, 60))
    view._hovered(view.features, QPointF(0.5, 3.2))
    assert "band 3" in view.info.text()


def test_playing_moves_a_cursor_and_stops(view, qtbot):
    QTest.mouseClick(view.play_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.features.cursor_seconds is not None, timeout=3000)
    qtbot.waitUntil(lambda: view.features.cursor_seconds > 0.1, timeout=3000)
    QTest.mouseClick(view.play_button, Qt.MouseButton.LeftButton)
    assert view.features.cursor_seconds is None
    assert not view._player.playing


def test_space_plays_from_the_plots(view, qtbot):
    view.features.setFocus()
    QTest.keyClick(view.features, Qt.Key.Key_Space)
    assert view._cursor.isActive()
    QTest.keyClick(view.features, Qt.Key.Key_Space)
    assert not view._cursor.isActive()


def test_what_is_zoomed_in_on_is_played(view, qtbot):
    view.stretch.show(0.4, 0.5)
    view.play()
    qtbot.waitUntil(lambda: (view.wave.cursor_seconds or 0.0) >= 0.4, timeout=3000)
    qtbot.waitUntil(lambda: not view._cursor.isActive(), timeout=3000)


def test_the_library_clip_is_the_one_that_training_gets(session):
    from studio.data.dataset import load_dataset

    project, library = session.document.project, session.document.library
    clip = Clips().shown(wanted_segment(library, 5), project.frontend)
    small = Library(library.recordings, (library.segments[5],), library.folder)
    assert np.array_equal(clip.samples, load_dataset(small, project).pcm[0])


def test_a_file_that_changed_is_read_anew(tmp_path):
    path, fe, clips = tone(tmp_path / "x.wav", 1.0), FrontEnd(), Clips()
    first = clips.shown(Wanted(path, "x"), fe)
    import os

    tone(path, 1.0, level=0.1)
    os.utime(path, (1, 1))
    assert np.abs(clips.shown(Wanted(path, "x"), fe).samples).max() < np.abs(first.samples).max()


@pytest.mark.parametrize("length", [100, 5000, 160_000, 1_600_001])
@pytest.mark.parametrize("columns", [64, 700])
def test_an_outline_holds_the_extremes(length, columns):
    samples = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    samples[length // 3] = 1.5
    at, values = Envelope(samples).outline(0, length, columns)
    assert values.max() == pytest.approx(1.5)
    assert len(at) == len(values) <= max(4 * columns, 2 * columns + 2)
    assert at[-1] < length
    part = Envelope(samples).outline(length // 2, length // 2 + 20, columns)
    assert np.array_equal(part[1], samples[length // 2 : length // 2 + 20])


def test_saturation_is_the_share_outside_int8():
    fe = FrontEnd(mels=4)
    values = np.array([[-10.0, 0.0, 1.0, 10.0]], np.float32)
    made = picture(fe, values, Sight(Quantisation((0.02,), (0,)), "test"))
    assert made.saturated == 0.5
    assert made.kit[0].tolist() == [-128, 0, 50, 127]
    assert picture(fe, values, own_sight(values)).saturated == 0.0


def test_ticks_stand_at_their_bands():
    fe = FrontEnd()
    centres = mel_edges(fe)[1:-1]
    for place, text in hz_ticks(fe):
        hz = float(text[:-1]) * 1000 if text.endswith("k") else float(text)
        assert np.interp(place - 0.5, np.arange(fe.mels), centres) == pytest.approx(hz)


def test_spectra_equal_the_front_end():
    fe, samples = FrontEnd(), np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.1
    assert np.allclose(Spectra().features(fe, samples), features(fe, samples)[..., 0])


def test_spectra_follow_the_arithmetic():
    fe, samples, spectra = FrontEnd(), np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.1, Spectra()
    spectra.features(fe, samples)
    fixed = msgspec.structs.replace(fe, arithmetic="fixed")
    np.testing.assert_array_equal(spectra.features(fixed, samples), features(fixed, samples)[..., 0])


def test_dragging_pans_both_plots(view):
    view.stretch.show(0.2, 0.6)
    plot = view.features
    x, seconds = plot.area.left() + 100, plot.seconds_at(plot.area.left() + 100)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(x, 60))
    QTest.mouseMove(plot, QPoint(x + 40, 60))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(x + 40, 60))
    assert plot.seconds_at(x + 40) == pytest.approx(seconds, abs=1e-6)
    assert view.wave.shown_seconds == plot.shown_seconds


def test_each_column_bears_the_colour_of_the_frame_beneath_it():
    fe = FrontEnd()
    values = np.random.default_rng(2).uniform(-3, 3, (fe.frames, fe.mels)).astype(np.float32)
    made = picture(fe, values)
    start, seconds, columns = 0.37, 0.21, 150
    pixels = column_pixels(made, start, seconds, columns, 0)
    at, wide = made.seconds
    for column in range(0, columns, 7):
        frame = int((start + (column + 0.5) * seconds / columns - at) / (wide / fe.frames))
        assert np.array_equal(pixels[::-1, column], MAGMA[made.colours[:, frame]])
    outside = column_pixels(made, 0.0, 1.0, 1000, 7)
    assert (outside[:, 0] == 7).all()
    assert (outside[:, -1] == 7).all()
    assert (outside[:, 500] != 7).all()


def test_one_edit_paints_each_plot_at_most_once(view, session, app):
    QTest.qWait(50)
    count = {view.wave: 0, view.features: 0}

    class Counter(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint and watched in count:
                count[watched] += 1
            return False

    counter = Counter()
    app.installEventFilter(counter)
    session.document.push(SetFrontEnd({"mels": 33}))
    QTest.qWait(50)
    app.removeEventFilter(counter)
    assert count == {view.wave: 0, view.features: 1}

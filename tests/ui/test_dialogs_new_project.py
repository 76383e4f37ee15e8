"""A new project from recordings: the preview while typing, the split, the job, and what came in."""

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.storage.folder import ProjectFolder
from studio.ui.dialogs.new_project import NewProjectDialog

RATE = 8000


@pytest.fixture
def recordings(tmp_path):
    """Sixty short sounds, named "<label>_<speaker>_<number>.wav", one of them broken."""
    folder = tmp_path / "takes"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for pitch, label in ((300, "low"), (900, "high")):
        for speaker in ("ann", "bob", "cem"):
            for number in range(10):
                tone = np.sin(2 * np.pi * (pitch + 20 * number) * np.arange(RATE // 2) / RATE)
                sound = 0.3 * tone + 0.01 * rng.standard_normal(len(tone))
                soundfile.write(folder / f"{label}_{speaker}_{number}.wav", sound, RATE)
    (folder / "low_ann_99.wav").write_bytes(b"RIFF")
    return folder


@pytest.fixture
def dialog(window):
    made = NewProjectDialog(window.session, window)
    made.show()
    yield made
    made.done(0)


def fill(dialog, qtbot, source, pattern="{label}_{speaker}_{index}.wav"):
    dialog.source.setText(str(source))
    QTest.keyClicks(dialog.pattern, pattern)
    qtbot.waitUntil(lambda: dialog._preview is not None, timeout=10_000)


def test_first_says_what_belongs_there_and_cannot_create(dialog):
    assert "a folder for each label" in dialog.found.text() and not dialog.create_button.isEnabled()
    assert dialog.words.text() == "Choose the folder of your recordings first."


def test_preview_follows_the_pattern(dialog, qtbot, recordings):
    dialog.source.setText(str(recordings))
    qtbot.waitUntil(lambda: "no folders named for labels" in dialog.found.text(), timeout=10_000)
    assert "--pattern" not in dialog.found.text() and not dialog.create_button.isEnabled()
    QTest.keyClicks(dialog.pattern, "{label}_{speaker}_{index}.wav")
    qtbot.waitUntil(lambda: dialog._preview is not None, timeout=10_000)
    assert dialog.found.text() == "61 clips · 2 labels: high, low · 3 speakers · field index"
    assert dialog.create_button.isEnabled() and dialog.name.text() == "takes"
    QTest.keyClicks(dialog.pattern, "}")
    qtbot.waitUntil(lambda: "without its partner" in dialog.found.text(), timeout=10_000)


def test_makes_a_project_of_whole_speakers(dialog, qtbot, recordings, tmp_path):
    fill(dialog, qtbot, recordings)
    dialog.split.kind.setCurrentIndex(dialog.split.kind.findData("speaker"))
    dialog.dest.clear()
    QTest.keyClicks(dialog.dest, str(tmp_path / "made"))
    QTest.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.folder is not None, timeout=60_000)
    assert dialog.result.title.text() == "60 clips of 2 labels"
    rows = [dialog.result.remarks.item(r, 0).text() for r in range(dialog.result.remarks.rowCount())]
    assert rows[0] == "low_ann_99.wav" and "1 left out" in dialog.result.remarks_title.text()
    QTest.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    assert dialog.folder == tmp_path / "made"
    library = ProjectFolder.open(dialog.folder).library()
    heard = {part: {library.by_id[s.recording].speaker for s in library.segments if s.split == part} for part in ("train", "test")}
    assert len(library.segments) == 60 and not heard["train"] & heard["test"]


def test_a_field_holds_out(dialog, qtbot, recordings, tmp_path):
    fill(dialog, qtbot, recordings)
    dialog.split.kind.setCurrentIndex(dialog.split.kind.findData("test"))
    assert not dialog.create_button.isEnabled() and dialog.words.text()
    dialog.split.field.setCurrentText("index")
    QTest.keyClicks(dialog.split.values, "0-2")
    assert dialog.split.text == "test:index=0-2" and dialog.create_button.isEnabled()
    assert "index takes 0, 1, 2" in dialog.split.help.text()


def test_an_occupied_folder_is_refused_in_place(dialog, qtbot, recordings):
    fill(dialog, qtbot, recordings)
    dialog.dest.setText(str(recordings))
    assert not dialog.create_button.isEnabled() and str(recordings) in dialog.words.text()


def test_an_error_of_the_job_is_shown_in_place(dialog, qtbot, recordings, tmp_path):
    for path in recordings.glob("high_*"):
        path.unlink()
    fill(dialog, qtbot, recordings)
    dialog.dest.setText(str(tmp_path / "made"))
    QTest.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.problem.isVisible(), timeout=60_000)
    assert "one label" in dialog.problem.text() and dialog.form.isEnabled() and dialog.folder is None
    assert not (tmp_path / "made").exists()


def test_cancel_stops_the_job_and_leaves_nothing(dialog, qtbot, recordings, tmp_path):
    fill(dialog, qtbot, recordings)
    dialog.dest.setText(str(tmp_path / "made"))
    QTest.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert dialog.isVisible() and dialog.words.text() == "stopping"
    qtbot.waitUntil(lambda: not dialog.job.running, timeout=60_000)
    assert dialog.folder is None or dialog.folder.exists()
    assert dialog.form.isEnabled() or dialog.folder
    if dialog.folder is None:
        assert not (tmp_path / "made").exists()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

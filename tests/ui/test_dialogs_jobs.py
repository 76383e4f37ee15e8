"""The list of jobs: real child processes, seen, cancelled and read."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.ui.dialogs.error import ErrorDialog
from studio.ui.dialogs.jobs import JobsDialog, seconds_in_words


def test_an_empty_list_says_what_belongs_there(window):
    dialog = JobsDialog.show_for(window)
    assert dialog._empty.isVisible() and not dialog.lines
    assert JobsDialog.show_for(window) is dialog


def test_a_job_runs_and_ends(window, qtbot):
    dialog = JobsDialog.show_for(window)
    job = window.session.jobs.start("studio.deploy.probes:run", {}, "Look for probes")
    (line,) = dialog.lines
    assert line.cancel.isVisible() and not line.error.isVisible()
    qtbot.waitUntil(lambda: not job.running, timeout=30_000)
    assert line.state.text().startswith("done in") and not line.cancel.isVisible()
    QTest.mouseClick(line.log.head, Qt.MouseButton.LeftButton)
    assert "kit_virtual" in line.log.body.toPlainText()
    QTest.mouseClick(dialog.clear, Qt.MouseButton.LeftButton)
    assert not dialog.lines and dialog._empty.isVisible()


def test_a_job_is_cancelled_by_its_button(window, qtbot):
    dialog = JobsDialog.show_for(window)
    job = window.session.jobs.start("studio.deploy.probes:watch", {}, "Watch")
    (line,) = dialog.lines
    qtbot.waitUntil(lambda: bool(job.log_lines), timeout=30_000)
    QTest.mouseClick(line.cancel, Qt.MouseButton.LeftButton)
    assert line.state.text().startswith("stopping") and not line.cancel.isEnabled()
    qtbot.waitUntil(lambda: not job.running, timeout=30_000)


def test_a_failed_job_shows_its_error(window, qtbot):
    dialog = JobsDialog.show_for(window)
    job = window.session.jobs.start("studio.deploy.flash:run", {"path": "/nowhere", "target": "virtual-m4"}, "Flash")
    (line,) = dialog.lines
    qtbot.waitUntil(lambda: not job.running, timeout=30_000)
    assert "there is no such file or folder" in line.state.text() and line.error.isVisible()
    QTest.mouseClick(line.error, Qt.MouseButton.LeftButton)
    shown = window.findChild(ErrorDialog)
    assert shown.isVisible() and shown.where.text() == "Where: /nowhere"


def test_durations_in_words():
    assert [seconds_in_words(s) for s in (0.01, 0.4, 12.4, 185)] == ["0 s", "0.4 s", "12 s", "3 min 05 s"]

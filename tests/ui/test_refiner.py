"""Refine: while the design rests a real compiler and TFLM's real allocator check the figures, which the cards and the self-check show."""

import os
import signal
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import SetParams, SetTargets
from studio.deploy import oracle
from studio.ui.dialogs.jobs import JobsDialog
from studio.ui.dialogs.self_check import SelfCheck

BOUND_MS = 60_000


@pytest.fixture
def refiner(window):
    """The window's refiner, at work as in a window that somebody sees."""
    made = window.session.refiner
    assert not made.started
    made.start()
    yield made
    made.stop()


def rested(qtbot, refiner):
    qtbot.waitUntil(lambda: not refiner.working, timeout=BOUND_MS)


def test_an_edit_rests_and_the_card_says_compiled_until_the_next(window, refiner, qtbot):
    session = window.session
    card = window.targets.cards["virtual-m4"]
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    assert card.provenance.word == "planned"
    planned = session.gauges.report("virtual-m4", "c")
    rested(qtbot, refiner)
    found = refiner.at("virtual-m4", "c")
    assert card.provenance.word == "compiled"
    tip = card.provenance.explain()
    assert found.tool.startswith("zig ") and found.tool in tip and "random weights" in tip
    flash, ram = card.body.rows[:2]
    assert "compiled · zig " in flash.explain() and "compiled" in ram.explain()
    assert sum(found.ram.values()) == planned.ram.total
    assert abs(sum(found.flash.values()) - planned.flash.total) <= 0.02 * planned.flash.total
    session.document.push(SetParams("conv2d_1", {"filters": 16}))
    assert card.provenance.word == "planned"
    assert "planned · " in flash.explain() and refiner.at("virtual-m4", "c") is None
    session.document.undo_stack.undo()
    assert card.provenance.word == "compiled"

    QTest.mouseClick(card.provenance, Qt.MouseButton.LeftButton)
    dialog = window.findChild(SelfCheck)
    assert dialog.isVisible()
    lines = dialog.table.as_lines(dialog.table.filter.shown_rows())
    assert [line[4] for line in lines[1:3]] == ["flash", "RAM"]
    assert lines[2][5] == lines[2][6] == f"{planned.ram.total:,}" and lines[2][7] == "exact"
    assert lines[1][5] == f"{planned.flash.total:,}" and lines[1][-1] == found.tool
    if oracle.available():
        assert lines[3][2:5] == ["any 32-bit core", "TFLM reference", "arena head"] and lines[3][7] == "exact"
    assert "RAM as planned in all" in dialog.summary.text()
    dialog.copy.click()
    assert found.tool in QGuiApplication.clipboard().text() and "Planned\tFound" in QGuiApplication.clipboard().text()
    dialog.parts.click()
    assert len(dialog.rows.rows) > len(lines)
    dialog.reject()
    assert not session.jobs.jobs


@pytest.fixture
def quick(refiner):
    """The same, with less patience than a user has."""
    refiner._rest.setInterval(50)
    refiner._rest.start()
    return refiner


def busy(qtbot, refiner):
    qtbot.waitUntil(lambda: refiner._child.busy, timeout=BOUND_MS)


def test_an_edit_cancels_what_runs_and_another_runtime_is_refined_too(window, quick, qtbot):
    session = window.session
    busy(qtbot, quick)
    first = session.gauges.shown.project.graph
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    session.document.push(SetTargets(("virtual-m4", "nrf52840dk")))
    rested(qtbot, quick)
    window.targets.cards["nrf52840dk"].runtime_chosen.emit("tflm")
    window.targets.cards["virtual-m4"].runtime_chosen.emit("c-small")
    rested(qtbot, quick)
    assert first is not session.gauges.shown.project.graph
    cards = window.targets.cards
    assert cards["virtual-m4"].provenance.word == "compiled"
    assert quick.at("virtual-m4", "c-small").ram != quick.at("virtual-m4", "c").ram
    assert cards["nrf52840dk"].provenance.word == "planned"
    if oracle.available():
        assert "tflite-micro 0" in cards["nrf52840dk"].provenance.explain()
    assert window.status_line.source.text() == "figures: compiled, estimated, planned"
    assert not quick.notes and not session.jobs.jobs


def test_nothing_is_refined_while_a_job_runs_or_a_button_is_held(window, quick, qtbot, monkeypatch):
    session = window.session
    busy(qtbot, quick)
    job = session.jobs.start("studio.testing.job_entries:sleep_deaf", {}, "Wait")
    qtbot.waitUntil(lambda: not quick._child.busy, timeout=BOUND_MS)
    qtbot.wait(200)
    assert job.running and quick._running is None and quick.working
    job.kill()
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: Qt.MouseButton.LeftButton)
    qtbot.wait(200)
    assert quick._running is None and quick.working
    monkeypatch.undo()
    rested(qtbot, quick)
    assert quick.at("virtual-m4", "c") is not None


def test_without_a_compiler_the_card_stays_planned_and_the_self_check_says_why_once(window, qtbot, monkeypatch, tmp_path):
    session = window.session
    session.settings.set("toolchain", "gcc")
    monkeypatch.setenv("PATH", str(tmp_path))
    erred = []
    session.erred.connect(erred.append)
    refiner = session.refiner
    refiner.start()
    refiner._rest.start(50)
    rested(qtbot, refiner)
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    rested(qtbot, refiner)
    card = window.targets.cards["virtual-m4"]
    assert card.provenance.word == "planned"
    assert "not compiled: gcc: arm-none-eabi-gcc is not on the PATH" in card.provenance.explain()
    window.actions_by_id["self_check"].trigger()
    dialog = window.findChild(SelfCheck)
    assert dialog.notes.text().count("arm-none-eabi-gcc is not on the PATH") == 1
    assert "apt-get install" in dialog.notes.text()
    assert erred == [] and not session.jobs.jobs
    dialog.clear.click()
    assert not dialog.notes.isVisibleTo(dialog) and "Nothing is checked yet" in dialog.summary.text()
    refiner.stop()


def test_a_crash_is_a_line_in_the_list_of_jobs_and_the_next_edit_starts_anew(window, quick, qtbot):
    session = window.session
    erred = []
    session.erred.connect(erred.append)
    for filters in (24, 16):
        busy(qtbot, quick)
        os.kill(quick._child._process.processId(), signal.SIGKILL)
        qtbot.waitUntil(lambda: not quick._child.busy, timeout=BOUND_MS)
        session.document.push(SetParams("conv2d_1", {"filters": filters}))
    rested(qtbot, quick)
    assert quick.at("virtual-m4", "c") is not None
    (work,) = session.jobs.jobs
    assert not work.running and "signal 9" in work.error.message
    assert len(work.log_lines) == 1 and work.log_lines[0].startswith("again at ")
    assert erred == []
    line = JobsDialog.show_for(window).lines[0]
    assert "signal 9" in line.state.text() and line.error.isVisibleTo(line)
    line.window().close()


def test_the_setting_stops_it_and_so_does_the_window_that_closes(window, quick, qtbot):
    session = window.session
    busy(qtbot, quick)
    session.change_setting("refine", False)
    rested(qtbot, quick)
    assert quick.at("virtual-m4", "c") is None
    assert "switched off" in window.targets.cards["virtual-m4"].provenance.explain()
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    rested(qtbot, quick)
    assert not quick._child.busy
    session.change_setting("refine", True)
    busy(qtbot, quick)
    session.document.undo_stack.setClean()
    before = time.monotonic()
    window.close_now()
    assert time.monotonic() - before < 2
    assert quick._child._process is None and not quick.started


def test_a_window_in_a_test_compiles_nothing(window, qtbot):
    window.session.document.push(SetParams("conv2d_1", {"filters": 24}))
    qtbot.wait(50)
    assert not window.session.refiner.working and window.session.refiner._child._process is None
    assert "Refine is switched off" not in window.targets.cards["virtual-m4"].provenance.explain()

"""The Deploy room on the sample: real exports, a real flash of a virtual kit, probes that come and go."""

import json

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from studio.core.edits import RemoveBlocks
from studio.core.errors import InputError, PluginFailed
from studio.deploy import oracle
from studio.deploy.export import RECORD
from studio.ui.panels.deploy_steps import Checklist, Step
from studio.ui.rooms.deploy import DeployRoom
from tests.unit.deploy.test_hearing import FLASHER, PLUGIN

DONE = 120_000


def click(button):
    assert button.isVisible() and button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def room(window):
    window.show_room("deploy")
    return window.room("deploy")


def test_flash_runs_on_the_kit_and_shows_what_it_heard(window, room, qtbot):
    session = window.session
    session.show_segment(300)
    assert room.untrained.isVisible() and room.target.currentData() == "virtual-m4"
    QTest.keyClick(window, Qt.Key.Key_F6)
    assert room.run.running and room.run.checklist.current == 0 and room.flash_card.cancel.isVisible()
    qtbot.waitUntil(lambda: not room.run.running, timeout=DONE)
    assert room.run.problem.error is None and room.run.checklist.states == ["done"] * 5
    outputs, library = room.run.outputs, session.document.library
    assert outputs.isVisible() and outputs.result["target"] == "virtual-m4"
    if oracle.available():
        assert "8 of 8" in outputs.verdict.text()
    listed = outputs.operators.body.toPlainText()
    assert outputs.operators.isVisible() and all(
        op["kernel"] in listed and f"{op['instructions']:,}" in listed for op in outputs.result["operators"]
    )
    assert sum(op["instructions"] for op in outputs.result["operators"]) == pytest.approx(outputs.result["instructions"], rel=0.01)
    assert outputs.result["clips"][0]["segment"] == 300 and outputs.table.item(0, 1).text() == library.segments[300].label
    assert outputs.bars.labels == session.document.project.labels and "random weights" in outputs.note.text()
    rect = outputs.table.visualItemRect(outputs.table.item(2, 1))
    QTest.mouseClick(outputs.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert session.segment == outputs.result["clips"][2]["segment"] and outputs.bars.truth == outputs.table.item(2, 1).text()
    assert "golden vectors equal" in room.run.log.body.toPlainText()
    assert room.flash_card.flash.isVisible() and room.flash_card.flash.isEnabled()


def test_unsaved_design_is_flashed_without_saving_it(window, room, qtbot):
    document = window.session.document
    last = next(n.id for n in document.project.graph.nodes if n.kind == "softmax")
    document.push(RemoveBlocks((last,)))
    before = document.folder.project
    room.flash()
    qtbot.waitUntil(lambda: not room.run.running, timeout=DONE)
    assert room.run.problem.error is None, str(room.run.problem.error)
    assert document.folder.project == before and not document.is_saved
    assert max(sum(c["scores"]) for c in room.run.outputs.result["clips"]) != pytest.approx(1, abs=0.01)
    document.undo_stack.undo()
    assert "the design has changed" in room.run.outputs.note.text()


@pytest.mark.parametrize("exporter", ["export_c", "export_tflm"])
def test_export_to_a_folder(window, room, qtbot, tmp_path, exporter, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr("studio.ui.rooms.deploy.QFileDialog.getExistingDirectory", lambda *_: str(out))
    card = room.exports[exporter]
    click(card.elsewhere)
    assert card.bar.isVisible() and not card.export.isEnabled()
    qtbot.waitUntil(lambda: card.job is not None and not card.job.running, timeout=DONE)
    assert card.problem.error is None, str(card.problem.error)
    assert json.loads((out / RECORD).read_text())["exporter"] == exporter
    listed = card.files.body.toPlainText().splitlines()
    assert card.open_folder.isVisible() and all((out / name).is_file() for name in listed)
    assert card.files.head.text() == f"{len(listed)} files"


def test_a_changed_export_is_replaced_only_when_told(window, room, qtbot):
    card = room.exports["export_c"]
    out = window.session.document.path / "build" / "export_c"
    click(card.export)
    qtbot.waitUntil(lambda: not card.job.running, timeout=DONE)
    (out / "src" / "model.h").write_text("mine")
    answer_next("Cancel")
    click(card.export)
    assert (out / "src" / "model.h").read_text() == "mine" and not card.job.running
    answer_next("Replace it")
    click(card.export)
    qtbot.waitUntil(lambda: not card.job.running, timeout=DONE)
    assert card.problem.error is None and (out / "src" / "model.h").read_text() != "mine"


def answer_next(verb):
    def press():
        box = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible())
        QTest.mouseClick(next(b for b in box.buttons() if b.text() == verb), Qt.MouseButton.LeftButton)

    QTimer.singleShot(100, press)


def test_an_occupied_folder_is_refused_in_place(window, room, qtbot, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    room.export("export_c", tmp_path)
    card = room.exports["export_c"]
    qtbot.waitUntil(lambda: not card.job.running, timeout=DONE)
    assert "not empty" in card.problem.message.text() and card.problem.isVisible()
    assert isinstance(card.problem.error, InputError) and (tmp_path / "notes.txt").read_text() == "mine"


def test_an_incomplete_graph_cannot_be_flashed_and_says_why(window, room):
    document = window.session.document
    wire = document.project.graph.wires[0]
    document.push(RemoveBlocks((wire.target,)))
    assert not room.flash_card.flash.isEnabled() and "not complete" in room.flash_card.refusal.text()
    assert not room.exports["export_c"].export.isEnabled()
    jobs = len(window.session.jobs.jobs)
    room.flash()
    room.export()
    assert len(window.session.jobs.jobs) == jobs
    document.undo_stack.undo()
    assert room.flash_card.flash.isEnabled() and not room.flash_card.refusal.isVisible()


def test_flash_is_cancelled_by_its_button(window, room, qtbot):
    click(room.flash_card.flash)
    click(room.flash_card.cancel)
    qtbot.waitUntil(lambda: not room.run.running, timeout=DONE)
    assert "stopped" in room.run.checklist.states and room.run.words.text() == "Cancelled."
    assert room.run.problem.error is None and room.flash_card.flash.isVisible()


def test_a_board_without_a_probe_says_what_to_do(window, room, qtbot):
    room.target.setCurrentIndex(room.target.findData("nrf52840dk"))
    qtbot.waitUntil(lambda: "flash_pyocd" in room.watch.found, timeout=60_000)
    if room.watch.found["flash_pyocd"].probes:
        pytest.skip("a debug probe is plugged in")
    assert room.flash_card.note.text()
    click(room.flash_card.no_board)
    assert "emulated" in room.flash_card.about.text() and room.flash_card.about.isVisible()
    click(room.flash_card.instead)
    assert room.target.currentData() == "virtual-m4" and room.flash_card.flasher.currentData() == "kit_virtual"


def test_targets_of_the_project_come_first(window, room):
    from studio.core.edits import SetTargets

    window.session.document.push(SetTargets(("pico", "virtual-m0")))
    assert [room.target.itemData(i) for i in range(2)] == ["pico", "virtual-m0"]
    assert room.target.currentData() == "virtual-m4"
    assert {room.target.itemData(i) for i in range(room.target.count())} - {None} == set(window.session.gauges.boards)


def test_a_design_that_is_too_large_says_by_how_much(window, room):
    room.target.setCurrentIndex(room.target.findData("nucleo-l031k6"))
    assert "too large" in room.flash_card.refusal.text()


def test_a_plugin_that_failed_is_shown_with_its_reason(window, room):
    card = room.exports["export_tflm"]
    window.session.plugins.note_failure(
        PluginFailed("the plugin export_tflm failed: ValueError: no", where="export_tflm", traceback="trace")
    )
    room._show_refusal()
    assert card.reason.isVisible() and "ValueError: no" in card.reason.text() and not card.export.isEnabled()
    window.session.plugins.record("export_tflm").state = "ready"


def test_probes_are_hot_plugged_while_the_room_is_seen(session, qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "flash_file"
    folder.mkdir()
    (folder / "plugin.toml").write_text(PLUGIN)
    (folder / "flasher.py").write_text(FLASHER)
    (folder / "probes.txt").write_text("")
    monkeypatch.setenv("OTOLITH_PLUGINS", str(folder))
    room = DeployRoom(session)
    qtbot.addWidget(room)
    try:
        room.show()
        room.flash_card.flasher.addItem("Probes in a file", "flash_file")
        room.flash_card.flasher.setCurrentIndex(room.flash_card.flasher.count() - 1)
        qtbot.waitUntil(lambda: room.flash_card.probe.currentText() == "none is plugged in", timeout=60_000)
        assert room.flash_card.note.text() == "Plug in the board; it appears here by itself."
        (folder / "probes.txt").write_text("a b")
        qtbot.waitUntil(lambda: room.flash_card.probe.count() == 2, timeout=20_000)
        room.flash_card.probe.setCurrentIndex(1)
        (folder / "probes.txt").write_text("b")
        qtbot.waitUntil(lambda: room.flash_card.probe.count() == 1, timeout=20_000)
        assert room.flash_card.chosen == ("flash_file", "b") and session.jobs.jobs == []
        room.hide()
        assert room.watch._job is None
    finally:
        room.close_room()


def test_checklist_ticks_off_what_lies_behind(qtbot):
    checklist = Checklist((Step("one", "", 0.0), Step("two", "", 0.5), Step("three", "", 0.9)))
    qtbot.addWidget(checklist)
    checklist.begin()
    checklist.show_fraction(0.6)
    assert checklist.states == ["done", "current", "waiting"]
    checklist.show_fraction(0.1)
    assert checklist.current == 1
    checklist.end("failed")
    assert checklist.states == ["done", "failed", "waiting"] and "two: failed" in checklist.accessibleName()

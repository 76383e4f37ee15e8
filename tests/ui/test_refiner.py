"""Refine: while the design rests a real compiler and TFLM's real allocator check the figures, which the cards and the self-check show."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.core.edits import SetParams
from studio.deploy import oracle
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
    assert card.provenance.text() == "planned"
    planned = session.gauges.report("virtual-m4", "c")
    rested(qtbot, refiner)
    found = refiner.at("virtual-m4", "c")
    assert card.provenance.text() == "compiled"
    tip = card.provenance.explain()
    assert found.tool.startswith("zig ") and found.tool in tip and "random weights" in tip
    flash, ram = card.body.rows[:2]
    assert "compiled · zig " in flash.explain() and "compiled" in ram.explain()
    assert sum(found.ram.values()) == planned.ram.total
    assert abs(sum(found.flash.values()) - planned.flash.total) <= 0.02 * planned.flash.total
    session.document.push(SetParams("conv2d_1", {"filters": 16}))
    assert card.provenance.text() == "planned"
    assert "planned · " in flash.explain() and refiner.at("virtual-m4", "c") is None
    session.document.undo_stack.undo()
    assert card.provenance.text() == "compiled"

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

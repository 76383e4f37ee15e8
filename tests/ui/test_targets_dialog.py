"""Choosing targets: found as you type, ticked by mouse or key, taken over as one edit."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.core.edits import Disconnect
from studio.ui.dialogs.targets import TargetsDialog

_KEPT = []


@pytest.fixture
def dialog(session, qtbot):
    made = TargetsDialog(session)
    _KEPT.append(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.hide()


def names(dialog):
    return [dialog.filter.index(r, 0).data() for r in range(dialog.filter.rowCount())]


def texts(dialog, row):
    return [dialog.filter.index(row, c).data() for c in range(dialog.filter.columnCount())]


@pytest.mark.parametrize("typed", ["nrf52840", "NORDIC", "cortex-m0plus", "rp2350", "stm32 l4"])
def test_boards_are_found_by_name_vendor_core_and_soc(dialog, typed):
    QTest.keyClicks(dialog.search, typed)
    assert 0 < dialog.filter.rowCount() < len(dialog.table_model.boards)


def test_nothing_found_is_said(dialog):
    QTest.keyClicks(dialog.search, "no such board")
    assert dialog.filter.rowCount() == 0
    assert "No board" in dialog.details.text()


def test_every_board_says_what_the_design_does_on_it(dialog):
    said = {texts(dialog, r)[0]: texts(dialog, r)[-1] for r in range(dialog.filter.rowCount())}
    assert said["Virtual kit, Cortex-M4f"] == "✓ fits"
    assert said["NUCLEO-L031K6"] == "✕ too large"


def test_keys_find_tick_and_accept_as_one_entry(session, dialog):
    QTest.keyClicks(dialog.search, "nrf52840 dk")
    assert dialog.filter.rowCount() == 1
    assert "nRF52840" in dialog.details.text()
    QTest.keyClick(dialog.table, Qt.Key.Key_Space)
    assert dialog.ok.text() == "Choose 2 targets"
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert session.document.project.targets == ("virtual-m4", "nrf52840dk")
    assert session.document.undo_stack.count() == 1
    session.document.undo_stack.undo()
    assert session.document.project.targets == ("virtual-m4",)


def test_the_mouse_ticks_and_cancel_changes_nothing(session, dialog):
    index = next(dialog.filter.index(r, 1) for r in range(dialog.filter.rowCount()) if names(dialog)[r] == "nRF52840 DK")
    dialog.table.scrollTo(index)
    place = dialog.table.visualRect(index).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.table_model.chosen == ["virtual-m4", "nrf52840dk"]
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert session.document.project.targets == ("virtual-m4",)
    assert session.document.undo_stack.count() == 0


def test_columns_sort_by_their_numbers(dialog):
    dialog.table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    boards = [dialog._board(dialog.filter.index(r, 0)) for r in range(dialog.filter.rowCount())]
    assert [b.ram.free for b in boards] == sorted(b.ram.free for b in boards)


def test_an_incomplete_design_says_so_instead_of_a_verdict(session, qtbot):
    session.document.push(Disconnect("dense_1"))
    made = TargetsDialog(session)
    _KEPT.append(made)
    assert made.table_model.fit("virtual-m4")[0] in ("fits", "unknown")

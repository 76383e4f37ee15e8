"""The operators' table: its last line is the gauges', its rows lead to blocks and back, its figures leave as text."""

import csv
import io
from itertools import product

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from studio.core.edits import Disconnect, SetParams, SetTargets
from studio.core.units import format_count, format_size
from studio.ui.panels.cost_operators import BLOCK, INSTRUCTIONS, MACS, RAM, SHARE, TIME, WEIGHTS
from studio.ui.panels.cost_rows import FEATURES, total
from studio.ui.settings import RUNTIME_NAMES

LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def view(window, qtbot):
    window.show_room("design")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_view("operators")
    return window.room("design").views.views["operators"]


def blocks(view):
    return [row.block for row in view.table.filter.shown_rows()]


def click_row(view, at, modifier=Qt.KeyboardModifier.NoModifier, column=BLOCK):
    place = view.table.visualRect(view.table.filter.index(at, column)).center()
    QTest.mouseClick(view.table.viewport(), LEFT, modifier, place)


def sort_by(view, column):
    header = view.table.horizontalHeader()
    x = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
    QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(x, header.height() // 2))


def test_the_rows_add_up_to_the_gauges(view, session):
    for target, runtime in product(("virtual-m4", "pico", "esp32-s3-devkitc-1", "nucleo-f446re"), RUNTIME_NAMES):
        session.document.push(SetTargets((target,)))
        view.subject.choose_runtime(runtime)
        check_sums(view, session.gauges, session.gauges.report(target, runtime))


def check_sums(view, gauges, made):
    if not view.rows.rows:
        assert "cannot run" in view.note.text()
        return
    whole, rows = total(made, gauges.figures), view.rows.rows
    assert sum(row.macs for row in rows) == whole.macs == gauges.figures.macs
    assert sum(row.weights for row in rows) == whole.weights
    assert sum(row.ms for row in rows) == pytest.approx(whole.ms) == pytest.approx(made.latency_ms.value)
    assert sum(row.share for row in rows) == pytest.approx(1)
    if whole.instructions:
        assert sum(row.instructions for row in rows) == whole.instructions
    assert whole.ram == made.ram.total + made.stack_bytes
    assert view.total.texts[MACS] == format_count(whole.macs)
    assert view.total.texts[RAM] == format_size(whole.ram)


def test_the_peak_of_the_column_is_the_arenas(view, session):
    program = session.gauges.program("virtual-m4")
    alive = [row.ram for row in view.rows.rows if row.ram is not None and row.operator != FEATURES]
    assert max(alive) <= program.arena_bytes
    assert max(alive) >= 0.9 * program.arena_bytes


def test_a_row_selects_its_block_and_the_canvas_its_rows(view, session):
    click_row(view, 1)
    assert session.selection == ("conv2d_1",)
    click_row(view, 4, CONTROL)
    assert session.selection == ("conv2d_1", blocks(view)[4])
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    assert session.selection == (blocks(view)[5],)
    session.select(("separable_conv2d_3",))
    rows = [view.rows.rows[i] for i in view.table.selected_rows()]
    assert len(rows) == 2
    assert {row.block for row in rows} == {"separable_conv2d_3"}
    session.select(())
    assert view.table.selected_rows() == []


def test_an_edit_keeps_the_selection(view, session):
    click_row(view, 1)
    session.document.push(SetParams("conv2d_1", {"filters": 16}))
    assert session.selection == ("conv2d_1",)
    assert [view.rows.rows[i].block for i in view.table.selected_rows()] == ["conv2d_1"]


def test_a_click_on_a_head_sorts_by_value(view):
    for column in (MACS, WEIGHTS, RAM, INSTRUCTIONS, TIME, SHARE):
        orders = set()
        for _ in range(2):
            sort_by(view, column)
            falling = view.table.horizontalHeader().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            orders.add(falling)
            known = [v for v in (view.rows.value(row, column) for row in view.table.filter.shown_rows()) if v is not None]
            assert known == sorted(known, reverse=falling)
        assert len(orders) == 2


def test_typing_filters(view, session):
    view.search.setFocus()
    QTest.keyClicks(view.search, "depthwise sep")
    rows = view.table.filter.shown_rows()
    assert rows
    assert all(row.operator == "depthwise_conv_2d" and row.block.startswith("sep") for row in rows)
    QTest.keyClicks(view.search, " xyz")
    assert not view.table.filter.shown_rows()


def test_selected_rows_are_copied_tab_separated(view, session, window):
    click_row(view, 1)
    click_row(view, 2, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view.table, Qt.Key.Key_C, CONTROL)
    head, *lines = [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]
    assert head == [c.title for c in view.rows.columns]
    assert [line[BLOCK] for line in lines] == blocks(view)[1:3]
    assert lines[0][MACS] == "400.0 k"


def test_a_right_click_offers_copying_and_writing(view, session, monkeypatch, tmp_path):
    path = tmp_path / "costs.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    session.select(())
    port = view.table.viewport()
    at = view.table.visualRect(view.table.filter.index(1, BLOCK)).center()
    QApplication.sendEvent(port, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, port.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    actions = {a.text().partition("\t")[0]: a for a in menu.actions()}
    assert not actions["Copy"].isEnabled()
    actions["Copy all rows"].trigger()
    assert len(QGuiApplication.clipboard().text().split("\n")) == len(blocks(view)) + 1
    actions["Write as CSV…"].trigger()
    assert path.read_text().count("\n") == len(blocks(view)) + 2
    menu.close()


def test_the_table_is_written_as_plain_numbers(view, session, monkeypatch, tmp_path):
    path = tmp_path / "costs.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(view.export, LEFT)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    made = session.gauges.report("virtual-m4", "c")
    assert [row["block"] for row in rows[:-1]] == blocks(view)
    assert int(rows[-1]["instructions"]) == made.instructions + made.frontend_instructions == sum(int(r["instructions"]) for r in rows[:-1])
    assert int(rows[-1]["ram_bytes"]) == made.ram.total + made.stack_bytes
    assert float(rows[-1]["time_ms"]) == pytest.approx(made.latency_ms.value)


def test_a_file_that_cannot_be_written_is_told(view, session, monkeypatch, tmp_path):
    said = []
    session.told.connect(said.append)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "x" / "costs.csv"), ""))
    (tmp_path / "none").write_text("a file stands where a folder should")
    view.export_csv()
    assert len(said) == 1
    assert "wrote" not in said[0]


def test_without_figures_it_says_why(view, session):
    session.document.push(Disconnect("dense_1", 0))
    assert "last complete graph" in view.note.text()
    assert view.rows.rows
    session.document.push(SetTargets(()))
    assert "No target" in view.note.text()
    assert not view.rows.rows
    assert not view.export.isEnabled()

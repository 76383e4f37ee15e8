"""The matrix of boards: what the cards say, for every board; one click makes a target."""

import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.core.edits import SetParams, SetTargets
from studio.ui.panels.cost_boards import FIRST, RAM, TARGET, TIME, VERDICT
from studio.ui.panels.target_reading import measures, readings, refusal, verdict

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(window, qtbot):
    window.show_room("design")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_view("boards")
    made = window.room("design").views.views["boards"]
    qtbot.waitUntil(lambda: not made.counting)
    return made


def shown(view):
    return [row.board.id for row in view.table.filter.shown_rows()]


def place(view, id, column):
    index = view.table.filter.index(shown(view).index(id), column)
    view.table.scrollTo(index)
    return view.table.visualRect(index).center()


def test_every_board_has_the_figures_of_its_card(view, session):
    gauges = session.gauges
    assert sorted(shown(view)) == sorted(gauges.boards)
    assert len(shown(view)) > 33
    reserve = session.settings.get("reserve_percent")
    for row in view.figures.rows:
        for cost, runtime in zip(row.costs, ("c", "tflm"), strict=True):
            made = gauges.report(row.board.id, runtime)
            if refusal(made):
                assert cost.state == "too_large"
                continue
            assert cost.state == verdict(readings(made, row.board, 1000.0, reserve))
            assert cost.energy == made.energy_uj
            known = zip(cost.shares, measures(made, row.board, 1000.0), strict=True)
            assert all(share is None or share == measure.share for share, measure in known)


def test_a_click_on_a_tick_is_one_edit(view, session):
    steps = session.document.undo_stack.count()
    QTest.mouseClick(view.table.viewport(), LEFT, pos=place(view, "nrf52840dk", TARGET))
    assert session.document.project.targets == ("virtual-m4", "nrf52840dk")
    assert session.document.undo_stack.count() == steps + 1
    assert next(r for r in view.figures.rows if r.board.id == "nrf52840dk").chosen
    assert not view.counting, "other targets are no other design"
    QTest.mouseClick(view.table.viewport(), LEFT, pos=place(view, "nrf52840dk", TARGET))
    assert session.document.project.targets == ("virtual-m4",)
    session.document.undo_stack.undo()
    assert session.document.project.targets == ("virtual-m4", "nrf52840dk")


def test_space_toggles_the_row_that_the_keys_stand_on(view, session):
    view.table.setFocus()
    view.table.setCurrentIndex(view.table.filter.index(0, 1))
    first = shown(view)[0]
    QTest.keyClick(view.table, Qt.Key.Key_Space)
    assert (first in session.document.project.targets) == (first != "virtual-m4")
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    assert view.table.currentIndex().row() == 1


def test_only_those_that_can_run_it(view, session):
    QTest.mouseClick(view.fitting, LEFT, pos=QPoint(8, view.fitting.height() // 2))
    kept = view.table.filter.shown_rows()
    assert kept
    assert all(any(c.state in ("fits", "tight") for c in row.costs) for row in kept)
    assert len(kept) < len(view.boards)
    assert view.count.text().startswith(f"{len(kept)} of {len(view.boards)}")
    QTest.keyClicks(view.search, "nordic")
    assert {row.board.vendor for row in view.table.filter.shown_rows()} == {"Nordic Semiconductor"}


def test_heads_sort_by_value(view):
    header = view.table.horizontalHeader()
    for column in (FIRST + VERDICT, FIRST + RAM, FIRST + TIME):
        at = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, header.height() - 6)
        QTest.mouseClick(header.viewport(), LEFT, pos=at)
        falling = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        values = [v for v in (view.figures.value(row, column) for row in view.table.filter.shown_rows()) if v is not None]
        assert values == sorted(values, reverse=falling)


def test_an_edit_is_counted_off_its_turn_in_short_slices(view, session, qtbot):
    before = view.figures.rows
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    assert view.counting
    assert view.figures.rows == before, "nothing was counted in the edit's own turn"
    longest = 0.0
    while view.counting:
        start = time.thread_time()
        view._count_slice()
        longest = max(longest, time.thread_time() - start)
    assert longest < 0.05
    assert view.figures.rows != before
    big = next(r for r in view.figures.rows if r.board.id == "virtual-m4")
    assert big.costs[0].shares[1] > next(r for r in before if r.board.id == "virtual-m4").costs[0].shares[1]


def test_a_hidden_matrix_stops_counting_and_catches_up(view, session, window, qtbot):
    session.document.push(SetParams("conv2d_1", {"filters": 40}))
    assert view.counting
    window.show_view("sound")
    assert not view.counting
    window.show_view("boards")
    qtbot.waitUntil(lambda: not view.counting)
    row = next(r for r in view.figures.rows if r.board.id == "pico")
    made = session.gauges.report("pico", "tflm")
    assert row.costs[1].shares[1] == (made.ram.total + made.stack_bytes) / row.board.ram.free


def test_targets_chosen_elsewhere_are_ticked(view, session):
    session.document.push(SetTargets(("pico", "pico-2")))
    assert {row.board.id for row in view.figures.rows if row.chosen} == {"pico", "pico-2"}

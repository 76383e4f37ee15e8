"""The history of the costs: each point is a design that the undo stack leads to, with the figures that it had."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.core.edits import Disconnect, SetParams, SetTargets
from studio.ui.panels.target_reading import measures

LEFT = Qt.MouseButton.LeftButton
FILTERS = (24, 40, 16)


@pytest.fixture
def view(window, qtbot):
    window.show_room("design")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_view("history")
    return window.room("design").views.views["history"]


def edit(session, view, qtbot):
    """Make the edits; return what the gauges said after each, the start first."""
    said = [now(session)]
    for filters in FILTERS:
        session.document.push(SetParams("conv2d_1", {"filters": filters}))
        said.append(now(session))
    qtbot.waitUntil(lambda: not view.counting)
    return said


def now(session):
    return measures(session.gauges.report("virtual-m4", "c"), session.gauges.boards["virtual-m4"], 1000.0)


def click(view, number):
    QTest.mouseClick(view.plot, LEFT, pos=QPoint(round(view.plot.x(number)), view.plot.height() // 2))


def test_every_point_has_what_the_gauges_said(view, session, qtbot):
    assert "No edit yet" in view.plot.reason
    said = edit(session, view, qtbot)
    assert [point.measures for point in view.points] == said
    assert [point.title for point in view.points[1:]] == [f"conv2d_1: filters = {f}" for f in FILTERS]
    assert view.plot.present == len(FILTERS)


def test_a_click_goes_back_and_forth(view, session, qtbot):
    said = edit(session, view, qtbot)
    click(view, 1)
    assert session.document.project.graph.by_id["conv2d_1"].params["filters"] == FILTERS[0]
    qtbot.waitUntil(lambda: not view.counting)
    assert view.plot.present == 1
    assert [point.measures for point in view.points] == said, "what was undone stays on show"
    click(view, 3)
    assert session.document.project.graph.by_id["conv2d_1"].params["filters"] == FILTERS[2]
    assert now(session) == said[3]


def test_keys_and_pointer_tell_what_an_edit_did(view, session, qtbot):
    edit(session, view, qtbot)
    assert view.words.text().startswith("now: conv2d_1: filters = 16")
    view.plot.setFocus()
    QTest.keyClick(view.plot, Qt.Key.Key_Left)
    assert view.words.text().startswith("conv2d_1: filters = 40")
    assert "(+" in view.words.text()
    QTest.keyClick(view.plot, Qt.Key.Key_Return)
    assert session.document.project.graph.by_id["conv2d_1"].params["filters"] == 40
    QTest.mouseMove(view.plot, QPoint(round(view.plot.x(0)), 20))
    assert view.words.text().startswith("as it was before")


def test_moves_are_no_edits_and_gaps_stay_gaps(view, session, qtbot):
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    session.document.move({"conv2d_1": (300.0, 300.0)})
    session.document.push(Disconnect("dense_1", 0))
    session.document.undo_stack.undo()
    qtbot.waitUntil(lambda: not view.counting)
    assert [bool(point.measures) for point in view.points] == [True, True, False]
    assert view.plot.present == 1, "a move leaves the design where it stands"
    assert view.points[1].index == session.document.undo_stack.index()


def test_another_board_or_none(view, session, qtbot):
    edit(session, view, qtbot)
    session.document.push(SetTargets(("pico",)))
    qtbot.waitUntil(lambda: not view.counting)
    made = session.gauges.report("pico", "c")
    assert view.points[-1].measures == measures(made, session.gauges.boards["pico"], 1000.0)
    session.document.push(SetTargets(()))
    assert "No target" in view.plot.reason
    assert view.words.text() == ""


def test_only_the_last_edits_are_shown(view, session, qtbot):
    for number in range(24):
        session.document.push(SetParams("conv2d_1", {"filters": 8 + number}))
    qtbot.waitUntil(lambda: not view.counting)
    assert len(view.points) == 21
    assert len(view._known) == 21, "what is not shown is not kept"

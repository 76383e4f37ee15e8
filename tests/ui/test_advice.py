"""Advice and alarms in the window: an edit breaks a board, the column says so, an advice mends it, undo takes it back."""

import gc
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton

from studio.core.edits import AddBlock, Connect, Disconnect, SetInterval, SetParams, SetTargets
from studio.ui import advisor
from studio.ui.dismissed import Dismissed
from studio.ui.panels.targets import TargetsColumn

_KEPT = []
BOARD = "nucleo-l476rg"
BROKEN = {"filters": 240}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Search at once when a design rests."""
    monkeypatch.setattr(advisor, "REST_MS", 30)


@pytest.fixture
def column(session, qtbot):
    made = TargetsColumn(session)
    _KEPT.append(made)
    made.resize(300, 700)
    with qtbot.waitExposed(made):
        made.show()
    session.document.push(SetTargets((BOARD, "pico")))
    rest(made, qtbot)
    yield made
    made.hide()


@pytest.fixture
def whole(window, session, qtbot):
    """The column of a whole window."""
    session.document.push(SetTargets((BOARD, "pico")))
    rest(window.targets, qtbot)
    return window.targets


def rest(column, qtbot):
    qtbot.waitUntil(lambda: not column.advisor.searching, timeout=20_000)


def click(widget):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, widget.rect().center())


def part(widget, kind, name):
    return widget.findChild(kind, name)


def over(session):
    """By how many bytes of RAM the board is exceeded, from its report."""
    made, target = session.gauges.report(BOARD, "c"), session.gauges.boards[BOARD]
    return made.ram.total + made.stack_bytes - target.ram.free


def test_an_edit_breaks_a_board_an_advice_mends_it_and_undo_takes_it_back(window, session, whole, qtbot):
    column = whole
    status, card = window.status_line.alarm, column.cards[BOARD]
    assert over(session) < 0
    assert not status.isVisible()
    session.document.push(SetParams("conv2d_1", BROKEN))
    words = f"this edit breaks NUCLEO-L476RG by {over(session) / 1024:.1f} KiB RAM"
    assert over(session) > 0
    assert words in part(window, QLabel, "status.alarm").text()
    assert f"breaks it by {over(session) / 1024:.1f} KiB RAM" in part(card, QLabel, f"target_{BOARD}.alarm").text()
    assert status.isVisible()
    assert card.alarm_row.isVisible()
    rest(column, qtbot)
    assert column.advice.shown.gains[0].mends
    while not column.advice.shown.candidate.edits:  # another runtime is chosen without an edit
        click(part(window, QToolButton, "advice.next"))
    advice = column.advice.shown
    assert advice.gains[0].mends
    assert "which it then fits" in part(window, QLabel, "advice.words").text()
    steps = session.document.undo_stack.count()
    click(part(window, QPushButton, "advice.apply"))
    assert session.document.project == advice.after
    assert session.document.undo_stack.count() == steps + 1
    assert session.document.undo_stack.undoText() == advice.candidate.words
    assert over(session) <= 0
    assert not status.isVisible()
    assert not card.alarm_row.isVisible()
    assert advice.gain_words in window.status_line.currentMessage()
    assert "accuracy not known" in window.status_line.currentMessage()
    session.document.undo_stack.undo()
    assert over(session) > 0
    assert status.isVisible()
    session.document.undo_stack.undo()
    assert over(session) < 0
    assert not status.isVisible()


def test_what_advice_states_is_what_the_gauges_show_after_it(session, column, qtbot):
    for number in range(len(column.advice.advice)):
        while column.advice._at != number:
            click(column.advice.after)
        advice = column.advice.shown
        if advice.switched:
            continue
        column.advice.apply()
        for gain in advice.gains:
            assert session.gauges.report(gain.target.id, gain.before.runtime) == gain.after
            assert session.gauges.before_report(gain.target.id, gain.before.runtime) == gain.before
        assert session.gauges.figures.macs == advice.macs[1]
        session.document.undo_stack.undo()
        rest(column, qtbot)


def test_undo_at_the_alarm_goes_back_to_before_the_edit_that_broke_the_board(window, session, whole):
    column = whole
    before = session.document.project
    session.document.push(SetParams("conv2d_1", BROKEN))
    session.document.push(SetParams("separable_conv2d_3", {"filters": 60}))
    label = part(window, QLabel, "status.alarm")
    assert "an edit broke NUCLEO-L476RG by " in label.text()
    click(part(window, QPushButton, "status.undo"))
    assert session.document.project == before
    assert not window.status_line.alarm.isVisible()
    session.document.undo_stack.redo()
    assert "this edit breaks" in label.text()
    click(column.cards[BOARD].alarm_row.undo)
    assert session.document.project == before


def test_taking_a_mend_back_offers_the_design_before_the_break_or_the_mend_again(window, session, whole):
    column, stack, before = whole, session.document.undo_stack, session.document.project
    label, button = part(window, QLabel, "status.alarm"), part(window, QPushButton, "status.undo")
    session.document.push(SetParams("conv2d_1", BROKEN))
    broken = session.document.project
    session.document.push(SetParams("conv2d_1", {"filters": 16}))
    mended = session.document.project
    stack.undo()
    assert (button.text(), session.document.project) == ("Undo", broken)
    assert "an edit broke NUCLEO-L476RG by " in label.text()
    click(button)
    assert session.document.project == before
    column.alarms.clear()  # as where the project was opened broken
    stack.setIndex(stack.count())
    stack.undo()
    column.alarms.clear()
    stack.redo()
    stack.undo()
    assert button.text() == "Redo"
    assert "going back breaks NUCLEO-L476RG by " in label.text()
    click(button)
    assert session.document.project == mended and not window.status_line.alarm.isVisible()
    stack.undo()
    session.document.push(SetParams("conv2d_1", {"filters": 232}))
    assert "an edit broke" in label.text() and not button.isVisible()


def test_a_gesture_is_held_against_the_design_before_it(session, column):
    for filters in (32, 120, 200, 240, 220):
        session.document.push(SetParams("conv2d_1", {"filters": filters}), "drag.1")
    alarm = column.alarms.by_target[BOARD]
    assert alarm.fresh
    assert alarm.words.startswith(f"this edit breaks NUCLEO-L476RG by {over(session) / 1024:.1f} KiB RAM")
    session.document.push(SetParams("conv2d_1", {"filters": 32}), "drag.1")
    assert not column.alarms.by_target


def test_a_shorter_interval_can_break_a_board_and_a_board_added_breaks_nothing(session, column):
    session.document.push(SetTargets((BOARD, "pico", "nucleo-l031k6")))
    assert not column.alarms.by_target
    session.document.push(SetInterval(100.0))
    assert set(column.alarms.by_target) == {BOARD}
    assert "ms of the interval" in column.alarms.by_target[BOARD].words
    session.document.push(SetTargets(("pico",)))
    assert not column.alarms.by_target


def test_an_alarm_outlives_a_graph_that_is_not_complete(session, column):
    session.document.push(SetParams("conv2d_1", BROKEN))
    session.document.push(Disconnect("dense_1"))
    assert set(column.alarms.by_target) == {BOARD}
    session.document.push(Connect("dropout_1", "dense_1"))
    assert set(column.alarms.by_target) == {BOARD}
    session.document.push(SetParams("conv2d_1", {"filters": 16}))
    assert not column.alarms.by_target


def test_another_runtime_has_alarms_of_its_own(session, column):
    session.document.push(SetParams("conv2d_1", BROKEN))
    column.cards[BOARD].runtime_chosen.emit("tflm")
    assert BOARD not in column.alarms.by_target


def test_an_edit_greys_the_advice_and_stops_the_search(session, column, qtbot):
    strip, apply = column.advice, column.advice.apply_button
    assert apply.isEnabled()
    session.document.push(AddBlock("relu", id="loose"))
    qtbot.waitUntil(lambda: not apply.isEnabled())
    strip.apply()
    assert session.document.undo_stack.undoText() == "add relu"
    rest(column, qtbot)
    assert strip.shown is None
    assert "complete" in strip.label.text()
    session.document.undo_stack.undo()
    rest(column, qtbot)
    assert apply.isEnabled()


@pytest.fixture
def unswept():
    """No garbage collection meanwhile: the window too collects only while it rests."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_nothing_is_searched_in_the_turn_of_an_edit_and_slices_are_short(session, column, qtbot, monkeypatch, unswept):
    taken = []
    work = advisor.Advisor._work

    def clocked(self):
        start = time.thread_time()
        work(self)
        taken.append(time.thread_time() - start)

    monkeypatch.setattr(advisor.Advisor, "_work", clocked)
    column.advisor._slices.timeout.disconnect()
    column.advisor._slices.timeout.connect(lambda: column.advisor._work())
    session.document.push(SetParams("conv2d_1", {"filters": 28}))
    assert not taken
    assert column.advisor._steps is None
    rest(column, qtbot)
    assert taken
    assert max(taken) < 0.015


def test_keys_step_through_advice_and_put_it_away_for_this_project(session, column):
    strip = column.advice
    count = len(strip.advice)
    assert 2 <= count <= 5
    first, names = strip.shown, {w.objectName(): w for w in strip.buttons()}
    assert all(w.accessibleName() for w in names.values())
    names["advice.next"].setFocus()
    QTest.keyClick(names["advice.next"], Qt.Key.Key_Space)
    assert strip.shown is strip.advice[1]
    assert part(strip, QLabel, "advice.count").text() == f"2 of {count}"
    QTest.keyClick(names["advice.previous"], Qt.Key.Key_Space)
    assert strip.shown is first
    click(part(strip, QToolButton, "advice.dismiss"))
    assert len(strip.advice) == count - 1
    assert first.key in Dismissed(session.document.path).keys
    while strip.shown is not None:
        strip.put_away()
    assert strip.again.isVisible()
    assert "put away" in strip.label.text()
    click(strip.again)
    assert len(strip.advice) == count
    assert Dismissed(session.document.path).keys == frozenset()


def test_another_runtime_is_chosen_on_its_card(session, column, qtbot):
    session.document.push(SetParams("conv2d_1", {"filters": 200}))
    rest(column, qtbot)
    strip = column.advice
    at = next(i for i, a in enumerate(strip.advice) if a.switched)
    strip.step(at)
    gain, project, steps = strip.shown.switched[0], session.document.project, session.document.undo_stack.count()
    strip.apply()
    assert column.cards[gain.target.id].runtime == gain.after.runtime == "c-small"
    assert session.gauges.report(gain.target.id, "c-small") == gain.after
    assert session.document.project is project
    assert session.document.undo_stack.count() == steps
    assert not column.advisor.current


def test_the_keys_come_back_to_apply_after_the_search(window, session, whole, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    apply = whole.advice.apply_button
    click(apply)
    qtbot.waitUntil(lambda: not apply.isEnabled())
    assert not apply.hasFocus()
    rest(whole, qtbot)
    assert apply.isEnabled() and apply.hasFocus()
    session.document.push(SetParams("dense_1", {"use_bias": False}))
    qtbot.waitUntil(lambda: not apply.isEnabled())
    window.room("design").canvas.setFocus()
    rest(whole, qtbot)
    assert window.room("design").canvas.hasFocus()


def test_a_broken_list_of_what_was_put_away_means_none(tmp_path):
    (tmp_path / ".studio").mkdir()
    (tmp_path / ".studio" / "advice.json").write_text('{"a": 1}')
    dismissed = Dismissed(tmp_path)
    assert dismissed.keys == frozenset()
    dismissed.add("stride:conv2d_1")
    assert Dismissed(tmp_path).keys == {"stride:conv2d_1"}


def test_a_block_that_takes_another_s_place_stands_there(session, column, qtbot):
    document = session.document
    document.push_all(
        "two", [AddBlock("conv2d", {"filters": 32}, "full"), Disconnect("softmax_1"), *_before_pool()], {"full": (40.0, 900.0)}
    )
    rest(column, qtbot)
    strip = column.advice
    at = next(i for i, a in enumerate(strip.advice) if a.candidate.stands_at)
    while strip._at != at:
        strip.step(1)
    new, old = next(iter(strip.shown.candidate.stands_at.items()))
    assert old == "full"
    strip.apply()
    assert document.state.positions[new] == (40.0, 900.0)
    assert session.selection == (new,)


def _before_pool():
    """Put the block "full" between the last activation and the pooling, and the softmax back."""
    return (
        Disconnect("global_average_pool_1"),
        Connect("relu_5", "full"),
        Connect("full", "global_average_pool_1"),
        Connect("dense_1", "softmax_1"),
    )


def test_the_tooltip_says_why_and_what_every_board_gains(column):
    strip = column.advice
    assert all(name in strip.label.toolTip() for name in ("NUCLEO-L476RG", "Raspberry Pi Pico", strip.shown.rule.reason))
    assert strip.label.mapTo(column, QPoint()).y() > column.strip.mapTo(column, QPoint()).y()

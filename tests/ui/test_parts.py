"""Cards that expand into parts: a click on a gauge shows what it is made of, kept up with every edit, remembered with the project."""

import re

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import Disconnect, SetInterval, SetParams, SetTargets
from studio.core.units import format_ms
from studio.estimate.report import RUNTIMES, report
from studio.ui.panels.target_body import GAUGES
from studio.ui.panels.target_parts import breakdown
from studio.ui.panels.target_reading import measures

BOARD = "nrf52840dk"


@pytest.fixture
def card(window, session):
    session.document.push(SetTargets((BOARD, "pico")))
    return window.targets.cards[BOARD]


def click(row):
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect().center())


def gauge(card, name):
    return card.body.rows[GAUGES.index(name)]


def sizes(card, name):
    return [part.value for part in card.body.breakdowns.view(name).rows.parts]


def test_a_click_opens_a_gauge_into_its_parts_and_another_closes_it(card, session, qtbot):
    tall = card.sizeHint().height()
    click(gauge(card, "RAM"))
    view = card.body.breakdowns.view("RAM")
    assert view.isVisible() and card.sizeHint().height() > tall
    made = session.gauges.report(BOARD, "c")
    assert {p.name for p in view.rows.parts} == {n for n, size in made.ram.parts.items() if size} | {"stack"}
    assert sum(p.share for p in view.rows.parts) == pytest.approx(1)
    assert made.sources["memory"] in view.source.text() and made.memory_provenance in view.source.text()
    assert "arena" in view.accessibleName()
    click(gauge(card, "RAM"))
    assert not view.isVisible()
    qtbot.waitUntil(lambda: card.sizeHint().height() == tall)


def test_every_edit_shows_in_the_parts(card, session):
    click(gauge(card, "Flash"))
    before = sizes(card, "Flash")
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    after = sizes(card, "Flash")
    assert after != before
    session.document.push(Disconnect("dense_1"))
    assert sizes(card, "Flash") == after
    session.document.undo_stack.undo()
    session.document.undo_stack.undo()
    assert sizes(card, "Flash") == before
    card.runtime_chosen.emit("tflm")
    assert "model" in {p.name for p in card.body.breakdowns.view("Flash").rows.parts}


def test_time_says_what_is_left_and_how_long_an_answer_takes(card, session):
    click(gauge(card, "Time"))
    shown = {p.name: p.value for p in card.body.breakdowns.view("Time").rows.parts}
    taken = session.gauges.report(BOARD, "c").latency_ms.value
    assert shown["left of the interval"] == format_ms(1000 - taken)
    assert shown["from sound to answer"] == f"≤ {format_ms(1000 + taken)}"
    session.document.push(SetInterval(50.0))
    shown = {p.name: p.value for p in card.body.breakdowns.view("Time").rows.parts}
    assert shown["more than the interval"] == format_ms(taken - 50) and "from sound to answer" not in shown


def test_the_reserve_is_changed_from_the_card(card, session):
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    assert gauge(card, "RAM").reading.state == "fits"
    card.more.menu().aboutToShow.emit()
    (action,) = [a for a in card.more.menu().actions() if a.text() == "Reserve: 10 %…"]

    def answer():
        dialog = QApplication.activeModalWidget()
        assert dialog.focusWidget() is dialog.controls["reserve_percent"]
        dialog.controls["reserve_percent"].setValue(90)
        dialog.close()

    QTimer.singleShot(100, answer)
    action.trigger()
    assert session.settings.get("reserve_percent") == 90
    reading = gauge(card, "RAM").reading
    assert reading.state == "tight" and reading.reserve == pytest.approx(0.1)


def test_what_is_hidden_is_not_worked_out(card, session, monkeypatch):
    asked = []
    monkeypatch.setattr("studio.ui.panels.target_card.breakdown", lambda *a: asked.append(a) or breakdown(*a))
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    assert asked == []


def test_the_menu_opens_all_of_them_and_they_are_remembered(card, session, window):
    card.more.menu().aboutToShow.emit()
    (action,) = [a for a in card.more.menu().actions() if a.text() == "Show the parts"]
    card.set_open(False)
    action.trigger()
    assert card.header.open and all(card.body.breakdowns.view(name).isVisible() for name in GAUGES)
    session.document.push(SetTargets(("pico",)))
    session.document.push(SetTargets((BOARD, "pico")))
    again = window.targets.cards[BOARD]
    assert again is not card and again.body.breakdowns.open == frozenset(GAUGES)
    again.more.menu().aboutToShow.emit()
    again.toggle_parts()
    assert not again.body.breakdowns.open


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("board", ["virtual-m4", "nucleo-l4r5zi", "esp32-s3-devkitc-1", "raspberry-pi-4b"])
def test_parts_are_those_of_the_report_and_sum_to_the_gauge(session, board, runtime):
    target = session.gauges.boards[board]
    made = report(session.gauges.network, target, runtime, session.document.project.frontend)
    for measure in measures(made, target, 1000.0)[:2]:
        found = breakdown(made, target, 1000.0, measure.name)
        sizes = {**(made.flash.parts if measure.name == "Flash" else {**made.ram.parts, "stack": made.stack_bytes})}
        assert {p.name for p in found.parts} == {name for name, size in sizes.items() if size}
        assert [p.share for p in found.parts] == sorted((p.share for p in found.parts), reverse=True)
        assert sum(p.share * measure.taken for p in found.parts) == pytest.approx(measure.taken)
        assert not found.parts or len(found.source) > 15
    if made.latency_ms.value:
        assert re.search(r" to ", next(p.value for p in breakdown(made, target, 1000.0, "Time").parts if p.name == "band"))

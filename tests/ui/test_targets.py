"""The column of targets: cards that follow the design, hear mouse and keys, and say in words what does not fit."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import Disconnect, SetParams, SetTargets
from studio.ui import theme
from studio.ui.panels.target_reading import explain, readings, state_of
from studio.ui.panels.targets import TargetsColumn
from tests.helpers.small_networks import unsupported_model

_KEPT = []
THREE = ("virtual-m4", "nrf52840dk", "nucleo-l031k6")
SEVEN = ("nrf52840dk", "pico-2", "nucleo-l476rg", "nucleo-f767zi", "virtual-m4", "nucleo-h743zi", "nrf5340dk")


@pytest.fixture
def column(session, qtbot):
    made = TargetsColumn(session)
    _KEPT.append(made)
    made.resize(320, 800)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.hide()


def choose(session, *targets):
    session.document.push(SetTargets(targets))


def words(card):
    return [row.reading.words for row in card.body.rows]


def row(card, name):
    return next(r.reading for r in card.body.rows if r.reading.name == name)


def centre(widget):
    return widget.rect().center()


def test_a_card_says_what_the_report_says(session, column):
    card, made = column.cards["virtual-m4"], session.gauges.reports["virtual-m4", "c"]
    assert row(card, "Flash").value == f"{made.flash.total / 1024:.1f} KiB"
    assert row(card, "RAM").value == f"{(made.ram.total + made.stack_bytes) / 1024:.1f} KiB"
    assert row(card, "Time").share.endswith("% of 1 s")
    assert row(card, "Energy").value == "-"
    assert "draws no current" in card.body.rows[3].explain()
    assert card.body.rows[0].accessibleName().startswith("Flash ")


def test_the_strip_shows_the_engine_of_the_first_card(session, column):
    card, before = column.cards["virtual-m4"], column.strip.peak.text()
    card.runtime_chosen.emit("c-small")
    made = session.gauges.sketch("virtual-m4", "c-small")
    after = column.strip.peak.text()
    assert after != before
    assert max(step.alive for step in column.strip.plot.steps) <= made.arena_bytes
    card.runtime_chosen.emit("tflm")
    assert column.strip.peak.text() == before


def test_the_head_counts_the_boards_that_are_too_small(session, column):
    title = column._title
    choose(session, "virtual-m4", "nrf52840dk")
    assert title.text() == "TARGETS · 2 selected"
    choose(session, *THREE)
    assert "1 of 3 does not fit" in title.text() and theme.theme().too_large in title.text()
    session.document.push(SetParams("conv2d_1", {"filters": 2000}))
    assert "3 of 3 do not fit" in title.text()
    session.document.undo_stack.undo()
    assert "1 of 3" in title.text()
    choose(session)
    assert title.text() == "TARGETS"


def test_the_gauges_change_in_the_turn_of_the_edit(session, column):
    card = column.cards["virtual-m4"]
    before = words(card)
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    assert words(card) != before
    assert column.edit_line.text().startswith("this edit: +")
    assert "RAM" in column.edit_line.explain()
    session.document.undo_stack.undo()
    assert words(card) == before
    assert column.edit_line.text().startswith("this edit: −")


def test_the_parts_on_hover_sum_to_the_value(session):
    made, target = session.gauges.reports["virtual-m4", "c"], session.gauges.boards["virtual-m4"]
    text = explain("RAM", made, target, 1000.0, 10)
    assert all(part in text for part in (*made.ram.parts, "stack", "together", "planned · "))
    assert "estimated · " in explain("Time", made, target, 1000.0, 10)
    assert sum(made.ram.parts.values()) + made.stack_bytes == pytest.approx(1024 * float(text.split("RAM: ")[1].split(" KiB")[0]), abs=60)
    assert "instructions" in explain("Time", made, target, 1000.0, 10)


def test_red_only_for_what_does_not_fit(session, column):
    choose(session, *THREE)
    small, large = column.cards["nucleo-l031k6"], column.cards["nrf52840dk"]
    assert small.header.state == "too_large"
    assert "RAM by " in small.body.note.text()
    assert row(small, "RAM").share.startswith("+")
    assert large.header.state == "fits"
    assert not large.body.note.isVisibleTo(large)
    assert {row(large, n).state for n in ("Flash", "RAM", "Time")} == {"fits"}


def test_tight_is_above_four_fifths_or_inside_the_reserve(session):
    assert state_of(0.8) == "fits"
    assert state_of(0.81) == "tight"
    assert state_of(0.75, reserve=0.7) == "tight"
    assert state_of(1.01, reserve=0.7) == "too_large"
    made, target = session.gauges.reports["virtual-m4", "c"], session.gauges.boards["virtual-m4"]
    flash, *_ = readings(made, target, 1000.0, 98)
    assert (flash.state, flash.reserve) == ("tight", pytest.approx(0.02))


def test_an_incomplete_graph_greys_the_figures_and_says_why(session, column):
    card = column.cards["virtual-m4"]
    before = words(card)
    session.document.push(Disconnect("dense_1"))
    assert words(card) == before
    assert card.header.word == "not complete"
    assert "no wire" in card.body.note.text()
    session.document.undo_stack.undo()
    assert card.header.state == "fits"
    assert not card.body.note.isVisibleTo(card)


def test_without_targets_it_says_what_belongs_there(session, column):
    choose(session)
    assert column._empty.isVisible()
    assert column.choose.isVisible()
    assert not column.strip.isVisible()
    choose(session, "pico")
    assert not column._empty.isVisible()
    assert column.strip.isVisible()


def test_a_board_that_is_not_here_keeps_its_place(session, column):
    choose(session, "somebody-elses", "pico")
    assert list(column.cards) == ["pico"]
    assert "somebody-elses" in column._unknown.text()
    column.remove("pico")
    assert session.document.project.targets == ("somebody-elses",)


def test_many_cards_fold_to_a_line_and_a_click_unfolds_one(session, column):
    choose(session, *SEVEN)
    assert not any(c.body.isVisibleTo(column) for c in column.cards.values())
    assert all("%" in c.header.aside for c in column.cards.values())
    card = column.cards["pico-2"]
    QTest.mouseClick(card.header, Qt.MouseButton.LeftButton, pos=centre(card.header))
    assert card.body.isVisibleTo(column)
    choose(session, *SEVEN[1:])
    assert column.cards["pico-2"].body.isVisibleTo(column)
    QTest.keyClick(card.header, Qt.Key.Key_Return)
    assert not card.body.isVisibleTo(column)


def test_the_interval_is_the_budget_of_time(session, column):
    card, field = column.cards["virtual-m4"], column.interval.field
    assert field.text() == "1 s"
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "20 ms")
    assert session.document.project.interval_ms == 20
    assert row(card, "Time").state == "too_large"
    assert card.header.word == "✕ too slow"
    assert "intervals" in card.body.note.text()
    assert session.document.undo_stack.count() == 1
    session.document.undo_stack.undo()
    assert row(card, "Time").state == "fits"
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert session.document.project.interval_ms == 1050


def test_the_reserve_moves_the_mark_at_once(session, column):
    card = column.cards["virtual-m4"]
    assert row(card, "RAM").reserve == pytest.approx(0.9)
    session.settings.set("reserve_percent", 90)
    session.settings_changed.emit("reserve_percent")
    assert row(card, "RAM").reserve == pytest.approx(0.1)
    assert row(card, "Time").reserve == 0


def test_the_runtime_is_switched_on_the_card_and_remembered(session, column):
    card = column.cards["virtual-m4"]
    flash = row(card, "Flash").value
    switch = next(a for a in card.runtime_button.menu().actions() if a.text() == "TFLM reference")
    switch.trigger()
    assert row(card, "Flash").value != flash
    assert card.runtime_button.text().startswith("TFLM reference")
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    assert column.edit_line.text()
    other = TargetsColumn(session)
    _KEPT.append(other)
    assert other.cards["virtual-m4"].runtime == "tflm-ref"


def test_the_least_ram_is_a_runtime_of_the_card(session, column):
    card = column.cards["virtual-m4"]
    whole = session.gauges.report("virtual-m4", "c")
    card.runtime_chosen.emit("c-small")
    made = session.gauges.report("virtual-m4", "c-small")
    assert made.ram.total < whole.ram.total
    assert made.instructions > whole.instructions
    assert card.runtime_button.accessibleName() == "Runtime: C engine, least RAM"
    assert session.settings.engine_of("virtual-m4") == "c-small"
    assert session.gauges.program("virtual-m4", "c-small").arena_bytes == made.ram.parts["arena"]
    card.runtime_chosen.emit("tflm")
    assert session.settings.engine_of("virtual-m4") == "c"


def test_delete_removes_a_target_and_undo_brings_it_back(session, column):
    choose(session, *THREE)
    header = column.cards["nrf52840dk"].header
    override = QKeyEvent(QKeyEvent.Type.ShortcutOverride, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier)
    override.ignore()
    QApplication.sendEvent(header, override)
    assert override.isAccepted()  # else the window's own Delete would take the key
    QTest.keyClick(header, Qt.Key.Key_Delete)
    assert session.document.project.targets == ("virtual-m4", "nucleo-l031k6")
    session.document.undo_stack.undo()
    assert list(column.cards) == list(THREE)


def test_keys_and_mouse_move_a_card(session, column, qtbot):
    choose(session, *THREE)
    QTest.keyClick(column.cards["virtual-m4"].header, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert session.document.project.targets == ("nrf52840dk", "virtual-m4", "nucleo-l031k6")
    qtbot.wait(20)
    first, last = column.cards["nrf52840dk"], column.cards["nucleo-l031k6"]
    steps = session.document.undo_stack.count()
    start = centre(last.header)
    QTest.mousePress(last.header, Qt.MouseButton.LeftButton, pos=start)
    for part in (0.3, 0.6, 1.0):
        above = last.header.mapFromGlobal(first.mapToGlobal(QPoint(20, 2)))
        QTest.mouseMove(last.header, start + (above - start) * part)
        qtbot.wait(10)
    QTest.mouseRelease(last.header, Qt.MouseButton.LeftButton, pos=last.header.mapFromGlobal(first.mapToGlobal(QPoint(20, 2))))
    assert session.document.project.targets == ("nucleo-l031k6", "nrf52840dk", "virtual-m4")
    assert session.document.undo_stack.count() == steps + 1
    assert list(column.cards) == list(session.document.project.targets)
    assert last.header.open


def test_the_peak_of_the_arena_selects_its_block(session, column):
    plot = column.strip.plot
    program = session.gauges.program("virtual-m4")
    assert len(plot.steps) == len(program.calls)
    assert max(s.alive for s in plot.steps) <= program.arena_bytes
    highest = max(range(len(plot.steps)), key=lambda i: plot.steps[i].alive)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.bars()[highest].center().toPoint())
    assert session.selection == (plot.steps[highest].block,)
    assert plot.steps[highest].block in column.strip.peak.text()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert session.selection == (plot.steps[highest + 1].block,)


def test_painting_asks_for_nothing_that_the_edit_did_not_work_out(session, column):
    session.document.push(SetParams("conv2d_1", {"filters": 40}))
    known = dict(session.gauges.reports)
    column.grab()
    assert dict(session.gauges.reports) == known


def test_light_and_dark_are_painted_anew(session, column, app):
    dark = column.grab().toImage()
    theme.apply(app, "light")
    session.theme_changed.emit()
    assert column.grab().toImage() != dark
    theme.apply(app, "dark")
    session.theme_changed.emit()


def test_a_file_that_is_no_model_is_explained_and_put_away(session, column, tmp_path):
    path = tmp_path / "noise.tflite"
    path.write_bytes(b"no model at all")
    column.prove_file(path)
    (card,) = column.files
    assert card.body.note.text()
    assert not column.prover.runs
    QTest.mouseClick(card.close_button, Qt.MouseButton.LeftButton)
    assert column.files == []


def test_a_model_with_an_operator_that_the_engine_lacks_is_explained(session, column, tmp_path):
    column.prove_file(unsupported_model(tmp_path))
    (card,) = column.files
    assert "runtime c cannot run it" in card.body.note.text()
    assert not column.prover.runs
    column.close_file(card)


def test_a_core_without_tables_shows_at_least_what_is_known(session):
    session.gauges.runtimes = ("tflm",)
    for id, flash, words in (("esp32-s3-devkitc-1", "≥", "by its MACs"), ("raspberry-pi-4b", "-", "by its MACs")):
        board = session.gauges.boards[id]
        made = session.gauges.report(id, "tflm")
        shown = readings(made, board, 1000.0, 10)
        assert shown[0].value.startswith(flash) and shown[1].value.startswith(flash)
        assert shown[2].state == "fits" and words in explain("Time", made, board, 1000.0, 10)
    assert readings(session.gauges.report("raspberry-pi-4b", "c"), board, 1000.0, 10) == ()

"""Energy figures of one's own: opened from the card, typed and stepped, each gesture an entry to undo, marked as one's own."""

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import SetEnergy, SetTargets
from studio.core.energy import EnergyPlan
from studio.storage.folder import ProjectFolder
from studio.ui.dialogs.energy import EnergyDialog

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
NRF = "nrf52840dk"


@pytest.fixture
def card(window, session):
    session.document.push(SetTargets((NRF,)))
    return window.targets.cards[NRF]


@pytest.fixture
def dialog(window, session, card, qtbot):
    made = EnergyDialog(session, NRF, window)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.hide()
    made.deleteLater()


def energy(session):
    return session.gauges.report(NRF, "c").energy_uj


def write(dialog, name, text):
    field = dialog.rows[name].field
    QTest.mouseClick(field, LEFT, pos=QPoint(20, 10))
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_click_on_the_cards_energy_opens_its_figures_and_a_current_changes_it(window, session, card, qtbot):
    before, steps = energy(session), session.document.undo_stack.count()
    seen = []

    def change():
        top = QApplication.activeModalWidget()
        if isinstance(top, EnergyDialog) and top.isActiveWindow():
            timer.stop()
            write(top, "active_ma", "6.6 mA")
            seen.append((top.target, energy(session), top.energy.text()))
            QTest.keyClick(top, Qt.Key.Key_Z, CONTROL)
            seen.append(energy(session))
            QTest.keyClick(top, Qt.Key.Key_Y, CONTROL)
            QTest.keyClick(top, Qt.Key.Key_Escape)

    timer = QTimer(interval=10)
    timer.timeout.connect(change)
    timer.start()
    row = card.body.rows[3]
    QTest.mouseClick(row, LEFT, pos=QPoint(10, row.height() // 2))
    parts = card.body.breakdowns.view("Energy")
    qtbot.waitUntil(parts.isVisible)
    assert [part.name for part in parts.rows.parts] == ["a day, awake", "a day, asleep", "on average", "on its battery"]
    QTest.mouseClick(parts.more, LEFT)
    (target, doubled, said), undone = seen
    assert target == NRF and doubled == pytest.approx(2 * before) and undone == pytest.approx(before) and "mJ an inference" in said
    assert session.document.undo_stack.count() == steps + 1
    assert energy(session) == pytest.approx(2 * before)
    assert row.reading.share.startswith("own: ")
    assert "your own figure, set in this project" in row.explain()
    assert "your own figure" in session.gauges.report(NRF, "c").sources["active"]


def test_each_gesture_is_one_entry(session, dialog):
    steps = session.document.undo_stack.count()
    field = dialog.rows["active_ma"].field
    field.setFocus()
    for _ in range(4):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert session.document.project.plan(NRF).active_ma == pytest.approx(3.7)
    assert session.document.undo_stack.count() == steps + 1
    write(dialog, "battery_mah", "1.2 Ah")
    assert session.document.project.plan(NRF).battery_mah == 1200
    assert session.document.undo_stack.count() == steps + 2
    session.document.undo_stack.undo()
    session.document.undo_stack.undo()
    assert session.document.project.plan(NRF) == EnergyPlan() and not session.document.project.energy


def test_battery_regulator_and_interval_change_the_days(session, dialog):
    def days():
        return session.gauges.report(NRF, "c").day.battery_days

    first = days()
    write(dialog, "battery_mah", "440")
    assert days() == pytest.approx(2 * first)
    write(dialog, "efficiency_percent", "50")
    assert days() == pytest.approx(first)
    write(dialog, "interval_ms", "10 s")
    assert days() > 5 * first and session.document.project.interval_ms == 1000.0
    share = days()
    write(dialog, "self_discharge_percent", "10")
    assert days() < share
    assert "on the battery" in dialog.day.text()


def test_what_cannot_be_is_said_in_place_and_changes_nothing(session, dialog):
    write(dialog, "efficiency_percent", "150")
    row = dialog.rows["efficiency_percent"]
    assert session.document.project.plan(NRF) == EnergyPlan()
    assert "150 % is out of range; from 1 to 100 %" in row.message.text() and row.message.isVisible() and not row.field.text()
    write(dialog, "active_ma", "1000000")
    row = dialog.rows["active_ma"]
    assert session.document.project.plan(NRF) == EnergyPlan() and row.field.text() == "3.3 mA"
    assert "out of range" in row.message.text() and not row.reset.isVisible()
    write(dialog, "active_ma", "many")
    assert "no number in mA" in row.message.text() and session.document.undo_stack.count() == 1


def test_ones_own_figures_go_back_one_by_one_or_all(session, dialog):
    write(dialog, "active_ma", "5")
    write(dialog, "supply_v", "1.8")
    row = dialog.rows["active_ma"]
    assert row.reset.isVisible() and row.source.text() == "your own"
    dialog.source.setFocus()
    QTest.keyClicks(dialog.source, "my meter")
    QTest.keyClick(dialog.source, Qt.Key.Key_Tab)
    assert row.source.text() == "your own: my meter"
    QTest.mouseClick(row.reset, LEFT)
    assert session.document.project.plan(NRF) == EnergyPlan(supply_v=1.8, source="my meter")
    assert "Specification" in row.source.text()
    QTest.mouseClick(dialog.restore, LEFT)
    assert not session.document.project.energy and not dialog.restore.isEnabled()


def test_a_board_without_currents_gets_energy_from_ones_own(session, window, dialog):
    session.document.push(SetTargets((NRF, "pico")))
    made = EnergyDialog(session, "pico", window)
    assert made.energy.text() == "no energy yet" and "needed" in made.day.text()
    session.document.push(SetEnergy("pico", {"supply_v": 3.3, "active_ma": 25.0}))
    assert made.energy.text().endswith("an inference") and "current asleep" in made.day.text()
    session.document.push(SetEnergy("pico", {"sleep_ua": 180.0}))
    assert "days on the battery" in made.day.text() or "h on the battery" in made.day.text()
    made.deleteLater()


def test_ones_own_figures_are_saved_with_the_project_and_others_stay(session):
    session.document.push(SetEnergy(NRF, {"active_ma": 5.0, "source": "my meter"}))
    session.document.push(SetEnergy("pico", {"battery_mah": 1200.0}))
    session.document.save()
    text = (session.document.path / "project.toml").read_text()
    assert f"[energy.{NRF}]" in text and "active_ma = 5.0" in text and "sleep_ua" not in text
    assert ProjectFolder.open(session.document.path, session.blocks).project.energy == session.document.project.energy
    session.document.push(SetEnergy(NRF, {"active_ma": None, "source": ""}))
    session.document.save()
    text = (session.document.path / "project.toml").read_text()
    assert NRF not in text.partition("[energy")[2] and "battery_mah" in text
    session.document.push(SetEnergy("pico", {"battery_mah": None}))
    session.document.save()
    assert "[energy" not in (session.document.path / "project.toml").read_text()


def test_the_key_opens_the_target_whose_card_has_the_focus(window, session, card, qtbot):
    session.document.push(SetTargets((NRF, "pico")))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.targets.cards["pico"].header.setFocus()
    seen = []

    def look():
        top = QApplication.activeModalWidget()
        if isinstance(top, EnergyDialog):
            timer.stop()
            seen.append(top.target)
            top.accept()

    timer = QTimer(interval=10)
    timer.timeout.connect(look)
    timer.start()
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert seen == ["pico"]

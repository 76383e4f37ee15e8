"""The settings: made from their descriptions, at work at once."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox

from studio.ui import theme
from studio.ui.dialogs.settings import SettingsDialog
from studio.ui.settings import SETTINGS, Settings


def test_every_setting_has_a_control_with_a_name(window):
    dialog = SettingsDialog(window.session, window)
    assert set(dialog.controls) == {s.key for s in SETTINGS}
    assert all(c.accessibleName() for c in dialog.controls.values())


def test_theme_changes_live_and_is_kept(window):
    dialog = SettingsDialog(window.session, window)
    dialog.show()
    box = dialog.controls["theme"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert theme.theme().mode == "light" and Settings().get("theme") == "light"
    assert theme.LIGHT.background in QApplication.instance().styleSheet()
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert theme.theme().mode == "dark"


def test_reserve_is_seen_on_the_cards_and_defaults_come_back(window):
    dialog = SettingsDialog(window.session, window)
    dialog.show()
    box = dialog.controls["reserve_percent"]
    assert isinstance(box, QSpinBox)
    changed = []
    window.session.settings_changed.connect(changed.append)
    box.selectAll()
    QTest.keyClicks(box, "45")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert changed == ["reserve_percent"] and Settings().get("reserve_percent") == 45
    QTest.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    assert Settings().get("reserve_percent") == 10 and box.value() == 10


def test_a_runtime_changes_the_cards(window):
    dialog = SettingsDialog(window.session, window)
    box = dialog.controls["runtime"]
    box.setCurrentIndex(box.findData("tflm"))
    assert {c.runtime for c in window.targets.cards.values()} == {"tflm"}


def test_what_cannot_be_kept_is_said_in_place(window, monkeypatch):
    settings = window.session.settings
    settings.path = settings.path.parent / "settings.json" / "below-a-file"
    settings.path.parent.write_text("no folder")
    dialog = SettingsDialog(window.session, window)
    dialog.show()
    dialog.controls["prove_inputs"].setValue(7)
    assert dialog.problem.isVisible() and "not kept" in dialog.problem.text()
    assert settings.get("prove_inputs") == 7

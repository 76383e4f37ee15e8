"""A board of the user's own: made by the form with mouse and keys, chosen as a target, changed, deleted; wrong files named with their line."""

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox

from studio.boards import own_folder
from studio.cli.app import run as otolith
from studio.deploy.own_boards import save_board
from studio.ui.dialogs.board_form import BoardForm, copy_of, edit_board, new_board
from studio.ui.dialogs.boards import FIRST_FAULT, BoardsDialog
from studio.ui.dialogs.targets import TargetsDialog

LEFT = Qt.MouseButton.LeftButton
TAB, RETURN, ESCAPE = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape
COLLAR = {"name": "Dog collar", "extends": "nrf52840dk", "ram.size": "64 KiB", "sources.ram": "a smaller chip"}
WRONG = 'schema = 1\nid = "wrong"\nname = "Wrong"\nextends = "nrf52840"\nclock = "0 MHz"\n'


@pytest.fixture
def collar(session):
    """A board of the user's own, 64 KiB of RAM."""
    path = save_board("dog-collar", COLLAR, session.catalogue)
    session.read_boards()
    return path


@pytest.fixture
def shown(qtbot, window):
    """Show a dialog as a window of its own, active."""
    made = []

    def show(dialog):
        made.append(dialog)
        with qtbot.waitExposed(dialog):
            dialog.show()
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    yield show
    for dialog in made:
        dialog.hide()
        dialog.deleteLater()


def click(widget):
    QTest.mouseClick(widget, LEFT, pos=QPoint(widget.width() // 2, widget.height() // 2))


def fill(form, key, text):
    """Click into a field and type over what it holds."""
    line = form.findChild(QLineEdit, f"board_{key}")
    form.scroll.ensureWidgetVisible(line)
    click(line)
    line.selectAll()
    QTest.keyClicks(line, text)
    form.check()
    return line


def soon(act, modal):
    """Do something with the next modal dialog of a kind."""

    def look():
        top = QApplication.activeModalWidget()
        if isinstance(top, modal):
            timer.stop()
            act(top)

    timer = QTimer(QApplication.instance(), interval=10)
    timer.timeout.connect(look)
    timer.start()
    return timer


def test_a_board_is_made_by_keys_alone_and_becomes_a_target_with_a_card(window, session, shown, capsys):
    form = shown(new_board(session, window))
    typed = {
        "board_name": "Dog collar",
        "board_vendor": "us",
        "board_clock": "64 MHz",
        "board_sources.clock": "our crystal",
        "board_flash_wait_states": "2",
        "board_sources.flash_wait_states": "data sheet, page 12",
        "board_flash.size": "512 KiB",
        "board_sources.flash": "data sheet",
        "board_flash.origin": "0x0",
        "board_ram.size": "24 KiB",
        "board_sources.ram": "data sheet",
        "board_ram.origin": "0x2000_0000",
        "board_power.supply": "3 V",
        "board_sources.supply": "schematic",
        "board_power.active": "5 mA",
        "board_sources.active": "our meter",
        "board_power.sleep": "3 uA",
        "board_sources.sleep": "our meter",
    }
    for _ in range(60):
        focus = QApplication.focusWidget()
        assert focus.isVisible() and not focus.visibleRegion().isEmpty(), f"{focus.objectName()} has the focus and cannot be seen"
        if focus.objectName() in typed:
            QTest.keyClicks(focus, typed.pop(focus.objectName()))
        if focus is form.save:
            break
        QTest.keyClick(focus, TAB)
    assert not typed and form.check() == {} and form.status.text().startswith("✓")
    QTest.keyClick(form.save, Qt.Key.Key_Space)
    assert form.saved == "dog-collar" and not form.isVisible()
    assert [p.name for p in own_folder().iterdir()] == ["dog-collar.toml"]

    dialog = shown(TargetsDialog(session, window))
    QTest.keyClicks(dialog.search, "collar")
    QTest.keyClick(dialog.table, Qt.Key.Key_Space)
    QTest.keyClick(dialog.search, RETURN)
    assert session.document.project.targets == ("virtual-m4", "dog-collar")
    card = window.targets.cards["dog-collar"]
    ram = next(row for row in card.body.rows if row.reading.name == "RAM").reading
    assert card.target.ram.size == 24 * 1024 and ram.fraction > 0.8
    assert "mJ" in card.body.rows[3].reading.value and card.body.rows[3].reading.share.endswith("d")
    assert otolith(["boards", "dog-collar"]) == 0 and "our crystal" in capsys.readouterr().out
    session.document.undo_stack.undo()
    assert "dog-collar" not in window.targets.cards


def test_a_changed_board_changes_its_card_its_row_and_no_undo_entry(window, session, shown, collar, qtbot):
    session.document.push(_targets("dog-collar"))
    window.show_view("boards")
    view = window.room("design").views.views["boards"]
    qtbot.waitUntil(lambda: not view.counting)
    before = _share(view, "dog-collar")
    steps = session.document.undo_stack.count()
    old = window.targets.cards["dog-collar"].body.rows[1].reading.fraction
    form = shown(edit_board(session, "dog-collar", window))
    assert form.id_line.isReadOnly()
    fill(form, "ram.size", "128 KiB")
    click(form.save)
    assert session.gauges.boards["dog-collar"].ram.size == 128 * 1024
    card = window.targets.cards["dog-collar"]
    assert card.body.rows[1].reading.fraction == pytest.approx(old / 2)
    qtbot.waitUntil(lambda: not view.counting)
    assert _share(view, "dog-collar") == pytest.approx(before / 2)
    assert session.document.undo_stack.count() == steps


def _targets(*ids):
    from studio.core.edits import SetTargets

    return SetTargets(ids)


def _share(view, id):
    return next(row for row in view.figures.rows if row.board.id == id).costs[0].shares[1]


def test_what_is_wrong_stands_at_its_field_and_saving_goes_there(window, session, shown):
    form = shown(copy_of(session, "nrf52840dk", window))
    assert form.values["extends"] == "nrf52840dk" and form.check() == {}
    fill(form, "ram.size", "12 KB")
    row = form.rows["ram.size"]
    assert "'12 KB' is not a size" in row.fault.text() and row.fault.isVisible()
    assert row.editor.property("state") == "error" and row.source_line.property("state") == "", "an empty source waits"
    fill(form, "ram.size", "12 KiB")
    assert not row.fault.isVisible() and "the source of RAM" in form.status.text()
    click(form.save)
    assert not form.saved and QApplication.focusWidget() is row.source_line
    assert "needs its source" in row.fault.text()
    QTest.keyClicks(row.source_line, "a smaller chip")
    form.check()
    click(form.save)
    assert form.saved == "nrf52840-dk-copy" and session.gauges.boards[form.saved].ram.size == 12 * 1024


def test_a_base_is_found_by_typing(window, session, shown):
    form = shown(new_board(session, window))
    box = form.base.box
    box.setFocus()
    box.lineEdit().selectAll()
    QTest.keyClicks(box.lineEdit(), "RP2350")
    assert form.base.id == ""
    assert "choose" in form.check()["extends"].message and form.base.fault.isVisible()
    popup = box.completer().popup()
    assert popup.isVisible()
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, RETURN)
    assert form.base.id == "rp2350" and form.rows["clock"].editor.placeholderText() == "150 MHz"
    assert "clock" not in form.check()


def test_esc_asks_before_what_was_typed_is_dropped_and_leaves_no_file(window, session, shown):
    form = shown(new_board(session, window))
    QTest.keyClick(form, ESCAPE)
    assert not form.isVisible(), "nothing was typed"
    form = shown(new_board(session, window))
    QTest.keyClicks(form.rows["name"].editor, "Mine")
    soon(lambda box: QTest.keyClick(box, ESCAPE), QMessageBox)
    QTest.keyClick(form, ESCAPE)
    assert form.isVisible() and form.rows["name"].value == "Mine"
    soon(lambda box: click(next(b for b in box.buttons() if b.text() == "Drop it")), QMessageBox)
    QTest.keyClick(form, ESCAPE)
    assert not form.isVisible() and not own_folder().exists()


def test_the_sheet_shows_every_number_with_its_source_and_links_to_it(window, session, shown):
    dialog = shown(BoardsDialog(session, parent=window))
    QTest.keyClicks(dialog.search, "nano 33")
    assert dialog.board.id == "arduino-nano-33-ble-sense"
    text, html = dialog.sheet.toPlainText(), dialog.sheet.toHtml()
    for said in ("64 MHz", "256.0 KiB", "3.3 mA", "2.35 µA", "internal SMPS", "boot loader", "CoreMark at 64 MHz", "by nrf52840"):
        assert said in text
    assert 'href="https://docs.arduino.cc/hardware/nano-33-ble-sense/"' in html
    for id in session.gauges.boards:
        dialog.search.clear()
        dialog.choose(id)
        shown_text = " ".join(dialog.sheet.toPlainText().split())
        assert all(" ".join(source.split()) in shown_text for source in session.gauges.boards[id].sources.values()), id


def test_a_copy_is_made_from_the_sheet_and_shown_at_once(window, session, shown):
    dialog = shown(BoardsDialog(session, "pico", window))
    assert not dialog.edit.isEnabled() and not dialog.delete.isEnabled(), "a shipped board is no file of the user's"

    def make(form):
        fill(form, "name", "My Pico")
        click(form.save)

    soon(make, BoardForm)
    click(dialog.copy)
    assert dialog.chosen == "my-pico" and dialog.edit.isEnabled()
    assert "my-pico > pico > rp2040" in dialog.sheet.toPlainText()
    click(dialog.target)
    assert "my-pico" in window.targets.cards


def test_a_deleted_board_leaves_its_card_and_comes_back(window, session, shown, collar):
    session.document.push(_targets("dog-collar", "virtual-m4"))
    text = collar.read_text()
    dialog = shown(BoardsDialog(session, "dog-collar", window))
    soon(lambda box: click(next(b for b in box.buttons() if b.text() == "Delete it")), QMessageBox)
    click(dialog.delete)
    assert not collar.exists() and list(window.targets.cards) == ["virtual-m4"]
    assert session.document.project.targets == ("dog-collar", "virtual-m4"), "the design keeps its place"
    session.document.undo_stack.undo()
    session.document.undo_stack.redo()
    click(dialog.restore)
    assert collar.read_text() == text and list(window.targets.cards) == ["dog-collar", "virtual-m4"]
    assert dialog.chosen == "dog-collar"


def test_a_wrong_file_is_named_with_its_line_and_the_rest_works_on(window, session, shown, collar, qtbot, monkeypatch):
    window.show_view("boards")
    view = window.room("design").views.views["boards"]
    assert not view.refused.isVisible()
    wrong = own_folder() / "wrong.toml"
    wrong.write_text(WRONG)
    other = shown(TargetsDialog(session, window))
    other.hide()
    window.activateWindow()
    qtbot.waitUntil(view.refused.isVisible)
    assert view.refused.words.text() == "✕ wrong.toml, line 5: clock: it must be above 0"
    assert "dog-collar" in session.gauges.boards
    dialog = shown(BoardsDialog(session, FIRST_FAULT, window))
    said = dialog.sheet.toPlainText()
    assert "line 5: clock" in said and 'clock = "0 MHz"' in said and not dialog.copy.isEnabled()
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    click(dialog.edit)
    click(dialog.folder)
    assert opened == [str(wrong), str(own_folder())]
    wrong.write_text(WRONG.replace('"0 MHz"', '"32 MHz"') + '[sources]\nclock = "mine"\n')
    session.read_boards()
    assert not view.refused.isVisible() and session.gauges.boards["wrong"].clock_hz == 32e6
    assert [row.board.id for row in view.figures.rows if row.board.id in ("wrong", "dog-collar")]


def test_a_file_changed_meanwhile_is_not_written_over(window, session, shown, collar):
    form = shown(edit_board(session, "dog-collar", window))
    collar.write_text(collar.read_text().replace("64 KiB", "48 KiB"))
    fill(form, "ram.size", "128 KiB")
    click(form.save)
    assert not form.saved and "changed meanwhile" in form.status.text()
    assert "48 KiB" in collar.read_text()


def test_a_mended_file_is_read_when_the_user_comes_back_to_the_sheets(window, session, shown, collar, qtbot):
    wrong = own_folder() / "wrong.toml"
    wrong.write_text(WRONG)
    session.read_boards()
    dialog = shown(BoardsDialog(session, FIRST_FAULT, window))
    assert "line 5" in dialog.sheet.toPlainText()
    wrong.write_text(WRONG.replace('clock = "0 MHz"\n', ""))
    window.activateWindow()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: "wrong" in session.gauges.boards)
    assert dialog.chosen == "wrong" and "refused" not in dialog.sheet.toPlainText()


def test_a_row_of_the_matrix_leads_to_copy_and_form(window, session, shown, collar, qtbot):
    window.show_view("boards")
    view = window.room("design").views.views["boards"]
    titles = [action.text() for action in view.menu("pico").actions() if action.text()]
    assert titles == ["Make it a target\tSpace", "Sheet and sources…", "Edit a copy…"]
    menu = view.menu("dog-collar")

    def change(form):
        fill(form, "ram.size", "96 KiB")
        click(form.save)

    soon(change, BoardForm)
    next(action for action in menu.actions() if action.text() == "Edit…").trigger()
    assert session.gauges.boards["dog-collar"].ram.size == 96 * 1024


def test_the_palette_leads_to_sheets_and_energy(window, session, collar):
    from studio.ui.dialogs.palette_entries import entries, find

    session.document.push(_targets("dog-collar"))
    listed = entries(window)
    for typed, title in (
        ("sheet collar", "Sheet and sources of Dog collar…"),
        ("energy collar", "Energy and battery of Dog collar…"),
        ("new board", "New board…"),
    ):
        assert title in [hit.entry.title for hit in find(listed, typed, [])][:3], typed

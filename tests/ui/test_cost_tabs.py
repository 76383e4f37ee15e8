"""The tabs under the graph: reached by mouse, keys, menu and palette; remembered with the project; idle while hidden."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from studio.core.edits import Disconnect, SetParams, SetTargets
from studio.storage.folder import ProjectFolder
from studio.ui.dialogs.palette_entries import entries, find
from studio.ui.main_window import MainWindow
from studio.ui.panels.cost_tabs import VIEWS
from studio.ui.session import Session
from studio.ui.settings import Settings
from tests.ui.test_edit_turn import difference, pushed, selected

LEFT = Qt.MouseButton.LeftButton
COSTS = tuple(v.id for v in VIEWS[1:])
PAINTED = {
    "a parameter and boards": pushed(SetParams("conv2d_1", {"filters": 24}), SetTargets(("nucleo-l031k6", "virtual-m4"))),
    "a block selected": selected("conv2d_1"),
    "an error": pushed(Disconnect("dense_1", 0)),
}


@pytest.fixture
def tabs(window, qtbot):
    window.show_room("design")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window.room("design").views


def click_tab(tabs, id):
    at = next(i for i, v in enumerate(VIEWS) if v.id == id)
    QTest.mouseClick(tabs.bar, LEFT, pos=tabs.bar.tabRect(at).center())


def test_a_click_on_a_tab_shows_its_view(tabs):
    assert tabs.current == "sound"
    for id in (*COSTS, "sound"):
        click_tab(tabs, id)
        assert tabs.current == id
        assert [v for v in tabs.views if tabs.views[v].isVisible()] == [id]


def test_keys_show_the_views_and_lead_into_them(tabs, window):
    for at, view in enumerate(VIEWS):
        QTest.keyClick(window, getattr(Qt.Key, f"Key_{at + 1}"), Qt.KeyboardModifier.AltModifier)
        assert tabs.current == view.id
        assert tabs.isAncestorOf(window.focusWidget())
    tabs.bar.setFocus()
    QTest.keyClick(tabs.bar, Qt.Key.Key_Right)
    QTest.keyClick(tabs.bar, Qt.Key.Key_Left)
    assert tabs.current in (VIEWS[0].id, VIEWS[-1].id, VIEWS[-2].id)


def test_menu_and_palette_know_the_views(tabs, window):
    for view in VIEWS:
        window.actions_by_id[f"view_{view.id}"].trigger()
        assert tabs.current == view.id
    window.show_room("deploy")
    find(entries(window), "memory over time", ())[0].entry.run()
    assert window.current_room == "design"
    assert tabs.current == "memory"


def test_the_view_is_remembered_with_the_project(tabs, window, session, tmp_path):
    other = ProjectFolder.copy_sample("keywords", tmp_path / "other").path
    click_tab(tabs, "operators")
    tabs.subject.choose_runtime("tflm")
    home = session.document.path
    session.open(other)
    click_tab(tabs, "boards")
    session.open(home)
    assert tabs.current == "operators"
    session.document.undo_stack.setClean()
    window.close()
    again = Session(other, Settings())
    reopened = MainWindow(again)
    assert reopened.room("design").views.current == "boards"
    reopened.close_now()


def test_hidden_views_do_nothing_in_an_edits_turn(tabs, session, monkeypatch):
    """Show every view once, go back to the sound, and count what is called in the turns of edits and selections."""
    for id in (*COSTS, "sound"):
        click_tab(tabs, id)
    called = []
    for id in COSTS:
        view = tabs.views[id]
        monkeypatch.setattr(view, "refresh", lambda id=id: called.append(id))
        monkeypatch.setattr(view, "show_selection", lambda id=id: called.append(id))
    known = set(session.gauges.reports)
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    session.select(("conv2d_1",))
    session.document.undo_stack.undo()
    assert not called
    assert not tabs.views["boards"].counting
    assert {t for t, _ in session.gauges.reports} == set(session.document.project.targets) <= {t for t, _ in known}
    click_tab(tabs, "operators")
    assert set(called) == {"operators"}


def test_figures_are_of_the_first_card_until_another_is_chosen(tabs, window, session, qtbot):
    session.document.push(SetTargets(("nrf52840dk", "virtual-m4")))
    click_tab(tabs, "memory")
    chooser = tabs.views["memory"].chooser
    assert (tabs.subject.target, tabs.subject.runtime) == ("nrf52840dk", "c")
    assert chooser.targets.currentText() == "nRF52840 DK"
    window.targets._choose_runtime(window.targets.cards["nrf52840dk"], "tflm")
    assert chooser.runtimes.currentText() == "TFLM", "it follows the card"
    chooser.targets.setFocus()
    QTest.keyClick(chooser.targets, Qt.Key.Key_Down)
    assert tabs.subject.target == "virtual-m4"
    chooser.runtimes.setFocus()
    QTest.keyClick(chooser.runtimes, Qt.Key.Key_Down)
    assert tabs.subject.runtime == "c-small"
    session.document.push(SetTargets(("nrf52840dk",)))
    assert tabs.subject.target == "nrf52840dk", "the chosen board is no target any more"


def test_fields_and_knobs_come_back_when_they_are_asked_for(tabs, window, session):
    click_tab(tabs, "memory")
    room = window.room("design")
    QTest.mouseDClick(room.canvas.viewport(), LEFT, pos=room.canvas.block_point("dense_1"))
    assert tabs.current == "sound"
    assert room.inspector.isVisible()


def test_the_strip_beside_leads_to_the_memory(tabs, window, session):
    plot = window.targets.strip.plot
    QTest.mouseClick(plot, LEFT, pos=plot.bars()[0].center().toPoint())
    assert tabs.current == "memory"
    assert session.selection == (plot.steps[0].block,)


def test_everything_stays_within_the_window(tabs, window, qtbot):
    room = window.room("design")
    for width, height in ((1280, 800), (1920, 1080)):
        window.resize(width, height)
        QTest.qWait(30)
        room.reset_layout()
        for id in COSTS:
            click_tab(tabs, id)
            QTest.qWait(30)
            view = tabs.views[id]
            assert tabs.bar.width() >= tabs.bar.sizeHint().width()
            for widget in (view, view.tools):
                corner = widget.mapTo(window, QPoint(widget.width(), widget.height()))
                assert corner.x() <= width
                assert corner.y() <= height
                assert widget.width() >= widget.minimumSizeHint().width(), f"{id} at {width}"


def as_image(made):
    return made.toImage().convertToFormat(QImage.Format.Format_RGB32)


@pytest.mark.parametrize("id", COSTS)
def test_all_that_changed_is_painted(tabs, window, session, qtbot, app, id):
    """Hold the pixels of each view on the screen against the view painted anew."""
    window.show_view(id)
    for name, step in PAINTED.items():
        step(session)
        qtbot.waitUntil(lambda: not getattr(tabs.views[id], "counting", False))
        for _ in range(6):
            app.processEvents()
        place = QRect(tabs.mapTo(window, QPoint()), tabs.size())
        shown, anew = (as_image(made) for made in (window.screen().grabWindow(window.winId(), *place.getRect()), window.grab(place)))
        assert shown == anew, f"after {name}: {difference(shown, anew)}"

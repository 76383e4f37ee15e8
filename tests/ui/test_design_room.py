import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.ui.main_window import MainWindow
from studio.ui.widgets.number import NumberField


@pytest.fixture
def room(window, qtbot):
    window.show_room("design")
    made = window.room("design")
    qtbot.waitUntil(lambda: made._clip_view is not None, timeout=10_000)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return made


def test_return_on_a_block_leads_to_its_first_field_and_back(room, session):
    room.canvas.setFocus()
    session.select(("conv2d_1",))
    QTest.keyClick(room.canvas, Qt.Key.Key_Return)
    filters = room.inspector.findChild(NumberField, "inspector.filters")
    assert filters.hasFocus()
    before = session.gauges.report("virtual-m4", "c").latency_ms.value
    QTest.keyClicks(filters, "16")
    assert session.gauges.report("virtual-m4", "c").latency_ms.value < before
    QTest.keyClick(filters, Qt.Key.Key_Escape)
    assert room.canvas.hasFocus()
    assert session.selection == ("conv2d_1",)


def test_return_on_the_front_end_leads_to_its_knobs(room, session):
    room.inspect("input")
    assert session.selection == ("input",)
    assert room.frontend.knobs["window"].number.hasFocus()


def test_double_click_on_a_block_leads_to_its_fields(room, session):
    QTest.mouseDClick(room.canvas.viewport(), Qt.MouseButton.LeftButton, pos=room.canvas.block_point("dense_1"))
    assert session.selection == ("dense_1",)
    assert room.inspector.findChild(NumberField, "inspector.units").hasFocus()


def test_nothing_is_cut_at_1280_and_1920(room, window, qtbot):
    for width, height in ((1280, 800), (1920, 1080)):
        window.resize(width, height)
        QTest.qWait(50)
        room.reset_layout()
        QTest.qWait(50)
        assert window.width() == width
        for panel in (room.canvas, room.frontend, room.clip_view, room.inspector, room.palette_panel):
            assert panel.width() >= panel.minimumSizeHint().width()
            assert panel.height() >= panel.minimumSizeHint().height()
            corner = panel.mapTo(window, QPoint(panel.width(), panel.height()))
            assert corner.x() <= width
            assert corner.y() <= height


def test_sizes_are_remembered(room, session, window):
    room._bottom.setSizes([300, 300, 300])
    kept = room._bottom.sizes()
    session.arrangement.keep()
    room.reset_layout()
    assert room._bottom.sizes() != kept
    session.arrangement.follow(session.document.path)
    assert room._bottom.sizes() == kept


def test_the_rooms_actions(room, window, session):
    window.actions_by_id["int8_features"].trigger()
    assert room.clip_view.int8
    session.show_segment(0)
    window.actions_by_id["next_clip"].trigger()
    assert room.clip_view.title.text().split(" · ")[-1].startswith("2 of")
    session.select(("relu_1",))
    room.delete_selected()
    assert "relu_1" not in session.document.project.graph.by_id


def test_tab_goes_through_the_room(room, window):
    """From the canvas on, Tab comes to knobs, clip and inspector."""
    room.session.select(("dense_1",))
    QTest.qWait(10)
    seen, at = [], room.frontend.knobs["window"].slider
    at.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(80):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        at = window.focusWidget()
        seen.append(at)
        if room.inspector.isAncestorOf(at):
            break

    def first(panel: QWidget) -> int:
        return next(i for i, w in enumerate(seen) if panel is w or panel.isAncestorOf(w))

    assert first(room.frontend) < first(room.clip_view) < first(room.inspector)


def test_moving_the_mel_slider_changes_the_picture(room, session):
    before = room.clip_view.features.picture.colours.shape
    slider = room.frontend.knobs["mels"].slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert session.document.project.frontend.mels == 41
    assert room.clip_view.features.picture.colours.shape == (41, before[1])


def test_on_a_narrow_screen_too_the_clip_is_shown(session, qtbot):
    window = MainWindow(session)
    window.resize(808, 700)
    window.show()
    room = window.room("design")
    qtbot.waitUntil(lambda: room._clip_view is not None and room._clip_view.isVisible())
    window.close_now()

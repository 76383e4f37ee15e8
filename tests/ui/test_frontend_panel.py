import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider

from studio.core.edits import SetFrontEnd, SetTargets
from studio.core.frontend import FrontEnd, check_frontend, with_rate
from studio.ui.panels.frontend import FrontEndPanel
from studio.ui.panels.frontend_knobs import KNOBS, RATES
from studio.ui.widgets.knob import Doubling, Linear

KEPT = []


@pytest.fixture
def panel(session, qtbot):
    made = FrontEndPanel(session)
    KEPT.append(made)
    made.resize(260, 620)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close_panel()
    made.hide()


def handle(slider: QSlider) -> QPoint:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    return slider.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider).center()


def drag(slider: QSlider, pixels: int):
    start = handle(slider)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 9):
        QTest.mouseMove(slider, start + QPoint(pixels * step // 8, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=start + QPoint(pixels, 0))


def fe(session) -> FrontEnd:
    return session.document.project.frontend


def test_dragging_a_slider_is_one_entry(panel, session):
    before = fe(session).mels
    changes = []
    session.document.changed.connect(lambda *_: changes.append(fe(session).mels))
    drag(panel.knobs["mels"].slider, 30)
    assert fe(session).mels > before
    assert len(changes) > 2
    assert session.document.undo_stack.count() == 1
    session.document.undo_stack.undo()
    assert fe(session).mels == before
    drag(panel.knobs["mels"].slider, -10)
    drag(panel.knobs["mels"].slider, -6)
    assert session.document.undo_stack.count() == 2


def test_pressing_beside_the_handle_jumps_there_in_one_entry(panel, session):
    slider = panel.knobs["mels"].slider
    far = QPoint(slider.width() - 4, slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=far)
    QTest.mouseMove(slider, far - QPoint(10, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=far - QPoint(10, 0))
    assert fe(session).mels > 90
    assert session.document.undo_stack.count() == 1


def test_typing_ms_sets_samples(panel, session):
    number = panel.knobs["hop"].number
    number.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(number, "10")
    assert fe(session).hop == 160
    assert fe(session).frames == 98
    assert session.document.undo_stack.count() == 1
    assert "98 frames × 40 bins" in panel.derived.text()
    assert "RAM" in panel.derived.text()
    assert "instructions a clip" in panel.derived.text()


def test_a_window_longer_than_the_fft_is_refused_in_place(panel, session):
    knob = panel.knobs["window"]
    knob.number.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(knob.number, "45")
    QTest.keyClick(knob.number, Qt.Key.Key_Return)
    assert knob.message.isVisible()
    assert "512" in knob.message.text()
    assert "45 ms" in knob.message.text()
    assert fe(session).window == 480
    assert knob.number.text() == "30 ms"
    assert session.document.undo_stack.count() == 0


def test_a_slider_stops_at_the_limit_and_says_why(panel, session):
    knob = panel.knobs["window"]
    drag(knob.slider, 60)
    assert fe(session).window == fe(session).fft == 512
    assert knob.message.isVisible()
    assert session.document.undo_stack.count() == 1
    drag(knob.slider, -20)
    assert fe(session).window < 512
    assert not knob.message.isVisible()


def test_fft_takes_powers_of_two(panel, session):
    knob = panel.knobs["fft"]
    knob.number.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(knob.number, Qt.Key.Key_Up)
    assert fe(session).fft == 1024
    QTest.keyClicks(knob.number, "1000")
    QTest.keyClick(knob.number, Qt.Key.Key_Return)
    assert fe(session).fft == 1024
    assert "power of two" in knob.message.text()


def test_choices_and_resets(panel, session):
    box = panel.boxes["mel_scale"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert fe(session).mel_scale == "htk"
    reset = panel._resets["mel_scale"]
    assert not reset.isHidden()
    reset.click()
    assert fe(session).mel_scale == "slaney"
    panel.reset_all()
    assert fe(session) == FrontEnd()


def test_normalisation_none_switches_mean_and_spread_off(panel, session):
    box = panel.boxes["normalisation"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert fe(session).normalisation == "none"
    assert not panel.knobs["mean_db"].isEnabled()


def test_a_kit_without_fpu_gets_fixed_arithmetic_by_its_knob(panel, session):
    session.document.push(SetTargets(("virtual-m0",)))
    assert panel.issues.isVisible() and "use fixed arithmetic" in panel.issues.text()
    software = panel.derived.text()
    box = panel.boxes["arithmetic"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert fe(session).arithmetic == "fixed"
    assert not panel.issues.isVisible()
    assert panel.derived.text() != software
    panel._resets["arithmetic"].click()
    assert fe(session).arithmetic == "float32"


def test_the_rate_keeps_the_times(panel, session):
    panel._choose(next(c for c in panel_choices() if c.field == "sample_rate"), "8 kHz", "")
    now = fe(session)
    assert (now.sample_rate, now.window, now.hop, now.clip_samples) == (8000, 240, 160, 8000)
    assert now.high_hz <= 4000
    session.document.undo_stack.undo()
    assert fe(session).sample_rate == 16000


def panel_choices():
    from studio.ui.panels.frontend_knobs import CHOICES

    return CHOICES


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("other", RATES)
def test_every_rate_can_follow_every_other(rate, other):
    import msgspec

    start = msgspec.structs.replace(FrontEnd(), **with_rate(FrontEnd(), rate))
    check_frontend(start)
    check_frontend(msgspec.structs.replace(start, **with_rate(start, other)))


@pytest.mark.parametrize("spec", KNOBS, ids=lambda s: s.field)
def test_what_a_knob_shows_is_what_it_sets(spec):
    import msgspec

    given = FrontEnd()
    assert msgspec.structs.replace(given, **spec.changes(given, spec.shown(given))) == given


@pytest.mark.parametrize("scale", [Linear(1, 64, 0.5), Doubling(64, 4096), Linear(-120, 0, 1)])
def test_positions_and_values_go_both_ways(scale):
    assert [scale.position(scale.value(p)) for p in range(scale.positions + 1)] == list(range(scale.positions + 1))


def test_two_settings_are_compared(panel, session):
    first = fe(session)
    panel.show_slot("B")
    session.document.push(SetFrontEnd({"mels": 20}))
    panel.show_slot("A")
    assert fe(session) == first
    panel.show_slot("B")
    assert fe(session).mels == 20


def test_remarks_are_shown_in_words(panel, session):
    assert panel.issues.isHidden()
    session.document.push(SetFrontEnd({"mels": 200}))
    assert "mel bands catch no bin" in panel.issues.text()
    assert not panel.issues.isHidden()


def test_undo_and_another_project_are_followed(panel, session, tmp_path):
    from studio.storage.folder import ProjectFolder

    session.document.push(SetFrontEnd({"mels": 20}))
    assert panel.knobs["mels"].number.text() == "20"
    session.document.undo_stack.undo()
    assert panel.knobs["mels"].number.text() == "40"
    session.document.push(SetFrontEnd({"mels": 20}))
    session.open(ProjectFolder.copy_sample("keywords", tmp_path / "other").path)
    assert panel.knobs["mels"].number.text() == "40"


def test_the_data_are_measured_beside_the_window(panel, session, qtbot):
    session.document.push(SetFrontEnd({"mean_db": 0.0, "std_db": 1.0}))
    panel._area.ensureWidgetVisible(panel.measure)
    QTest.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: fe(session).mean_db != 0.0, timeout=60_000)
    assert fe(session).mean_db == pytest.approx(-55.86, abs=0.5)
    assert fe(session).std_db == pytest.approx(19.52, abs=0.5)
    assert panel.measure.text() == "Measure from the recordings"


def test_escape_gives_the_focus_back(panel, qtbot):
    panel.focus_first()
    assert panel.knobs["window"].number.hasFocus()
    with qtbot.waitSignal(panel.left):
        QTest.keyClick(panel.knobs["window"].number, Qt.Key.Key_Escape)

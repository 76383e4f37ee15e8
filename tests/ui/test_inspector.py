import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton

from studio.core.edits import AddBlock, Connect, RemoveBlocks, SetLabels, SetParams
from studio.ui.panels.inspector import InspectorPanel
from studio.ui.widgets.number import Measure, NumberField

KEPT = []


@pytest.fixture
def panel(session, qtbot):
    made = InspectorPanel(session)
    KEPT.append(made)
    made.resize(260, 420)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.hide()


def params(session, id):
    return session.document.project.graph.by_id[id].params


def field(panel, name) -> NumberField:
    return panel.findChild(NumberField, f"inspector.{name}")


def type_into(widget, text):
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(widget, text)


def drag_label(label, pixels):
    start = label.rect().center()
    QTest.mousePress(label, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(label, start + QPoint(pixels * step // 5, 0))
    QTest.mouseRelease(label, Qt.MouseButton.LeftButton, pos=start + QPoint(pixels, 0))


def wheel(widget, notches):
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_typing_filters_changes_document_and_gauges_in_one_entry(panel, session):
    session.select(("conv2d_1",))
    before = session.gauges.figures.macs
    type_into(field(panel, "filters"), "24")
    assert params(session, "conv2d_1")["filters"] == 24
    assert session.gauges.figures.macs < before
    assert session.document.undo_stack.count() == 1
    session.document.undo_stack.undo()
    assert params(session, "conv2d_1")["filters"] == 32
    assert field(panel, "filters").text() == "32"


def test_leaving_a_field_ends_its_entry(panel, session):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    type_into(filters, "24")
    QTest.keyClick(filters, Qt.Key.Key_Return)
    QTest.keyClicks(filters, "48")
    assert params(session, "conv2d_1")["filters"] == 48
    assert session.document.undo_stack.count() == 2


def test_arrows_and_page_keys_step(panel, session):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    filters.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(filters, Qt.Key.Key_Up)
    QTest.keyClick(filters, Qt.Key.Key_PageDown)
    assert params(session, "conv2d_1")["filters"] == 23
    assert session.document.undo_stack.count() == 1


@pytest.mark.parametrize("bad", ["5000", "0", "2.5"])
def test_a_value_out_of_range_is_explained_and_the_old_one_kept(panel, session, qtbot, bad):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    filters.setFocus(Qt.FocusReason.TabFocusReason)
    filters.selectAll()
    QApplication.clipboard().setText(bad)
    QTest.keySequence(filters, "Ctrl+V")
    assert params(session, "conv2d_1")["filters"] == 32
    QTest.keyClick(filters, Qt.Key.Key_Return)
    row = panel.rows["filters"]
    assert row.message.isVisible()
    assert "1 to 4096" in row.message.text()
    assert filters.text() == "32"
    QTest.keyClicks(filters, "8")
    assert params(session, "conv2d_1")["filters"] == 8
    assert not row.message.isVisible()


def test_a_refused_text_leaves_what_held_before_typing(panel, session):
    session.select(("conv2d_1",))
    type_into(field(panel, "filters"), "5000")
    assert params(session, "conv2d_1")["filters"] == 500
    QTest.keyClick(field(panel, "filters"), Qt.Key.Key_Return)
    assert params(session, "conv2d_1")["filters"] == 32
    assert "1 to 4096" in panel.rows["filters"].message.text()
    assert session.document.undo_stack.count() == 0
    assert session.document.is_saved


def test_an_undo_takes_the_explanation_away(panel, session):
    session.select(("conv2d_1",))
    type_into(field(panel, "filters"), "24")
    QTest.keyClick(field(panel, "filters"), Qt.Key.Key_Return)
    type_into(field(panel, "filters"), "0")
    QTest.keyClick(field(panel, "filters"), Qt.Key.Key_Return)
    assert panel.rows["filters"].message.isVisible()
    session.document.undo_stack.undo()
    assert not panel.rows["filters"].message.isVisible()


def test_a_word_in_a_number_field_is_explained(panel, session):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    type_into(filters, "many")
    QTest.keyClick(filters, Qt.Key.Key_Return)
    assert "many" in panel.rows["filters"].message.text()
    assert panel.rows["filters"].message.isVisible()
    assert params(session, "conv2d_1")["filters"] == 32


def test_escape_takes_back_what_was_typed_then_leaves(panel, session, qtbot):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    type_into(filters, "x")
    QTest.keyClick(filters, Qt.Key.Key_Escape)
    assert filters.text() == "32"
    with qtbot.waitSignal(panel.left):
        QTest.keyClick(filters, Qt.Key.Key_Escape)


def test_undo_in_a_field_is_the_documents(panel, session):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    type_into(filters, "24")
    QTest.keySequence(filters, "Ctrl+Z")
    assert filters.text() == "24"


def test_dragging_the_label_is_one_entry(panel, session):
    session.select(("conv2d_1",))
    drag_label(panel.rows["filters"].name, 40)
    assert params(session, "conv2d_1")["filters"] == 42
    drag_label(panel.rows["filters"].name, -20)
    assert params(session, "conv2d_1")["filters"] == 37
    assert session.document.undo_stack.count() == 2


def test_a_wheel_burst_is_one_entry_and_needs_the_focus(panel, session):
    session.select(("conv2d_1",))
    filters = field(panel, "filters")
    wheel(filters, 1)
    assert params(session, "conv2d_1")["filters"] == 32
    filters.setFocus()
    for _ in range(3):
        wheel(filters, 1)
    assert params(session, "conv2d_1")["filters"] == 35
    assert session.document.undo_stack.count() == 1


def test_a_linked_pair_moves_together_and_an_unlinked_one_apart(panel, session):
    session.select(("conv2d_1",))
    type_into(field(panel, "kernel.time"), "3")
    assert params(session, "conv2d_1")["kernel"] == (3, 3)
    link = panel.rows["kernel"].editor.link
    QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    type_into(field(panel, "kernel.frequency"), "7")
    assert params(session, "conv2d_1")["kernel"] == (3, 7)


def test_choice_and_bool_by_keyboard(panel, session):
    session.select(("conv2d_1",))
    padding = panel.findChild(QComboBox, "inspector.padding")
    padding.setFocus()
    QTest.keyClick(padding, Qt.Key.Key_Down)
    assert params(session, "conv2d_1")["padding"] == "valid"
    bias = panel.findChild(QCheckBox, "inspector.use_bias")
    bias.setFocus()
    was = params(session, "conv2d_1")["use_bias"]
    QTest.keyClick(bias, Qt.Key.Key_Space)
    assert params(session, "conv2d_1")["use_bias"] is not was


def test_reset_brings_the_default_back(panel, session):
    session.select(("conv2d_1",))
    row = panel.rows["filters"]
    assert row.reset.isVisible()
    QTest.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert params(session, "conv2d_1")["filters"] == 16
    assert not row.reset.isVisible()
    QTest.mouseDClick(panel.rows["kernel"].name, Qt.MouseButton.LeftButton)
    assert params(session, "conv2d_1")["kernel"] == (3, 3)


def test_a_shape_is_typed_whole(panel, session):
    session.document.push(AddBlock("reshape", id="reshape_1", after="global_average_pool_1"))
    session.select(("reshape_1",))
    shape = panel.findChild(NumberField, "inspector.shape")
    shape.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(shape, "8, 8, 1")
    assert params(session, "reshape_1")["shape"] == (-1,)
    QTest.keyClick(shape, Qt.Key.Key_Return)
    assert params(session, "reshape_1")["shape"] == (8, 8, 1)
    QTest.keyClick(shape, Qt.Key.Key_A)
    QTest.keyClick(shape, Qt.Key.Key_Return)
    assert panel.rows["shape"].message.isVisible()
    assert params(session, "reshape_1")["shape"] == (8, 8, 1)


def test_a_shape_that_does_not_fit_is_told_where_the_block_is(panel, session):
    session.select(("conv2d_1",))
    session.document.push(SetParams("conv2d_1", {"groups": 3}))
    said = [w.text() for w in panel.findChildren(QLabel, "inspector.issue") if not w.isHidden()]
    assert any("3 groups" in text for text in said)


def test_facts_of_a_block(panel, session):
    session.select(("conv2d_1",))
    assert panel.title.text() == "Convolution"
    assert panel.id.text() == "conv2d_1"
    assert "400 k MAC (17 %)" in panel.facts.text()
    assert "49x40x1 → 25x20x32" in panel.facts.text()


def test_several_blocks_share_what_they_have_alike(panel, session):
    session.select(("separable_conv2d_1", "separable_conv2d_2"))
    assert panel.title.text() == "2 blocks"
    assert field(panel, "filters").text() == ""
    assert field(panel, "filters").placeholderText() == "differ"
    type_into(field(panel, "filters"), "40")
    assert [params(session, f"separable_conv2d_{n}")["filters"] for n in (1, 2)] == [40, 40]
    assert session.document.undo_stack.count() == 1
    session.document.undo_stack.undo()
    assert [params(session, f"separable_conv2d_{n}")["filters"] for n in (1, 2)] == [32, 48]
    session.select(("conv2d_1", "dense_1"))
    assert set(panel.rows) == {"activation", "use_bias"}


def test_nothing_selected_describes_the_network_and_mends_it(panel, session):
    assert panel.title.text() == "keywords"
    assert "49x40x1" in panel.facts.text()
    assert "down, go, left" in panel.facts.text()
    assert not panel.rows
    session.document.push(SetLabels(("yes", "no")))
    fix = next(b for b in panel.findChildren(QPushButton, "inspector.fix") if not b.isHidden())
    QTest.mouseClick(fix, Qt.MouseButton.LeftButton)
    assert params(session, "dense_1")["units"] == 2


def test_the_input_block_leads_to_the_front_end(panel, session, qtbot):
    session.select(("input",))
    assert panel.to_frontend.isVisible()
    panel.focus_first()
    with qtbot.waitSignal(panel.frontend_wanted):
        QTest.keyClick(panel.to_frontend, Qt.Key.Key_Space)


def test_a_removed_block_leaves_the_inspector(panel, session):
    session.select(("dropout_1",))
    type_into(field(panel, "rate"), "0.3")
    session.document.push(RemoveBlocks(("dropout_1",), bridge=True))
    assert panel.title.text() == "keywords"
    session.document.undo_stack.undo()
    assert params(session, "dropout_1")["rate"] == 0.3


def test_what_was_typed_stays_with_its_block(panel, session):
    session.document.push(AddBlock("reshape", id="reshape_1"))
    session.document.push(AddBlock("reshape", id="reshape_2"))
    session.document.push(Connect("dropout_1", "reshape_1"))
    session.select(("reshape_1",))
    type_into(panel.findChild(NumberField, "inspector.shape"), "8 8")
    session.select(("reshape_2",))
    assert params(session, "reshape_2")["shape"] == (-1,)


def test_another_project_is_shown(panel, session, tmp_path):
    from studio.storage.folder import ProjectFolder

    session.select(("conv2d_1",))
    session.open(ProjectFolder.copy_sample("keywords", tmp_path / "other").path)
    assert panel.title.text() == "keywords"
    session.select(("dense_1",))
    type_into(field(panel, "units"), "7")
    assert params(session, "dense_1")["units"] == 7


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (Measure("Hz", units={"kHz": 1000.0}), 7600.0, "7.6 kHz"),
        (Measure("Hz", units={"kHz": 1000.0}), 20.0, "20 Hz"),
        (Measure("dB", digits=3), -55.86, "−55.9 dB"),
        (Measure(whole=True), 512, "512"),
    ],
)
def test_numbers_are_written_with_their_units(measure, value, text):
    assert measure.write(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("7.6 kHz", 7600), ("7.6k", 7600), ("7600", 7600), ("7600 hz", 7600), ("0,5 kHz", 500), ("−3", -3), ("3 ms", None), ("", None)],
)
def test_numbers_are_read_with_or_without_units(text, value):
    assert Measure("Hz", units={"kHz": 1000.0}).read(text) == value


def test_a_thousands_comma_is_no_whole_number():
    assert Measure(whole=True).read("1,000") is None

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import Disconnect
from studio.ui.canvas.operators import BLOCK_MIME
from studio.ui.panels.palette import PalettePanel

NO, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
_KEPT = []


@pytest.fixture
def palette(session, qtbot):
    made = PalettePanel(session)
    _KEPT.append(made)
    qtbot.addWidget(made)
    made.resize(180, 620)
    with qtbot.waitExposed(made):
        made.show()
    return made


def graph_of(session):
    return session.document.project.graph


def row_of(palette, kind):
    items = (palette.list.item(n) for n in range(palette.list.count()))
    return next(i for i in items if i.data(Qt.ItemDataRole.UserRole) and i.data(Qt.ItemDataRole.UserRole).kind == kind)


def test_all_operators_stand_there_with_help(palette, session):
    assert set(palette.kinds()) == {"log_mel", *session.blocks.names()}
    assert session.blocks.get("dense").help in row_of(palette, "dense").toolTip()
    texts = [palette.list.item(n).text() for n in range(palette.list.count())]
    assert texts[:2] == ["Front end", "Log-mel"] and "Convolution" in texts


def test_it_filters_as_you_type(palette):
    QTest.keyClicks(palette.filter, "depthw")
    assert palette.kinds()[0] == "depthwise_conv2d"
    assert "dense" not in palette.kinds()
    palette.filter.setText("merge")
    assert set(palette.kinds()) == {"add", "concatenate"}
    palette.filter.setText("no such words")
    assert palette.kinds() == () and palette._note.isVisible()
    QTest.keyClick(palette.filter, Qt.Key.Key_Escape)
    assert len(palette.kinds()) > 10


def test_down_and_return_add_behind_the_selected_block(palette, session):
    session.select(("relu_1",))
    palette.filter.setFocus()
    QTest.keyClicks(palette.filter, "drop")
    QTest.keyClick(palette.filter, Qt.Key.Key_Down)
    assert palette.list.hasFocus()
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert graph_of(session).sources["dropout_2"] == ("relu_1",)
    assert graph_of(session).sources["separable_conv2d_1"] == ("dropout_2",)
    assert session.document.undo_stack.count() == 1


def test_return_in_the_filter_adds_the_first(palette, session):
    session.select(("softmax_1",))
    QTest.keyClicks(palette.filter, "relu6")
    QTest.keyClick(palette.filter, Qt.Key.Key_Return)
    assert graph_of(session).sources["relu6_1"] == ("softmax_1",)


def test_a_double_click_adds_behind_the_end_of_a_loose_chain(palette, session):
    session.document.push(Disconnect("softmax_1", 0))
    session.select(("dense_1",))
    at = palette.list.visualItemRect(row_of(palette, "conv2d")).center()
    QTest.mouseClick(palette.list.viewport(), LEFT, NO, at)
    QTest.mouseDClick(palette.list.viewport(), LEFT, NO, at)
    assert graph_of(session).sources["conv2d_2"] == ("dense_1",)


def test_the_front_end_explains_itself(palette, session, qtbot):
    with qtbot.waitSignal(session.told) as told:
        palette.add("log_mel")
    assert "in every design already" in told.args[0]
    assert session.document.undo_stack.count() == 0


def test_dragging_starts_a_drag_with_kind_and_picture(palette, monkeypatch):
    started = []
    monkeypatch.setattr(palette.list, "run_drag", started.append)
    start = palette.list.visualItemRect(row_of(palette, "conv2d")).center()
    QTest.mousePress(palette.list.viewport(), LEFT, NO, start)
    for n in range(1, 6):
        QTest.mouseMove(palette.list.viewport(), start + QPoint(12 * n, 4 * n))
        QApplication.processEvents()
    QTest.mouseRelease(palette.list.viewport(), LEFT, NO, start + QPoint(60, 20))
    assert len(started) == 1
    assert bytes(started[0].mimeData().data(BLOCK_MIME).data()) == b"conv2d"
    assert started[0].pixmap().width() > 100


def test_the_front_end_is_not_dragged(palette, monkeypatch):
    started = []
    monkeypatch.setattr(palette.list, "run_drag", started.append)
    palette.list.setCurrentItem(row_of(palette, "log_mel"))
    palette.list.startDrag(Qt.DropAction.CopyAction)
    assert started == []

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.core.edits import SetParams
from studio.ui.panels.outline import OutlinePanel

NO, LEFT, CTRL = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
_KEPT = []


@pytest.fixture
def outline(session, qtbot):
    made = OutlinePanel(session)
    _KEPT.append(made)
    qtbot.addWidget(made)
    made.resize(800, 560)
    with qtbot.waitExposed(made):
        made.show()
    return made


def rows(outline):
    return [[outline.tree.topLevelItem(n).text(c) for c in range(7)] for n in range(outline.tree.topLevelItemCount())]


def click(outline, row, modifiers=NO):
    item = outline.tree.topLevelItem(row)
    QTest.mouseClick(outline.tree.viewport(), LEFT, modifiers, outline.tree.visualItemRect(item).center())


def test_rows_follow_the_order_of_execution(outline, session):
    shown = rows(outline)
    assert [r[1] for r in shown] == list(session.document.project.graph.order)
    assert shown[1] == ["Convolution", "conv2d_1", "input", "32 · 5x5 · stride 2", "25x20x32", "400 k MAC · 928 B", ""]
    spoken = outline.tree.topLevelItem(1).data(0, Qt.ItemDataRole.AccessibleTextRole)
    assert "conv2d_1" in spoken and "25x20x32" in spoken


def test_selection_goes_both_ways(outline, session):
    click(outline, 1)
    click(outline, 3, CTRL)
    assert session.selection == ("conv2d_1", "relu_1")
    session.select(("dense_1",))
    assert [i.text(1) for i in outline.tree.selectedItems()] == ["dense_1"]
    assert outline.tree.currentItem().text(1) == "dense_1"


def test_errors_stand_in_the_row(outline, session):
    session.document.push(SetParams("conv2d_1", {"groups": 3}))
    assert "groups do not divide" in rows(outline)[1][6]
    session.document.undo_stack.undo()
    assert rows(outline)[1][6] == ""


def test_delete_and_return(outline, session, qtbot):
    click(outline, 3)
    with qtbot.waitSignal(outline.inspect_wanted) as asked:
        QTest.keyClick(outline.tree, Qt.Key.Key_Return)
    assert asked.args == ["relu_1"]
    QTest.keyClick(outline.tree, Qt.Key.Key_Delete)
    graph = session.document.project.graph
    assert "relu_1" not in graph.by_id
    assert graph.sources["separable_conv2d_1"] == ("batch_norm_1",)
    assert "relu_1" not in [r[1] for r in rows(outline)]


def test_a_hidden_outline_catches_up_when_shown(outline, session):
    outline.hide()
    session.document.push(SetParams("conv2d_1", {"filters": 9}))
    outline.show()
    assert rows(outline)[1][3].startswith("9 ")

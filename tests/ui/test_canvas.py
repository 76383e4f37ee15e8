import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.core.edits import AddBlock, Connect, Disconnect, InsertBlock, RemoveBlocks, SetFrontEnd, SetParams
from studio.core.graph import Wire
from studio.core.issue import Issue
from studio.estimate.counts import figures
from studio.ui.canvas import GraphCanvas
from studio.ui.canvas.faces import costs_by_block
from studio.ui.canvas.operators import BLOCK_MIME
from studio.ui.canvas.quick_menu import QuickMenu

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NO, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
_KEPT = []


@pytest.fixture
def canvas(session, qtbot):
    made = GraphCanvas(session)
    _KEPT.append(made)
    qtbot.addWidget(made)
    made.resize(900, 560)
    with qtbot.waitExposed(made):
        made.show()
    made.setFocus()
    QApplication.processEvents()
    return made


def drag(canvas, start, end, release=True, steps=6, button=LEFT):
    port = canvas.viewport()
    QTest.mousePress(port, button, NO, start)
    for n in range(1, steps + 1):
        QTest.mouseMove(port, start + (end - start) * n / steps)
        QApplication.processEvents()
    if release:
        QTest.mouseRelease(port, button, NO, end)


def drop(canvas, kind, at, mime=BLOCK_MIME):
    data = QMimeData()
    data.setData(mime, kind.encode())
    action, port = Qt.DropAction.CopyAction, canvas.viewport()
    enter = QDragEnterEvent(at, action, data, LEFT, NO)
    QApplication.sendEvent(port, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(port, QDragMoveEvent(at, action, data, LEFT, NO))
    event = QDropEvent(QPointF(at), action, data, LEFT, NO)
    QApplication.sendEvent(port, event)
    return event.isAccepted()


def free_point(canvas):
    """A point of the viewport where nothing is: below the last row, once there is room."""
    canvas.zoom_by(0.7)
    return QPoint(canvas.viewport().width() // 2, canvas.viewport().height() - 35)


def graph_of(session):
    return session.document.project.graph


def entries(session):
    return session.document.undo_stack.count()


def test_every_block_and_wire_is_shown_whole_and_readable(canvas, session):
    graph = graph_of(session)
    assert set(canvas.graph.blocks) == set(graph.by_id)
    assert {k: i.wire for k, i in canvas.graph.wires.items()} == {(w.target, w.port): w for w in graph.wires}
    view = canvas.viewport().rect()
    for item in canvas.graph.blocks.values():
        assert view.contains(canvas.mapFromScene(item.card).boundingRect())
    assert 11 * canvas.transform().m11() >= 11


def test_cards_name_cost_shape_and_front_end(canvas, session):
    conv, front = canvas.face("conv2d_1"), canvas.face("input")
    assert (conv.title, conv.line, conv.cost) == ("Convolution", "32 · 5x5 · stride 2", "400 k MAC · 928 B")
    assert (front.title, front.line, front.cost, front.shape) == ("Log-mel", "16 kHz · 30/20 ms", "40 bins", "49x40x1")
    assert canvas.face("relu_1").cost == "free on the kit"
    assert canvas.graph.wires[("conv2d_1", 0)].label == "49x40x1"


def test_costs_of_blocks_sum_to_the_network(session):
    network = session.gauges.network
    costs = costs_by_block(network)
    assert sum(macs for macs, _ in costs.values()) == figures(network).macs
    assert sum(size for _, size in costs.values()) == figures(network).weights_bytes
    assert set(costs) <= set(graph_of(session).by_id)


def test_an_edit_changes_items_in_place(canvas, session):
    before = dict(canvas.graph.blocks)
    session.document.push(SetParams("conv2d_1", {"filters": 8}))
    assert canvas.face("conv2d_1").line.startswith("8 ")
    assert canvas.graph.wires[("batch_norm_1", 0)].label == "25x20x8"
    assert canvas.graph.blocks == before
    session.document.push(SetFrontEnd({"mels": 32}))
    assert canvas.face("input").cost == "32 bins"


def test_dragging_moves_blocks_as_one_entry(canvas, session):
    start = canvas.block_point("softmax_1")
    before = canvas.graph.places["softmax_1"]
    drag(canvas, start, start + QPoint(40, 48))
    x, y = session.document.state.positions["softmax_1"]
    assert (x, y) != before
    assert entries(session) == 1
    assert set(session.document.state.positions) == set(graph_of(session).by_id)
    session.document.undo_stack.undo()
    assert canvas.graph.places["softmax_1"] == before
    assert session.document.state.positions == {}


def test_escape_takes_a_drag_back(canvas, session):
    before = canvas.graph.places
    start = canvas.block_point("relu_1")
    drag(canvas, start, start + QPoint(60, 60), release=False)
    assert canvas.graph.places != before
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Escape)
    assert canvas.graph.places == before
    QTest.mouseRelease(canvas.viewport(), LEFT, NO, start)
    assert entries(session) == 0


def test_several_blocks_move_together(canvas, session):
    session.select(("relu_1", "batch_norm_1"))
    before = canvas.graph.places
    start = canvas.block_point("relu_1")
    drag(canvas, start, start + QPoint(0, 32))
    after = session.document.state.positions
    assert after["batch_norm_1"][1] - before["batch_norm_1"][1] == after["relu_1"][1] - before["relu_1"][1] > 0
    assert after["conv2d_1"] == before["conv2d_1"]
    assert session.document.undo_stack.undoText() == "move 2 blocks"


def test_clicks_select_extend_and_drop_the_selection(canvas, session):
    port = canvas.viewport()
    QTest.mouseClick(port, LEFT, NO, canvas.block_point("conv2d_1"))
    assert session.selection == ("conv2d_1",)
    QTest.mouseClick(port, LEFT, SHIFT, canvas.block_point("relu_1"))
    QTest.mouseClick(port, LEFT, CTRL, canvas.block_point("relu_2"))
    assert session.selection == ("conv2d_1", "relu_1", "relu_2")
    QTest.mouseClick(port, LEFT, CTRL, canvas.block_point("relu_1"))
    assert session.selection == ("conv2d_1", "relu_2")
    QTest.mouseClick(port, LEFT, NO, QPoint(3, 3))
    assert session.selection == ()


def test_a_rubber_band_selects_what_it_touches(canvas, session):
    drag(canvas, QPoint(2, 2), canvas.block_point("conv2d_1"))
    assert set(session.selection) == {"input", "conv2d_1"}
    drag(canvas, QPoint(2, 2), canvas.block_point("conv2d_1"), release=False)
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Escape)
    assert set(session.selection) == set()


def test_a_wire_drawn_from_port_to_port_connects(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    drag(canvas, canvas.port_point("dense_1", "out"), canvas.port_point("softmax_1", 0))
    assert Wire("softmax_1", 0, "dense_1") in graph_of(session).wires
    assert not session.gauges.issues


def test_a_wire_drawn_backwards_connects(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    drag(canvas, canvas.port_point("softmax_1", 0), canvas.port_point("dense_1", "out"))
    assert Wire("softmax_1", 0, "dense_1") in graph_of(session).wires


def test_a_wire_may_be_dropped_on_the_block_itself(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    drag(canvas, canvas.port_point("dense_1", "out"), canvas.block_point("softmax_1"))
    assert Wire("softmax_1", 0, "dense_1") in graph_of(session).wires


def test_a_refusal_is_said_at_the_pointer(canvas, session):
    session.document.push(Disconnect("conv2d_1", 0))
    count = entries(session)
    drag(canvas, canvas.port_point("relu_2", "out"), canvas.port_point("conv2d_1", 0), release=False)
    hint = canvas.findChild(type(canvas._hint), "canvasHint")
    assert hint.isVisible()
    assert "would close a loop" in hint.text()
    assert 0 not in canvas.block_item("conv2d_1").open_ports
    QTest.mouseRelease(canvas.viewport(), LEFT, NO, canvas.port_point("conv2d_1", 0))
    assert not hint.isVisible()
    assert entries(session) == count


def test_a_taken_port_and_a_shape_that_will_not_do_are_said(canvas, session):
    drag(canvas, canvas.port_point("input", "out"), canvas.port_point("relu_1", 0), release=False)
    assert "already has a wire" in canvas._hint.text()
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Escape)
    session.document.push(Disconnect("dense_1", 0))
    drag(canvas, canvas.port_point("relu_1", "out"), canvas.port_point("dense_1", 0), release=False)
    assert "needs a vector" in canvas._hint.text()
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Escape)


def test_ports_that_may_take_the_wire_are_marked(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    drag(canvas, canvas.port_point("dense_1", "out"), canvas.port_point("dense_1", "out") + QPoint(5, 30), release=False)
    marked = {(id, p) for id, item in canvas.graph.blocks.items() for p in item.open_ports}
    assert marked == {("softmax_1", 0)}
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Escape)
    assert not any(item.open_ports for item in canvas.graph.blocks.values())


def test_a_wires_end_is_taken_off_and_led_elsewhere(canvas, session):
    session.document.push_all("branch", [AddBlock("relu", id="extra"), Disconnect("softmax_1", 0)])
    session.document.push(Connect("dense_1", "extra", 0))
    count = entries(session)
    drag(canvas, canvas.port_point("extra", 0), canvas.port_point("softmax_1", 0))
    assert Wire("softmax_1", 0, "dense_1") in graph_of(session).wires
    assert Wire("extra", 0, "dense_1") not in graph_of(session).wires
    assert entries(session) == count + 1
    drag(canvas, canvas.port_point("softmax_1", 0), QPoint(3, 3))
    assert not any(w.target == "softmax_1" for w in graph_of(session).wires)


def test_a_wires_end_put_back_changes_nothing(canvas, session):
    here = canvas.port_point("softmax_1", 0)
    QTest.mousePress(canvas.viewport(), LEFT, NO, here)
    QTest.mouseMove(canvas.viewport(), here + QPoint(-30, 10))
    QTest.mouseMove(canvas.viewport(), here)
    QTest.mouseRelease(canvas.viewport(), LEFT, NO, here)
    assert entries(session) == 0
    assert canvas.graph.wires[("softmax_1", 0)].isVisible()


def test_a_wire_is_selected_and_deleted(canvas, session):
    at = canvas.wire_point("softmax_1")
    QTest.mouseClick(canvas.viewport(), LEFT, NO, at)
    assert canvas.selected_wires == {("softmax_1", 0)}
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Delete)
    assert not any(w.target == "softmax_1" for w in graph_of(session).wires)
    assert "has no wire" in canvas.face("softmax_1").error
    assert canvas.block_item("softmax_1").callout is not None


def test_deleting_bridges_the_chain_and_keeps_the_front_end(canvas, session):
    session.select(("input", "batch_norm_1", "relu_1"))
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Delete)
    graph = graph_of(session)
    assert "relu_1" not in graph.by_id and "input" in graph.by_id
    assert graph.sources["separable_conv2d_1"] == ("conv2d_1",)
    assert entries(session) == 1
    assert session.selection == ("input",)
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_Delete)
    assert entries(session) == 1


def test_a_drop_on_empty_canvas_adds_where_it_fell(canvas, session):
    at = free_point(canvas)
    assert drop(canvas, "conv2d", at)
    assert session.selection == ("conv2d_2",)
    assert "conv2d_2" in session.document.state.positions
    centre = canvas.block_point("conv2d_2")
    assert (centre - at).manhattanLength() <= 4
    assert not any("conv2d_2" in (w.source, w.target) for w in graph_of(session).wires)
    assert entries(session) == 1


def test_a_drop_on_a_wire_goes_into_it(canvas, session):
    assert drop(canvas, "relu6", canvas.wire_point("conv2d_1"))
    assert graph_of(session).sources["conv2d_1"] == ("relu6_1",)
    assert graph_of(session).sources["relu6_1"] == ("input",)
    assert entries(session) == 1


def test_in_a_graph_placed_by_hand_a_drop_on_a_wire_makes_room(canvas, session):
    session.document.move(canvas.graph.places)
    assert drop(canvas, "relu6", canvas.wire_point("conv2d_1"))
    cards = [item.card for item in canvas.graph.blocks.values()]
    assert not any(a.intersects(b) for n, a in enumerate(cards) for b in cards[:n])


def test_foreign_drops_are_refused(canvas, session):
    assert not drop(canvas, "anything", QPoint(30, 30), mime="text/plain")
    assert not drop(canvas, "no_such_block", free_point(canvas))
    assert entries(session) == 0


def test_a_loose_block_dropped_on_a_wire_goes_into_it(canvas, session):
    drop(canvas, "relu6", free_point(canvas))
    drag(canvas, canvas.block_point("relu6_1"), canvas.wire_point("conv2d_1"))
    assert graph_of(session).sources["conv2d_1"] == ("relu6_1",)
    assert entries(session) == 2


def menu_of(canvas):
    return next(w for w in canvas.findChildren(QuickMenu) if w.isVisible())


def test_a_wire_released_on_empty_canvas_offers_what_takes_its_shape(canvas, session):
    empty = free_point(canvas)
    drag(canvas, canvas.port_point("dense_1", "out"), empty)
    menu = menu_of(canvas)
    kinds = {menu.list.item(n).data(Qt.ItemDataRole.UserRole).kind for n in range(menu.list.count())}
    assert "dense" in kinds and "conv2d" not in kinds and "add" in kinds
    QTest.keyClicks(menu.filter, "soft")
    QTest.keyClick(menu.filter, Qt.Key.Key_Return)
    assert Wire("softmax_2", 0, "dense_1") in graph_of(session).wires
    assert entries(session) == 1


def test_a_backwards_wire_on_empty_canvas_adds_a_source(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    empty = free_point(canvas)
    drag(canvas, canvas.port_point("softmax_1", 0), empty)
    menu = menu_of(canvas)
    QTest.keyClicks(menu.filter, "dense")
    QTest.keyClick(menu.filter, Qt.Key.Key_Return)
    assert Wire("softmax_1", 0, "dense_2") in graph_of(session).wires


def test_the_quick_menu_adds_behind_the_selection(canvas, session):
    session.select(("relu_1",))
    QTest.keyClick(canvas.viewport(), Qt.Key.Key_A, SHIFT)
    menu = menu_of(canvas)
    QTest.keyClicks(menu.filter, "drop")
    QTest.keyClick(menu.filter, Qt.Key.Key_Return)
    assert graph_of(session).sources["dropout_2"] == ("relu_1",)
    assert graph_of(session).sources["separable_conv2d_1"] == ("dropout_2",)
    assert session.selection == ("dropout_2",)
    assert entries(session) == 1


def test_the_quick_menu_closes_with_escape(canvas, session):
    menu = canvas.open_quick_menu()
    QTest.keyClicks(menu.filter, "zzz")
    assert menu.list.count() == 0 and menu.note.text()
    QTest.keyClick(menu.filter, Qt.Key.Key_Escape)
    assert not menu.isVisible()
    assert entries(session) == 0


def test_copies_keep_the_wires_between_them(canvas, session):
    session.document.push(SetParams("conv2d_1", {"filters": 7}))
    session.select(("input", "conv2d_1", "batch_norm_1"))
    canvas.copy_selected()
    canvas.paste()
    graph = graph_of(session)
    assert session.selection == ("conv2d_2", "batch_norm_6")
    assert graph.sources["batch_norm_6"] == ("conv2d_2",)
    assert graph.node("conv2d_2").params == graph.node("conv2d_1").params
    assert entries(session) == 2
    session.document.undo_stack.undo()
    assert session.selection == ()


@pytest.mark.parametrize(
    "raw",
    [b"", b"rubbish", b'{"blocks": 3}', b'{"blocks": [{"id": "a", "kind": "no_such"}]}', b'{"blocks": [{"id": "a", "kind": "conv2d", "params": {"filters": -1}}]}',
     b'{"blocks": [{"id": "a", "kind": "relu"}], "wires": [{"target": "a", "port": 0, "source": "b"}]}', b"[" * 100_000],
)  # fmt: skip
def test_rubbish_on_the_clipboard_does_nothing(canvas, session, raw):
    data = QMimeData()
    data.setData("application/x-otolith-graph", raw)
    QApplication.clipboard().setMimeData(data)
    before = session.document.state
    canvas.paste()
    assert session.document.state is before


def test_text_on_the_clipboard_is_no_graph(canvas, session):
    QApplication.clipboard().setText('{"blocks": [{"id": "a", "kind": "relu"}]}')
    canvas.paste()
    assert entries(session) == 0


def test_keys_walk_the_graph_and_leave_it_at_its_end(canvas, session):
    order = graph_of(session).order
    for id in order[:3]:
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        assert session.selection == (id,)
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.focused == order[1]
    assert canvas.block_item(order[1]).focused
    QTest.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
    assert session.selection == (order[1], order[2])
    session.select((order[-1],))
    assert not canvas.focusNextPrevChild(True) or canvas.focused == order[-1]


def test_down_goes_to_the_block_below(canvas, session):
    session.select(("input",))
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    below = canvas.graph.places[canvas.focused]
    assert below[0] == canvas.graph.places["input"][0] and below[1] > canvas.graph.places["input"][1]


def test_return_asks_for_the_inspector(canvas, session, qtbot):
    session.select(("conv2d_1",))
    with qtbot.waitSignal(canvas.inspect_wanted) as asked:
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert asked.args == ["conv2d_1"]


def test_keys_move_blocks_as_one_entry(canvas, session):
    session.select(("relu_1",))
    before = canvas.graph.places["relu_1"]
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Down, ALT)
    assert session.document.state.positions["relu_1"] == (before[0], before[1] + 24)
    assert entries(session) == 1


def test_a_key_wires_two_selected_blocks_and_parts_them(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    session.select(("dense_1", "softmax_1"))
    QTest.keyClick(canvas, Qt.Key.Key_W)
    assert Wire("softmax_1", 0, "dense_1") in graph_of(session).wires
    QTest.keyClick(canvas, Qt.Key.Key_W)
    assert not any(w.target == "softmax_1" for w in graph_of(session).wires)


def click_fix(canvas, id):
    callout = canvas.block_item(id).callout
    at = canvas.mapFromScene(callout.mapToScene(callout.fix_rect.center()))
    QTest.mouseClick(canvas.viewport(), LEFT, NO, at)


def test_an_error_stands_beneath_its_block_and_its_fix_mends_it(canvas, session):
    session.document.push(SetParams("conv2d_1", {"groups": 3}))
    assert "groups do not divide" in canvas.face("conv2d_1").error
    assert canvas.face("conv2d_1").fix.title == "conv2d_1: groups = 1"
    click_fix(canvas, "conv2d_1")
    assert graph_of(session).node("conv2d_1").params["groups"] == 1
    assert canvas.block_item("conv2d_1").callout is None


def test_a_dense_layer_behind_a_map_is_offered_a_pooling(canvas, session):
    session.document.push(RemoveBlocks(("global_average_pool_1",), bridge=True))
    assert "needs a vector" in canvas.face("dense_1").error
    callout = canvas.block_item("dense_1").callout
    assert canvas.viewport().rect().contains(canvas.mapFromScene(callout.sceneBoundingRect()).boundingRect())
    click_fix(canvas, "dense_1")
    assert graph_of(session).sources["dense_1"] == ("global_average_pool_1",)
    assert not session.gauges.issues


def test_an_issues_own_fix_comes_first(canvas, session):
    gauges = session.gauges
    gauges.issues = (Issue("graph.block", "error", "conv2d_1", "too wide", SetParams("conv2d_1", {"filters": 5})),)
    gauges.inference = msgspec.structs.replace(gauges.inference)
    gauges.updated.emit()
    click_fix(canvas, "conv2d_1")
    assert graph_of(session).node("conv2d_1").params["filters"] == 5


def test_a_block_without_wires_is_offered_nothing(canvas, session):
    session.document.push(Disconnect("dense_1", 0))
    assert canvas.face("dense_1").error and canvas.face("dense_1").fix is None


def wheel(canvas, at, delta, modifiers=NO):
    where = QPointF(at)
    event = QWheelEvent(
        where, QPointF(canvas.viewport().mapToGlobal(at)), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)


def test_the_wheel_zooms_at_the_pointer_and_the_middle_button_pans(canvas):
    at = canvas.block_point("relu_1")
    under = canvas.mapToScene(at)
    before = canvas.transform().m11()
    wheel(canvas, at, 240)
    assert canvas.transform().m11() > before * 1.2
    assert (canvas.mapFromScene(under) - at).manhattanLength() <= 2
    drag(canvas, at, at + QPoint(50, 20), button=MIDDLE)
    assert (canvas.mapFromScene(under) - at - QPoint(50, 20)).manhattanLength() <= 3
    canvas.zoom_fit()
    assert abs(canvas.transform().m11() - before) < 1e-6


def test_arranging_forgets_places_and_can_be_undone(canvas, session):
    before = canvas.graph.places
    session.document.move({"relu_1": (900.0, 900.0)})
    assert canvas.graph.places["relu_1"] == (900.0, 900.0)
    canvas.arrange()
    assert canvas.graph.places == before
    session.document.undo_stack.undo()
    assert canvas.graph.places["relu_1"] == (900.0, 900.0)


def test_a_removed_blocks_place_is_not_inherited(canvas, session):
    session.document.move({**canvas.graph.places, "softmax_1": (900.0, 900.0)})
    session.document.push(RemoveBlocks(("softmax_1",), bridge=True))
    assert "softmax_1" not in session.document.state.positions
    session.document.push(InsertBlock("softmax", "dense_1", 0))
    assert canvas.graph.places["softmax_1"] != (900.0, 900.0)


def test_the_canvas_follows_a_document_that_is_replaced(canvas, session, tmp_path):
    from studio.storage.folder import ProjectFolder

    other = ProjectFolder.copy_sample("keywords", tmp_path / "other").path
    session.select(("relu_1",))
    session.open(other)
    session.document.push(SetParams("conv2d_1", {"filters": 4}))
    assert canvas.face("conv2d_1").line.startswith("4 ")
    assert session.selection == ()


def test_a_gesture_ends_where_its_graph_changes(canvas, session):
    session.document.push(Disconnect("softmax_1", 0))
    drag(canvas, canvas.port_point("dense_1", "out"), QPoint(10, 10), release=False)
    session.document.undo_stack.undo()
    assert canvas.interaction is None
    QTest.mouseRelease(canvas.viewport(), LEFT, NO, QPoint(10, 10))
    assert canvas.graph.wires[("softmax_1", 0)].isVisible()


def test_a_drop_does_not_move_the_view(canvas, session):
    session.document.push(RemoveBlocks(("softmax_1", "dense_1"), bridge=True))
    before = canvas.mapFromScene(QPointF(0, 0))
    canvas.fitted = True
    gap = canvas.block_point("dropout_1") + QPoint(190, 0)
    assert drop(canvas, "dense", gap)
    assert canvas.mapFromScene(QPointF(0, 0)) == before


def test_taking_a_wire_off_moves_no_block(canvas, session):
    before = canvas.graph.places
    session.document.push(Disconnect("relu_2", 0))
    assert canvas.graph.places == before
    canvas.arrange()
    assert canvas.graph.places != before


def test_a_finished_chain_is_told_from_an_empty_canvas(canvas, session):
    session.select(tuple(graph_of(session).by_id))
    canvas.delete_selected()
    assert list(graph_of(session).by_id) == ["input"]
    assert canvas.add_block("flatten") == "flatten_1"
    assert graph_of(session).sources["flatten_1"] == ("input",)

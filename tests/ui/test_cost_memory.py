"""The memory view: the plan that is counted, drawn; its buffers lead to their blocks."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from studio.core.edits import Disconnect, SetParams, SetTargets
from studio.core.units import format_size

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(window, qtbot):
    window.show_room("design")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_view("memory")
    return window.room("design").views.views["memory"]


def subject(view, target, runtime):
    view.subject.choose_target(target)
    view.subject.choose_runtime(runtime)
    return view.plot.picture.timeline


def middle(view, number):
    return view.plot.place(number).center().toPoint()


def test_the_peak_is_named_and_adds_up_to_the_gauge(view, session):
    timeline = view.plot.picture.timeline
    made = session.gauges.report("virtual-m4", "c")
    highest = timeline.steps[timeline.peak]
    assert timeline.total == made.ram.parts["arena"]
    assert view.words.text().startswith(f"peak {format_size(highest.alive)} at {highest.block}")
    assert f"RAM {format_size(made.ram.total + made.stack_bytes)} of" in view.sum.text()
    assert highest.block in view.plot.accessibleName()


def test_the_buffers_stand_where_the_plan_puts_them(view):
    area, timeline = view.plot.area(), view.plot.picture.timeline
    for number, life in enumerate(timeline.lives):
        box = view.plot.place(number)
        assert area.adjusted(-1, -3, 1, 1).contains(box)
        assert box.height() == pytest.approx(max(2, life.size * area.height() / timeline.total))
        left = area.left() + life.first * area.width() / len(timeline.steps)
        assert left <= box.left() + 0.01 <= left + area.width() / len(timeline.steps)


def test_a_click_on_a_buffer_selects_its_block(view, session, window):
    timeline = view.plot.picture.timeline
    for number in (1, len(timeline.lives) // 2):
        owner = view.plot.picture.owners[number]
        QTest.mouseClick(view.plot, LEFT, pos=middle(view, number))
        assert session.selection == (owner,)
        assert window.room("design").canvas.block_item(owner).selected
    biggest = view.plot.biggest(timeline.peak)
    QTest.mouseClick(view.plot, LEFT, pos=middle(view, biggest))
    assert session.selection == (timeline.lives[biggest].block,)


def test_a_click_brings_the_block_into_sight(view, session, window):
    canvas, timeline = window.room("design").canvas, view.plot.picture.timeline
    canvas.zoom_by(4.0)
    number = next(i for i, life in enumerate(timeline.lives) if life.block == "dense_1")
    seen = canvas.viewport().rect()
    assert not seen.contains(canvas.block_point("dense_1"))
    view.plot.take(number)
    assert seen.contains(canvas.block_point("dense_1"))


def test_what_is_in_sight_stays_where_it_is(view, window):
    canvas, timeline = window.room("design").canvas, view.plot.picture.timeline
    assert canvas.fitted
    before = canvas.block_point("conv2d_1")
    for number in range(len(timeline.lives)):
        view.plot.take(number)
    assert canvas.fitted and canvas.block_point("conv2d_1") == before


def test_the_input_belongs_to_the_front_end(view, session):
    number = next(i for i, life in enumerate(view.plot.picture.timeline.lives) if life.role == "input")
    QTest.mouseClick(view.plot, LEFT, pos=middle(view, number))
    assert session.selection == ("input",)


def test_a_click_between_the_buffers_selects_the_steps_block(view, session):
    area, steps = view.plot.area(), view.plot.picture.timeline.steps
    QTest.mouseClick(view.plot, LEFT, pos=QPoint(round(area.right()) - 4, round(area.top()) + 4))
    assert session.selection == (steps[-1].block,)


def test_the_pointer_tells_name_size_shape_and_life(view):
    timeline = view.plot.picture.timeline
    number = view.plot.biggest(timeline.peak)
    life = timeline.lives[number]
    QTest.mouseMove(view.plot, middle(view, number))
    assert life.names[-1] in view.words.text()
    assert format_size(life.size) in view.words.text()
    assert "×".join(map(str, life.shape)) in view.words.text()
    said = view.plot.explain(number)
    assert all(part in said for part in (life.names[0], f"{life.size} B", life.dtype, f"from byte {life.offset}"))
    QTest.mouseMove(view.plot, QPoint(2, 2))
    assert view.words.text().startswith("peak ")


def test_the_keys_go_from_buffer_to_buffer(view, session):
    plot, timeline = view.plot, view.plot.picture.timeline
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Return)
    assert plot.at == plot.biggest(timeline.peak)
    assert session.selection == (plot.picture.owners[plot.at],)
    start = plot.at
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.at == start + 1
    assert session.selection == (plot.picture.owners[plot.at],)
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.at == start
    QTest.keyClick(plot, Qt.Key.Key_Up)
    above = timeline.lives[plot.at]
    assert above.offset >= timeline.lives[start].end
    assert above.first <= timeline.lives[start].first <= above.last
    for _ in range(2 * len(timeline.lives)):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.at == len(timeline.lives) - 1
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.at == start


def test_a_block_selected_on_the_canvas_is_marked(view, session):
    session.select(("dense_1",))
    assert view.plot.selected == {"dense_1"}


def test_tflms_plan_is_its_head_and_the_rest_stands_above_it(view, session):
    session.document.push(SetTargets(("nrf52840dk",)))
    timeline = subject(view, "nrf52840dk", "tflm")
    made = session.gauges.report("nrf52840dk", "tflm")
    assert timeline.planned == made.arena.head
    assert timeline.total == made.arena.required


def test_an_edit_is_drawn_at_once(view, session):
    before = view.plot.picture.timeline.total
    session.document.push(SetParams("conv2d_1", {"filters": 64}))
    assert view.plot.picture.timeline.total == session.gauges.report("virtual-m4", "c").ram.parts["arena"] > before
    session.document.undo_stack.undo()
    assert view.plot.picture.timeline.total == before


def test_what_cannot_be_drawn_says_why(view, session):
    session.document.push(SetTargets(("nucleo-f446re", "raspberry-pi-4b")))
    assert subject(view, "nucleo-f446re", "x-cube-ai") is None
    assert "no plan" in view.plot.picture.reason
    assert subject(view, "raspberry-pi-4b", "tflm") is None
    assert "operating system" in view.plot.picture.reason
    session.document.push(SetTargets(()))
    assert "No target" in view.plot.picture.reason
    assert view.words.text() == view.sum.text() == ""
    assert view.plot.life_at(QPointF(100, 100)) == -1
    QTest.mouseClick(view.plot, LEFT, pos=QPoint(100, 100))
    QTest.keyClick(view.plot, Qt.Key.Key_Right)


def test_an_unfinished_graph_greys_the_last_plan(view, session):
    timeline = view.plot.picture.timeline
    session.document.push(Disconnect("dense_1", 0))
    assert view.plot.picture.greyed
    assert view.plot.picture.timeline == timeline
    assert "last complete graph" in view.words.text()

"""The whole path as a person walks it: mouse and keys on the real window, from a dragged block to the kit's numbers and back from disk."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from studio.core.project import design_digest
from studio.ui.main_window import MainWindow
from studio.ui.panels.train_words import per_cent
from studio.ui.session import Session
from studio.ui.settings import Settings

LEFT = Qt.MouseButton.LeftButton
NO, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
WORK_MS = 90_000
KIT = "virtual-m4"
_KEPT = []


@pytest.fixture
def window(session, qtbot):
    session.settings.set("prove_inputs", 3)
    made = MainWindow(session)
    _KEPT.append(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.room("design")._clip_view is not None)
    yield made
    made.session.document.undo_stack.setClean()
    made.close_now()


# hands


def child(parent, name) -> QWidget:
    found = [w for w in parent.findChildren(QWidget, name) if w.isVisible()]
    assert len(found) == 1, f"{len(found)} visible widgets are called {name}"
    return found[0]


def click(widget, at=None):
    QTest.mouseClick(widget, LEFT, NO, at or widget.rect().center())


def press(window, key, modifiers=CTRL):
    QTest.keyClick(window, key, modifiers)


def pull(port, start, end, steps=6):
    """Press, move and release on a viewport."""
    QTest.mousePress(port, LEFT, NO, start)
    for n in range(1, steps + 1):
        QTest.mouseMove(port, start + (end - start) * n / steps)
        QApplication.processEvents()
    QTest.mouseRelease(port, LEFT, NO, end)


def drag_from_palette(design, kind, at, monkeypatch):
    """Drag an operator's card out of the palette; what the desktop does with a drag, this does with events to the canvas."""
    rows = design.palette_panel.list
    item = next(i for i in map(rows.item, range(rows.count())) if getattr(i.data(Qt.ItemDataRole.UserRole), "kind", "") == kind)
    monkeypatch.setattr(rows, "run_drag", lambda drag: let_fall(design.canvas.viewport(), drag.mimeData(), at))
    rows.scrollToItem(item)
    start = rows.visualItemRect(item).center()
    pull(rows.viewport(), start, start + QPoint(60, 20))


def let_fall(port, data, at):
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at, action, data, LEFT, NO)
    QApplication.sendEvent(port, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(port, QDragMoveEvent(at, action, data, LEFT, NO))
    drop = QDropEvent(QPointF(at), action, data, LEFT, NO)
    QApplication.sendEvent(port, drop)
    assert drop.isAccepted()


# eyes


def graph(window):
    return window.session.document.project.graph


def card(window):
    return window.targets.cards[KIT]


def shown(window, name="Flash"):
    """What a gauge of the card says, as painted."""
    return next(r.reading for r in card(window).body.rows if r.reading.name == name)


# the walk


def test_from_a_dragged_block_to_the_kit_and_back_from_disk(window, qtbot, monkeypatch, tmp_path):
    drag_and_wire(window, monkeypatch)
    change_filters(window)
    prove(window, qtbot)
    undo_and_redo(window)
    record(window, qtbot)
    train(window, qtbot)
    export(window, qtbot, tmp_path / "out", monkeypatch)
    flash(window, qtbot)
    save_and_reopen(window, qtbot)


def drag_and_wire(window, monkeypatch):
    """Drag a convolution beside the chain, draw its two wires, and see the figures come back larger."""
    design = window.room("design")
    canvas = design.canvas
    before = shown(window).value
    press(window, Qt.Key.Key_Minus)
    press(window, Qt.Key.Key_Minus)
    free = QPoint(canvas.viewport().width() // 2, canvas.viewport().height() - 30)
    drag_from_palette(design, "conv2d", free, monkeypatch)
    assert "conv2d_2" in graph(window).by_id
    assert window.session.gauges.stale
    (follower,) = (w for w in graph(window).wires if w.source == "relu_1")
    pull(canvas.viewport(), canvas.port_point(follower.target, 0), canvas.port_point("conv2d_2", 0))
    pull(canvas.viewport(), canvas.port_point("conv2d_2", "out"), canvas.port_point(follower.target, 0))
    assert graph(window).sources["conv2d_2"] == ("relu_1",)
    assert graph(window).sources[follower.target] == ("conv2d_2",)
    assert not window.session.gauges.stale
    assert shown(window).value != before


def change_filters(window):
    """Type another number of filters; the gauges follow in the same turn, as one entry of the undo stack."""
    design, stack = window.room("design"), window.session.document.undo_stack
    click(design.canvas.viewport(), design.canvas.block_point("conv2d_2"))
    assert window.session.selection == ("conv2d_2",)
    press(design.canvas, Qt.Key.Key_Return, NO)
    field = QApplication.focusWidget()
    assert field.objectName() == "inspector.filters"
    entries, before = stack.count(), shown(window)
    QTest.keyClicks(field, "12")
    assert graph(window).node("conv2d_2").params["filters"] == 12
    assert shown(window) != before and shown(window, "Time")
    assert stack.count() == entries + 1
    assert "this edit" in window.targets.edit_line.text()


def prove(window, qtbot):
    """Press Prove it; the kit's figures stand on the card beside the estimate."""
    click(window.top_bar.prove_button)
    assert window.session.jobs.running()
    qtbot.waitUntil(lambda: KIT in window.session.gauges.kit, timeout=WORK_MS)
    assert card(window).body.proof.isVisible()
    assert "outputs equal 3/3" in card(window).body.proof.text()
    assert all(shown(window, name).kit for name in ("Flash", "RAM", "Time"))


def undo_and_redo(window):
    """Ctrl+Z takes the filters back and the kit's figures with them; redo brings both."""
    press(window, Qt.Key.Key_Z)
    assert graph(window).node("conv2d_2").params.get("filters") != 12
    assert not card(window).body.proof.isVisible() and not shown(window).kit
    press(window, Qt.Key.Key_Y)
    assert graph(window).node("conv2d_2").params["filters"] == 12
    assert shown(window).kit


def record(window, qtbot):
    """Record from the synthetic voice, see the clip in the library, undo, record again."""
    press(window, Qt.Key.Key_1)
    room, document = window.room("sounds"), window.session.document
    assert window.current_room == "sounds"
    room.recorder.devices.select("synthetic", "voice")
    before = len(document.library.segments)
    for take_back in (True, False):
        press(window, Qt.Key.Key_R)
        qtbot.waitUntil(lambda: len(document.library.segments) == before + 1, timeout=10_000)
        assert room.library_panel.clips.selected() == (before,)
        if take_back:
            press(window, Qt.Key.Key_Z)
            assert len(document.library.segments) == before


def train(window, qtbot):
    """Ask for two epochs, train, and read both accuracies."""
    press(window, Qt.Key.Key_3)
    room, document = window.room("train"), window.session.document
    field = child(room, "recipe.epochs")
    click(field)
    press(field, Qt.Key.Key_A)
    QTest.keyClicks(field, "2")
    assert document.project.recipe.epochs == 2
    click(child(room, "train_button"))
    assert room.job is not None
    qtbot.waitUntil(lambda: room.job is None, timeout=WORK_MS)
    (run,) = document.folder.runs()
    assert (run.epochs, run.design) == (2, design_digest(document.project))
    for model, accuracy in (("float", run.float_accuracy), ("int8", run.int8_accuracy)):
        assert per_cent(accuracy) in child(room, f"accuracy_{model}").text()


def export(window, qtbot, out, monkeypatch):
    """Export C to a folder of choice."""
    press(window, Qt.Key.Key_4)
    card = window.room("deploy").exports["export_c"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    click(card.elsewhere)
    qtbot.waitUntil(lambda: card.open_folder.isVisible(), timeout=WORK_MS)
    assert "void model_run(void);" in (out / "src" / "model.h").read_text()
    assert {p.name for p in out.rglob("*.c")} >= {"model.c", "frontend.c"}


def flash(window, qtbot):
    """Flash the virtual kit and read what it answers."""
    room = window.room("deploy")
    click(room.flash_card.flash)
    assert room.run.running
    qtbot.waitUntil(lambda: not room.run.running, timeout=WORK_MS)
    said = room.run.outputs
    assert said.isVisible() and "8 of 8" in said.verdict.text()
    assert said.result["trained"] and said.result["flash_bytes"] > 20_000 and said.result["run_ms"] > 10
    assert child(said, "kit_clips").rowCount() == 10


def save_and_reopen(window, qtbot):
    """Save with Ctrl+S, close, open again: the block, its wires, the clip and the weights are there."""
    document = window.session.document
    wanted, clips, path = document.project, len(document.library.segments), document.path
    places = dict(document.state.positions)
    press(window, Qt.Key.Key_S)
    assert document.is_saved
    window.close()
    again = Session(path, Settings())
    try:
        kept = again.document.project
        assert (kept.graph.nodes, set(kept.graph.wires)) == (wanted.graph.nodes, set(wanted.graph.wires))
        assert (kept.frontend, kept.labels, kept.recipe, kept.targets) == (wanted.frontend, wanted.labels, wanted.recipe, wanted.targets)
        assert dict(again.document.state.positions) == places and "conv2d_2" in places
        assert len(again.document.library.segments) == clips
        assert again.document.folder.weights() and again.document.folder.latest_run(design_digest(kept)) is not None
        assert again.document.is_saved and not again.document.recovered.steps
    finally:
        again.document.close()

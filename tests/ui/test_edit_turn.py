"""What an edit leaves alone is still right: after any change, the window shows what widgets made anew would show, and all of it is painted."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QTreeWidget

from studio.core.edits import (
    AddBlock,
    Connect,
    Disconnect,
    InsertBlock,
    RemoveBlocks,
    Rename,
    SetFrontEnd,
    SetInterval,
    SetLabels,
    SetParams,
    SetTargets,
)
from studio.ui import advisor
from studio.ui.canvas import GraphCanvas
from studio.ui.panels.inspector import InspectorPanel
from studio.ui.panels.outline import OutlinePanel
from studio.ui.panels.targets import TargetsColumn

_KEPT = []
SMALL = ("nucleo-l031k6", "virtual-m4")


def pushed(*edits):
    def step(session):
        for edit in edits:
            session.document.push(edit)

    return step


def back(count):
    def step(session):
        for _ in range(count):
            session.document.undo_stack.undo()

    return step


def themed(mode):
    return lambda session: session.change_setting("theme", mode)


def selected(*ids):
    return lambda session: session.select(ids)


def forth(session):
    session.document.undo_stack.redo()


STEPS = {
    "a parameter": pushed(SetParams("conv2d_1", {"filters": 24})),
    "a block selected": selected("conv2d_1"),
    "its parameter": pushed(SetParams("conv2d_1", {"kernel": (3, 3)})),
    "undone": back(2),
    "redone": forth,
    "boards, one too small": pushed(SetTargets(SMALL)),
    "too large for one": pushed(SetParams("conv2d_1", {"filters": 64})),
    "light": themed("light"),
    "a block between": pushed(InsertBlock("conv2d", "batch_norm_1", 0)),
    "several selected": selected("conv2d_1", "conv2d_2"),
    "an error": pushed(SetParams("conv2d_2", {"groups": 3})),
    "another reason, from the block before it": pushed(SetParams("conv2d_1", {"filters": 40})),
    "dark": themed("dark"),
    "mended": pushed(SetParams("conv2d_2", {"groups": 1})),
    "a bypass": pushed(AddBlock("add", id="sum"), Connect("conv2d_2", "sum", 0), Connect("conv2d_2", "sum", 1)),
    "a port more": pushed(Connect("conv2d_2", "sum", 2)),
    "a port less": pushed(Disconnect("sum", 2)),
    "a wire too few": pushed(Disconnect("sum", 1)),
    "the same block of another kind": pushed(RemoveBlocks(("sum",)), AddBlock("relu", id="sum"), Connect("conv2d_2", "sum", 0)),
    "gone": pushed(RemoveBlocks(("sum", "conv2d_2"))),
    "nothing selected": selected(),
    "the front end": pushed(SetFrontEnd({"mels": 32, "hop": 160})),
    "fewer labels": pushed(SetLabels(("yes", "no"))),
    "a shorter interval": pushed(SetInterval(20.0)),
    "another name": pushed(Rename("other")),
    "moved": lambda session: session.document.move({"conv2d_1": (40.0, 240.0)}),
    "all undone": back(30),
}


def in_the_canvas(canvas):
    blocks = {
        id: (item.face, item.selected, item.callout and (item.callout.text, item.callout.fix)) for id, item in canvas.graph.blocks.items()
    }
    return blocks, {key: (item.wire, item.label, item.selected) for key, item in canvas.graph.wires.items()}


def in_the_inspector(panel):
    labels = [w.text() for w in (panel.title, panel.id, panel.facts, panel.help)]
    remarks = [
        (r.label.text(), r.label.property("state"), r.label.property("kind"), r.fix.toolTip() if not r.fix.isHidden() else "")
        for r in panel._remarks
        if not r.isHidden()
    ]
    fields = {
        name: (
            [w.text() for w in row.findChildren(QLineEdit)],
            [w.currentText() for w in row.findChildren(QComboBox)],
            [w.checkState() for w in row.findChildren(QCheckBox)],
            row.reset.isHidden(),
        )
        for name, row in panel.rows.items()
    }
    return labels, panel.title.toolTip(), remarks, fields, panel.to_frontend.isHidden()


def in_the_outline(panel):
    tree: QTreeWidget = panel.tree
    items = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    spoken = [item.data(0, Qt.ItemDataRole.AccessibleTextRole) for item in items]
    inks = [(item.foreground(0).color().name(), item.isSelected()) for item in items]
    return [[item.text(column) for column in range(tree.columnCount())] for item in items], spoken, inks


def on_the_card(card):
    header, body = card.header, card.body
    rows = [(r.reading, r.accessibleName(), r.objectName()) for r in body.rows] if not body._gauges.isHidden() else []
    note = (body.note.text(), body.note.property("state")) if not body.note.isHidden() else None
    return header.state, header.aside, header.word, header.accessibleName(), card._warns, card.runtime_button.text(), rows, note


def in_the_column(column):
    cards = {id: on_the_card(card) for id, card in column.cards.items()}
    strip = column.strip
    arena = (strip.peak.text(), strip.plot.steps, strip.plot.greyed) if not strip.isHidden() else None
    return list(cards), cards, column.edit_line._texts, column.edit_line.accessibleName(), column.interval.field.text(), arena


@pytest.fixture
def watched(session, qtbot):
    """The four that follow each edit, with what each shows and how it is made."""
    makers = (
        (GraphCanvas, in_the_canvas),
        (InspectorPanel, in_the_inspector),
        (OutlinePanel, in_the_outline),
        (TargetsColumn, in_the_column),
    )
    made = [(make(session), make, read) for make, read in makers]
    for widget, _, _ in made:
        widget.resize(640, 480)
        with qtbot.waitExposed(widget):
            widget.show()
    _KEPT.append(made)
    yield made
    for widget, _, _ in made:
        widget.hide()


def test_what_was_kept_is_what_would_be_made_anew(session, watched, app):
    for name, step in STEPS.items():
        step(session)
        for widget, make, read in watched:
            fresh = make(session)
            if make is OutlinePanel:
                fresh.show()
            assert read(widget) == read(fresh), f"{make.__name__} after {name}"
            fresh.deleteLater()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def picture(window, pixmap):
    """The window without the clip's plots, which follow a knob in turns of their own."""
    painter = QPainter(pixmap)
    plots = window.room("design").clip_view
    painter.fillRect(QRect(plots.mapTo(window, QPoint()), plots.size()), Qt.GlobalColor.black)
    painter.end()
    return pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)


@pytest.fixture
def no_search(monkeypatch):
    """A window whose design never rests long enough for a search for advice, which paints in turns of its own."""
    monkeypatch.setattr(advisor, "REST_MS", 10**7)


def test_all_that_changed_is_painted(no_search, window, session, app):
    """Hold the pixels on the screen, painted where something asked for it, against the whole window painted anew."""
    for name, step in STEPS.items():
        step(session)
        for _ in range(6):  # a line more in a card moves what stands beneath it in the turns that follow
            app.processEvents()
        shown, anew = picture(window, window.screen().grabWindow(window.winId())), picture(window, window.grab())
        assert shown == anew, f"after {name}: {difference(shown, anew)}"


def difference(a: QImage, b: QImage) -> str:
    """Say where two images differ, to find the widget that kept an old picture."""
    at = [(x, y) for y in range(0, a.height(), 2) for x in range(0, a.width(), 2) if a.pixel(x, y) != b.pixel(x, y)]
    xs, ys = [x for x, _ in at], [y for _, y in at]
    return f"{len(at)} places within x {min(xs)} to {max(xs)}, y {min(ys)} to {max(ys)}" if at else f"{a.size()} and {b.size()}"

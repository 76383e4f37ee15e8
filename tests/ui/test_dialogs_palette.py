"""The command palette: typed into with real keys; what it does is asserted on the document."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.ui.dialogs.command_palette import CommandPalette
from studio.ui.dialogs.fuzzy import match


@pytest.fixture
def opened(window, qtbot):
    def open_palette(typed=""):
        palette = CommandPalette(window)
        palette.open_over()
        QTest.keyClicks(palette.filter, typed)
        return palette

    return open_palette


def titles(palette):
    return [h.entry.title for h in palette.hits.hits]


def do(palette):
    QTest.keyClick(palette.filter, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_the_key_opens_it(window, qtbot):
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    palette = window.findChild(CommandPalette)
    assert palette.isVisible()
    QTest.keyClick(palette.filter, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_adds_a_block_behind_the_selected_one(window, opened):
    session = window.session
    graph = session.document.project.graph
    source = next(w.source for w in graph.wires if sum(x.source == w.source for x in graph.wires) == 1)
    session.select((source,))
    palette = opened("max pool")
    assert palette.hits.hits[0].entry.tail == f"behind {source}"
    do(palette)
    graph = session.document.project.graph
    added = next(n.id for n in graph.nodes if n.kind == "max_pool" and n.id not in (source,) and session.selection == (n.id,))
    assert any(w.source == source and w.target == added for w in graph.wires)
    session.document.undo_stack.undo()
    assert added not in session.document.project.graph.by_id


def test_adds_and_removes_a_target(window, opened):
    document = window.session.document
    palette = opened("pico")
    assert titles(palette)[0] == "Add target Raspberry Pi Pico"
    do(palette)
    assert "pico" in document.project.targets
    palette = opened("remove pico")
    do(palette)
    assert "pico" not in document.project.targets


def test_shows_a_clip_by_label_and_speaker(window, opened):
    session = window.session
    library = session.document.library
    wanted = next(i for i, s in enumerate(library.segments) if s.label == "yes")
    do(opened(f"clip yes {library.segments[wanted].recording}"))
    assert session.segment == wanted


def test_goes_to_a_room_and_remembers_it(window, opened):
    do(opened("go to deploy"))
    assert window.current_room == "deploy"
    assert titles(opened())[0] == "Go to Deploy"


def test_arrows_choose_and_go_round(window, opened):
    palette = opened()
    QTest.keyClick(palette.filter, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    QTest.keyClick(palette.filter, Qt.Key.Key_Up)
    QTest.keyClick(palette.filter, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == palette.hits.rowCount() - 1
    assert palette.filter.accessibleDescription().startswith(titles(palette)[-1])


def test_a_click_does_it(window, opened, qtbot):
    palette = opened("dark or light")
    rect = palette.list.visualRect(palette.hits.index(0))
    mode = window.session.settings.get("theme")
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    QApplication.processEvents()
    assert window.session.settings.get("theme") != mode
    window.commands.toggle_theme()


def test_nothing_found_says_so(window, opened):
    palette = opened("qqqq")
    assert palette.hits.rowCount() == 0 and "Nothing fits" in palette.note.text()
    do(palette)
    assert palette.isVisible()


def test_disabled_actions_are_left_out(window, opened):
    assert "Undo" not in titles(opened("undo"))


def test_recent_projects_are_found(window, opened, tmp_path, sample):
    from studio.storage.folder import ProjectFolder

    other = ProjectFolder.copy_sample("keywords", tmp_path / "kitchen").path
    window.session.settings.set("recent", [str(other), str(tmp_path / "gone")])
    palette = opened("open project kitchen")
    assert titles(palette)[0] == "Open project kitchen"
    do(palette)
    assert window.session.document.path == other


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("sa", "Save", "Open the sample"),
        ("pi", "Pico", "Clip"),
        ("zf", "Zoom fit", "Fit the graph of zeros"),
        ("train", "Train", "Go to Train"),
    ],
)
def test_names_that_start_with_what_is_typed_come_first(typed, better, worse):
    a, b = match(typed, better), match(typed, worse)
    assert a is not None and (b is None or a[0] > b[0])


def test_letters_must_stand_in_order():
    assert match("vas", "Save") is None
    assert match("", "Save") == (0.0, ())
    assert match("SV", "Save")[1] == (0, 2)

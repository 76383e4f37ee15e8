"""The gauges as a person uses them: an edit breaks a budget, the alarm says by how much, the timeline shows where, an advice mends it, and a
report of it stands in a file, in all four formats, with the very figures of the gauges. Mouse and keys on the real window."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox, QPushButton, QToolButton, QWidget

from studio.core.edits import SetTargets
from studio.core.units import format_size
from studio.estimate.report import runtimes_for
from studio.ui import advisor, theme
from studio.ui.panels.cost_tabs import VIEWS
from tests.unit.deploy.test_review_file import shown_glyphs

LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
BOARD, OTHER = "nucleo-l476rg", "pico"
BLOCK = "conv2d_1"
WORK_MS = 60_000
FORMATS = (".html", ".pdf", ".md", ".json")


@pytest.fixture
def window(window, session, qtbot, monkeypatch):
    """The window with two boards, on both of which the design fits in memory; advice is sought at once."""
    monkeypatch.setattr(advisor, "REST_MS", 30)
    session.document.push(SetTargets((BOARD, OTHER)))
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.room("design")._clip_view is not None)
    return window


# hands and eyes


def child(parent, kind, name):
    (found,) = [w for w in parent.findChildren(kind, name) if w.isVisible()]
    return found


def click(widget: QWidget, at: QPoint | None = None):
    QTest.mouseClick(widget, LEFT, NO, at or widget.rect().center())


def card(window):
    return window.targets.cards[BOARD]


def made(window, target=BOARD, runtime="c"):
    return window.session.gauges.report(target, runtime)


def over(window) -> int:
    """By how many bytes of RAM the design is too large for the board, from its report."""
    return made(window).ram.total + made(window).stack_bytes - window.session.gauges.boards[BOARD].ram.free


def filters(window) -> int:
    return window.session.document.project.graph.node(BLOCK).params["filters"]


def picture(window, path, *inks: tuple[QWidget, str]):
    """Take a picture in both themes; each widget has the theme's colour of this name somewhere in it."""
    for mode in ("dark", "light"):
        if theme.theme().mode != mode:
            window.session.change_setting("theme", mode)
        QApplication.processEvents()
        taken = window.grab()
        assert taken.save(str(path.with_name(f"{path.name}-{mode}.png")))
        image = taken.toImage()
        for widget, ink in inks:
            place = QRect(widget.mapTo(window, QPoint()), widget.size()).intersected(window.rect())
            wanted = QColor(getattr(theme.theme(), ink)).rgb()
            points = ((x, y) for y in range(place.top(), place.bottom()) for x in range(place.left(), place.right()))
            assert any(image.pixel(x, y) == wanted for x, y in points), f"{widget.objectName()} is not {ink} in {mode}"
    window.session.change_setting("theme", "dark")


class Tables(HTMLParser):
    """The rows of every table of a page as lists of words, and its headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows, self.headings, self.pictures, self._cell = [], [], 0, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th", "h2"):
            self._cell = ""
        self.pictures += tag == "svg"

    def handle_data(self, data):
        self._cell = None if self._cell is None else self._cell + data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self._cell)
        elif tag == "h2":
            self.headings.append(self._cell)


# the journey


def test_break_a_budget_see_the_alarm_find_the_peak_mend_it_and_report(window, qtbot, tmp_path, monkeypatch):
    edit_until_a_budget_breaks(window)
    see_the_alarm(window)
    click_the_peak(window, tmp_path)
    open_the_parts(window)
    apply_an_advice(window, qtbot)
    files = {suffix: export(window, qtbot, tmp_path / f"review{suffix}", monkeypatch) for suffix in FORMATS}
    json_has_the_gauges_figures(window, files[".json"])
    page_has_them_too(window, files[".html"])
    pages_of_paper_have_words(files[".pdf"])
    assert "\n## Advice\n" in files[".md"].read_text()


def edit_until_a_budget_breaks(window):
    """Select the first convolution on the canvas, step into its fields, and turn its filters up until the board's RAM is full."""
    canvas = window.room("design").canvas
    click(canvas.viewport(), canvas.block_point(BLOCK))
    assert window.session.selection == (BLOCK,)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    field = QApplication.focusWidget()
    assert field.objectName() == "inspector.filters"
    assert over(window) < 0 and not window.status_line.alarm.isVisible()
    for _ in range(40):
        QTest.keyClick(field, Qt.Key.Key_PageUp)
        if over(window) > 0:
            return
    raise AssertionError(f"{filters(window)} filters still fit")


def see_the_alarm(window):
    """The status bar and the card say by how much, in red, and the gauge says the same."""
    amount = format_size(over(window))
    status = window.status_line.alarm
    assert (status.isVisible() and status.label.toolTip()) or status.label.text()
    assert f"breaks NUCLEO-L476RG by {amount} RAM" in status.alarm.words
    row = card(window).alarm_row
    assert row.isVisible() and f"breaks it by {amount} RAM" in row.label.text()
    reading = next(r.reading for r in card(window).body.rows if r.reading.name == "RAM")
    assert (reading.state, reading.share) == ("too_large", f"+{amount}")
    assert "✕ too large" in card(window).header.accessibleName()


def click_the_peak(window, folder):
    """Open the memory over time by its tab, and click the buffer at the peak: its block is selected on the canvas."""
    tabs = window.room("design").views
    click(tabs.bar, tabs.bar.tabRect([v.id for v in VIEWS].index("memory")).center())
    view = tabs.views["memory"]
    plot = view.plot
    timeline = plot.picture.timeline
    assert view.isVisible() and timeline.total == made(window).ram.parts["arena"]
    assert timeline.steps[timeline.peak].alive == max(step.alive for step in timeline.steps)
    assert f"peak {format_size(timeline.steps[timeline.peak].alive)}" in view.words.text()
    picture(window, folder / "memory", (plot, "tight"), (window.status_line.alarm, "too_large"), (card(window), "too_large"))
    window.session.select(())
    biggest = plot.place(plot.biggest(timeline.peak))
    at = biggest.intersected(plot.peak_column()).center()
    click(plot, at.toPoint())
    (found,) = window.session.selection
    assert found == timeline.lives[plot.at].block and timeline.lives[plot.at] in timeline.during(timeline.peak)
    assert window.room("design").canvas.block_item(found).selected


def open_the_parts(window):
    """Click the RAM gauge: its parts stand beneath it and sum to what it says."""
    row = next(r for r in card(window).body.rows if r.reading.name == "RAM")
    click(row)
    view = card(window).body.breakdowns.view("RAM")
    assert view.isVisible()
    sizes = {**made(window).ram.parts, "stack": made(window).stack_bytes}
    assert {p.name: p.value for p in view.rows.parts} == {name: format_size(size) for name, size in sizes.items() if size}


def apply_an_advice(window, qtbot):
    """Leaf to an advice that changes the design and mends the board, apply it by one click, see it mend; undo and redo are one step each."""
    column, stack = window.targets, window.session.document.undo_stack
    qtbot.waitUntil(lambda: column.advisor.current and not column.advisor.searching, timeout=WORK_MS)
    for _ in column.advice.advice:
        if column.advice.shown.gains[0].mends and column.advice.shown.candidate.edits:
            break
        click(child(window, QToolButton, "advice.next"))
    advice = column.advice.shown
    assert "which it then fits" in column.advice.label.text()
    count, broken = stack.count(), window.session.document.project
    click(child(window, QPushButton, "advice.apply"))
    assert (stack.count(), stack.undoText()) == (count + 1, advice.candidate.words)
    assert made(window) == advice.gains[0].after and over(window) <= 0
    assert not window.status_line.alarm.isVisible() and not card(window).alarm_row.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.document.project == broken and window.status_line.alarm.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert window.session.document.project == advice.after and not window.status_line.alarm.isVisible()


def export(window, qtbot, out, monkeypatch):
    """Ask for the report in the File menu, name its file, and wait until it is written."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(out), ""))
    menu = next(a.menu() for a in window.menuBar().actions() if a.text().replace("&", "") == "File")
    click(window.menuBar(), window.menuBar().actionGeometry(menu.menuAction()).center())
    assert isinstance(QApplication.activePopupWidget(), QMenu)
    close_when_told()
    click(menu, menu.actionGeometry(window.actions_by_id["report"]).center())
    assert window.session.jobs.running()
    qtbot.waitUntil(lambda: not window.session.jobs.running(), timeout=WORK_MS)
    assert out.is_file() and not list(out.parent.glob("*.part"))
    return out


def close_when_told():
    """Answer that the report is written, whenever that is said."""

    def answer():
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            next(b for b in box.buttons() if b.text() == "Close").click()
        else:
            QTimer.singleShot(20, answer)

    QTimer.singleShot(20, answer)


def json_has_the_gauges_figures(window, path):
    """Every figure of the window's two boards with every runtime is the report's, and each names what it rests on."""
    said = json.loads(path.read_text())
    listed = {(r["target"], r["runtime"]): r for r in said["reports"]}
    boards = window.session.gauges.boards
    assert set(listed) == {(t, r) for t in (BOARD, OTHER) for r in runtimes_for(boards[t])}
    for (target, runtime), plain in listed.items():
        shown = made(window, target, runtime)
        assert plain["ram"] == {"total": shown.ram.total, "parts": dict(shown.ram.parts)}
        assert plain["flash"] == {"total": shown.flash.total, "parts": dict(shown.flash.parts)}
        assert (plain["stack_bytes"], plain["instructions"]) == (shown.stack_bytes, shown.instructions)
        assert plain["latency_ms"]["value"] == shown.latency_ms.value and plain["energy_uj"] == shown.energy_uj
        assert plain["provenance"] == shown.provenance and plain["sources"] == dict(shown.sources)
    assert said["macs"] == window.session.gauges.figures.macs
    assert said["advice"] and {g["target"] for a in said["advice"] for g in a["gains"]} == {BOARD, OTHER}


def page_has_them_too(window, path):
    """The page has a section for each board, its bytes in its tables, its pictures, and no script."""
    text = path.read_text()
    page = Tables(text)
    assert {"NUCLEO-L476RG", "Raspberry Pi Pico", "Memory during an inference", "Advice", "Sources"} <= set(page.headings)
    assert "<script" not in text and page.pictures >= 5
    for target in (BOARD, OTHER):
        runtimes = runtimes_for(window.session.gauges.boards[target])
        for name, figure in (
            ("Flash", lambda r: r.flash.total),
            ("RAM", lambda r: r.ram.total),
            ("Stack, on top", lambda r: r.stack_bytes),
        ):
            assert [name, *(f"{figure(made(window, target, r)):,}" for r in runtimes)] in page.rows


def pages_of_paper_have_words(path):
    """The PDF has numbered pages of text."""
    data = path.read_bytes()
    count = len(re.findall(rb"/Type\s*/Page\b(?!s)", data))
    assert data.startswith(b"%PDF-") and 3 <= count <= 20 and shown_glyphs(data) > 2000
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
        assert all(words in text for words in ("NUCLEO-L476RG", "Memory during an inference", "Advice"))
        assert re.search(rf"{count}\s?/\s?{count}\s", text)

"""The design report from the window: asked for by its action, written by a job from the design as it stands, opened on demand."""

import json

import msgspec
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from studio.core.edits import RemoveBlocks, SetFrontEnd
from studio.deploy.subject import load_subject
from studio.estimate.counts import figures
from studio.ui.design_report import FOLDER, OPEN
from studio.ui.dialogs.error import ErrorDialog
from tests.unit.deploy.test_review import validation

DONE = 60_000


@pytest.fixture
def place(monkeypatch):
    """Answer the next questions for a file; remember what was proposed."""
    asked = []

    def answer(path, kind="HTML (*.html)"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (asked.append(args), (str(path), kind))[1])
        return asked

    return answer


@pytest.fixture
def opened(monkeypatch):
    urls = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toLocalFile()))
    return urls


def answer_when_asked(verb):
    """Press a button of the next question, whenever it comes."""

    def press():
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            next(b for b in box.buttons() if b.text() == verb).click()
        else:
            QTimer.singleShot(20, press)

    QTimer.singleShot(20, press)


def write(window, qtbot, then="Close"):
    answer_when_asked(then)
    window.actions_by_id["report"].trigger()
    qtbot.waitUntil(lambda: not window.session.jobs.running(), timeout=DONE)


def test_the_action_writes_the_unsaved_design_and_opens_it(window, qtbot, tmp_path, place, opened):
    document, out = window.session.document, tmp_path / "review.json"
    document.push(SetFrontEnd({"mels": 33}))
    asked = place(out)
    write(window, qtbot, OPEN)
    assert asked[0][2].endswith("review.html") and all(f"*{s}" in asked[0][3] for s in (".html", ".pdf", ".md", ".json"))
    said = json.loads(out.read_text())
    assert said["frontend"]["mels"] == 33 and not document.is_saved
    assert said["macs"] == figures(window.session.gauges.network).macs
    assert [t["id"] for t in said["targets"]] == list(document.project.targets)
    shown = window.session.gauges.report(document.project.targets[0], "c")
    (counted,) = [r for r in said["reports"] if r["runtime"] == "c"]
    assert (counted["flash"]["total"], counted["ram"]["total"]) == (shown.flash.total, shown.ram.total)
    assert opened == [str(out)]


def test_what_a_kit_said_of_this_design_is_in_it(window, qtbot, tmp_path, place):
    session, out = window.session, tmp_path / "review.json"
    proof = validation(load_subject(session.document.path), "virtual-m7")
    session.gauges.note_kit("virtual-m7", msgspec.to_builtins(proof))
    place(out)
    write(window, qtbot)
    kits = {t["id"]: t["kits"] for t in json.loads(out.read_text())["targets"]}
    assert [k["validation"]["instructions"] for k in kits["virtual-m7"]] == [proof.instructions]
    session.document.push(SetFrontEnd({"mels": 33}))
    place(tmp_path / "later.json")
    write(window, qtbot)
    assert not any(t["kits"] for t in json.loads((tmp_path / "later.json").read_text())["targets"])


def test_a_pdf_is_written_by_a_process_of_its_own(window, qtbot, tmp_path, place, opened):
    out = tmp_path / "review.pdf"
    place(out)
    write(window, qtbot, FOLDER)
    assert out.read_bytes().startswith(b"%PDF") and opened == [str(tmp_path)]


def test_a_name_without_a_format_gets_that_of_the_filter(window, qtbot, tmp_path, place, opened):
    place(tmp_path / "review v1.2", "Markdown (*.md)")
    write(window, qtbot)
    assert (tmp_path / "review v1.2.md").read_text().startswith("# Design review") and opened == []


def test_a_file_that_the_filter_names_is_replaced_only_when_told(window, qtbot, tmp_path, place):
    mine = tmp_path / "review.md"
    mine.write_text("mine")
    place(tmp_path / "review", "Markdown (*.md)")
    write(window, qtbot, "Cancel")
    assert mine.read_text() == "mine" and not window.session.jobs.jobs


def test_no_place_no_report(window, place):
    place("")
    window.actions_by_id["report"].trigger()
    assert not window.session.jobs.jobs


def test_an_incomplete_graph_says_why_there_is_no_report(window, place):
    asked, told = place("never.html"), []
    window.session.told.connect(told.append)
    document = window.session.document
    document.push(RemoveBlocks((document.project.graph.order[1],)))
    window.actions_by_id["report"].trigger()
    assert not asked and "not complete" in told[-1]


def test_what_cannot_be_written_is_said(window, qtbot, tmp_path, place):
    (tmp_path / "file").write_text("no folder")
    place(tmp_path / "file" / "review.html")
    window.actions_by_id["report"].trigger()
    qtbot.waitUntil(lambda: not window.session.jobs.running(), timeout=DONE)
    dialog = window.findChild(ErrorDialog)
    assert dialog.isVisible() and "review.html" in str(window.session.jobs.jobs[-1].error)
    dialog.close()

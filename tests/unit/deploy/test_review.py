"""Design reviews: every format says what report() says, of every kind of subject, whatever the names are."""

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from itertools import combinations

import msgspec
import pytest

from studio.boards import board
from studio.core.errors import InputError
from studio.core.issue import Issue
from studio.core.project import Project, Recipe, design_digest
from studio.core.report import Interval
from studio.deploy.counts import OperatorCount
from studio.deploy.review import is_refused, read_validation, review
from studio.deploy.review_charts import svg
from studio.deploy.review_html import write_html
from studio.deploy.review_items import Bars, Lifetimes, Table
from studio.deploy.review_json import write_json
from studio.deploy.review_markdown import write_markdown
from studio.deploy.review_words import pages
from studio.deploy.subject import load_subject, project_subject, with_random_weights
from studio.deploy.validation import Estimate, Validation
from studio.estimate.counts import figures
from studio.estimate.report import RUNTIMES, as_json, report, runtimes_for
from studio.lower.tflite import write_tflite
from studio.storage.folder import ProjectFolder
from studio.storage.runs import MODEL, Run, write_run

WHEN = 1_767_225_600.0
TARGETS = ("nrf52840dk", "nucleo-l031k6", "esp32-c3-devkitm-1", "virtual-m4")
HOSTILE = ("<script>alert(1)</script>", "a|b", "`x` *y* [z](http://w)", "مرحبا", "\u202edrow", "&amp;", "x" * 64)


@pytest.fixture(scope="module")
def boards():
    return [board(id) for id in TARGETS]


def reviewed(subject, boards, **more):
    return review(subject, boards, WHEN, **more)


def train(folder, labels, confusion=()):
    """Leave a finished run of a project as it stands: a real model of random weights, and its results."""
    subject = with_random_weights(project_subject(folder), 1)
    path = folder.new_run()
    (path / MODEL).write_bytes(write_tflite(subject.network))
    digest = design_digest(folder.project)
    run = Run(1, digest, WHEN, 61.5, 30, Recipe(), labels, 0.9125, 0.905, confusion, confusion, 27, 200, "tflite-micro")
    write_run(path, run)
    return run


def validation(subject, kit, **changes):
    said = report(subject.network, board(kit), "c", subject.frontend)
    expected = Estimate(
        said.flash.total, said.ram.total, said.stack_bytes, said.instructions, said.frontend_instructions, said.cycles, Interval(1, 1, 1)
    )
    made = Validation(
        model=subject.name,
        target=kit,
        runtime="c",
        engine="engine",
        oracle="an oracle",
        compiler="a compiler",
        trained=False,
        inputs=20,
        mismatching_inputs=0,
        max_difference=0,
        feature_mismatch_share=0.0,
        feature_max_difference=0,
        accuracy=None,
        macs=figures(subject.network).macs,
        instructions=1_234_567,
        frontend_instructions=None,
        cycles_estimate=2_345_678,
        flash_bytes=45_678,
        ram_bytes=9_876,
        stack_bytes=654,
        estimate=expected,
        operators=(OperatorCount("conv", "ot_conv", 1, 2, 3, 4),),
    )
    return msgspec.structs.replace(made, **changes)


def table_of(made, section, first):
    """Return the table of a section whose header, or first cell, begins so."""
    tables = [i for s in made.sections if s.title == section for i in s.items if isinstance(i, Table)]
    return next(t for t in tables if (t.header or t.rows[0])[0] == first)


# content


def test_every_figure_is_that_of_the_report(project_folder, boards):
    subject = project_subject(project_folder)
    made = reviewed(subject, boards)
    words = pages(made)
    for target in boards:
        asked = [report(subject.network, target, r, subject.frontend, 1000.0) for r in runtimes_for(target)]
        shown = [r for r in asked if not is_refused(r)]
        memory = {row[0]: row[1:] for row in table_of(words, target.name, "bytes").rows}
        assert memory["Flash"] == tuple(f"{r.flash.total:,}" for r in shown)
        assert memory["RAM"] == tuple(f"{r.ram.total:,}" for r in shown)
        if any(r.arena for r in shown):
            assert memory["Arena, required"] == tuple(f"{r.arena.required:,}" if r.arena else "–" for r in shown)
        parts = {row[0]: row for row in table_of(words, target.name, "runtime").rows}
        assert [parts[r.runtime][1] for r in asked] == [r.limits for r in asked]
        listed = {(row[1], row[2]) for row in table_of(words, "Sources", "target").rows if row[0] == target.name}
        said = {source for r in shown for source in r.sources.values()}
        assert {source for _, source in listed} == said


@pytest.mark.parametrize("section", [("Flash", "RAM"), ("RAM", "Stack, on top")])
def test_the_parts_of_a_column_sum_to_its_total(project_folder, boards, section):
    first, last = section
    for target in boards:
        rows = table_of(pages(reviewed(project_subject(project_folder), boards)), target.name, "bytes").rows
        names = [row[0] for row in rows]
        inside = rows[names.index(first) : names.index(last)]
        for column in range(1, len(rows[0])):
            total, *parts = [int(row[column].replace(",", "")) for row in inside if row[column] != "–" and "share" not in row[0]]
            assert total == sum(parts)


def test_the_graph_is_listed_block_by_block_and_sums_to_the_model(project_folder):
    subject = project_subject(project_folder)
    made = reviewed(subject, [board("virtual-m4")])
    assert [row.name for row in made.blocks] == list(project_folder.project.graph.order)
    counted = figures(subject.network)
    assert sum(row.macs for row in made.blocks) == counted.macs
    assert sum(row.parameters for row in made.blocks) == counted.parameters
    assert sum(row.weights_bytes for row in made.blocks) == counted.weights_bytes


def test_a_models_file_is_listed_operator_by_operator(data_folder):
    subject = load_subject(data_folder / "models" / "kws_ref_model.tflite")
    made = reviewed(subject, [board("pico")])
    assert [row.kind for row in made.blocks] == [op.kind for op in subject.network.ops]
    assert sum(row.macs for row in made.blocks) == made.figures.macs == 2_656_768
    assert made.run is None and made.frontend is None and made.design == ""
    assert "Not known" in write_markdown(pages(made)).decode()


def test_the_plan_is_that_of_the_gauge(project_folder, boards):
    made = reviewed(project_subject(project_folder), boards)
    assert {(plan.runtime, plan.variant) for plan in made.plans} == {(r, v) for r in ("c", "c-small") for v in ("dsp", "plain")}
    for plan in made.plans:
        for target in (t for t in made.targets if t.target.core.tabled and t.target.name in plan.targets):
            (said,) = [r for r in target.reports if r.runtime == plan.runtime]
            assert plan.timeline.total == said.ram.parts["arena"]


def test_json_is_the_commands_json_and_more(project_folder, boards):
    subject = project_subject(project_folder)
    run = train(project_folder, project_folder.project.labels)
    subject = project_subject(project_folder)
    made = reviewed(subject, boards)
    said = json.loads(write_json(made))
    size = len(subject.tflite)
    asked = [report(subject.network, t, r, subject.frontend, 1000.0, size) for t in boards for r in runtimes_for(t)]
    commands = json.loads(json.dumps(as_json(figures(subject.network), asked)))
    assert {key: said[key] for key in commands} == commands
    assert said["run"] == json.loads(msgspec.json.encode(run)) and said["design"] == design_digest(project_folder.project)
    assert said["made"] == WHEN and said["trained"] and len(said["plans"]) > 0


def test_the_latest_run_of_this_very_design_is_shown(project_folder):
    labels = project_folder.project.labels
    confusion = tuple(tuple(40 if i == j else (i + 2 * j) % 5 for j in range(4)) for i in range(4))
    train(project_folder, labels, confusion)
    words = pages(reviewed(project_subject(project_folder), [board("virtual-m4")]))
    assert table_of(words, "Accuracy", "Float").rows[0][1] == "91.25%" and table_of(words, "Accuracy", "Float").rows[1][1] == "90.50%"
    matrix = table_of(words, "Accuracy", "spoken")
    assert [tuple(map(int, row[1:5])) for row in matrix.rows] == list(confusion)
    project_folder.save(msgspec.structs.replace(project_folder.project, labels=(*labels[:3], "else")))
    assert reviewed(project_subject(project_folder), [board("virtual-m4")]).run is None


def test_many_labels_become_a_list_of_mistakes(project, tmp_path):
    labels = tuple(f"word {i}" for i in range(20))
    folder = ProjectFolder.create(tmp_path / "many", msgspec.structs.replace(project, labels=labels, graph=_graph(20)))
    counts = [[0] * 20 for _ in range(20)]
    counts[3][7], counts[5][5] = 9, 12
    train(folder, labels, tuple(map(tuple, counts)))
    words = pages(reviewed(project_subject(folder), [board("virtual-m4")]))
    tables = [i for s in words.sections if s.title == "Accuracy" for i in s.items if isinstance(i, Table)]
    assert tables[1].rows[5] == ("word 5", "12", "100%") and tables[1].rows[0] == ("word 0", "0", "–")
    assert tables[2].rows == (("word 3", "word 7", "9"),)


def _graph(outputs):
    from studio.blocks.templates import tiny_graph
    from tests.unit.deploy.conftest import FRONT_END

    return tiny_graph(FRONT_END.shape, outputs)


# kits


def test_a_kits_figures_stand_beside_the_estimate(project_folder):
    subject = project_subject(project_folder)
    proof = validation(subject, "virtual-m4", mismatching_inputs=1, max_difference=3)
    made = reviewed(subject, [board("virtual-m4")], validations=[read_validation(msgspec.to_builtins(proof), "kit.json")])
    (kit,) = made.targets[0].kits
    assert kit.validation == proof and kit.provenance == "emulated"
    rows = {row[0]: row[1:] for row in table_of(pages(made), made.targets[0].target.name, "on the kit, runtime c").rows}
    assert rows["Flash, B"][:3] == ("compiled", f"{proof.estimate.flash_bytes:,}", "45,678")
    assert rows["Instructions, inference"][0] == "emulated" and rows["Instructions, inference"][2] == "1,234,567"
    assert "Instructions, features" not in rows
    assert "19 gave the outputs of an oracle exactly, the worst output off by 3 steps" in write_markdown(pages(made)).decode()


@pytest.mark.parametrize(
    ("changes", "words"), [({"macs": 1}, "another design"), ({"model": "x"}, "another design"), ({"target": "pico"}, "not among")]
)
def test_a_validation_of_something_else_is_refused(project_folder, changes, words):
    subject = project_subject(project_folder)
    with pytest.raises(InputError, match=words):
        reviewed(subject, [board("virtual-m4")], validations=[validation(subject, "virtual-m4", **changes)])


def test_what_is_no_validation_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"kit\.json"):
        read_validation({"model": "x"}, "kit.json")


# what is missing


def test_a_runtime_that_cannot_run_it_is_said_and_not_tabled(project_folder):
    target = board("pico")
    made = reviewed(project_subject(project_folder), [target], runtimes=["x-cube-ai"])
    text = write_html(pages(made)).decode()
    assert "No runtime here can run this design" in text and "X-CUBE-AI runs on STM32 only" in text
    assert made.plans == () and "NaN" not in write_json(made).decode()


@pytest.mark.parametrize("runtimes", [[r] for r in RUNTIMES])
@pytest.mark.parametrize("id", ["pixel-3a", "raspberry-pi-4b", "nucleo-l476rg"])
def test_any_board_with_any_runtime_has_a_review(project_folder, id, runtimes):
    made = reviewed(project_subject(project_folder), [board(id)], runtimes=runtimes)
    assert check_html(write_html(pages(made)))
    json.loads(write_json(made))
    check_markdown(write_markdown(pages(made)).decode())


# hostile names


class Checked(HTMLParser):
    """Collects tags and text; fails on what is not closed in order."""

    VOID = ("meta", "br", "img")

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text, self.attributes = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def check_html(data):
    checked = Checked()
    checked.feed(data.decode())
    assert not checked.open
    assert not checked.seen & {"script", "img", "a", "link", "iframe", "object", "foreignobject"}
    assert not [a for a in checked.attributes if a.startswith("on") or a in ("href", "src")]
    return checked


def check_markdown(text):
    """Every table has as many cells in each row, and nothing in it is HTML, a link or code."""
    width = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
        assert cells == (width or cells), line
        width = cells
    bare = re.sub(r"\\.", "", text)
    assert "<" not in bare and "`" not in bare and "](" not in bare


def test_hostile_names_stay_text(tmp_path, project):
    labels = tuple(label for label in HOSTILE if label.isprintable())
    graph = _graph(len(labels))
    name = "<img src=x onerror=alert(1)> a|b\u202e"
    folder = ProjectFolder.create(tmp_path / "<b>p", Project(name, labels, project.frontend, graph))
    train(folder, labels, tuple(tuple(range(len(labels))) for _ in labels))
    made = reviewed(project_subject(folder), [board("virtual-m4")])
    issue = Issue("x", "error", "a\n| b |\n# c", "<script>alert(2)</script>\r\nnext")
    made = msgspec.structs.replace(made, issues=(*made.issues, _remark(issue)))
    for block in (made.blocks[1],):
        renamed = msgspec.structs.replace(block, name="\n" + "<i>" * 40, settings={"</td>": "<script>", "bytes": ["|", "`"]})
        made = msgspec.structs.replace(made, blocks=(made.blocks[0], renamed, *made.blocks[2:]))
    data = write_html(pages(made))
    said = "".join(check_html(data).text)
    assert "<script>alert(1)</script>" in said and "<img src=x onerror=alert(1)>" in said
    assert b"\xe2\x80\xae" not in data and "\u2068مرحبا\u2069" in said
    check_markdown(write_markdown(pages(made)).decode())
    assert json.loads(write_json(made))["labels"] == list(labels)


def _remark(issue):
    from studio.deploy.review import Remark

    return Remark(issue.id, issue.severity, issue.where, issue.message)


# pictures


def pictures(made, kind):
    return [i for s in pages(made).sections for i in s.items if isinstance(i, kind)]


def rects(drawn):
    root = ElementTree.fromstring(drawn)
    return [dict(r.attrib) | {"title": r.findtext("{*}title") or ""} for r in root.iter("{http://www.w3.org/2000/svg}rect")]


def test_bars_are_as_long_as_their_bytes(project_folder):
    for picture in pictures(reviewed(project_subject(project_folder), [board("nucleo-l031k6"), board("nrf52840dk")]), Bars):
        drawn = [r for r in rects(svg(picture, lambda c: "#123456")[0]) if r["height"] == "18.0"]
        sizes = [size for bar in picture.bars for _, size in bar.parts if size]
        widths = [float(r["width"]) for r in drawn]
        assert len(widths) == len(sizes)
        scale = max(widths) / max(sizes)
        assert all(w == pytest.approx(max(s * scale, 0.5), abs=0.11) for w, s in zip(widths, sizes, strict=True))


def test_buffers_stand_where_the_plan_puts_them(project_folder):
    for picture in pictures(reviewed(project_subject(project_folder), [board("virtual-m4")]), Lifetimes):
        made = picture.timeline
        drawn = [r for r in rects(svg(picture, lambda c: c)[0]) if r["title"]]
        assert len(drawn) == len(made.lives)
        for life, rect in zip(made.lives, drawn, strict=True):
            assert f"{life.size:,} B at {life.offset:,}" in rect["title"]
        boxes = [[float(r[k]) for k in ("x", "y", "width", "height")] for r in drawn]
        for (one, a), (other, b) in combinations(zip(made.lives, boxes, strict=True), 2):
            shared = min(one.last, other.last) >= max(one.first, other.first) and min(one.end, other.end) > max(one.offset, other.offset)
            across, upwards = (min(a[i] + a[i + 2], b[i] + b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
            assert shared or across < 0.3 or upwards < 0.6
            assert not shared or (across > 0 and upwards > -0.2)

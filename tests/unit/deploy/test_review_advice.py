"""A review's advice: what the window and `otolith report --advice` advise, in every format, without what was put away."""

import json

import pytest

from studio.advise import advice, design
from studio.boards import board
from studio.deploy.review import review
from studio.deploy.review_items import Paragraph, Table
from studio.deploy.review_json import write_json
from studio.deploy.review_markdown import write_markdown
from studio.deploy.review_words import pages
from studio.deploy.subject import known_blocks, load_subject, project_subject
from studio.estimate.report import report

PLACES = {"nrf52840dk": "c", "nucleo-l031k6": "tflm"}


@pytest.fixture
def subject(project_folder):
    return project_subject(project_folder)


def reviewed(subject, **more):
    return review(subject, [board(id) for id in PLACES], 0.0, advised=PLACES, **more)


def test_it_is_what_the_search_finds_with_the_figures_before_and_after(subject):
    found = advice(design(subject.project, known_blocks()), [(board(id), runtime) for id, runtime in PLACES.items()])
    said = json.loads(write_json(reviewed(subject)))["advice"]
    assert [row["words"] for row in said] == [a.words for a in found] and found
    for row, a in zip(said, found, strict=True):
        after = design(a.after, known_blocks())
        assert row["macs"] == [a.macs[0], after.figures.macs]
        for gain in row["gains"]:
            runtime = gain["runtime"]
            made = report(after.network, board(gain["target"]), runtime[1], a.after.frontend, a.after.interval_ms)
            before = report(subject.network, board(gain["target"]), runtime[0], subject.frontend, subject.project.interval_ms)
            assert gain["ram_bytes"] == [r.ram.total + r.stack_bytes for r in (before, made)]
            assert gain["flash_bytes"] == [r.flash.total for r in (before, made)]
            assert gain["latency_ms"] == [r.latency_ms.value for r in (before, made)]
            assert gain["fits"] == [before.fits, made.fits]


def test_the_words_have_each_advice_and_a_row_for_every_target(subject):
    made = reviewed(subject)
    (section,) = [s for s in pages(made).sections if s.title == "Advice"]
    told, figures = (item for item in section.items if isinstance(item, Table))
    assert [row[1] for row in told.rows] == [a.words for a in made.advice]
    assert len(figures.rows) == sum(len(a.gains) for a in made.advice) == len(figures.moods)
    assert {row[1] for row in figures.rows} == {board(id).name for id in PLACES}
    text = write_markdown(pages(made)).decode()
    assert all(a.reason[:30] in text for a in made.advice)


def test_what_was_put_away_stays_away(subject):
    first = reviewed(subject).advice[0]
    kept = reviewed(subject, put_away=[f"{first.rule}:{first.where}"]).advice
    assert first not in kept and kept == reviewed(subject).advice[1:]


def test_where_there_is_none_the_review_says_so_and_a_model_has_no_such_section(subject, data_folder):
    all_of_them = [f"{a.rule}:{a.where}" for a in reviewed(subject).advice]
    (section,) = [s for s in pages(reviewed(subject, put_away=all_of_them)).sections if s.title == "Advice"]
    assert isinstance(section.items[0], Paragraph) and "2 %" in section.items[0].text
    model = load_subject(next(data_folder.glob("models/*.tflite")))
    assert "Advice" not in [s.title for s in pages(review(model, [board("virtual-m4")], 0.0)).sections]

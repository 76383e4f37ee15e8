"""Which clips a kit hears after it was programmed, what it makes of them, and what is plugged in."""

import json

import numpy as np
import pytest

from studio.boards import board
from studio.core.errors import InputError
from studio.core.network import Quantisation, Tensor
from studio.deploy import oracle, probes
from studio.deploy.flash import flash
from studio.deploy.hearing import choose_clips, scores
from studio.deploy.subject import load_subject
from studio.jobs import QuietContext
from studio.plugin import load_plugins
from studio.plugin.discovery import Source
from studio.storage.folder import ProjectFolder


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return ProjectFolder.copy_sample("keywords", tmp_path_factory.mktemp("sample") / "keywords")


def test_clips_are_one_test_clip_a_label_and_the_chosen_one_first(sample):
    subject, library = load_subject(sample.path), sample.library()
    choice = choose_clips(subject, 11, first=300)
    assert choice.segments[0] == 300 and choice.labels[0] == library.segments[300].label
    assert sorted(choice.labels[1:]) == sorted(subject.labels)
    assert all(library.segments[n].split == "test" for n in choice.segments[1:])
    assert choice.pcm.dtype == np.int16 and choice.pcm.shape == (11, subject.frontend.clip_samples)
    assert [i.split("/")[0] for i in choice.ids] == list(choice.labels)


def test_no_clips_are_asked_for_or_there_are_none(sample, project_folder):
    assert choose_clips(load_subject(sample.path), 0) is None
    assert choose_clips(load_subject(project_folder.path), 8) is None
    assert choose_clips(load_subject(sample.path), 1, first=10**6).segments[0] < 10**6


def test_scores_are_the_values_that_the_bytes_stand_for():
    softmax = Tensor("out", (1, 3), "int8", Quantisation((1 / 256,), (-128,)))
    assert scores(softmax, bytes([128, 0, 127])) == pytest.approx((0.0, 0.5, 255 / 256))
    with pytest.raises(InputError, match="bool"):
        scores(Tensor("out", (1, 3), "bool"), b"\0\0\0")


def test_kit_hears_clips_and_counts(sample):
    subject = load_subject(sample.path)
    result = flash(subject, board("virtual-m4"), QuietContext(), clips=3, segment=5)
    assert result["clips"][0]["segment"] == 5 and len(result["clips"]) == 3
    for clip in result["clips"]:
        assert len(clip["scores"]) == len(result["labels"]) == len(subject.labels)
        assert sum(clip["scores"]) == pytest.approx(1, abs=0.05)
        assert clip["equal"] is (True if oracle.available() else None)
    assert result["cycles"] > result["instructions"] > 1e6 and result["frontend_instructions"] > 1e5
    assert result["run_ms"] == pytest.approx(1e3 * result["cycles"] / board("virtual-m4").clock_hz, rel=0.3)


class Until(QuietContext):
    """Goes on until so many lines were said."""

    def __init__(self, lines):
        self.lines, self._wanted = [], lines

    @property
    def cancelled(self):
        return len(self.lines) >= self._wanted

    def log(self, text):
        self.lines.append(json.loads(text))


PLUGIN = """
schema = 1
[plugin]
id = "flash_file"
name = "Probes in a file"
version = "1.0"
api = ">=1.0,<2"
[[contributions]]
kind = "flasher"
id = "flash_file"
object = "flash_file.flasher:FLASHER"
"""
FLASHER = """
from pathlib import Path
from studio.api import Probe, ToolMissing

class FlashFile:
    id, title = "flash_file", "Probes in a file"

    def supports(self, target): return False

    def find(self):
        text = (Path(__file__).parent / "probes.txt").read_text()
        if text == "gone": raise ToolMissing("the hub is gone", hint="plug it in")
        return tuple(Probe(i, f"probe {i}") for i in text.split())

FLASHER = FlashFile()
"""


def test_probes_are_found_and_watched(tmp_path, monkeypatch):
    folder = tmp_path / "flash_file"
    folder.mkdir()
    (folder / "plugin.toml").write_text(PLUGIN)
    (folder / "flasher.py").write_text(FLASHER)
    (folder / "probes.txt").write_text("a b")
    monkeypatch.setattr(probes, "load_plugins", lambda: load_plugins([Source(folder, "user")]))
    monkeypatch.setattr(probes, "INTERVAL_S", 0.05)
    found = probes.run({}, QuietContext())["flash_file"]
    assert [p["id"] for p in found["probes"]] == ["a", "b"] and found["problem"] == ""

    class Unplugs(Until):
        def log(self, text):
            super().log(text)
            (folder / "probes.txt").write_text(["a b", "b", "gone"][len(self.lines)] if len(self.lines) < 3 else "")

    said = Unplugs(3)
    probes.watch({}, said)
    assert [[p["id"] for p in line["probes"]] for line in said.lines] == [["a", "b"], ["b"], []]
    assert said.lines[-1]["problem"] == "the hub is gone; plug it in"

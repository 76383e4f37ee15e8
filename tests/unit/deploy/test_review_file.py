"""Reviews as files: by their suffix, by the command line, whole or not at all."""

import json
import re
import shutil
import subprocess
import zlib

import pytest

from studio.__main__ import main
from studio.core.edits import SetEnergy
from studio.core.errors import InputError
from studio.deploy.boards import known_board
from studio.deploy.review_file import FORMATS, HERE, PDF, check_out, entry_for, run
from studio.deploy.subject import known_blocks, project_subject
from studio.estimate.report import report
from studio.jobs import QuietContext


def test_the_suffix_says_the_format():
    assert [entry_for(f"a{s}") for s in FORMATS] == [HERE, PDF, HERE, HERE]
    assert entry_for("REVIEW.PDF") == PDF
    for name in ("review", "review.docx", ".html"):
        with pytest.raises(InputError, match="format") as caught:
            entry_for(name)
        assert ".html, .pdf, .md, .json" in caught.value.hint


def test_a_file_that_is_there_is_replaced_only_with_force(project_folder, tmp_path):
    out = tmp_path / "review.md"
    out.write_text("mine")
    args = {"path": str(project_folder.path), "out": str(out)}
    with pytest.raises(InputError, match="file of this name") as caught:
        run(args, QuietContext())
    assert "--force" in caught.value.hint and out.read_text() == "mine"
    run({**args, "force": True}, QuietContext())
    assert out.read_text().startswith("# Design review: Two words!")
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_what_cannot_be_written_names_the_file(project_folder, tmp_path):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "folder.html").mkdir()
    for out in (tmp_path / "file" / "review.html", tmp_path / "folder.html"):
        with pytest.raises(InputError) as caught:
            run({"path": str(project_folder.path), "out": str(out), "force": True}, QuietContext())
        assert str(out) in str(caught.value) and caught.value.hint
    with pytest.raises(InputError):
        check_out(tmp_path / "folder.html", force=False)


def test_the_command_prints_its_table_and_writes_the_file(project_folder, tmp_path, capsys):
    out = tmp_path / "new" / "review.json"
    asked = ["report", str(project_folder.path), "--target", "virtual-m4", "--runtime", "c", "--out", str(out), "--battery", "1000 mAh"]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "virtual-m4" in shown and "verdict" in shown and str(out) in shown
    said = json.loads(out.read_text())
    assert [(r["target"], r["runtime"]) for r in said["reports"]] == [("virtual-m4", "c")]
    assert said["targets"][0]["energy"] == {"battery_mah": 1000.0}
    assert main(asked) == 2 and "--force" in capsys.readouterr().err
    assert main([*asked, "--force", "--json"]) == 0
    json.loads(capsys.readouterr().out)


def test_the_projects_own_figures_count_and_are_called_so(project_folder, tmp_path, capsys):
    target = "nrf52840dk"
    before = project_folder.project
    project = SetEnergy(target, {"active_ma": 6.6, "source": "my meter"}).apply(before, known_blocks())
    project_folder.save(project)
    out, page = tmp_path / "review.json", tmp_path / "review.md"
    for file in (out, page):
        assert (
            main(["report", str(project_folder.path), "--target", target, "--runtime", "c", "--battery", "440 mAh", "--out", str(file)])
            == 0
        )
    assert "your own figures on nrf52840dk: current awake 6.6 mA, battery's capacity 440 mAh (my meter)" in capsys.readouterr().out
    assert "Your own figures, not the board's: current awake 6.6 mA" in page.read_text()
    (made,) = json.loads(out.read_text())["reports"]
    assert made["sources"]["active"] == "your own figure, set in this project: my meter"
    plain = report(project_subject(project_folder).network, known_board(target), "c", before.frontend, before.interval_ms)
    assert "active" not in plain.sources
    assert made["energy_uj"] == pytest.approx(2 * plain.energy_uj)


def test_the_command_refuses_what_is_no_validation(project_folder, tmp_path, capsys):
    broken = tmp_path / "kit.json"
    broken.write_text("{")
    asked = ["report", str(project_folder.path), "--validation", str(broken)]
    assert main(asked) == 2 and "--out" in capsys.readouterr().err
    assert main([*asked, "--out", str(tmp_path / "r.html")]) == 2 and "kit.json" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


def test_the_pdf_has_pages_with_text(project_folder, tmp_path):
    out = tmp_path / "review.pdf"
    assert main(["report", str(project_folder.path), "--target", "virtual-m4", "--target", "nucleo-l031k6", "--out", str(out)]) == 0
    data = out.read_bytes()
    assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", data))
    assert 3 <= pages <= 12
    assert shown_glyphs(data) > 2000
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", str(out), "-"], capture_output=True, text=True, check=True).stdout
        for words in ("Design review: Two words!", "NUCLEO-L031K6", "Memory during an inference", "Warnings", "Advice", "Sources"):
            assert words in text
        assert re.search(rf"{pages}\s?/\s?{pages}\s", text)


def shown_glyphs(data: bytes) -> int:
    """Count the glyphs that a PDF's pages show: four hexadecimal digits each, in the strings of the streams."""
    count = 0
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        count += sum(len(string) // 4 for string in re.findall(rb"<([0-9A-Fa-f]+)>\s*(?:Tj|\])", text))
    return count

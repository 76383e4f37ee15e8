"""`otolith report --advice` prints the same advice, in words and as JSON."""

import json

from studio.__main__ import main
from studio.storage.folder import ProjectFolder
from studio.storage.project_file import NAME
from tests.helpers.small_networks import unsupported_model


def test_the_report_adds_advice_in_words_and_as_json(tmp_path, capsys):
    path = ProjectFolder.copy_sample("keywords", tmp_path / "words").path
    assert (path / NAME).is_file()
    ask = ["report", str(path), "--advice", "--target", "pico", "--runtime", "c"]
    assert main(ask) == 0
    text = capsys.readouterr().out
    assert main([*ask, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["advice"]
    assert 3 <= len(found) <= 5
    assert all(f"{number}. {each['words']}; {each['caution']}" in text for number, each in enumerate(found, 1))
    first = found[0]["gains"][0]
    assert (first["target"], first["runtime"]) == ("pico", ["c", "c"])
    assert first["latency_ms"][1] < first["latency_ms"][0]


def test_a_model_file_has_no_blocks_to_advise_on(tmp_path, capsys):
    assert main(["report", str(unsupported_model(tmp_path)), "--advice"]) != 0
    assert "no blocks to advise on" in capsys.readouterr().err

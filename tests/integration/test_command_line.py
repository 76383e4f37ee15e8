"""Journeys on the command line, and what it answers to bad input."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from studio.__main__ import main
from studio.cli.app import COMMANDS
from tests.helpers.command import otolith


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command, capsys):
    assert main([command, "--help"]) == 0
    printed = capsys.readouterr().out
    assert "examples:" in printed
    assert f"otolith {command}" in printed
    assert "--json" in printed


def test_start_loads_nothing_heavy():
    heavy = "PySide6 pyqtgraph tensorflow keras librosa numpy scipy networkx unicorn"
    probe = (
        "import sys; from studio.__main__ import main; main(['--help']); "
        f"print([m for m in '{heavy}'.split() if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_wrong_arguments_exit_with_2(capsys):
    assert main(["validate"]) == 2
    assert main(["no-such-command"]) == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("content", "suffix"),
    [(None, ".wav"), (b"", ".wav"), (b"not audio at all", ".wav"), (b"RIFF\x24\0\0\0WAVEfmt ", ".wav"), (b"fLaC", ".flac")],
)
def test_features_of_a_bad_clip(content, suffix, tmp_path, capsys):
    clip = tmp_path / f"clip{suffix}"
    if content is not None:
        clip.write_bytes(content)
    assert main(["features", str(clip)]) == 2
    error = capsys.readouterr().err
    assert clip.name in error
    assert len(error.strip().splitlines()) == 2, error  # what is wrong, and the way out


def test_features_of_a_clip_with_nan(tmp_path, capsys):
    clip = tmp_path / "nan.wav"
    soundfile.write(clip, np.full(100, np.nan, np.float32), 16000, subtype="FLOAT")
    assert main(["features", str(clip)]) == 2
    assert "nan.wav" in capsys.readouterr().err


def test_features_with_a_picture(tmp_path, capsys):
    clip = tmp_path / "tone.wav"
    soundfile.write(clip, 0.5 * np.sin(np.arange(22050) * 2 * np.pi * 440 / 22050), 22050)
    assert main(["features", str(clip), "--png", str(tmp_path / "tone.png"), "--json"]) == 0
    assert (tmp_path / "tone.png").read_bytes().startswith(b"\x89PNG")
    assert '"shape"' in capsys.readouterr().out


@pytest.mark.parametrize("command", ["report", "validate", "export", "flash", "train", "evaluate"])
def test_a_missing_subject(command, tmp_path, capsys):
    extra = {
        "validate": ["--target", "virtual-m4"],
        "export": ["--with", "export_c", "--out", str(tmp_path / "o")],
        "flash": ["--target", "virtual-m4"],
    }
    assert main([command, str(tmp_path / "nothing-here"), *extra.get(command, [])]) == 2
    assert "nothing-here" in capsys.readouterr().err


def test_an_unknown_board(tmp_path, capsys):
    assert main(["validate", str(tmp_path), "--target", "no-such-board"]) == 2
    error = capsys.readouterr().err
    assert "no-such-board" in error


def test_a_broken_model_file(tmp_path, capsys):
    model = tmp_path / "model.tflite"
    model.write_bytes(b"TFL3" * 10)
    assert main(["report", str(model)]) == 2
    assert "model.tflite" in capsys.readouterr().err


def test_errors_are_json_too(tmp_path, capsys):
    assert main(["report", str(tmp_path / "gone.tflite"), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 2
    assert "gone.tflite" in error["where"] + error["message"]


def test_boards_and_plugins_as_json(capsys):
    assert main(["boards", "--json"]) == 0
    boards = {b["id"]: b for b in json.loads(capsys.readouterr().out)["boards"]}
    assert {"virtual-m0", "virtual-m3", "virtual-m4", "virtual-m7", "virtual-m33"} <= set(boards)
    assert boards["virtual-m0"]["flash"]["size"] == 512 * 1024
    assert main(["plugins", "--json"]) == 0
    plugins = {p["id"]: p for p in json.loads(capsys.readouterr().out)["plugins"]}
    assert {"export_c", "export_tflm", "kit_virtual", "flash_pyocd"} <= set(plugins)
    assert {p["state"] for p in plugins.values()} == {"ready"}


def test_labels_in_many_scripts_travel_to_the_project(tmp_path):
    rng = np.random.default_rng(1)
    for label in ('say "hi"', "你好", "two words", "it's"):
        (tmp_path / "in" / label).mkdir(parents=True)
        for i in range(6):
            soundfile.write(tmp_path / "in" / label / f"{i}.wav", rng.standard_normal(8000) * 0.1, 16000)
    made = otolith("new", tmp_path / "p", "--from", tmp_path / "in", "--json")
    assert made.code == 0, made.err
    assert set(made.json()["labels"]) == {'say "hi"', "你好", "two words", "it's"}
    listed = otolith("report", tmp_path / "p", "--target", "virtual-m4", "--json")
    assert listed.code == 0, listed.err


def test_calibration_prints_its_score_and_its_rows(capsys):
    assert main(["calibration", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["scores"]["all"]["rows"] == len(said["rows"]) >= 30
    assert all(row["low"] < row["ms"] < row["high"] and row["source"] for row in said["rows"])
    assert main(["calibration"]) == 0
    shown = capsys.readouterr().out
    assert "median error" in shown and "not yet measured on silicon" in shown


def test_a_board_is_shown_with_its_sources(capsys):
    assert main(["boards", "pico", "numaker-gai-m55m1"]) == 0
    shown = capsys.readouterr().out
    assert "serial flash" in shown and "counted as cortex-m33" in shown
    assert main(["boards", "nowhere"]) == 2

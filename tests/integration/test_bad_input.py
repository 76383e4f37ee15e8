"""What a user can get wrong, at the command line: one clear message, the right exit code, nothing half-written."""

import errno
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from studio.__main__ import main
from studio.storage.folder import ProjectFolder
from tests.helpers.small_networks import unsupported_model


@pytest.fixture
def sample(tmp_path) -> Path:
    return ProjectFolder.copy_sample("keywords", tmp_path / "words").path


def refused(capsys, *args: object, code: int = 2) -> str:
    assert main([str(a) for a in args]) == code
    captured = capsys.readouterr()
    (_,) = [line for line in captured.err.splitlines() if line.startswith(f"otolith {args[0]}: ")]
    assert "Traceback" not in captured.err
    return captured.err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("project.toml", "mels = ", "melz = ", "melz"),
        ("project.toml", "schema = 1", "schema = 99", "newer"),
        ("project.toml", "schema = 1", "schema = = 1", "project.toml"),
        ("model.json", '"conv2d_1"]', '"conv2d_9"]', "conv2d_9"),
        ("model.json", '"kind": "conv2d"', '"kind": "conv9d"', "conv9d"),
        ("model.json", '"kernel": [5, 5]', '"kernel": [5, 0]', "kernel"),
        ("model.json", "]}", "", "model.json"),
    ],
)
def test_a_broken_project(file, old, new, says, sample, capsys):
    edit(sample / file, old, new)
    before = (sample / file).read_bytes()
    assert says in refused(capsys, "report", sample)
    assert (sample / file).read_bytes() == before


def test_a_keras_file_with_a_lambda(tmp_path, capsys):
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 49, 40, 1]}},
        {"class_name": "Lambda", "config": {"name": "sneaky", "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}},
    ]
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    said = refused(capsys, "report", tmp_path / "model.keras")
    assert "sneaky" in said
    assert "Lambda" in said


def test_a_board_file_with_a_wrong_unit(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path))
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "mine.toml").write_text(
        'schema = 1\nid = "mine"\nname = "Mine"\nextends = "nrf52840"\nclock = "64 megahertz"\n[sources]\nclock = "guess"\n'
    )
    said = refused(capsys, "boards")
    assert "mine.toml" in said
    assert "clock" in said
    assert "MHz" in said


def test_a_plugin_that_raises_at_import(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "plugins" / "broken"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(
        'schema = 1\n[plugin]\nid = "broken"\nname = "Broken"\nversion = "1"\napi = ">=1.0,<2"\n'
        '[[contributions]]\nkind = "exporter"\nid = "broken"\nobject = "broken.exporter:EXPORTER"\n'
    )
    (folder / "exporter.py").write_text("raise RuntimeError('on purpose')\n")
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path))
    assert main(["plugins"]) == 0
    assert "export_c" in capsys.readouterr().out
    assert main(["check-plugin", str(folder)]) == 1
    assert "on purpose" in capsys.readouterr().out
    assert "on purpose" in refused(capsys, "export", _any_model(tmp_path), "--with", "broken", "--out", tmp_path / "out", code=1)
    assert not (tmp_path / "out").exists()


def test_no_compiler(sample, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    said = refused(capsys, "validate", sample, "--target", "virtual-m4", "--toolchain", "gcc", code=3)
    assert "arm-none-eabi-gcc" in said


def test_an_exporter_that_is_not_there(sample, tmp_path, capsys):
    said = refused(capsys, "export", sample, "--with", "export_z", "--out", tmp_path / "out")
    assert "export_c" in said
    assert not (tmp_path / "out").exists()


def test_an_export_into_a_folder_with_other_things(sample, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert "not empty" in refused(capsys, "export", sample, "--with", "export_c", "--out", tmp_path / "mine", "--force")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("command", ["validate", "flash"])
def test_a_design_that_does_not_fit(command, sample, capsys):
    """Refused with the amount of each memory before a compiler starts; the kit is not even there."""
    said = refused(capsys, command, sample, "--target", "nucleo-l031k6")
    assert re.search(r"RAM: needs [\d.]+ KiB more than the 8.0 KiB there are", said)
    assert "choose a larger target" in said
    assert "compiling" not in said


@pytest.mark.parametrize(
    "command", [("validate", "--target", "virtual-m4"), ("flash", "--target", "virtual-m4"), ("export", "--with", "export_c")]
)
def test_an_operator_that_the_engine_lacks(command, tmp_path, capsys):
    """Named, with the way round, and nothing is written."""
    name, *options = command
    out = ("--out", tmp_path / "out") if name == "export" else ()
    said = refused(capsys, name, unsupported_model(tmp_path), *options, *out)
    assert "elu" in said
    assert "TFLM" in said
    assert "compiling" not in said
    assert not (tmp_path / "out").exists()


def test_a_name_that_would_break_out_of_c(tmp_path, capsys):
    path = _any_model(tmp_path).rename(tmp_path / 'a"; *\u2215 evil\n#error.tflite')
    assert main(["export", str(path), "--with", "export_c", "--out", str(tmp_path / "out")]) == 0
    done = subprocess.run(["make", "-s", "test"], cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_full_disk(tmp_path, monkeypatch, capsys):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    assert "disk is full" in refused(capsys, "demo", "--out", tmp_path / "demo")
    assert not (tmp_path / "demo").exists()
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_make_a_project_from(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    refused(capsys, "new", tmp_path / "p", "--from", tmp_path / "empty")
    assert not (tmp_path / "p").exists()
    assert "{label}" in refused(capsys, "new", tmp_path / "p", "--from", tmp_path / "empty", "--pattern", "{word}.wav")


def test_an_untrained_project_has_no_accuracy(sample, capsys):
    assert "train" in refused(capsys, "evaluate", sample)


def _any_model(tmp_path: Path) -> Path:
    from studio.blocks import registry
    from studio.blocks.templates import tiny_graph
    from studio.lower.graph import lower_graph
    from studio.lower.randomise import randomise
    from studio.lower.tflite import write_tflite

    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(randomise(lower_graph(tiny_graph((49, 40, 1), 4), registry(), (49, 40, 1)), 1)))
    return path

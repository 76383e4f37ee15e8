"""The wheel alone, away from the clone, takes the whole path on its own sample."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Build the wheel and unpack it: what pip would put into site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run(site: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "OTOLITH_TEST_DATA"} | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-P", "-m", "studio", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=280, encoding="utf-8")


def test_the_wheel_carries_what_it_needs(installed):
    names = {p.relative_to(installed / "studio" / "_bundle").parts[0] for p in (installed / "studio" / "_bundle").rglob("*")}
    assert names == {"plugins", "resources", "board_support"}
    (entry,) = installed.glob("*.dist-info/entry_points.txt")
    assert "otolith = studio.__main__:main" in entry.read_text()
    (licence,) = installed.glob("*.dist-info/licenses/LICENSE")
    assert "MIT" in licence.read_text()


def test_the_demo_ends_with_a_proof(installed, tmp_path):
    done = run(installed, tmp_path, "demo", "--epochs", "2")
    assert done.returncode == 0, done.stderr
    assert "kit outputs equal: 100/100" in done.stdout
    for words in ("accuracy, float", "accuracy, int8", "accuracy, kit", "MACs", "flash", "RAM", "instructions, network", "latency"):
        assert words in done.stdout
    project = tmp_path / "otolith-demo"
    report = json.loads(run(installed, tmp_path, "report", str(project), "--target", "virtual-m4", "--runtime", "c", "--json").stdout)
    assert report["macs"] > 1_000_000
    assert report["reports"][0]["provenance"] in ("estimated", "planned")
    evaluated = json.loads(run(installed, tmp_path, "evaluate", str(project), "--json").stdout)
    assert 0 <= evaluated["int8_accuracy"] <= 1
    assert evaluated["test_clips"] >= 100
    again = run(installed, tmp_path, "validate", str(project), "--target", "virtual-m4", "--inputs", "3", "--json")
    assert json.loads(again.stdout)["trained"] is True, again.stderr

"""What only a real screen shows: the desktop's own drag, and the window that the real command paints."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from studio.storage.folder import ProjectFolder
from tests.helpers import x_screen

ROOT = Path(__file__).resolve().parents[2]
ACCENT = (0x4C, 0x9F, 0xFE)
START_S, LINE_S = 40.0, 20.0

pytestmark = pytest.mark.skipif(bool(x_screen.missing()), reason=f"not installed: {x_screen.missing()}")


@pytest.fixture
def screen(tmp_path):
    with x_screen.Screen(tmp_path / "screen") as made:
        yield made


def test_the_palettes_card_is_dragged_onto_the_canvas(screen, tmp_path):
    project = ProjectFolder.copy_sample("keywords", tmp_path / "keywords").path
    command = [sys.executable, str(ROOT / "tests/helpers/x_window.py"), str(project)]
    with subprocess.Popen(command, env=screen.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as window:
        mouse = x_screen.Mouse(screen)
        try:
            places = json.loads(window.stdout.readline())
            mouse.drag(places["conv2d"], places["canvas"])
            kinds = json.loads(window.stdout.readline())["kinds"]
            assert kinds.count("conv2d") == 2
        finally:
            mouse.close()
            window.stdin.close()
            window.wait(LINE_S)


def test_the_real_command_paints_the_sample(screen, tmp_path):
    environment = {**screen.environment, "OTOLITH_HOME": str(tmp_path / "home")}
    window = subprocess.Popen([sys.executable, "-m", "studio"], cwd=ROOT, env=environment)
    try:
        picture = wait_for_paint(screen)
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 200
        assert (tmp_path / "home/projects/keywords/project.toml").is_file()
        window.send_signal(signal.SIGTERM)
        assert window.wait(LINE_S) == 0
    finally:
        window.kill()
        window.wait()


def wait_for_paint(screen) -> np.ndarray:
    """Return the picture once the Prove it button's colour is on the screen, and the plots after it."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        picture = screen.picture()
        if (picture == ACCENT).all(axis=2).sum() > 1000:
            time.sleep(1.5)
            return screen.picture()
        time.sleep(0.1)
    raise AssertionError("no window is painted")

"""The window is killed at random moments; whatever it had shown as done is there at the next start."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from studio.blocks import registry
from studio.storage.folder import ProjectFolder
from studio.storage.journal import state_digest
from studio.ui.document import Document
from tests.helpers.restless import RestlessUser

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="windows are forked")
KILLS = 20


@pytest.fixture
def zygote():
    """A process that forks windows."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "QT_QPA_PLATFORM": "offscreen", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.window_zygote"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        bufsize=1,
    )
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def killed_window(zygote, project, seed, seconds):
    """Open a window on the project, kill it so long after its first step, and return how many steps it had shown."""
    zygote.stdin.write(f"{project} {seed}\n")
    word, pid = zygote.stdout.readline().split()
    assert word == "window"
    while (line := zygote.stdout.readline()) != "done 1\n":
        assert line.startswith("done"), line
    time.sleep(seconds)
    os.kill(int(pid), signal.SIGKILL)
    last = 1
    while (line := zygote.stdout.readline()) != "ended\n":
        last = int(line.split()[1])
    return last


def digests_of(project, seed, steps):
    """What the same user shows after so many steps, and after one more."""
    document = Document(ProjectFolder.open(project, BLOCKS), BLOCKS)
    user = RestlessUser(document, seed)
    for _ in range(steps):
        user.step()
    shown = state_digest(document.state)
    user.step()
    following = state_digest(document.state)
    document.close(discard=True)
    return shown, following


BLOCKS = registry()


def test_nothing_shown_as_done_is_lost(qapp, zygote, tmp_path):
    clock = random.Random(2026)
    steps = 0
    for seed in range(KILLS):
        project = ProjectFolder.copy_sample("keywords", tmp_path / f"p{seed}").path
        twin = ProjectFolder.copy_sample("keywords", tmp_path / f"twin{seed}").path
        shown = killed_window(zygote, project, seed, clock.uniform(0, 0.4))
        reopened = Document(ProjectFolder.open(project, BLOCKS), BLOCKS)
        assert state_digest(reopened.state) in digests_of(twin, seed, shown), f"seed {seed}: step {shown} is lost"
        reopened.close(discard=True)
        steps += shown
    assert steps > 5 * KILLS

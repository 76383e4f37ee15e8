import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.core.errors import Cancelled, StudioError, ToolMissing
from studio.deploy.toolchain import run
from studio.jobs import QuietContext

FAMILY = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(p.pid, flush=True); time.sleep(60)"


class Stopped(QuietContext):
    def __init__(self, after):
        self.until = time.monotonic() + after

    @property
    def cancelled(self):
        return time.monotonic() > self.until


def alive(pid):
    state = Path(f"/proc/{pid}/status")
    return state.exists() and "State:\tZ" not in state.read_text()


def test_returns_code_and_words(tmp_path):
    code, said = run(
        [sys.executable, "-c", "import os; print(os.environ['A'], os.getcwd()); raise SystemExit(3)"], tmp_path, {"A": "b"}, 20
    )
    assert (code, said.strip()) == (3, f"b {tmp_path}")


def test_much_output_does_not_block(tmp_path):
    assert len(run([sys.executable, "-c", "print('x' * 1_000_000)"], tmp_path, {}, 20)[1]) == 1_000_001


@pytest.mark.skipif(sys.platform == "win32", reason="reads /proc")
def test_a_stopped_command_takes_its_children_along(tmp_path, monkeypatch):
    pids = []
    read = subprocess.Popen.communicate
    monkeypatch.setattr(subprocess.Popen, "communicate", lambda self, *a, **k: pids.append(self.pid) or read(self, *a, **k))
    started = time.monotonic()
    script = FAMILY.replace("print(p.pid, flush=True)", f"open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid))")
    with pytest.raises(Cancelled):
        run([sys.executable, "-c", script], tmp_path, {}, 60, Stopped(1.0))
    assert time.monotonic() - started < 5
    time.sleep(0.2)
    assert not alive(pids[0]) and not alive((tmp_path / "pid").read_text())


def test_time_runs_out(tmp_path):
    with pytest.raises(StudioError, match=r"did not end within 0\.5 s"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, {}, 0.5)


def test_a_command_that_is_not_there(tmp_path):
    with pytest.raises(ToolMissing) as caught:
        run([str(tmp_path / "absent")], tmp_path, {}, 5)
    assert "absent" in caught.value.where

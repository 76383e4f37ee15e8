import subprocess
import sys

import pytest

from studio.core.errors import InputError
from studio.storage.lock import lock

HOLD = "import sys, pathlib; from studio.storage.lock import lock\nwith lock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_two_processes_cannot_hold_it_and_the_holder_is_named(tmp_path, other):
    with pytest.raises(InputError, match=f"process {other.pid} on ") as caught, lock(tmp_path / "lock"):
        pytest.fail("entered")
    assert caught.value.hint


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path, other):
    other.kill()
    other.wait()
    with lock(tmp_path / "lock"):
        pass


def test_it_is_free_again_afterwards_and_a_second_holder_here_waits_for_nobody(tmp_path):
    with lock(tmp_path / "lock"), pytest.raises(InputError), lock(tmp_path / "lock"):
        pytest.fail("entered")
    with lock(tmp_path / "lock"):
        pass
    assert (tmp_path / "lock").read_bytes() == b""

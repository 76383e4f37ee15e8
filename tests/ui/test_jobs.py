import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.core.errors import Cancelled, InputError, JobFailed
from studio.ui import jobs
from studio.ui.jobs import JobList

ENTRY = "studio.testing.job_entries:"
posix = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")


@pytest.fixture
def job_list(app):
    made = JobList()
    yield made
    made.stop_all()


def ended(qtbot, job, seconds=20):
    if job.running:
        with qtbot.waitSignal(job.ended, timeout=seconds * 1000):
            pass
    return job


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def pids_of(qtbot, job):
    with qtbot.waitSignal(job.measured, timeout=20_000) as heard:
        pass
    return [int(pid) for pid in heard.args[1].values()]


def test_a_job_tells_how_far_it_is_and_gives_its_result(job_list, qtbot):
    job = job_list.start(ENTRY + "count", {"steps": 3}, "Counting")
    heard = {"progress": [], "metric": [], "log": [], "made": []}
    job.progressed.connect(lambda fraction, message, left: heard["progress"].append((fraction, message)))
    job.measured.connect(lambda name, values: heard["metric"].append(values))
    job.logged.connect(heard["log"].append)
    job.made.connect(lambda kind, path: heard["made"].append((kind, path)))
    assert job_list.running() == [job]
    with qtbot.waitSignal(job.done, timeout=20_000) as done:
        pass
    assert done.args == [{"count": 3, "cancelled": False}]
    assert heard["progress"][-1] == (1.0, "step 3")
    assert [v["number"] for v in heard["metric"]] == [1, 2, 3]
    assert heard["log"] == job.log_lines == ["counted"]
    assert heard["made"] == [("text", "count.txt")]
    assert job_list.running() == []
    assert job.ended_at >= job.started_at


def test_a_failure_keeps_its_kind_hint_and_place(job_list, qtbot):
    job = ended(qtbot, job_list.start(ENTRY + "fail", {"kind": "InputError"}, "Training"))
    assert isinstance(job.error, InputError)
    assert (job.error.where, job.error.hint) == ("conv_3", "make it smaller")
    assert job.result is None


@posix
def test_a_job_that_somebody_kills_has_failed_with_its_last_words(job_list, qtbot):
    job = job_list.start(ENTRY + "sleep_deaf", {}, "Training")
    child, grandchild = pids_of(qtbot, job)
    os.kill(child, signal.SIGKILL)
    ended(qtbot, job)
    assert isinstance(job.error, JobFailed)
    assert "Training was ended by signal 9 (SIGKILL)" in str(job.error)
    qtbot.waitUntil(lambda: not alive(grandchild), timeout=5000)


@posix
def test_a_fault_in_native_code_shows_the_log(job_list, qtbot):
    job = ended(qtbot, job_list.start(ENTRY + "crash", {"signal": int(signal.SIGSEGV)}, "Proving"))
    assert "SIGSEGV" in str(job.error)
    assert "about to fall" in job.error.traceback


def test_a_job_that_ends_without_a_word_has_failed(job_list, qtbot):
    job = ended(qtbot, job_list.start(ENTRY + "exit_without_word", {}, "Proving"))
    assert "exit code 7 and no result" in str(job.error)
    assert job.error.hint == "its last words: bye"


def test_a_cancel_keeps_what_is_good(job_list, qtbot):
    job = job_list.start(ENTRY + "count", {"steps": 1000, "step_s": 0.02}, "Training")
    with qtbot.waitSignal(job.progressed, timeout=20_000):
        pass
    job.cancel()
    ended(qtbot, job)
    assert job.result["cancelled"]
    assert 1 <= job.result["count"] < 1000


@posix
def test_a_job_deaf_to_a_cancel_is_ended_with_all_that_it_started(job_list, qtbot, monkeypatch):
    monkeypatch.setattr(jobs, "GRACE_MS", 200)
    job = job_list.start(ENTRY + "sleep_deaf", {"apart": True}, "Flashing")
    pids = pids_of(qtbot, job)
    job.cancel()
    ended(qtbot, job)
    assert isinstance(job.error, Cancelled)
    qtbot.waitUntil(lambda: not any(map(alive, pids)), timeout=5000)


@posix
def test_what_a_job_leaves_behind_ends_with_it(job_list, qtbot):
    job = job_list.start(ENTRY + "sleep_deaf", {"leave": True}, "Exporting")
    _, grandchild = pids_of(qtbot, job)
    ended(qtbot, job)
    assert job.result == {}
    qtbot.waitUntil(lambda: not alive(grandchild), timeout=5000)


@pytest.mark.parametrize("wait", [False, True])
def test_the_windows_end_ends_its_jobs(job_list, qtbot, wait):
    job = job_list.start(ENTRY + "sleep_deaf", {}, "Training")
    pids = pids_of(qtbot, job) if wait else []
    job_list.stop_all()
    assert not job.running
    assert isinstance(job.error, Cancelled)
    qtbot.waitUntil(lambda: not any(map(alive, pids)), timeout=5000)


def test_a_python_that_is_gone_is_said(job_list, qtbot, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    job = job_list.start(ENTRY + "count", {"steps": 1}, "Training")
    ended(qtbot, job)
    assert "could not be started" in str(job.error)


def test_the_log_of_a_talkative_job_is_cut_at_its_head(job_list, qtbot, monkeypatch):
    monkeypatch.setattr(jobs, "LOG_LINES", 3)
    job = ended(qtbot, job_list.start(ENTRY + "count", {"steps": 1}, "Counting"))
    for number in range(10):
        job._hear(b'{"event": "log", "text": "line %d"}' % number)
    assert job.log_lines == ["line 7", "line 8", "line 9"]


ORPHAN = """
import sys
from PySide6.QtCore import QCoreApplication
from studio.ui.jobs import JobList
app = QCoreApplication([])
job = JobList().start("studio.testing.job_entries:sleep_deaf", {}, "Training")
job.measured.connect(lambda name, values: print(*(int(v) for v in values.values()), flush=True))
app.exec()
"""


@posix
def test_a_job_whose_window_was_killed_ends_by_itself():
    window = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in window.stdout.readline().split()]
    assert len(pids) == 2
    assert all(map(alive, pids))
    window.kill()
    window.communicate()
    deadline = time.monotonic() + 20
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, "the job outlived its window"
        time.sleep(0.1)

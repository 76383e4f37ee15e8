"""Jobs in real child processes: results, errors, cancelling, crashes, and nothing left behind."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from studio.core import errors
from studio.jobs import Artifact, JobSpec, Log, Metric, Progress, Started, run
from studio.jobs.parent import command, environment

ENTRIES = "studio.testing.job_entries"


def spec(function: str, **args) -> JobSpec:
    return JobSpec(f"{ENTRIES}:{function}", args, name=function)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    end = time.monotonic() + 3
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_result_and_events():
    events = []
    assert run(spec("count", steps=3), events.append) == {"count": 3, "cancelled": False}
    assert isinstance(events[0], Started) and events[0].name == "count"
    assert [e.message for e in events if isinstance(e, Progress)] == ["step 1", "step 2", "step 3"]
    assert [e.values for e in events if isinstance(e, Metric)][-1] == {"number": 3, "undefined": None}
    assert Artifact("text", "count.txt") in events and Log("counted") in events


def test_prints_cannot_break_the_protocol(tmp_path):
    log = tmp_path / "log.txt"
    events = []
    assert run(spec("print_much", read=True), events.append, log=log) == {"stdin": ""}
    assert not [e for e in events if isinstance(e, Log)]
    assert {"raw words", "words of a grandchild"} <= set(log.read_text().splitlines())


def test_numpy_becomes_json_and_other_things_fail():
    assert run(spec("arrays")) == {"array": [0, 1, 2], "scalar": 0.5, "path": "a"}
    with pytest.raises(errors.JobFailed, match="object is no JSON"):
        run(spec("arrays", bad=True))


@pytest.mark.parametrize("kind", ["InputError", "ToolMissing", "CheckFailed", "ParameterError"])
def test_studio_error_is_the_same_on_this_side(kind):
    with pytest.raises(errors.StudioError) as caught:
        run(spec("fail", kind=kind))
    error = caught.value
    assert type(error) is getattr(errors, kind)
    assert (error.message, error.hint, error.where) == ("it does not fit", "make it smaller", "conv_3")


def test_bug_carries_its_traceback():
    with pytest.raises(errors.JobFailed, match="ZeroDivisionError") as caught:
        run(spec("fail", kind="bug"))
    assert "1 / 0" in caught.value.traceback and caught.value.exit_code == 1


def test_file_and_module_trouble_have_a_way_out(tmp_path):
    with pytest.raises(errors.InputError) as caught:
        run(spec("fail", kind="file", path=str(tmp_path / "no" / "file")))
    assert caught.value.where.endswith("file") and caught.value.hint
    with pytest.raises(errors.ToolMissing, match="no_such_module") as caught:
        run(spec("fail", kind="module"))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_crash_names_the_signal_and_shows_the_log(number):
    with pytest.raises(errors.JobFailed, match=signal.Signals(number).name) as caught:
        run(spec("crash", signal=int(number)))
    assert "about to fall" in caught.value.traceback


def test_exit_without_a_word():
    with pytest.raises(errors.JobFailed, match="exit code 7") as caught:
        run(spec("exit_without_word"))
    assert "bye" in caught.value.hint


def test_graceful_cancel_keeps_the_result_so_far():
    cancel = threading.Event()

    def stop_at_two(event):
        if isinstance(event, Progress) and event.message == "step 2":
            cancel.set()

    result = run(spec("count", steps=1000, step_s=0.02), stop_at_two, cancel)
    assert result["cancelled"] and 2 <= result["count"] < 100


@pytest.mark.parametrize("apart", [False, True])
def test_deaf_job_is_ended_with_its_grandchild(apart):
    cancel, pids = threading.Event(), {}

    def on_event(event):
        if isinstance(event, Metric):
            pids.update(event.values)
            cancel.set()

    with pytest.raises(errors.Cancelled):
        run(spec("sleep_deaf", apart=apart), on_event, cancel, grace_s=0.2)
    assert pids and all(gone(int(pid)) for pid in pids.values())


def test_grandchild_left_by_a_done_job_is_ended():
    pids = {}
    run(spec("sleep_deaf", leave=True), lambda e: pids.update(e.values) if isinstance(e, Metric) else None)
    assert gone(int(pids["grandchild"]))


def test_timeout():
    with pytest.raises(errors.JobFailed, match=r"took longer than 0.5 s"):
        run(spec("sleep_deaf"), timeout=0.5, grace_s=0.1)


def test_error_in_the_listener_ends_the_child():
    seen = []

    def on_event(event):
        if isinstance(event, Metric):
            seen.append(int(event.values["child"]))
            raise ValueError("the window fell over")

    with pytest.raises(ValueError, match="fell over"):
        run(spec("sleep_deaf"), on_event)
    assert gone(seen[0])


def test_a_job_that_still_speaks_may_finish_saving():
    cancel = threading.Event()

    def on_event(event):
        if isinstance(event, Metric):
            cancel.set()

    assert run(spec("save_slowly", steps=6, step_s=0.4), on_event, cancel, grace_s=1.2) == {"kept": 6}


def test_ctrl_c_cancels_gracefully():
    def press(event):
        if isinstance(event, Progress) and event.message == "step 2":
            raise KeyboardInterrupt

    assert run(spec("count", steps=1000, step_s=0.02), press)["cancelled"]


def test_second_ctrl_c_kills():
    def press(event):
        if isinstance(event, Metric | Log):
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(errors.Cancelled):
        run(spec("sleep_deaf"), press, grace_s=60)
    assert time.monotonic() - start < 5


def test_no_descriptor_is_left():
    run(spec("count", steps=1))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        run(spec("count", steps=1))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("entry", ["os:system", "studio:main", "studio.jobs", "studiox.a:b", "studio.a:b.c", "studio.a.__import__('x'):b"])
def test_entries_outside_the_studio_are_refused(entry, tmp_path):
    with pytest.raises(errors.InputError, match="no entry of the studio"):
        run(JobSpec(entry))
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"entry": entry}))
    done = subprocess.run(command(job), stdin=subprocess.PIPE, capture_output=True, env=environment(), text=True)
    assert done.returncode == 2 and "no entry of the studio" in done.stdout


def test_missing_entry_function_and_module():
    with pytest.raises(errors.JobFailed, match="no function nothing"):
        run(spec("nothing"))
    with pytest.raises(errors.JobFailed, match=r"No module named 'studio\.nowhere'"):
        run(JobSpec("studio.nowhere:run"))


def test_arguments_that_are_no_json():
    with pytest.raises(errors.InputError, match="no JSON"):
        run(spec("count", steps=object()))


def test_modules_of_the_working_folder_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "msgspec.py").write_text("raise SystemExit('code from a folder was run')")
    monkeypatch.chdir(tmp_path)
    assert run(spec("count", steps=1))["count"] == 1


def test_orphan_hears_of_its_parents_end(tmp_path):
    """A parent that is killed leaves no job behind that can hear."""
    code = f"from studio.jobs import *; run(JobSpec('{ENTRIES}:count', dict(steps=10000, step_s=0.02)), lambda e: print(e, flush=True))"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment(), text=True)
    pid = int(parent.stdout.readline().partition("pid=")[2].rstrip(")\n"))
    parent.kill()
    parent.communicate()
    assert gone(pid)

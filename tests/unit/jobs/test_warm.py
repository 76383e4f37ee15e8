"""The warm child: one process, many jobs."""

import subprocess

import pytest

from studio.jobs.events import Done, Failed, JobSpec, Progress, Started, decode_event, encode_spec
from studio.jobs.parent import environment, warm_command

COUNT = "studio.testing.job_entries:count"


@pytest.fixture
def child():
    """A warm child; what it says comes by `heard`."""
    made = subprocess.Popen(
        warm_command("studio.testing.job_entries"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    with made:
        yield made
        made.kill()


def ask(child, entry, **args):
    child.stdin.write(encode_spec(JobSpec(entry, args, "work")) + b"\n")
    child.stdin.flush()


def heard(child, *kinds):
    """What it says up to one of these kinds."""
    for line in child.stdout:
        event = decode_event(line)
        if isinstance(event, kinds):
            return event
        assert not isinstance(event, Done | Failed), event
    raise AssertionError("it ended")


def test_it_does_one_job_after_another_in_one_process(child):
    ask(child, COUNT, steps=3)
    first = heard(child, Started)
    assert heard(child, Done).result
    ask(child, COUNT, steps=3)
    assert heard(child, Started).pid == first.pid == child.pid
    assert heard(child, Done).result


def test_a_cancel_is_for_the_job_asked_for_before_it(child):
    ask(child, COUNT, steps=10_000, step_s=0.01)
    heard(child, Progress)
    child.stdin.write(b"cancel\n")
    ask(child, COUNT, steps=3)
    assert heard(child, Done).result["cancelled"]
    assert heard(child, Done).result == {"count": 3, "cancelled": False}


def test_what_is_no_job_is_said_and_the_next_one_is_done(child):
    child.stdin.write(b"nonsense\n")
    child.stdin.flush()
    assert "this is no job" in heard(child, Failed).message
    ask(child, "studio.testing.job_entries:fail", kind="InputError")
    assert heard(child, Failed)
    ask(child, COUNT, steps=2)
    assert heard(child, Done).result


def test_it_ends_with_its_stdin(child):
    ask(child, COUNT, steps=2)
    heard(child, Done)
    child.stdin.close()
    assert child.wait(5) == 0

"""The child process's main: load a job's entry by name, run it, say its events (the package's docstring has the protocol)."""

import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from studio.core.errors import JobFailed
from studio.jobs.border import as_studio_error
from studio.jobs.context import EventContext
from studio.jobs.events import Done, Event, JobSpec, Started, encode_event, failure, read_spec

ORPHAN_GRACE_S = 10.0
NICE = "OTOLITH_JOB_NICE"


class Voice:
    """Writes events, one a line, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, event: Event) -> None:
        """Write the event now; a parent that is gone is no error here."""
        line = encode_event(event)
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except BrokenPipeError:
                pass


def main(argv: list[str] | None = None) -> int:
    """Run the job of the file that argv names; return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if len(argv) != 1:
        print("usage: python -m studio.jobs.child job.json", file=sys.stderr)
        return 2
    step_back()
    voice = Voice(take_stdout())
    cancel = threading.Event()
    threading.Thread(target=_listen, args=(take_stdin(), cancel), daemon=True, name="job-stdin").start()
    return do_job(lambda: read_spec(Path(argv[0])), voice, cancel)


def do_job(read: Callable[[], JobSpec], voice: Voice, cancel: threading.Event) -> int:
    """Read a job, do it, say its events and its end; return the exit code."""
    try:
        spec = read()
        voice.say(Started(spec.name or spec.entry, os.getpid()))
        result = load_entry(spec)(spec.args, EventContext(voice.say, cancel))
        _say_result(voice, result)
    except Exception as error:  # noqa: BLE001 - the border of the child: the parent must hear of whatever happened
        said = failure(as_studio_error(error), traceback.format_exc())
        print(said.traceback, file=sys.stderr)
        voice.say(said)
        return said.exit_code
    return 0


def _say_result(voice: Voice, result: Any) -> None:
    if not isinstance(result, dict):
        raise TypeError(f"the job returned {type(result).__name__}, not a dict")
    voice.say(Done(result))


def load_entry(spec: JobSpec) -> Callable[..., Any]:
    """Import the entry's module and return its function."""
    module, _, name = spec.entry.partition(":")
    function = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise JobFailed(f"{module} has no function {name}", where=spec.entry)
    return function


def step_back() -> None:
    """Let a window that waits for this job go first where both want a core."""
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get(NICE, "0")))


def take_stdout() -> BinaryIO:
    """Keep stdout for events alone: what anybody prints from here on, grandchildren too, goes to stderr."""
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return events


def take_stdin() -> BinaryIO:
    """Keep stdin for the parent's word alone."""
    words = os.fdopen(os.dup(0), "rb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return words


def _listen(words: BinaryIO, cancel: threading.Event) -> None:
    for line in words:
        if line.strip() == b"cancel":
            cancel.set()
    cancel.set()
    time.sleep(ORPHAN_GRACE_S)
    end_group()


def end_group() -> None:
    """End this orphan with its children; as no leader of a group, this process alone."""
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())

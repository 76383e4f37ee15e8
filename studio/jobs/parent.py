"""The parent's side: start a child, pass its events on, cancel it, and end with its result or its error."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from studio.core.errors import Cancelled, JobFailed
from studio.jobs.events import Done, Event, Failed, JobSpec, decode_event, to_error, write_spec

GRACE_S = 5.0
TERMINATE_S = 2.0
POLL_S = 0.05
LINGER_S = 10.0
TAIL_LINES = 25

QUIET_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUTF8": "1",
}

OnEvent = Callable[[Event], None]


def command(job_file: Path) -> list[str]:
    """Return the command of the child for a job's file; the folder it is started in is not searched for modules."""
    return [sys.executable, "-P", "-X", "faulthandler", "-m", "studio.jobs.child", str(job_file)]


def warm_command(*modules: str) -> list[str]:
    """Return the command of a warm child that imports these modules before its first job."""
    return [sys.executable, "-P", "-X", "faulthandler", "-m", "studio.jobs.warm", *modules]


def environment() -> dict[str, str]:
    """Return the child's environment: ours, the studio importable, libraries quiet; what the user set stands."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(dict.fromkeys([root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]))
    return {**QUIET_ENVIRONMENT, **os.environ, "PYTHONPATH": path}


def run(
    spec: JobSpec,
    on_event: OnEvent | None = None,
    cancel: threading.Event | None = None,
    timeout: float | None = None,
    log: Path | None = None,
    grace_s: float = GRACE_S,
) -> dict[str, Any]:
    """Run the job in a child process and return its result.

    `on_event` gets each event in the calling thread. `cancel`, once set, or Ctrl-C asks the job to stop; it may still return a
    result so far. `timeout` in seconds; `log` is the file that gets the child's stderr, kept after the job.
    Raises the StudioError that the job raised, Cancelled, or JobFailed with the log's last lines where the child crashed.
    """
    with tempfile.TemporaryDirectory(prefix="otolith-job-") as temp:
        job_file = Path(temp) / "job.json"
        write_spec(spec, job_file)
        log_file = log or Path(temp) / "log.txt"
        child = _Child(job_file, log_file)
        try:
            last = _follow(child, on_event or _ignore, cancel or threading.Event(), timeout, grace_s)
            child.wait()
        finally:
            child.close()
        return _outcome(spec, last, child, log_file)


class _Child:
    """The process, its group, and a thread that reads its lines."""

    def __init__(self, job_file: Path, log_file: Path) -> None:
        with log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command(job_file), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment(), **_own_group()
            )
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.stop_reason = ""
        self._reader = threading.Thread(target=_read, args=(self.process.stdout, self.lines), name="job-events")
        self._reader.start()

    def ask_to_cancel(self) -> None:
        with contextlib.suppress(OSError):  # it has ended already
            self.process.stdin.write(b"cancel\n")
            self.process.stdin.flush()

    def terminate(self) -> None:
        self._signal(getattr(signal, "SIGTERM", 15))

    def kill(self) -> None:
        self._signal(getattr(signal, "SIGKILL", 9))

    def _signal(self, number: int) -> None:
        signal_group(self.process.pid, number, self.process.returncode is not None)

    def wait(self) -> None:
        """Let it end by itself, for its exit code's sake, once it has closed its stdout."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LINGER_S)

    def close(self) -> None:
        """Leave nothing behind: no process of the group, no thread, no open pipe."""
        self.kill()
        self.process.wait()
        self.kill()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # unwritten words to a child that has ended
                pipe.close()


class _Stop:
    """The steps by which a job is made to end: ask, terminate, kill."""

    def __init__(self, child: _Child, grace_s: float) -> None:
        self._child = child
        self._steps: list[tuple[float, Callable[[], None]]] = []
        self._grace_s = grace_s

    @property
    def begun(self) -> bool:
        return bool(self._child.stop_reason)

    def begin(self, reason: str) -> None:
        self._child.stop_reason = reason
        self._child.ask_to_cancel()
        self._plan_end()

    def _plan_end(self) -> None:
        now = time.monotonic()
        self._steps = [(now + self._grace_s, self._child.terminate), (now + self._grace_s + TERMINATE_S, self._child.kill)]

    def heard(self) -> None:
        """A job that still speaks after a cancel is keeping what is good: its grace begins anew."""
        if self._child.stop_reason == "cancelled" and len(self._steps) == 2:
            self._plan_end()

    def linger(self) -> None:
        """The last word is said: a thread left behind shall not keep the child alive."""
        self._steps = [(time.monotonic() + LINGER_S, self._child.kill)]

    def hurry(self) -> None:
        self._steps = []
        self._child.kill()

    def step(self) -> None:
        while self._steps and time.monotonic() >= self._steps[0][0]:
            self._steps.pop(0)[1]()


def _follow(child: _Child, on_event: OnEvent, cancel: threading.Event, timeout: float | None, grace_s: float) -> Event | None:
    """Pass events on until the child has ended; return its last word."""
    stop = _Stop(child, grace_s)
    deadline = time.monotonic() + timeout if timeout is not None else float("inf")
    last: Event | None = None
    while True:
        try:
            line = _next_line(child)
            if line is None:
                return last
            if line:
                event = decode_event(line)
                if isinstance(event, Done | Failed):
                    last = event
                    stop.linger()
                elif stop.begun:
                    stop.heard()
                on_event(event)
            if last is None and not stop.begun:
                _begin_stop(stop, cancel, timeout, deadline)
            stop.step()
        except KeyboardInterrupt:
            stop.hurry() if stop.begun else stop.begin("cancelled")


def _begin_stop(stop: _Stop, cancel: threading.Event, timeout: float | None, deadline: float) -> None:
    if cancel.is_set():
        stop.begin("cancelled")
    elif time.monotonic() > deadline:
        stop.begin(f"took longer than {timeout:g} s")


def _next_line(child: _Child) -> bytes | None:
    """Return a line, b"" where none came for a moment, or None at the end."""
    try:
        return child.lines.get(timeout=POLL_S)
    except queue.Empty:
        if child.process.poll() is not None:
            child.kill()  # a grandchild could hold the pipe open
        return b""


def _outcome(spec: JobSpec, last: Event | None, child: _Child, log_file: Path) -> dict[str, Any]:
    name = spec.name or spec.entry
    if isinstance(last, Done) and not child.stop_reason.startswith("took"):
        return last.result
    if child.stop_reason == "cancelled":
        raise to_error(last) if isinstance(last, Failed) and last.kind != "Cancelled" else Cancelled(f"{name} was cancelled")
    if child.stop_reason:
        raise JobFailed(f"{name} {child.stop_reason}", hint="give it more time, or less work", traceback=tail(log_file))
    if isinstance(last, Failed):
        raise to_error(last)
    raise crash(name, child.process.returncode, log_file)


def crash(name: str, code: int, log_file: Path) -> JobFailed:
    """Return the error of a child that ended without a last word; `code` is below 0 for a signal, as subprocess has it."""
    words = tail(log_file)
    how = f"was ended by signal {-code} ({_signal_name(-code)})" if code < 0 else f"ended with exit code {code} and no result"
    last = words.strip().splitlines()[-1:] or ["nothing was printed"]
    return JobFailed(f"{name} {how}", hint=f"its last words: {last[0]}", traceback=words)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


def tail(log_file: Path) -> str:
    """Return the last lines of a job's log."""
    try:
        return "\n".join(log_file.read_text("utf-8", "replace").splitlines()[-TAIL_LINES:])
    except OSError:
        return ""


def _own_group() -> dict[str, Any]:
    """Ctrl-C in the terminal reaches the parent alone, and the child's own children end with it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def signal_group(pid: int, number: int, ended: bool = False) -> None:
    """Signal a job's process and all that it started; `ended` says that only those are left."""
    if sys.platform == "win32":
        if not ended:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
        return
    apart = [] if ended else _descendants(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended; macOS says PermissionError for zombies
        os.killpg(pid, number)
    for other in apart:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(other, number)


def _descendants(pid: int) -> list[int]:
    """List the process's children and theirs, so that those with a group of their own end too; [] where there is no /proc."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _read(pipe: BinaryIO, lines: "queue.SimpleQueue[bytes | None]") -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)


def _ignore(event: Event) -> None:
    pass

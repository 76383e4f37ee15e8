"""Jobs as the window sees them: a child process each, its events as signals, a list of them all."""

import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from studio.core.errors import Cancelled, JobFailed, StudioError
from studio.jobs.child import NICE
from studio.jobs.events import Artifact, Done, Failed, JobSpec, Log, Metric, Progress, decode_event, to_error, write_spec
from studio.jobs.parent import command, crash, environment, signal_group

TRAINING = "studio.ml.train:run"
GRACE_MS = 5000
KILL_MS = 2000
LINGER_MS = 10_000
LOG_LINES = 5000


class Work(QObject):
    """What the list of jobs shows of a piece of work: how far it is, what it said, how it ended."""

    progressed = Signal(float, str, object)
    measured = Signal(str, object)
    logged = Signal(str)
    made = Signal(str, str)
    done = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, entry: str, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entry, self.title = entry, title
        self.started_at = time.monotonic()
        self.ended_at: float | None = None
        self.fraction, self.message, self.seconds_left = 0.0, "starting", None
        self.running, self.cancelled = True, False
        self.result: dict[str, Any] | None = None
        self.error: StudioError | None = None
        self.log_lines: list[str] = []

    def cancel(self) -> None:
        """Ask it to stop."""

    def kill(self) -> None:
        """End it now."""

    def log(self, text: str) -> None:
        """Keep a line of what it said."""
        del self.log_lines[: -LOG_LINES + 1]
        self.log_lines.append(text)
        self.logged.emit(text)


class Job(Work):
    """One job: starts at once, says what happens, ends with exactly one of `done` and `failed`."""

    def __init__(self, entry: str, args: Mapping[str, Any], title: str, parent: QObject | None = None) -> None:
        super().__init__(entry, title, parent)
        self._last: Done | Failed | None = None
        self._pending = b""
        self._pid = 0
        self._terminated = False
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._lose_patience)
        self._folder = tempfile.TemporaryDirectory(prefix="otolith-job-")
        job_file = Path(self._folder.name) / "job.json"
        write_spec(JobSpec(entry, dict(args), title), job_file)
        self._log_file = Path(self._folder.name) / "log.txt"
        self._process = child_process(self, self._log_file)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._not_started)
        program, *arguments = command(job_file)
        self._process.start(program, arguments)
        self._pid = self._process.processId()

    def cancel(self) -> None:
        """Ask the work to stop and keep what is good; where it falls silent for 5 s, terminate it, then kill it."""
        if not self.running or self.cancelled:
            return
        self.cancelled = True
        self._process.write(b"cancel\n")
        self._patience.start(GRACE_MS)

    def kill(self) -> None:
        """End it now, with everything that it started; for the window's own end."""
        if self.running:
            self.cancelled = True
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            self._process.kill()  # one that has no group of its own yet
            self._process.waitForFinished(3000)

    def _lose_patience(self) -> None:
        if self._terminated or self._last is not None:
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            return
        self._terminated = True
        self._signal(signal.SIGTERM)
        self._patience.start(KILL_MS)

    def _signal(self, number: int) -> None:
        if self._pid:
            signal_group(self._pid, number, ended=self._process.state() == QProcess.ProcessState.NotRunning)

    def _read(self) -> None:
        *lines, self._pending = (self._pending + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        event = decode_event(line)
        if self.cancelled and self._patience.isActive() and not self._terminated:
            self._patience.start(GRACE_MS)  # it still speaks: it is keeping what is good
        if isinstance(event, Progress):
            self.fraction, self.message, self.seconds_left = event.fraction, event.message, event.seconds_left
            self.progressed.emit(event.fraction, event.message, event.seconds_left)
        elif isinstance(event, Metric):
            self.measured.emit(event.name, event.values)
        elif isinstance(event, Log):
            self.log(event.text)
        elif isinstance(event, Artifact):
            self.made.emit(event.kind, event.path)
        elif isinstance(event, Done | Failed):
            self._last = event
            self._patience.start(LINGER_MS)  # a thread left behind shall not keep it alive

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._finish(127, QProcess.ExitStatus.NormalExit)

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        if not self.running:
            return
        self._read()
        self._patience.stop()
        self.running, self.ended_at = False, time.monotonic()
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))  # what it started and left behind
        if isinstance(self._last, Done):
            self.result = self._last.result
        else:
            self.error = self._why(-code if status == QProcess.ExitStatus.CrashExit else code)
        self._folder.cleanup()
        if self.result is not None:
            self.done.emit(self.result)
        else:
            self.failed.emit(self.error)
        self.ended.emit()

    def _why(self, code: int) -> StudioError:
        if isinstance(self._last, Failed) and not (self.cancelled and self._last.kind == "Cancelled"):
            return to_error(self._last)
        if self.cancelled:
            return Cancelled(f"{self.title} was cancelled")
        if self._process.error() == QProcess.ProcessError.FailedToStart:
            return JobFailed(f"{self.title} could not be started: {self._process.errorString()}", hint="is this Python still installed?")
        return crash(self.title, code, self._log_file)


class JobList(QObject):
    """All jobs of the session, newest last."""

    added = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[Work] = []

    def start(self, entry: str, args: Mapping[str, Any], title: str) -> Job:
        """Start a job."""
        job = Job(entry, args, title, self)
        self.jobs.append(job)
        job.progressed.connect(lambda *_: self.changed.emit())
        job.ended.connect(self.changed.emit)
        self.added.emit(job)
        self.changed.emit()
        return job

    def note_failure(self, entry: str, title: str, error: StudioError) -> None:
        """List work that failed in the background; the same failure again is a line in its log."""
        known = next((j for j in self.jobs if (j.entry, j.title, str(j.error)) == (entry, title, str(error))), None)
        if known is not None:
            known.log(f"again at {time.strftime('%H:%M:%S')}")
            return
        work = Work(entry, title, self)
        work.running, work.error, work.ended_at = False, error, work.started_at
        self.jobs.append(work)
        self.added.emit(work)
        self.changed.emit()

    def running(self) -> list[Work]:
        """List the jobs that run."""
        return [j for j in self.jobs if j.running]

    def forget_ended(self) -> None:
        """Take the jobs that ended off the list."""
        self.jobs = self.running()
        self.changed.emit()

    def stop_all(self) -> None:
        """End every job now."""
        for job in self.running():
            job.kill()


def child_process(parent: QObject, log_file: Path, variables: Mapping[str, str] = MappingProxyType({})) -> QProcess:
    """Make a process that leads a group of its own, steps back behind the window, and writes its stderr to a file; `variables` are its own."""
    made = QProcess(parent)
    surroundings = QProcessEnvironment()
    for name, value in {NICE: "10", **environment(), **variables}.items():
        surroundings.insert(name, value)
    made.setProcessEnvironment(surroundings)
    made.setStandardErrorFile(str(log_file))
    if sys.platform != "win32":
        parameters = QProcess.UnixProcessParameters()
        parameters.flags = QProcess.UnixProcessFlag.CreateNewSession
        made.setUnixProcessParameters(parameters)
    return made

"""A warm child of the window: one process that does background jobs, one at a time, behind everything else."""

import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from studio.core.errors import Cancelled, JobFailed, StudioError
from studio.jobs.child import NICE
from studio.jobs.events import Done, Failed, JobSpec, decode_event, encode_spec, to_error
from studio.jobs.parent import crash, signal_group, warm_command
from studio.ui.jobs import child_process

GRACE_MS = 5000
LEAST_PRIORITY = "19"


class WarmChild(QObject):
    """Starts when it is first wanted and stays until `stop`. `answered` carries a job's result, or its StudioError, once for each `ask`.

    Its passing files lie in a folder that goes with it.
    """

    answered = Signal(object)

    def __init__(self, title: str, modules: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title, self._modules = title, modules
        self.busy = self._cancelled = False
        self._process: QProcess | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pending = b""
        self._patience = QTimer(self, interval=GRACE_MS, singleShot=True)
        self._patience.timeout.connect(self._kill)

    def start(self) -> None:
        """Start the process, so that its imports are done when the first job comes."""
        if self._process is not None:
            return
        self._folder = tempfile.TemporaryDirectory(prefix="otolith-warm-", ignore_cleanup_errors=True)
        self._pending = b""
        self._process = process = child_process(self, self._log_file, {NICE: LEAST_PRIORITY, "TMPDIR": self._folder.name})
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._not_started)
        program, *arguments = warm_command(*self._modules)
        process.start(program, arguments)

    def ask(self, entry: str, args: Mapping[str, Any]) -> None:
        """Do a job; one at a time."""
        assert not self.busy
        self.busy, self._cancelled = True, False
        self.start()
        if self._process is not None:
            self._process.write(encode_spec(JobSpec(entry, dict(args), self.title)) + b"\n")

    def cancel(self) -> None:
        """Ask the job to stop; where no answer comes for 5 s, end the process: the next job starts another."""
        if self.busy and not self._cancelled:
            self._cancelled = True
            self._process.write(b"cancel\n")
            self._patience.start()

    def stop(self) -> None:
        """End the process now, with everything that it started, and say nothing more."""
        self.busy = False
        if self._process is not None:
            self._process.blockSignals(True)
            self._kill()
            self._process.waitForFinished(3000)
            self._forget()

    @property
    def _log_file(self) -> Path:
        return Path(self._folder.name) / "log.txt"

    def _read(self) -> None:
        *lines, self._pending = (self._pending + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            event = decode_event(line)
            if isinstance(event, Done):
                self._answer(event.result)
            elif isinstance(event, Failed):
                self._answer(to_error(event))

    def _answer(self, said: dict[str, Any] | StudioError) -> None:
        if self.busy:
            self.busy = False
            self._patience.stop()
            self.answered.emit(said)

    def _kill(self) -> None:
        if self._process is None:
            return
        pid = self._process.processId()
        if pid:
            signal_group(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.kill()  # one that has no group of its own yet

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            why = JobFailed(f"{self.title} could not be started: {self._process.errorString()}", hint="is this Python still installed?")
            self._forget()
            self._answer(why)

    def _ended(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        crashed = status == QProcess.ExitStatus.CrashExit
        why = Cancelled(f"{self.title} was cancelled") if self._cancelled else crash(self.title, -code if crashed else code, self._log_file)
        self._forget()
        self._answer(why)

    def _forget(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
            self._patience.stop()
            self._folder.cleanup()

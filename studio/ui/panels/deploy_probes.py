"""What is plugged in, as long as somebody looks: a child process asks the flashers every two seconds."""

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from studio.deploy.probes import Found
from studio.ui.jobs import Job

ENTRY = "studio.deploy.probes:watch"
AFTER_SHOW_MS = 200


class ProbeWatch(QObject):
    """`found` by flasher; `changed` follows every plug that comes or goes. It is no job of the user's, so it is on no list."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: dict[str, Found] = {}
        self.problem = ""
        self._job: Job | None = None
        self._soon = QTimer(self, singleShot=True, interval=AFTER_SHOW_MS)
        self._soon.timeout.connect(self._start)

    def start(self) -> None:
        """Look from now on, once the window has painted."""
        if self._job is None:
            self._soon.start()

    def stop(self) -> None:
        """Look no more."""
        self._soon.stop()
        if self._job is not None:
            job, self._job = self._job, None
            job.cancel()

    def close(self) -> None:
        """End the processes now."""
        self._soon.stop()
        self._job = None
        for job in self.findChildren(Job):
            job.kill()

    def _start(self) -> None:
        if self._job is not None:
            return
        self.problem = ""
        self._job = job = Job(ENTRY, {}, "Looking for probes", self)
        job.logged.connect(lambda line: self._hear(job, line))
        job.ended.connect(lambda: self._ended(job))

    def _hear(self, job: Job, line: str) -> None:
        if job is not self._job:
            return
        try:
            found = msgspec.json.decode(line, type=Found)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return
        self.found[found.flasher] = found
        self.changed.emit()

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.problem = f"the search for probes ended: {job.error}" if job.error else ""
            self.changed.emit()
        job.deleteLater()

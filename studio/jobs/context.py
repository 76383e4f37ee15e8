"""The JobContexts: one that says events, one for a part of the work, one that says nothing."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from studio.core.protocols import JobContext
from studio.jobs.events import Artifact, Event, Log, Metric, Progress, finite
from studio.jobs.remaining import SecondsLeft

PROGRESS_INTERVAL_S = 0.05


class EventContext:
    """Turns what the work says into events; fills in the seconds left where the work does not know them.

    Progress with the same message is said at most 20 times a second.
    """

    def __init__(self, emit: Callable[[Event], None], cancel: threading.Event) -> None:
        self._emit = emit
        self._cancel = cancel
        self._left = SecondsLeft()
        self._said = (-1.0, "", 0.0)

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop."""
        return self._cancel.is_set()

    def progress(self, fraction: float, message: str, seconds_left: float | None = None) -> None:
        """Say how far the work is."""
        fraction = min(1.0, max(0.0, float(fraction)))
        left = self._left.update(fraction) if seconds_left is None else finite(seconds_left)
        now = time.monotonic()
        _, last_message, last_time = self._said
        if fraction < 1 and message == last_message and now - last_time < PROGRESS_INTERVAL_S:
            return
        self._said = (fraction, message, now)
        self._emit(Progress(fraction, message, left))

    def metric(self, name: str, values: Mapping[str, float]) -> None:
        """Say one row of figures."""
        self._emit(Metric(name, {k: finite(v) for k, v in values.items()}))

    def log(self, text: str) -> None:
        """Say a line for the log."""
        self._emit(Log(text))

    def artifact(self, kind: str, path: Path) -> None:
        """Say that a file is ready."""
        self._emit(Artifact(kind, str(path)))


class StepContext:
    """A part of some work: its 0 to 1 is a stretch of the whole's."""

    def __init__(self, whole: JobContext, first: float, last: float) -> None:
        self._whole = whole
        self._first = first
        self._span = last - first

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop."""
        return self._whole.cancelled

    def progress(self, fraction: float, message: str, seconds_left: float | None = None) -> None:
        """Say how far this part is; the seconds left of a part say nothing of the whole's."""
        self._whole.progress(self._first + self._span * fraction, message)

    def metric(self, name: str, values: Mapping[str, float]) -> None:
        """Say one row of figures."""
        self._whole.metric(name, values)

    def log(self, text: str) -> None:
        """Say a line for the log."""
        self._whole.log(text)

    def artifact(self, kind: str, path: Path) -> None:
        """Say that a file is ready."""
        self._whole.artifact(kind, path)


class QuietContext:
    """Says nothing and is never cancelled: for work that is called in-process."""

    cancelled = False

    def progress(self, fraction: float, message: str, seconds_left: float | None = None) -> None:
        """Say nothing."""

    def metric(self, name: str, values: Mapping[str, float]) -> None:
        """Say nothing."""

    def log(self, text: str) -> None:
        """Say nothing."""

    def artifact(self, kind: str, path: Path) -> None:
        """Say nothing."""

"""Prove it: build the design as it stands, run it on virtual kits, one after another, and hand back what they said."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.core.errors import Cancelled, JobFailed, StudioError
from studio.core.target import TargetDevice
from studio.ui.document import Document
from studio.ui.jobs import Job
from studio.ui.session import Session

ENTRY = "studio.deploy.validate:run"
FALLBACK = "virtual-m4"


class Run(msgspec.Struct):
    """A proof that waits, runs or failed; `key` is its card."""

    key: str
    kit: TargetDevice
    path: Path
    title: str
    finished: Callable[[Mapping[str, Any]], None]
    words: str = "waiting"
    fraction: float = 0.0
    job: Job | None = None
    error: StudioError | None = None
    details: str = ""
    stopping: bool = False
    snapshot: "Snapshot | None" = None


class Prover(QObject):
    """The queue of proofs: one kit at a time. `changed` names the card whose proof moved."""

    changed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.runs: dict[str, Run] = {}

    @property
    def active(self) -> list[Run]:
        """The proofs that wait or run."""
        return [r for r in self.runs.values() if r.error is None]

    def add(self, run: Run) -> None:
        """Prove something, once what was asked for before is done."""
        self.runs[run.key] = run
        self.changed.emit(run.key)
        self._next()

    def cancel(self, key: str) -> None:
        """Stop a proof."""
        run = self.runs.get(key)
        if run is None or run.error is not None:
            return
        if run.job is None:
            self._drop(run)
            return
        run.stopping, run.words = True, "stopping"
        run.job.cancel()
        self.changed.emit(key)

    def dismiss(self, key: str) -> None:
        """Forget a proof that failed."""
        if key in self.runs and self.runs[key].error is not None:
            self._drop(self.runs[key])

    def cancel_all(self) -> None:
        """Stop everything and forget what failed."""
        for key in list(self.runs):
            self.dismiss(key)
            self.cancel(key)

    def _drop(self, run: Run) -> None:
        """Forget a proof, unless another took its place meanwhile."""
        if self.runs.get(run.key) is run:
            del self.runs[run.key]
        self._release(run)
        self.changed.emit(run.key)

    def _release(self, run: Run) -> None:
        """Take the design's copy away once no proof needs it."""
        if run.snapshot is not None and all(r is run or r.snapshot is not run.snapshot for r in self.active):
            run.snapshot.remove()

    def _next(self) -> None:
        if any(r.job is not None for r in self.active) or not self.active:
            return
        run, settings = self.active[0], self._session.settings
        args = {
            "path": str(run.path),
            "target": run.kit.id,
            "runtime": settings.engine_of(run.kit.id),
            "inputs": settings.get("prove_inputs"),
            "seed": 1,
            "toolchain": settings.get("toolchain"),
        }
        run.words = "starting"
        run.job = job = self._session.jobs.start(ENTRY, args, run.title)
        job.progressed.connect(lambda fraction, words, _left: self._progressed(run, fraction, words))
        job.done.connect(lambda result: self._done(run, result))
        job.failed.connect(lambda error: self._failed(run, job, error))
        self.changed.emit(run.key)

    def _progressed(self, run: Run, fraction: float, words: str) -> None:
        if not run.stopping:
            run.fraction, run.words = fraction, words
            self.changed.emit(run.key)

    def _done(self, run: Run, result: Mapping[str, Any]) -> None:
        self._drop(run)
        if not run.stopping:  # whoever stopped it may be gone
            run.finished(result)
        self._next()

    def _failed(self, run: Run, job: Job, error: StudioError) -> None:
        if isinstance(error, Cancelled):
            self._drop(run)
        else:
            run.error, run.details = error, details_of(run, job, error)
            self._release(run)
            self.changed.emit(run.key)
            if isinstance(error, JobFailed):
                self._session.erred.emit(error)
        self._next()


def details_of(run: Run, job: Job, error: StudioError) -> str:
    """Write all that is known of a failure, to be copied."""
    trace = getattr(error, "traceback", "")
    return "\n".join(filter(None, (run.title, str(error), error.hint, trace, *job.log_lines)))


def kits_for(targets: Sequence[str], boards: Mapping[str, TargetDevice]) -> tuple[TargetDevice, ...]:
    """Return the virtual kits among the targets; where there are none, the one most like the first target."""
    chosen = [boards[t] for t in targets if t in boards]
    virtual = tuple(b for b in chosen if b.virtual)
    if virtual:
        return virtual
    likest = stand_in(chosen[0], boards) if chosen else boards.get(FALLBACK)
    return (likest,) if likest else ()


def stand_in(board: TargetDevice, boards: Mapping[str, TargetDevice]) -> TargetDevice | None:
    """Return the virtual kit of the board's core, else of one with the same instructions, else the Cortex-M4's."""
    kits = [b for b in boards.values() if b.virtual]
    same = [k for k in kits if k.core.id == board.core.id]
    like = [k for k in kits if board.core.id.startswith(k.core.id) and not k.core.dsp]
    return next(iter(same + like), boards.get(FALLBACK))


class Snapshot:
    """The design as it stands, in a folder that a child process can read; a saved document's own folder serves as it is."""

    def __init__(self, document: Document) -> None:
        self._folder: Path | None = None
        self.path = document.path
        if not document.is_saved:
            self._folder = Path(tempfile.mkdtemp(prefix="otolith-design-"))
            try:
                state, path = document.state, self._folder / "design"
                self.path = document.folder.copy_to(path, state.project, state.library, state.positions, link=True).path
            except StudioError:
                self.remove()
                raise

    def remove(self) -> None:
        """Take the copy away; the document's own folder stays."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

"""Which int8 the kit would get: that of the newest run of the design as it stands, or, before one, the shown clip's own range."""

import numpy as np

from studio.core.errors import StudioError
from studio.core.project import Project, design_digest
from studio.lower.tflite import read_tflite
from studio.storage.runs import MODEL
from studio.ui.plots.clip_features import Sight, own_sight
from studio.ui.session import Session


class KitSight:
    """Finds the input's quantisation, and remembers what it found while the design and the runs stay."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._key: tuple[object, ...] = ()
        self._found: Sight | None = None

    def sight(self, features: np.ndarray) -> Sight:
        """Return the quantisation with which the kit sees these features."""
        return self._of_run(self.session.document.project) or own_sight(features)

    def _of_run(self, project: Project) -> Sight | None:
        folder = self.session.document.folder
        runs = folder.path / "runs"
        stamp = runs.stat().st_mtime_ns if runs.is_dir() else 0
        key = (folder.path, stamp, len(self.session.jobs.running()), project.graph, project.frontend, project.labels)
        if len(key) != len(self._key) or any(a is not b and a != b for a, b in zip(key, self._key, strict=True)):
            self._key, self._found = key, self._read(project) if stamp else None
        return self._found

    def _read(self, project: Project) -> Sight | None:
        try:
            run = self.session.document.folder.latest_run(design_digest(project))
            quant = read_tflite(run / MODEL).input.quant if run is not None else None
        except (StudioError, OSError):
            return None
        return Sight(quant, f"run {run.name}") if quant is not None and run is not None else None

"""Mean and spread of the training clips, measured beside the window."""

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from studio.core.errors import Cancelled, StudioError
from studio.core.library import Library
from studio.core.project import Project


class Measurement(QObject):
    """Measures the normalisation of a project's front end in a worker thread; ends with one of `done`, `failed`, or silence if stopped."""

    progressed = Signal(float)
    done = Signal(float, float)
    failed = Signal(object)
    _ended = Signal(object, object)

    def __init__(self, library: Library, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._project = library, project
        self._stopped = False
        self._ended.connect(self._tell)

    def start(self) -> None:
        """Begin."""
        QThreadPool.globalInstance().start(QRunnable.create(self._run))

    def stop(self) -> None:
        """Give up; nothing is told any more."""
        self._stopped = True

    def _run(self) -> None:
        from studio.data.dataset import load_dataset
        from studio.data.defaults import measure_normalisation

        try:
            dataset = load_dataset(self._library, self._project, progress=self._progress)
            if not len(dataset.rows("train")):
                raise StudioError("no clip is in the training split", hint="record some in Sounds")
            self._end(measure_normalisation(dataset, self._project.frontend), None)
        except StudioError as error:
            self._end(None, error)

    def _progress(self, fraction: float, _: str) -> None:
        if self._stopped:
            raise Cancelled("stopped")
        self.progressed.emit(fraction)

    def _end(self, measured: object, error: object) -> None:
        if not self._stopped:
            self._ended.emit(measured, error)

    def _tell(self, measured: object, error: object) -> None:
        if self._stopped:
            return
        if error is not None:
            self.failed.emit(error)
        else:
            self.done.emit(measured.mean_db, measured.std_db)

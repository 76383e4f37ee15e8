"""The figures of every selected target and runtime, computed in the same turn as the edit."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from studio.boards import load_boards
from studio.core.errors import StudioError
from studio.core.graph import Inference, infer
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.project import Project
from studio.core.report import ModelFigures, ResourceReport
from studio.estimate.counts import figures
from studio.estimate.report import report_all
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.ui.document import Document

Key = tuple[str, str]


class Gauges(QObject):
    """Reports by (target, runtime), and the reports before the last edit; `updated` follows every change of the design.

    `kit` holds what a kit said of the present design (a Validation as plain values) by target; an edit makes it stale.
    """

    updated = Signal()
    runtimes: tuple[str, ...] = ("c", "tflm")

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.boards = load_boards()
        self.inference = Inference({}, (), None)
        self.network: Network | None = None
        self.figures: ModelFigures | None = None
        self.reports: Mapping[Key, ResourceReport] = {}
        self.before: Mapping[Key, ResourceReport] = {}
        self.issues: tuple[Issue, ...] = ()
        self.kit: dict[str, Mapping[str, object]] = {}
        self._document = document
        self.watch(document)

    def watch(self, document: Document) -> None:
        """Follow this document from now on."""
        self._document = document
        document.changed.connect(self._changed)
        self._compute(document.project)
        self.before = self.reports
        self.updated.emit()

    def note_kit(self, target: str, validation: Mapping[str, object]) -> None:
        """Keep what the kit said of the present design."""
        self.kit[target] = validation
        self.updated.emit()

    def _changed(self, before: object, after: object) -> None:
        if before.project is after.project:  # type: ignore[attr-defined]
            return
        if self.sender() is not None and self.sender() is not self._document:
            return
        self.kit.clear()
        self.before = self.reports
        self._compute(after.project)  # type: ignore[attr-defined]
        self.updated.emit()

    def _compute(self, project: Project) -> None:
        blocks = self._document.blocks
        self.inference = infer(project.graph, blocks, project.frontend.shape)
        self.issues = self.inference.issues
        self.network, self.figures, self.reports = None, None, {}
        if not self.inference.runnable:
            return
        try:
            self.network = quantised_types(lower_graph(project.graph, blocks, project.frontend.shape, name=project.name))
            self.figures = figures(self.network)
            targets = [self.boards[t] for t in project.targets if t in self.boards]
            reports = report_all(self.network, targets, self.runtimes, frontend=project.frontend, interval_ms=project.interval_ms)
            self.reports = {(r.target, r.runtime): r for r in reports}
        except StudioError as error:
            self.issues = (*self.issues, Issue("estimate", "error", error.where, error.message))

"""The figures of every selected target and runtime, computed in the same turn as the edit."""

from collections.abc import Mapping

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.core.errors import StudioError
from studio.core.graph import Inference, infer
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.program import Program
from studio.core.project import Project
from studio.core.remember import remembered
from studio.core.report import ModelFigures, ResourceReport
from studio.core.state import State
from studio.core.target import TargetDevice
from studio.estimate.counts import figures
from studio.estimate.report import report
from studio.lower.engine import RUNTIMES as ENGINE
from studio.lower.engine import Sketch, program, sketch, variant_for
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.ui.document import Document

Key = tuple[str, str]


class Snapshot(msgspec.Struct, frozen=True):
    """One complete design with the reports asked for so far, by (target, runtime)."""

    project: Project
    network: Network
    figures: ModelFigures
    reports: dict[Key, ResourceReport]

    def report(self, target: TargetDevice, runtime: str) -> ResourceReport:
        """Return what this design costs on a target; worked out once."""
        key = (target.id, runtime)
        if key not in self.reports:
            self.reports[key] = report(
                self.network, target, runtime, self.project.frontend, self.project.interval_ms, energy=self.project.plan(target.id)
            )
        return self.reports[key]


class Proof(msgspec.Struct, frozen=True):
    """What a kit said (a Validation as plain values), and the design that it ran."""

    project: Project
    validation: Mapping[str, object]


class Gauges(QObject):
    """Reports by (target, runtime), and the reports before the last edit; `updated` follows every change of the design.

    `reports`, `network` and `figures` are empty while the graph is incomplete: `stale` then says why, and `shown` keeps the
    last complete figures. `kit` holds what kits said of the present design (a Validation as plain values) by target; other
    designs' proofs stay until an undo leads back to them.
    """

    updated = Signal()
    runtimes: tuple[str, ...] = ("c", "tflm")

    def __init__(self, document: Document, parent: QObject | None, boards: Mapping[str, TargetDevice]) -> None:
        super().__init__(parent)
        self.boards = boards
        self.inference = Inference({}, (), None)
        self.issues: tuple[Issue, ...] = ()
        self.stale = ""
        self.shown: Snapshot | None = None
        self._baseline: Snapshot | None = None
        self._origin: Project | None = None
        self._proofs: dict[str, Proof] = {}
        self._document: Document | None = None
        self.watch(document)

    @property
    def present(self) -> Snapshot | None:
        """The figures of the design as it stands; None while it is incomplete."""
        return None if self.stale else self.shown

    @property
    def network(self) -> Network | None:
        """The int8 network as it stands."""
        return self.present.network if self.present else None

    @property
    def figures(self) -> ModelFigures | None:
        """What holds on every target."""
        return self.present.figures if self.present else None

    @property
    def reports(self) -> Mapping[Key, ResourceReport]:
        """The reports as the design stands."""
        return self.present.reports if self.present else {}

    @property
    def before(self) -> Mapping[Key, ResourceReport]:
        """The reports before the last edit, or before the gesture that the last edit belongs to."""
        return self._baseline.reports if self._baseline else {}

    @property
    def changed_design(self) -> bool:
        """Whether the last edit changed what the figures are made of, not only which boards are shown."""
        a, b = self._baseline, self.shown
        return a is not None and b is not None and (a.network is not b.network or a.project.frontend != b.project.frontend)

    @property
    def kit(self) -> dict[str, Mapping[str, object]]:
        """What kits said of the design as it stands, by target."""
        now = self._document.project
        return {target: proof.validation for target, proof in self._proofs.items() if same_design(proof.project, now)}

    def watch(self, document: Document) -> None:
        """Follow this document from now on."""
        if self._document is not None:
            self._document.changed.disconnect(self._changed)
        self._document = document
        document.changed.connect(self._changed)
        self.shown = self._baseline = self._origin = None
        self._proofs.clear()
        self._compute(document.project)
        self._baseline = self.shown
        self.updated.emit()

    def take_boards(self, boards: Mapping[str, TargetDevice]) -> None:
        """Count with these boards from now on; what was counted before an edit counts with them too."""
        self.boards = boards
        for snapshot in (self.shown, self._baseline):
            if snapshot is not None:
                snapshot.reports.clear()
        self._compute(self._document.project)
        self.updated.emit()

    def report(self, target: str, runtime: str) -> ResourceReport | None:
        """Return the shown figures of a board with a runtime, also of one that is not among the targets; None where there are none."""
        return self.shown.report(self.boards[target], runtime) if self.shown and target in self.boards else None

    def before_report(self, target: str, runtime: str) -> ResourceReport | None:
        """Return the figures before the last edit; None where there were none."""
        return self._baseline.report(self.boards[target], runtime) if self._baseline and target in self.boards else None

    def sketch(self, target: str, runtime: str = "c") -> Sketch | None:
        """Return what the engine's plan for a board takes; None where `program` is."""
        if self.shown is None or target not in self.boards:
            return None
        try:
            return sketch(self.shown.network, variant_for(self.boards[target].core), ENGINE[runtime])
        except StudioError:
            return None

    def program(self, target: str, runtime: str = "c") -> Program | None:
        """Return the engine's plan for a board; None where the design is incomplete or has no kernel for an operator."""
        if self.shown is None or target not in self.boards:
            return None
        try:
            return remembered(program, self.shown.network, variant_for(self.boards[target].core), ENGINE[runtime])
        except StudioError:
            return None

    def note_kit(self, target: str, validation: Mapping[str, object], project: Project | None = None) -> None:
        """Keep what the kit said of a design, the present one unless another is given."""
        self._proofs[target] = Proof(project or self._document.project, validation)
        self.updated.emit()

    def _changed(self, before: State, after: State) -> None:
        if before.project is after.project:
            return
        origin = self._document.origin.project
        if origin is not self._origin:
            self._origin, self._baseline = origin, self.shown
        self._compute(after.project)
        self.updated.emit()

    def _compute(self, project: Project) -> None:
        self.inference = infer(project.graph, self._document.blocks, project.frontend.shape)
        self.issues = self.inference.issues
        self.stale = ""
        errors = [i for i in self.issues if i.severity == "error"]
        if not self.inference.runnable:
            self.stale = errors[0].message if errors else "the graph has no output"
            return
        try:
            self.shown = self._snapshot(project)
        except StudioError as error:
            self.stale = f"{error.message}; {error.hint}" if error.hint else error.message
            self.issues = (*self.issues, Issue("estimate", "error", error.where, error.message))

    def _snapshot(self, project: Project) -> Snapshot:
        network = self._lower(project)
        made = Snapshot(project, network, figures(network), {})
        for target in project.targets:
            for runtime in self.runtimes if target in self.boards else ():
                made.report(self.boards[target], runtime)
        return made

    def _lower(self, project: Project) -> Network:
        last = self.shown
        if last is not None and last.project.graph is project.graph and last.project.frontend.shape == project.frontend.shape:
            return last.network
        lowered = lower_graph(project.graph, self._document.blocks, project.frontend.shape, name=project.name, inference=self.inference)
        return quantised_types(lowered)


def same_design(a: Project, b: Project) -> bool:
    """Whether two projects run the same on a kit: graph, front end and labels."""
    return a.graph == b.graph and a.frontend == b.frontend and a.labels == b.labels

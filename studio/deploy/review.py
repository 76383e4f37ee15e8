"""A design review as plain values: what a design is, what it costs on each target, and what every figure rests on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from studio import __version__
from studio.advise import advice, design
from studio.advise.advice import Place
from studio.advise.rows import AdviceRow, rows
from studio.core.energy import AS_IT_IS, EnergyPlan
from studio.core.errors import InputError, UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.core.graph import infer
from studio.core.issue import Issue, Severity
from studio.core.network import Network, Op, Shape
from studio.core.project import Project, design_digest
from studio.core.remember import remembered
from studio.core.report import ModelFigures, ResourceReport
from studio.core.target import TargetDevice
from studio.core.units import Provenance
from studio.deploy.subject import Subject, known_blocks, typed_network
from studio.deploy.validation import Validation
from studio.dsp.issues import frontend_issues
from studio.estimate.counts import figures, op_counts
from studio.estimate.energy import planned
from studio.estimate.report import report, runtimes_for
from studio.estimate.timeline import Timeline, engine_timeline
from studio.lower.engine import RUNTIMES as ENGINES
from studio.lower.engine import program, variant_for
from studio.storage.runs import Run, read_run

SCHEMA = 1
INTERVAL_MS = 1000.0


class BlockRow(msgspec.Struct, frozen=True):
    """A block, or an operator of a bare model, with its output's shape without batch.

    `operators` counts what it becomes in the network: 0 where another block took it in.
    """

    name: str
    kind: str
    shape: Shape
    settings: Mapping[str, Any]
    operators: int
    parameters: int
    macs: int
    weights_bytes: int


class KitProof(msgspec.Struct, frozen=True):
    """What a kit said of this design; `provenance` is that of its instructions, time and stack, flash and RAM being compiled."""

    validation: Validation
    provenance: Provenance


class TargetReview(msgspec.Struct, frozen=True):
    """A board with the reports of each runtime, and what kits of it said; `energy` are the user's own figures, which `target` holds already."""

    target: TargetDevice
    reports: tuple[ResourceReport, ...]
    kits: tuple[KitProof, ...] = ()
    energy: EnergyPlan = AS_IT_IS


class Plan(msgspec.Struct, frozen=True):
    """The arena of the engine's runtime over an inference; targets whose cores take the same kernels share it."""

    runtime: str
    variant: str
    targets: tuple[str, ...]
    timeline: Timeline


class Remark(msgspec.Struct, frozen=True):
    """An issue of the design, or, where `runtimes` are named, of a board with these."""

    id: str
    severity: Severity
    where: str
    message: str
    runtimes: tuple[str, ...] = ()


class Review(msgspec.Struct, frozen=True):
    """All that a review shows. `made` in seconds since 1970 (UTC); `design` is the digest of a project's design, "" for a bare model.

    `advice` are changes of a project's design that were tried out, the best first; a bare model has no blocks to change. `run` is the latest training of this very design, None where there was none or where the subject is a model's file.
    """

    name: str
    source: str
    made: float
    version: str
    trained: bool
    design: str
    network: str
    labels: tuple[str, ...]
    interval_ms: float
    frontend: FrontEnd | None
    figures: ModelFigures
    blocks: tuple[BlockRow, ...]
    targets: tuple[TargetReview, ...]
    plans: tuple[Plan, ...]
    issues: tuple[Remark, ...]
    advice: tuple[AdviceRow, ...] = ()
    run: Run | None = None

    @property
    def reports(self) -> tuple[ResourceReport, ...]:
        """Every report, target by target."""
        return tuple(r for t in self.targets for r in t.reports)


def review(
    subject: Subject,
    targets: Sequence[TargetDevice],
    made: float,
    runtimes: Sequence[str] = (),
    energy: Mapping[str, EnergyPlan] = MappingProxyType({}),
    validations: Iterable[Validation] = (),
    advised: Mapping[str, str] | None = None,
    put_away: Collection[str] = (),
) -> Review:
    """Review a subject on its targets, with all runtimes that each can have unless some are named; `energy` are the user's own figures.

    Advice is sought for the first of these, or for the one that `advised` names by target; what is put away is left out.
    Raises InputError for a validation of another design or of no target here.
    """
    project = subject.project
    interval = project.interval_ms if project else INTERVAL_MS
    counted = figures(subject.network)
    kits = _kits(tuple(validations), subject, counted, targets)
    size = len(subject.tflite) if subject.tflite else None
    plans = {t.id: energy.get(t.id, AS_IT_IS) for t in targets}
    reviewed = tuple(
        TargetReview(
            planned(t, plans[t.id]),
            tuple(report(subject.network, t, r, subject.frontend, interval, size, plans[t.id]) for r in runtimes or runtimes_for(t)),
            kits[t.id],
            plans[t.id],
        )
        for t in targets
    )
    return Review(
        name=subject.name,
        source=subject.source.name,
        made=made,
        version=__version__,
        trained=subject.trained,
        design=design_digest(project) if project else "",
        network=subject.network.digest(),
        labels=subject.labels,
        interval_ms=interval,
        frontend=subject.frontend,
        figures=counted,
        blocks=_graph_rows(project) if project else _model_rows(subject.network),
        targets=reviewed,
        plans=_plans(subject.network, targets, [r for r in ENGINES if not runtimes or r in runtimes]),
        issues=(*_design_issues(project, targets), *_report_issues(reviewed)),
        advice=_advice(project, [(t, (advised or {}).get(t.id, next(iter(runtimes), "c"))) for t in targets], put_away),
        run=_run(subject),
    )


def read_validation(plain: object, where: str) -> Validation:
    """Read what `otolith validate --json` printed; raise InputError naming `where`."""
    try:
        return msgspec.convert(plain, Validation)
    except msgspec.ValidationError as error:
        raise InputError(f"this is no validation: {error}", where=where, hint="otolith validate ... --json prints one") from error


def _kits(
    validations: Sequence[Validation], subject: Subject, counted: ModelFigures, targets: Sequence[TargetDevice]
) -> dict[str, tuple[KitProof, ...]]:
    kits: dict[str, tuple[KitProof, ...]] = {t.id: () for t in targets}
    virtual = {t.id: t.virtual for t in targets}
    for validation in validations:
        if (validation.model, validation.macs) != (subject.name, counted.macs):
            raise InputError("the validation is of another design", where=validation.model, hint="run otolith validate on this one")
        if validation.target not in kits:
            raise InputError("the validation's board is not among the targets", where=validation.target, hint="add --target for it")
        kits[validation.target] += (KitProof(validation, "emulated" if virtual[validation.target] else "measured"),)
    return kits


def _graph_rows(project: Project) -> tuple[BlockRow, ...]:
    network, graph = typed_network(project), project.graph
    shapes = infer(graph, known_blocks(), project.frontend.shape).shapes
    by_block: dict[str, list[int]] = {}
    for number, op in enumerate(network.ops):
        by_block.setdefault(op.block, []).append(number)
    return tuple(
        _row(network, node.id, node.kind, shapes.get(node.id, ()), node.params, by_block.get(node.id, []))
        for node in map(graph.node, graph.order)
    )


def _model_rows(network: Network) -> tuple[BlockRow, ...]:
    counts = op_counts(network)
    return tuple(_row(network, counts[i].where, op.kind, _shape(network, op), op.options, [i]) for i, op in enumerate(network.ops))


def _shape(network: Network, op: Op) -> Shape:
    return network.tensors[op.outputs[0]].shape[1:] if op.outputs else ()


def _row(network: Network, name: str, kind: str, shape: Shape, settings: Mapping[str, Any], ops: Sequence[int]) -> BlockRow:
    counts = op_counts(network)
    weights = frozenset(remembered(Network.weight_tensors, network))
    read = {i for number in ops for i in network.ops[number].inputs} & weights
    parameters = sum(network.tensors[i].elements for i in read)
    macs, size = sum(counts[i].macs for i in ops), sum(counts[i].weights_bytes for i in ops)
    plain = {key: value for key, value in settings.items() if not isinstance(value, bytes)}
    return BlockRow(name, kind, shape, plain, len(ops), parameters, macs, size)


def _plans(network: Network, targets: Sequence[TargetDevice], runtimes: Sequence[str]) -> tuple[Plan, ...]:
    users: dict[str, list[str]] = {}
    for target in targets:
        if target.core.family != "cortex-a":
            users.setdefault(variant_for(target.core), []).append(target.name)
    try:
        return tuple(
            Plan(runtime, variant, tuple(names), engine_timeline(program(network, variant, ENGINES[runtime])))
            for runtime in runtimes
            for variant, names in users.items()
        )
    except UnsupportedOperator:
        return ()  # its report says so


def _design_issues(project: Project | None, targets: Sequence[TargetDevice]) -> tuple[Remark, ...]:
    if project is None:
        return ()
    found = infer(project.graph, known_blocks(), project.frontend.shape).issues
    return tuple(Remark(i.id, i.severity, i.where, i.message) for i in (*found, *frontend_issues(project.frontend, targets)))


def _report_issues(reviewed: Iterable[TargetReview]) -> tuple[Remark, ...]:
    """Return the issues of all reports, each once with the runtimes that have it."""
    runtimes: dict[tuple[str, str], tuple[Issue, list[str]]] = {}
    for made in (r for t in reviewed for r in t.reports if not is_refused(r)):
        for issue in made.issues:
            runtimes.setdefault((issue.where, issue.message), (issue, []))[1].append(made.runtime)
    return tuple(Remark(i.id, i.severity, i.where, i.message, tuple(named)) for i, named in runtimes.values())


def is_refused(made: ResourceReport) -> bool:
    """Whether the runtime cannot run the design on this board at all: there is nothing to show but the reason."""
    return not made.fits and not made.flash.parts and not made.latency_ms.value


def _advice(project: Project | None, places: Sequence[Place], put_away: Collection[str]) -> tuple[AdviceRow, ...]:
    if project is None:
        return ()
    found = advice(design(project, known_blocks()), places)
    return rows([a for a in found if a.key not in put_away])


def _run(subject: Subject) -> Run | None:
    if subject.folder is None or subject.project is None:
        return None
    folder = subject.folder.latest_run(design_digest(subject.project))
    return read_run(folder) if folder else None

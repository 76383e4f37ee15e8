"""A review in words."""

from datetime import UTC, datetime

from studio.core.graph import INPUT_KIND
from studio.core.units import format_size
from studio.deploy.review import BlockRow, Plan, Review
from studio.deploy.review_advice import advice_items
from studio.deploy.review_items import NONE, Item, Lifetimes, Pages, Paragraph, Section, Table, bytes_of, name_of, short
from studio.deploy.review_sources import sources
from studio.deploy.review_targets import summary, target_sections
from studio.estimate.energy import CR2032_SOURCE
from studio.storage.runs import Run

MATRIX = 12
MISTAKES = 10
LARGEST = 8


def pages(review: Review) -> Pages:
    """Put a review in words."""
    sections = (
        Section("In short", (_facts(review), *summary(review))),
        Section("The network", _network(review)),
        *target_sections(review),
        *([Section("Memory during an inference", _plans(review.plans))] if review.plans else []),
        Section("Accuracy", _accuracy(review)),
        Section("Warnings", _issues(review)),
        *([Section("Advice", advice_items(review.advice))] if review.design else []),
        Section("Sources", sources(review)),
    )
    state = "trained" if review.trained else "untrained"
    return Pages(f"Design review: {review.name}", f"{state} · {_date(review.made)} · Otolith Studio {review.version}", sections)


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _facts(review: Review) -> Table:
    rows = [
        ("Subject", review.source),
        ("Network's digest", review.network),
        *([("Design's digest", review.design)] if review.design else []),
        ("State", _state(review)),
        ("Labels", ", ".join(short(label) for label in review.labels)),
        ("Front end", _frontend(review)),
        ("One inference every", f"{review.interval_ms:g} ms"),
        ("MACs", f"{review.figures.macs:,} ({review.figures.macc_st:,} in ST's convention)"),
        ("Parameters", f"{review.figures.parameters:,}, {format_size(review.figures.weights_bytes)} of weights and biases"),
        ("Battery", f"{CR2032_SOURCE}, where a target has no other"),
    ]
    return Table((), tuple(rows))


def _state(review: Review) -> str:
    if not review.trained:
        return "untrained: sizes and times hold, there is no accuracy yet"
    return f"trained, run {review.run.number}" if review.run else "a model's file with its weights"


def _frontend(review: Review) -> str:
    fe = review.frontend
    if fe is None:
        return "none: the features' time and memory are not counted"
    frames, mels, _ = fe.shape
    return (
        f"log-mel, {fe.sample_rate:,} Hz, {fe.clip_samples / fe.sample_rate:g} s in {frames} frames of {mels} bands, "
        f"window {fe.window}, hop {fe.hop}, FFT {fe.fft}, {fe.arithmetic}"
    )


def _network(review: Review) -> tuple[Item, ...]:
    header = ("block", "kind", "output", "settings", "parameters", "MACs", "weights, B")
    rows = [_block(row) for row in review.blocks]
    total = ("all", "", "", "", f"{review.figures.parameters:,}", f"{review.figures.macs:,}", bytes_of(review.figures.weights_bytes))
    return (Table(header, (*rows, total), (4, 5, 6), (len(rows),)),)


def _block(row: BlockRow) -> tuple[str, ...]:
    shape = "\u00a0×\u00a0".join(map(str, row.shape)) or NONE
    if not row.operators:
        settings, counts = "" if row.kind == INPUT_KIND else "no operator", (NONE, NONE, NONE)
    else:
        settings = ", ".join(f"{name} {_setting(value)}" for name, value in row.settings.items() if _tells(name, value))
        counts = (f"{row.parameters:,}", f"{row.macs:,}", bytes_of(row.weights_bytes))
    return (short(name_of(row.name), 32), row.kind, shape, short(settings, 120), *counts)


def _tells(name: str, value: object) -> bool:
    """Whether a setting is other than what nearly every block has."""
    plain = tuple(value) if isinstance(value, list) else value
    return plain not in ("none", None) and (name, plain) not in _USUAL


_USUAL = (("dilation", (1, 1)), ("groups", 1), ("multiplier", 1), ("beta", 1.0), ("use_bias", True), ("keep_dims", False))


def _setting(value: object) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple | list) else f"{value:g}" if isinstance(value, float) else str(value)


def _plans(plans: tuple[Plan, ...]) -> tuple[Item, ...]:
    return tuple(item for plan in plans for item in _plan(plan))


def _plan(plan: Plan) -> tuple[Item, ...]:
    made = plan.timeline
    step = made.steps[made.peak]
    alive = sorted(made.during(made.peak), key=lambda life: -life.size)
    largest = tuple((short(name_of(x.names[0])), x.role, bytes_of(x.offset), bytes_of(x.size)) for x in alive[:LARGEST])
    rest = alive[LARGEST:]
    more = ((f"{len(rest)} smaller ones", "", "", bytes_of(sum(life.size for life in rest))),) if rest else ()
    return (
        Lifetimes(f"Runtime {plan.runtime} on {', '.join(plan.targets)}: the arena, step by step", made),
        Paragraph(
            f"The arena takes {bytes_of(made.total)} bytes. At its peak, step {made.peak + 1} of {len(made.steps)} "
            f"({short(step.block or step.kind)}), {bytes_of(step.alive)} of them are alive:"
        ),
        Table(("buffer", "role", "offset", "bytes"), (*largest, *more), (2, 3)),
    )


def _accuracy(review: Review) -> tuple[Item, ...]:
    run = review.run
    if run is None:
        reason = "a model's file says nothing of its accuracy" if review.trained else "this design is not trained"
        return (Paragraph(f"Not known: {reason}."),)
    rows = (
        ("Float", f"{run.float_accuracy:.2%}"),
        ("int8", f"{run.int8_accuracy:.2%}"),
        ("Test clips", f"{run.test_clips:,}"),
        ("Run", f"{run.number}, {_date(run.started)}, {run.seconds:.0f} s{', stopped early' if run.cancelled else ''}"),
        ("Epochs", f"{run.epochs}, the best one {run.best_epoch}"),
        ("int8 model ran on", run.engine or "not recorded"),
    )
    return (Table((), rows), *_confusion(run))


def _confusion(run: Run) -> tuple[Item, ...]:
    counts = run.int8_confusion or run.float_confusion
    if not counts:
        return ()
    model = "int8" if run.int8_confusion else "float"
    names = [short(label, 24) for label in run.labels]
    if len(names) > MATRIX:
        return _mistakes(counts, names, model)
    rows = tuple(
        (name, *map(str, row), f"{row[i] / sum(row):.0%}" if sum(row) else NONE)
        for i, (name, row) in enumerate(zip(names, counts, strict=True))
    )
    columns = tuple(range(1, len(names) + 2))
    return (
        Table(("spoken", *names, "right"), rows, columns, (), f"Clips of each label (rows) and what the {model} model heard (columns)"),
    )


def _mistakes(counts: tuple[tuple[int, ...], ...], names: list[str], model: str) -> tuple[Item, ...]:
    found = sorted(
        ((n, names[i], names[j]) for i, row in enumerate(counts) for j, n in enumerate(row) if i != j and n),
        key=lambda x: -x[0],
    )
    recall = tuple(
        (name, str(sum(row)), f"{row[i] / sum(row):.0%}" if sum(row) else NONE)
        for i, (name, row) in enumerate(zip(names, counts, strict=True))
    )
    worst = tuple((spoken, heard, str(n)) for n, spoken, heard in found[:MISTAKES])
    return (
        Table(("spoken", "clips", "right"), recall, (1, 2), (), f"The {model} model by label"),
        *([Table(("spoken", "heard", "clips"), worst, (2,), (), "Its most frequent mistakes")] if worst else []),
    )


_SEVERITIES = {"advice": "note"}


def _issues(review: Review) -> tuple[Item, ...]:
    if not review.issues:
        return (Paragraph("None."),)
    rows = tuple((_SEVERITIES.get(i.severity, i.severity), short(i.where), ", ".join(i.runtimes), i.message) for i in review.issues)
    return (Table(("", "where", "runtime", "what"), rows, verdict=0, moods=tuple("bad" * (i.severity == "error") for i in review.issues)),)

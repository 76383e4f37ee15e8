"""A review's sources in words: where every figure comes from."""

from studio.deploy.review import Review, is_refused
from studio.deploy.review_items import Item, Paragraph, Table

GENERAL = (
    ("MACs, parameters, weights", "counted from the network's shapes; exact"),
    ("verdict", "the sums of flash, RAM with stack, and time against what the board has free and the interval"),
    ("energy", "time awake x supply voltage x active current; a day adds sleep with RAM kept for the rest of each interval"),
)
WORDS = (
    ("estimated", "from plans to the byte, measured tables of code and cycles, and bands fitted to published times"),
    ("planned", "from the runtime's own allocation, run on this design"),
    ("compiled", "read from a linked program"),
    ("emulated", "counted while a virtual kit ran the program"),
    ("measured", "counted on silicon"),
)


def sources(review: Review) -> tuple[Item, ...]:
    """List every figure's source once, with the targets and runtimes that rest on it."""
    return (
        Table(("figure", "rests on"), (*GENERAL, *_accuracy(review), *_kits(review))),
        Table(("target", "figure", "source"), _by_target(review)),
        Paragraph("; ".join(f"{word}: {meaning}" for word, meaning in WORDS) + "."),
    )


def _by_target(review: Review) -> tuple[tuple[str, ...], ...]:
    rows = []
    for t in review.targets:
        running = [r for r in t.reports if not is_refused(r)]
        users: dict[tuple[str, str], list[str]] = {}
        for made in running:
            for figure, source in made.sources.items():
                users.setdefault((figure, source), []).append(made.runtime)
        for (figure, source), runtimes in users.items():
            all_of_them = len(runtimes) == len(running)
            rows.append((t.target.name, figure if all_of_them else f"{figure} ({', '.join(runtimes)})", source))
    return tuple(rows)


def _accuracy(review: Review) -> tuple[tuple[str, str], ...]:
    run = review.run
    return (
        (("accuracy", f"run {run.number} on its {run.test_clips:,} test clips; int8 by {run.engine or 'an engine not recorded'}"),)
        if run
        else ()
    )


def _kits(review: Review) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            f"kit's figures, {t.target.name}",
            f"runtime {kit.validation.runtime} built with {kit.validation.compiler}, {kit.validation.inputs} inputs",
        )
        for t in review.targets
        for kit in t.kits
    )

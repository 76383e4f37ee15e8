"""`otolith report --refine`: what the compiler and TFLM's allocator make of a design, beside what was planned."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from studio.core.refinement import Refinement

HEADER = ("target", "runtime", "figure", "planned", "found", "difference", "by", "when")


def refine(subject: str, targets: Sequence[str], runtimes: Sequence[str], toolchain: str, quiet: bool) -> dict[str, Any]:
    """Refine in a child process; return the job's result."""
    from studio.cli.terminal import run_job

    job = {"path": subject, "targets": list(targets), "runtimes": list(runtimes) or None, "toolchain": toolchain}
    return run_job("studio.deploy.refine:run", job, quiet)


def refined_text(result: Mapping[str, Any]) -> str:
    """Lay out refinements in a table, and under it why others are missing."""
    from studio.cli.terminal import table

    rows = [row for made in msgspec.convert(result["refinements"], list[Refinement]) for row in _rows(made)]
    trained = all(made["trained"] for made in result["refinements"])
    weights = "" if trained or not rows else "\n(random weights: the design is not trained)"
    notes = "".join(f"\nnot refined: {note}" for note in result["notes"])
    return (f"{table(rows, HEADER, (3, 4, 5))}{weights}" if rows else "") + notes


def _rows(made: Refinement) -> list[tuple[str, ...]]:
    when = datetime.fromtimestamp(made.when).astimezone().strftime("%H:%M:%S")
    place = made.target or "any 32-bit core", made.runtime
    return [(*place, c.figure, f"{c.planned:,}", f"{c.found:,}", c.words, made.tool, when) for c in made.checks]

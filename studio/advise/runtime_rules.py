"""What another runtime brings for the same design, with the same answers."""

from collections.abc import Iterator, Sequence

from studio.advise.advice import Candidate, Rule
from studio.advise.design import Design
from studio.core.target import TargetDevice

_FAST, _SMALL = "c", "c-small"


def _least_ram(_: Design, targets: Sequence[TargetDevice]) -> Iterator[Candidate]:
    for target in targets:
        yield Candidate(target.id, "the C engine in the least RAM instead of the fastest", (), runtimes={target.id: (_FAST, _SMALL)})


RUNTIME_RULES = (
    Rule(
        "least_ram",
        "The engine's kernels that take the least RAM",
        "The same numbers come out to the bit: kernels without scratch memory take more time instead.",
        _least_ram,
        retrain=False,
    ),
)

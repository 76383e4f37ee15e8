"""The advice that `otolith report --advice` adds: edits that were tried out, with what they bring."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.advise import Advice
    from studio.core.target import TargetDevice
    from studio.deploy.subject import Subject


def find_advice(subject: "Subject", targets: "Sequence[TargetDevice]", runtimes: Sequence[str]) -> "tuple[Advice, ...]":
    """Return the best advice for a project; raise InputError for a model file, which has no blocks to change.

    Without runtimes, that of the engine counts.
    """
    from studio.advise import advice, design
    from studio.core.errors import InputError
    from studio.deploy.subject import known_blocks

    if subject.project is None:
        raise InputError("a model file has no blocks to advise on", where=str(subject.source), hint="give a project's folder")
    now = design(subject.project, known_blocks())
    return advice(now, [(target, runtime) for target in targets for runtime in runtimes or ("c",)])


def advice_text(found: "Sequence[Advice]") -> str:
    """Write the advice, one a paragraph, the best first."""
    if not found:
        return "advice: none; no single change known here saves 2 % or more"
    lines = [f"{number}. {a.words}; {a.caution}\n   {a.rule.reason}" for number, a in enumerate(found, 1)]
    return "\n".join(("advice, each tried out alone:", *lines))


def advice_json(found: "Sequence[Advice]") -> list[dict[str, Any]]:
    """Return the advice as plain values, each figure before and after; `day_j` is the energy of a day in J."""
    from msgspec import to_builtins

    from studio.advise.rows import rows

    return list(to_builtins(rows(found)))

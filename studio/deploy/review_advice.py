"""A review's advice in words: what to change, what each change brings on every target, and what nobody knows of it."""

from collections.abc import Callable, Sequence

from studio.advise.rows import AdviceRow, BoardGain
from studio.core.units import format_size
from studio.deploy.review_items import NONE, Item, Paragraph, Table, time_of

Pair = tuple[float, float]
_HOW = "Each was tried out alone on this design; its figures are estimates, as those of the design are."
_NONE = "None: no single change known here saves 2 % or more."


def advice_items(found: Sequence[AdviceRow]) -> tuple[Item, ...]:
    """Return the advice, the best first, and then its figures on every target."""
    if not found:
        return (Paragraph(_NONE),)
    told = tuple((str(number), row.words, row.reason, row.caution) for number, row in enumerate(found, 1))
    figures = tuple(_figures(number, gain) for number, row in enumerate(found, 1) for gain in row.gains)
    header = ("", "target", "runtime", "fits", "flash", "RAM + stack", "time")
    fits = tuple("good" if g.fits[1] else "bad" for row in found for g in row.gains)
    return (
        Paragraph(_HOW),
        Table(("", "advice", "why", "what is not known"), told, (0,)),
        Table(header, figures, (0, 4, 5, 6), (), "Before → after, target by target", 3, fits),
    )


def _figures(number: int, gain: BoardGain) -> tuple[str, ...]:
    said = tuple("yes" if fits else "no" for fits in gain.fits)
    return (
        str(number),
        gain.name,
        _words(*gain.runtime),
        _words(*said),
        _pair(gain.flash_bytes, format_size),
        _pair(gain.ram_bytes, format_size),
        _pair(gain.latency_ms, time_of),
    )


def _pair(pair: Pair, write: Callable[[float], str]) -> str:
    return _words(*(write(figure) if figure else NONE for figure in pair))


def _words(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"

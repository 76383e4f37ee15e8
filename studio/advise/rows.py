"""Advice as plain values, for files and for other programs: each figure before and after."""

from collections.abc import Mapping, Sequence

import msgspec

from studio.advise.advice import Advice, Gain

_FIELDS: Mapping[str, str] = {"flash": "flash_bytes", "RAM": "ram_bytes", "time": "latency_ms", "energy": "day_j"}


class BoardGain(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an advice does on a board, before and after: bytes (RAM with the stack), ms, and J a day where its currents are known."""

    target: str
    name: str
    runtime: tuple[str, str]
    fits: tuple[bool, bool]
    flash_bytes: tuple[int, int]
    ram_bytes: tuple[int, int]
    latency_ms: tuple[float, float]
    day_j: tuple[float, float] | None = None


class AdviceRow(msgspec.Struct, frozen=True):
    """An advice: `rule` and `where` say what it changes, `words` what and with which gain, `caution` what nobody knows of it."""

    rule: str
    where: str
    words: str
    reason: str
    caution: str
    macs: tuple[int, int]
    gains: tuple[BoardGain, ...]


def rows(found: Sequence[Advice]) -> tuple[AdviceRow, ...]:
    """Return each advice as plain values, in the same order."""
    return tuple(
        AdviceRow(a.rule.id, a.candidate.where, a.words, a.rule.reason, a.caution, a.macs, tuple(map(_gain, a.gains))) for a in found
    )


def _gain(gain: Gain) -> BoardGain:
    figures = {_FIELDS[s.name]: (s.before, s.after) for s in gain.savings}
    runtimes, fits = (gain.before.runtime, gain.after.runtime), (gain.before.fits, gain.after.fits)
    return BoardGain(gain.target.id, gain.target.name, runtimes, fits, **figures)

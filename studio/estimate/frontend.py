"""What the C front end costs on a core: memory exactly from its tables, instructions and cycles from measured terms."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import get_args

import msgspec

from studio.core.errors import InputError
from studio.core.frontend import Arithmetic, FrontEnd
from studio.core.places import shipped
from studio.core.target import Core
from studio.dsp.mel import mel_segments
from studio.dsp.tables import frontend_consts, state_bytes

COST_FILE = "frontend.toml"
ARITHMETICS = get_args(Arithmetic)


class FrontEndCost(msgspec.Struct, frozen=True):
    """What a front end takes on a core; instructions and cycles are those of a whole clip, pushed a hop at a time.

    `const_bytes` and `ram_bytes` are exact; `code_bytes` counts what the front end adds to a program that has none, the
    software floating point of a core without FPU included.
    """

    code_bytes: int
    const_bytes: int
    ram_bytes: int
    stack_bytes: int
    instructions: int
    cycles: int


class CoreCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The measured table of one core and arithmetic: how much each term weighs, and what it was measured with."""

    compiler: str
    worst_error: float
    stack_bytes: int
    code: Mapping[str, float]
    instructions: Mapping[str, float]
    cycles: Mapping[str, float]


@lru_cache(maxsize=256)
def frontend_cost(fe: FrontEnd, core: Core) -> FrontEndCost:
    """Estimate a front end on a core, built with the default compiler at -O2."""
    costs = costs_of(core, fe.arithmetic)
    work = work_terms(fe)
    return FrontEndCost(
        code_bytes=_weigh(costs.code, code_terms(fe)),
        const_bytes=sum(c.nbytes for c in frontend_consts(fe)),
        ram_bytes=state_bytes(fe),
        stack_bytes=costs.stack_bytes,
        instructions=_weigh(costs.instructions, work),
        cycles=_weigh(costs.cycles, work),
    )


def work_terms(fe: FrontEnd) -> dict[str, float]:
    """Count what the C does for one clip: each loop's passes, named after the loop."""
    points, radix = fe.fft // 2, _first_radix(fe)
    lengths = _later_stages(points, radix)
    per_frame = {
        "frame": 1,
        "first_4": points / 4 if radix == 4 else 0,
        "first_2": points / 2 if radix == 2 else 0,
        "pair": -(-fe.window // 2),
        "twiddle": sum(lengths),
        "butterfly": len(lengths) * points / 4,
        "split": points / 2,
        "bin": int(mel_segments(fe).counts.sum()),
        "band": fe.mels,
    }
    return {"sample": _kept_samples(fe), **{name: fe.frames * count for name, count in per_frame.items()}}


def code_terms(fe: FrontEnd) -> dict[str, float]:
    """Count what the size of the code depends on: the first stage is written out once for each stretch of the window."""
    radix = _first_radix(fe)
    part = fe.fft // radix
    # As in frontend_window.h: where, in pairs, a part of the frame passes the window's middle and its end.
    bounds = sorted([(fe.window // 2 + 2) // 2 * 2 % part // 2, (fe.window + 1) // 2 * 2 % part // 2])
    starts = [a for a, b in zip([0, *bounds], [*bounds, part // 2], strict=True) if a < b]
    live = sum(2 * start + q * part < fe.window for start in starts for q in range(radix))
    return {"radix_4": radix == 4, "radix_2": radix == 2, "stretch": len(starts), "live_part": live, "overlap": fe.hop < fe.window}


def costs_of(core: Core, arithmetic: str) -> CoreCosts:
    """Return the table of an arithmetic on a core; one that was not measured gets that which its record names, or the most similar one's."""
    tables = cost_tables()
    for id in (core.id, core.costs):
        if id in tables:
            return tables[id][arithmetic]
    if core.dsp if arithmetic == "fixed" else core.fpu:
        return tables["cortex-m4f"][arithmetic]
    return tables["cortex-m0" if "m0" in core.zig_cpu or "m23" in core.zig_cpu else "cortex-m3"][arithmetic]


@lru_cache(maxsize=1)
def cost_tables() -> Mapping[str, Mapping[str, CoreCosts]]:
    """Read the measured tables by core and arithmetic; raise InputError naming the file where it is damaged."""
    path = shipped("board_support") / "costs" / COST_FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, dict[str, CoreCosts]])
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"the front end's costs cannot be read: {error}", where=str(path), hint="install the studio again") from error


def _first_radix(fe: FrontEnd) -> int:
    return 4 if (fe.fft // 2).bit_length() % 2 else 2


def _later_stages(points: int, radix: int) -> list[int]:
    lengths = []
    while radix < points:
        lengths.append(radix)
        radix *= 4
    return lengths


def _kept_samples(fe: FrontEnd) -> int:
    if fe.hop <= fe.window:
        return fe.clip_samples
    hops, rest = divmod(fe.clip_samples, fe.hop)
    return hops * fe.window + min(rest, fe.window)


def _weigh(weights: Mapping[str, float], terms: Mapping[str, float]) -> int:
    return round(sum(weights[name] * count for name, count in terms.items()))

"""From counted cycles to milliseconds on a board, each with a band that says where it comes from, and the energy of that time."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import msgspec

from studio.core.errors import InputError
from studio.core.places import shipped
from studio.core.report import Interval
from studio.core.target import Core, TargetDevice
from studio.lower.engine import RUNTIMES as ENGINE

WAIT_STATE_COST = 0.02
XIP_COST = 0.3
FIT_FILE = "latency_fit.toml"
_CLASSES = MappingProxyType({"depthwise_conv_2d": "depthwise", "fully_connected": "dense"})


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Factors on a counted time, value and both ends; `source` says what they were held against."""

    value: float
    low: float
    high: float
    source: str


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cycles a multiply-accumulate on a core without tables, value and both ends, from published times."""

    cycles: float
    low: float
    high: float
    source: str


class LatencyFit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fitted to published times: bands by runtime and core, rates by core and runtime, factors by runtime and class of operators."""

    schema: int
    bands: Mapping[str, Mapping[str, Band]]
    rates: Mapping[str, Mapping[str, Rate]]
    classes: Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=1)
def latency_fit() -> LatencyFit:
    """Read the shipped fit; raise InputError where the file is damaged."""
    path = shipped("board_support") / "costs" / FIT_FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), LatencyFit)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"the latency bands cannot be read: {error}", where=str(path), hint="install the studio again") from error


@lru_cache(maxsize=256)
def band_of(core: Core, runtime: str) -> Band:
    """Return the band of a runtime on a core with tables: its own, that of the core it is counted as, or that of an unknown core."""
    bands = latency_fit().bands["c" if runtime in ENGINE else runtime]
    return next(bands[id] for id in (core.id, core.costs, "unknown") if id in bands)


def class_of(kind: str) -> str:
    """Return the class of operators for which ahead-of-time engines have a speed of their own."""
    return _CLASSES.get(kind, "convolution")


def class_factor(runtime: str, kind: str) -> float:
    """Return by what to multiply the counted time of an operator of this kind; 1 where the runtime's kernels are those that are counted."""
    return latency_fit().classes.get(runtime, {}).get(class_of(kind), 1.0)


def wait_factor(target: TargetDevice) -> float:
    """Return by how much slow memory stretches the time: 2 % a flash wait state behind prefetch or a cache, 30 % for running from serial flash.

    Between 0 and 4 % a wait state the published times do not tell apart; 0 fits a little better, but that more wait states take longer is sure.
    """
    return 1.0 + WAIT_STATE_COST * target.flash_wait_states + (XIP_COST if target.xip else 0.0)


def latency_ms(target: TargetDevice, runtime: str, cycles: int, frontend_cycles: int) -> Interval:
    """Return the time of the features of a clip and one inference together; the front end takes the band of our own C.

    A virtual kit's time is what it counts; its band is that of the silicon it stands for, and reaches as far as that count.
    """
    to_ms = 1e3 * wait_factor(target) / target.clock_hz
    network, features = cycles * to_ms, frontend_cycles * to_ms
    band, own = band_of(target.core, runtime), band_of(target.core, "c")
    value = sum(time_parts_ms(target, runtime, cycles, frontend_cycles))
    low, high = network * band.low + features * own.low, network * band.high + features * own.high
    return Interval(value, min(low, value), max(high, value))


def time_parts_ms(target: TargetDevice, runtime: str, cycles: int, frontend_cycles: int) -> tuple[float, float]:
    """Return the time of one inference and that of the features of a clip."""
    to_ms = 1e3 * wait_factor(target) / target.clock_hz
    if target.virtual:
        return cycles * to_ms, frontend_cycles * to_ms
    return cycles * to_ms * band_of(target.core, runtime).value, frontend_cycles * to_ms * band_of(target.core, "c").value


def rate_of(core: Core, runtime: str) -> Rate | None:
    """Return the cycles a MAC of a runtime on a core without tables; None where nothing was published."""
    return latency_fit().rates.get(core.id, {}).get("c" if runtime in ENGINE else runtime)


def latency_from_macs(target: TargetDevice, rate: Rate, macs: int) -> Interval:
    """Return the time of one inference by its MACs alone, without a front end."""
    to_ms = 1e3 * macs / target.clock_hz
    return Interval(rate.cycles * to_ms, rate.low * to_ms, rate.high * to_ms)


def energy_uj(target: TargetDevice, milliseconds: float) -> float | None:
    """Return the energy of this time awake, None where the board's current draw has no source."""
    if target.power is None:
        return None
    return milliseconds * 1e3 * target.power.supply_v * target.power.active_a


def decision_ms(latency_ms: float, interval_ms: float) -> float | None:
    """Return the longest time in ms from the end of a sound to the answer of the inference that heard all of it.

    That one begins at most an interval after the sound has ended. None where inferences take longer than their interval: they fall behind.
    """
    return interval_ms + latency_ms if latency_ms <= interval_ms else None

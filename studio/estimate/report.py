"""What a design costs on a board with a runtime: memory in parts that sum, time with a band, energy, and what limits it."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from studio.core.energy import AS_IT_IS, EnergyPlan
from studio.core.errors import InputError, UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.report import Interval, ModelFigures, Parts, ResourceReport
from studio.core.target import TargetDevice
from studio.estimate.energy import battery_sources, day_energy, planned
from studio.estimate.fit import Need, fit_issues, fits, limits
from studio.estimate.latency import band_of, energy_uj, latency_ms
from studio.estimate.orientation import orientation
from studio.estimate.usage import Usage, engine_usage, frontend_work, tflm_usage, unsupported, xcubeai_usage
from studio.estimate.xcubeai import MAKER, check_board
from studio.lower.engine import RUNTIMES as ENGINE

Runtime = Literal["c", "c-small", "tflm", "tflm-ref", "x-cube-ai"]
RUNTIMES: tuple[Runtime, ...] = ("c", "c-small", "tflm", "tflm-ref", "x-cube-ai")

FRONT_END_SOURCE = "measured on the virtual kits, board_support/costs/frontend.toml"


def check_runtime(runtime: str) -> str:
    """Return the runtime's id, or raise InputError with the known ones."""
    if runtime not in RUNTIMES:
        raise InputError(f"there is no runtime {runtime!r}", where=runtime, hint="known: " + ", ".join(RUNTIMES))
    return runtime


def runtimes_for(target: TargetDevice) -> tuple[Runtime, ...]:
    """Return the runtimes that can be built for a board: X-CUBE-AI is for STM32 only."""
    return tuple(r for r in RUNTIMES if r != "x-cube-ai" or target.vendor == MAKER)


def report(
    network: Network,
    target: TargetDevice,
    runtime: str,
    frontend: FrontEnd | None = None,
    interval_ms: float = 1000.0,
    file_bytes: int | None = None,
    energy: EnergyPlan = AS_IT_IS,
) -> ResourceReport:
    """Estimate a network on a board with one runtime.

    `frontend` is counted where given; `interval_ms` is the time between inferences; `file_bytes` is the size of the .tflite where there is one; `energy` holds the user's own figures. What the runtime lacks is an issue, not an exception.
    """
    check_runtime(runtime)
    target = planned(target, energy)
    try:
        if runtime == "x-cube-ai":
            check_board(target)
        if not target.core.tabled:
            return orientation(network, target, runtime, frontend, interval_ms, file_bytes, energy)
        usage = _usage(network, target, runtime, frontend, file_bytes)
    except UnsupportedOperator as error:
        return _refused(target, runtime, error)
    work = frontend_work(frontend, target.core)
    rows = usage.rows
    latency = _widened(latency_ms(target, runtime, rows.cycles, work.cycles), usage.doubt)
    ram, flash = Parts(usage.ram), Parts(usage.flash)
    need = Need(flash.total, ram.total + usage.stack_bytes, latency.value, interval_ms)
    return ResourceReport(
        target=target.id,
        runtime=runtime,
        runtime_version=usage.version,
        provenance="estimated",
        ram=ram,
        flash=flash,
        stack_bytes=usage.stack_bytes,
        instructions=rows.instructions,
        cycles=rows.cycles,
        frontend_instructions=work.instructions,
        frontend_cycles=work.cycles,
        latency_ms=latency,
        energy_uj=energy_uj(target, latency.value),
        fits=fits(need, target),
        limits=limits(need, target),
        issues=(*fit_issues(need, target), *usage.issues, *_source_issues(target)),
        arena=usage.arena,
        ops=rows.ops,
        sources=_sources(target, runtime, usage, frontend, energy),
        day=day_energy(target, latency.value, interval_ms, energy),
        memory_provenance="estimated" if runtime == "x-cube-ai" else "planned",
    )


def _widened(time: Interval, doubt: float) -> Interval:
    return time if doubt == 1.0 else Interval(time.value, time.low / doubt, time.high * doubt)


def _sources(target: TargetDevice, runtime: str, usage: Usage, frontend: FrontEnd | None, energy: EnergyPlan) -> dict[str, str]:
    features = {"front end": FRONT_END_SOURCE} if frontend else {}
    battery = battery_sources(energy) if target.power else {}
    return {**target.sources, **battery, **usage.sources, **features, "latency band": band_of(target.core, runtime).source}


def report_all(
    network: Network,
    targets: Iterable[TargetDevice],
    runtimes: Iterable[str] = RUNTIMES,
    frontend: FrontEnd | None = None,
    interval_ms: float = 1000.0,
    file_bytes: int | None = None,
    energy: Mapping[str, EnergyPlan] = MappingProxyType({}),
) -> tuple[ResourceReport, ...]:
    """Estimate a network on every target with every runtime, target by target."""
    chosen = tuple(runtimes)
    return tuple(report(network, t, r, frontend, interval_ms, file_bytes, energy.get(t.id, AS_IT_IS)) for t in targets for r in chosen)


def _usage(network: Network, target: TargetDevice, runtime: str, frontend: FrontEnd | None, file_bytes: int | None) -> Usage:
    if runtime in ENGINE:
        return engine_usage(network, target.core, frontend, ENGINE[runtime])
    if runtime == "x-cube-ai":
        return xcubeai_usage(network, target, frontend)
    return tflm_usage(network, target.core, "cmsis_nn" if runtime == "tflm" else "reference", frontend, file_bytes)


def _refused(target: TargetDevice, runtime: str, error: UnsupportedOperator) -> ResourceReport:
    said = unsupported(error, runtime)
    return ResourceReport(
        target=target.id,
        runtime=runtime,
        runtime_version="",
        provenance="estimated",
        ram=Parts({}),
        flash=Parts({}),
        stack_bytes=0,
        instructions=0,
        cycles=0,
        frontend_instructions=0,
        frontend_cycles=0,
        latency_ms=Interval(0.0, 0.0, 0.0),
        energy_uj=None,
        fits=False,
        limits=said,
        issues=(Issue("runtime.unsupported", "error", error.where or target.id, said),),
    )


def _source_issues(target: TargetDevice) -> tuple[Issue, ...]:
    if target.virtual or (target.power is not None and target.power.sleep_a is not None):
        return ()
    missing = (
        "no energy: its current draw has no source yet" if target.power is None else "no battery life: its sleep current has no source yet"
    )
    return (Issue("board.power", "advice", target.id, missing),)


def as_json(figures: ModelFigures, reports: Sequence[ResourceReport]) -> dict[str, Any]:
    """Return figures and reports as plain values, the JSON that `otolith report` prints; sizes in bytes."""
    return {**msgspec.structs.asdict(figures), "reports": [_plain(r) for r in reports]}


def _plain(made: ResourceReport) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(made, enc_hook=list)
    plain["ram"] = _with_total(made.ram)
    plain["flash"] = _with_total(made.flash)
    if made.arena is None:
        del plain["arena"]
    elif made.arena.offline is None:
        del plain["arena"]["offline"]
    else:
        del plain["arena"]["offline"]["offline"]
    plain["issues"] = [{"id": i.id, "severity": i.severity, "where": i.where, "message": i.message} for i in made.issues]
    return plain


def _with_total(parts: Parts) -> Mapping[str, Any]:
    return {"total": parts.total, "parts": dict(parts.parts)}

"""What is known of a board whose core has no tables: the plan's bytes, the constants, and a coarse time from published rates."""

from collections.abc import Mapping

from studio import __version__
from studio.core.energy import AS_IT_IS, EnergyPlan
from studio.core.errors import UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.report import OpCost, Parts, ResourceReport
from studio.core.target import Core, TargetDevice
from studio.dsp.tables import frontend_consts, state_bytes
from studio.estimate.counts import figures, op_counts
from studio.estimate.energy import battery_sources, day_energy
from studio.estimate.fit import Need, fit_issues, fits, limits
from studio.estimate.latency import energy_uj, latency_from_macs, rate_of
from studio.estimate.tflm import arena, model_bytes
from studio.estimate.tflm.support import check_supported
from studio.lower.engine import RUNTIMES as ENGINE
from studio.lower.engine import sketch

NO_TABLE = "only what is known: the kernels' code was not measured for this core, and the time of the features is not counted"
_PLANNED = "the program's own plan and constants; the kernels' code was not measured for this core and is not counted"
_ALLOCATED = "TFLM's own allocation rules and the model's bytes; its code was not measured for this core and is not counted"
COARSE = "for orientation: only a coarse time, from published times of one board of its class"


def orientation(
    network: Network,
    target: TargetDevice,
    runtime: str,
    frontend: FrontEnd | None = None,
    interval_ms: float = 1000.0,
    file_bytes: int | None = None,
    energy: EnergyPlan = AS_IT_IS,
) -> ResourceReport:
    """Report a network on a board whose core has no tables.

    Code, stack, instructions and cycles are left out. Raises UnsupportedOperator where the runtime lacks an operator, or where no time was
    published for this runtime on such a core.
    """
    rate = rate_of(target.core, runtime)
    if rate is None:
        raise UnsupportedOperator(f"there are neither tables nor published times for it on {target.core.name}", where=target.id)
    ram, flash = _memory(network, target.core, runtime, frontend, file_bytes)
    latency = latency_from_macs(target, rate, figures(network).macs)
    need = Need(flash.total, ram.total, latency.value, interval_ms)
    words = COARSE if target.core.family == "cortex-a" else NO_TABLE
    return ResourceReport(
        target=target.id,
        runtime=runtime,
        runtime_version=_version(target.core, runtime),
        provenance="estimated",
        ram=ram,
        flash=flash,
        stack_bytes=0,
        instructions=0,
        cycles=0,
        frontend_instructions=0,
        frontend_cycles=0,
        latency_ms=latency,
        energy_uj=energy_uj(target, latency.value),
        fits=fits(need, target),
        limits="as far as is known: " + limits(need, target),
        issues=(*fit_issues(need, target), Issue("board.no_table", "advice", target.id, words)),
        ops=_ops(network),
        sources=_sources(target, runtime, rate.source, energy),
        day=day_energy(target, latency.value, interval_ms, energy),
    )


def _sources(target: TargetDevice, runtime: str, rate: str, energy: EnergyPlan) -> Mapping[str, str]:
    battery = battery_sources(energy) if target.power else {}
    counted = {} if target.core.family == "cortex-a" else {"memory": _PLANNED if runtime in ENGINE else _ALLOCATED}
    return {**target.sources, **battery, **counted, "latency band": rate}


def _memory(network: Network, core: Core, runtime: str, frontend: FrontEnd | None, file_bytes: int | None) -> tuple[Parts, Parts]:
    if core.family == "cortex-a":
        return Parts({}), Parts({})
    state: Mapping[str, int] = {"front end": state_bytes(frontend)} if frontend else {}
    tables: Mapping[str, int] = {"front end tables": sum(c.nbytes for c in frontend_consts(frontend))} if frontend else {}
    if runtime in ENGINE:
        made = sketch(network, "plain", ENGINE[runtime])
        return Parts({"arena": made.arena_bytes, **state}), Parts({**made.constants, **tables})
    check_supported(network)
    model = model_bytes(network) if file_bytes is None else file_bytes
    return Parts({"arena": arena(network, "reference", False).required, **state}), Parts({"model": model, **tables})


def _version(core: Core, runtime: str) -> str:
    if core.family == "cortex-a":
        return "LiteRT with XNNPACK"
    names = {"c": f"Otolith engine {__version__}", "tflm": "TFLM with ESP-NN; its arena without those kernels' scratch"}
    return names.get(runtime, "TFLM, reference kernels")


def _ops(network: Network) -> tuple[OpCost, ...]:
    rows = zip(network.ops, op_counts(network), strict=True)
    return tuple(OpCost(count.where, op.kind, count.macs, count.weights_bytes, 0, 0) for op, count in rows)

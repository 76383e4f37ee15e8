"""What a network takes with each runtime, apart from the board: memory in named parts, stack, operators."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from studio import __version__
from studio.core.errors import UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.report import Arena
from studio.core.target import Core, TargetDevice
from studio.core.units import format_size
from studio.estimate.counts import figures
from studio.estimate.engine import base_cost, code_and_stack, counted_variant, op_costs, table_of
from studio.estimate.frontend import FrontEndCost, frontend_cost
from studio.estimate.rows import Rows, rows_of
from studio.estimate.tflm import arena, model_bytes, tflm_cost, with_offline
from studio.estimate.tflm.kernels import Kernels
from studio.estimate.tflm.support import check_supported
from studio.estimate.xcubeai import activation_bytes, check_board, time_doubt, unverified, version, xcubeai_cost
from studio.lower.engine import Memory, sketch, variant_for

TFLM = "tflite-micro 90b983c2b"
CMSIS_NN = "CMSIS-NN 4ab83cc"


class Usage(msgspec.Struct, frozen=True):
    """Parts of RAM (without the stack) and flash in bytes, the stack, and what the operators cost without wait states.

    `doubt` widens the time's band: a factor on either end.
    """

    version: str
    ram: Mapping[str, int]
    flash: Mapping[str, int]
    stack_bytes: int
    rows: Rows
    sources: Mapping[str, str]
    arena: Arena | None = None
    issues: tuple[Issue, ...] = ()
    doubt: float = 1.0


def engine_usage(network: Network, core: Core, frontend: FrontEnd | None, memory: Memory = "fast") -> Usage:
    """Count the engine from the plan that the exporter prints; raise UnsupportedOperator where a kernel is missing."""
    variant, own = counted_variant(core), variant_for(core)
    made = sketch(network, variant, memory)
    planned = made if own == variant else sketch(network, own, memory)
    table = table_of(core)
    code, stack = code_and_stack(made, core)
    base = base_cost(core, frontend is not None)
    fe_ram, fe_flash, fe_stack = _frontend_parts(frontend, core)
    around = base.frontend_stack_bytes if frontend else base.stack_bytes
    return Usage(
        version=f"Otolith engine {__version__}",
        ram={"arena": planned.arena_bytes, **fe_ram, "application": base.ram_bytes},
        flash={**planned.constants, "kernels": code, **fe_flash, "application": base.code_bytes},
        stack_bytes=max(around + stack, base.idle_stack_bytes, fe_stack),
        rows=rows_of(network, f"c {memory} {table.core} {variant}", lambda: op_costs(made.outlines, table)),
        sources=_engine_sources(core, variant),
    )


def _engine_sources(core: Core, variant: str) -> Mapping[str, str]:
    if variant == variant_for(core):
        return _ENGINE_SOURCES
    note = f" with the kernels and the tables of {table_of(core).core}: those of {core.id} are not measured"
    own = {"memory": "; code and stack counted", "instructions": "; counted"}
    return MappingProxyType({what: source + own[what] + note for what, source in _ENGINE_SOURCES.items()})


def tflm_usage(network: Network, core: Core, kernels: Kernels, frontend: FrontEnd | None, file_bytes: int | None = None) -> Usage:
    """Estimate TensorFlow Lite Micro; `file_bytes` is the size of the model's file, where there is one.

    Raises UnsupportedOperator where TFLM has no such operator or not for these data types.
    """
    check_supported(network, kernels)
    cost = tflm_cost(network, kernels, core)
    planned = arena(network, kernels, core.dsp)
    fe_ram, fe_flash, fe_stack = _frontend_parts(frontend, core)
    return Usage(
        version=f"{TFLM} with {CMSIS_NN}" if kernels == "cmsis_nn" else f"{TFLM}, reference kernels",
        ram={"arena": planned.required, **fe_ram, "interpreter": cost.static_bytes},
        flash={
            "model": model_bytes(network) if file_bytes is None else file_bytes,
            "kernels": cost.kernels_bytes,
            **fe_flash,
            "interpreter and application": cost.runtime_bytes,
        },
        stack_bytes=max(cost.stack_bytes, fe_stack),
        rows=cost.rows,
        sources=_TFLM_SOURCES,
        arena=with_offline(network, kernels, core.dsp),
        issues=_plan_issues(network, kernels, core),
    )


def _plan_issues(network: Network, kernels: Kernels, core: Core) -> tuple[Issue, ...]:
    planned = with_offline(network, kernels, core.dsp)
    if planned.offline is None:
        return ()
    sizes = f"{format_size(planned.offline.required)} instead of {format_size(planned.required)}"
    return (Issue("tflm.plan", "advice", network.name, f"a plan of the arena in the file, which the export writes, makes it {sizes}"),)


def xcubeai_usage(network: Network, target: TargetDevice, frontend: FrontEnd | None) -> Usage:
    """Estimate ST's X-CUBE-AI on an STM32; what is not published of it is left out and said.

    Raises UnsupportedOperator on other chips, and for a float network without a floating-point unit.
    """
    check_board(target)
    core, base = target.core, base_cost(target.core, frontend is not None)
    cost = xcubeai_cost(network, core)
    fe_ram, fe_flash, fe_stack = _frontend_parts(frontend, core)
    return Usage(
        version=version(),
        ram={"activations": activation_bytes(network), "runtime": cost.ram_bytes, **fe_ram, "application": base.ram_bytes},
        flash={
            "weights": figures(network).weights_bytes,
            "library": cost.library_bytes,
            "network's code and tables": cost.network_bytes,
            **fe_flash,
            "application": base.code_bytes,
        },
        stack_bytes=fe_stack,
        rows=cost.rows,
        sources=_XCUBEAI_SOURCES,
        issues=unverified(network, target.id),
        doubt=time_doubt(network),
    )


_ENGINE_SOURCES = MappingProxyType(
    {
        "memory": "the program's own plan and the kernels' measured sizes",
        "instructions": "measured kernels, board_support/costs",
    }
)
_XCUBEAI_SOURCES = MappingProxyType(
    {
        "memory": "activations by rules read from published plans of ST Edge AI Core 1.0 to 3.0, code and runtime RAM from published reports of"
        " 2.0 to 2.2 (board_support/costs/x_cube_ai.toml), not from ST's own tool; its stack is not published and not counted",
        "instructions": "counted for CMSIS-NN's kernels, which stand in for ST's; the time has factors from published times",
    }
)
_TFLM_SOURCES = MappingProxyType(
    {
        "memory": "TFLM's own allocation rules; code from measured builds, arm-none-eabi-gcc 12.2",
        "instructions": "fitted to an emulator's counts of three models on a Cortex-M4F, other cores by factors, board_support/costs/tflm.toml",
    }
)


def _frontend_parts(frontend: FrontEnd | None, core: Core) -> tuple[dict[str, int], dict[str, int], int]:
    if frontend is None:
        return {}, {}, 0
    cost = frontend_cost(frontend, core)
    return {"front end": cost.ram_bytes}, {"front end code": cost.code_bytes, "front end tables": cost.const_bytes}, cost.stack_bytes


def frontend_work(frontend: FrontEnd | None, core: Core) -> FrontEndCost:
    """Return the front end's cost on a core, all zero without one."""
    return frontend_cost(frontend, core) if frontend is not None else FrontEndCost(0, 0, 0, 0, 0, 0)


def unsupported(error: UnsupportedOperator, runtime: str) -> str:
    """Say which operator a runtime lacks and the way out."""
    return f"runtime {runtime} cannot run it: {error}" + (f"; {error.hint}" if error.hint else "")

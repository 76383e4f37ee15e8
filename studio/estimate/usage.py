"""What a network takes with each runtime, apart from the board: memory in named parts, stack, operators."""

from collections.abc import Mapping

import msgspec

from studio import __version__
from studio.core.errors import UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.core.program import Program
from studio.core.report import Arena, OpCost
from studio.core.target import Core
from studio.estimate.counts import op_counts
from studio.estimate.engine import base_cost, engine_cost
from studio.estimate.frontend import FrontEndCost, frontend_cost
from studio.estimate.remember import remembered
from studio.estimate.tflm import arena, model_bytes, tflm_cost
from studio.estimate.tflm.kernels import Kernels
from studio.estimate.tflm.support import check_supported
from studio.lower.engine import program as plan
from studio.lower.engine import variant_for

TFLM = "tflite-micro 90b983c2b"
CMSIS_NN = "CMSIS-NN 4ab83cc"


class Usage(msgspec.Struct, frozen=True):
    """Parts of RAM (without the stack) and flash in bytes, the stack, and each operator's cost without wait states."""

    version: str
    ram: Mapping[str, int]
    flash: Mapping[str, int]
    stack_bytes: int
    ops: tuple[OpCost, ...]
    sources: Mapping[str, str]
    arena: Arena | None = None


def engine_usage(network: Network, core: Core, frontend: FrontEnd | None, given: Program | None = None) -> Usage:
    """Count runtime `c` from the very Program that the exporter prints; raise UnsupportedOperator where a kernel is missing."""
    return remembered(_engine_usage, network, core, frontend) if given is None else _usage_of(given, core, frontend)


def _engine_usage(network: Network, core: Core, frontend: FrontEnd | None) -> Usage:
    return _usage_of(remembered(plan, network, variant_for(core)), core, frontend)


def _usage_of(program: Program, core: Core, frontend: FrontEnd | None) -> Usage:
    cost = engine_cost(program, core)
    base = base_cost(core, frontend is not None)
    fe_ram, fe_flash, fe_stack = _frontend_parts(frontend, core)
    return Usage(
        version=f"Otolith engine {__version__}",
        ram={"arena": program.arena_bytes, **fe_ram, "application": base.ram_bytes},
        flash={**cost.constants, "kernels": sum(cost.code.values()), **fe_flash, "application": base.code_bytes},
        stack_bytes=base.stack_bytes + max(cost.stack_bytes, fe_stack),
        ops=_engine_ops(program, cost.per_call),
        sources={
            "memory": "the program's own plan and the kernels' measured sizes",
            "instructions": "measured kernels, board_support/costs",
        },
    )


def _engine_ops(program: Program, calls: tuple) -> tuple[OpCost, ...]:
    """Sum the calls of each operator; those that were fused away cost nothing of their own."""
    network = program.network
    instructions = [0] * len(network.ops)
    cycles = [0] * len(network.ops)
    for call, cost in zip(program.calls, calls, strict=True):
        instructions[call.op] += cost.instructions
        cycles[call.op] += cost.cycles
    rows = zip(network.ops, op_counts(network), instructions, cycles, strict=True)
    return tuple(OpCost(count.where, op.kind, count.macs, count.weights_bytes, done, took) for op, count, done, took in rows)


def tflm_usage(network: Network, core: Core, kernels: Kernels, frontend: FrontEnd | None, file_bytes: int | None = None) -> Usage:
    """Estimate TensorFlow Lite Micro; `file_bytes` is the size of the model's file, where there is one.

    Raises UnsupportedOperator where TFLM has no such operator or not for these data types.
    """
    return remembered(_tflm_usage, network, core, kernels, frontend, file_bytes)


def _tflm_usage(network: Network, core: Core, kernels: Kernels, frontend: FrontEnd | None, file_bytes: int | None) -> Usage:
    check_supported(network)
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
        ops=cost.ops,
        sources={
            "memory": "TFLM's own allocation rules; code from measured builds, arm-none-eabi-gcc 12.2",
            "instructions": "three measured models",
        },
        arena=planned,
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

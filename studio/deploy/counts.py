"""What a kit counted, beside what the gauges expected of it: in all, and of each operator."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from studio.core.program import Program
from studio.core.protocols import CallCount
from studio.core.target import Core, TargetDevice
from studio.estimate.engine import counted_variant, engine_cost
from studio.estimate.latency import wait_factor
from studio.lower.engine import program as program_of


class OperatorCount(msgspec.Struct, frozen=True):
    """One kernel call: its block or operator, the kernel; instructions and cycles as estimated and as the kit counted them.

    Cycles are estimates on both sides: the kit counts instructions and takes their cycles from the core's documented timings,
    without wait states.
    """

    name: str
    kernel: str
    estimated_instructions: int
    instructions: int
    estimated_cycles: int
    cycles: int | None


def operator_counts(program: Program, target: TargetDevice, calls: Sequence[CallCount]) -> tuple[OperatorCount, ...]:
    """Put what the kit counted beside the estimate, call by call; () where the kit could not tell the calls apart."""
    counted = _as_counted(program, target.core)
    if counted is None or not len(calls) == len(program.calls) == len(counted.calls):
        return ()
    costs = iter(engine_cost(counted, target.core).per_call)
    rows = []
    for call, count in zip(program.calls, calls, strict=True):
        parts = [next(costs) for _ in range(1 + len(call.layers))]
        name = call.block or program.network.ops[call.op].kind
        instructions, cycles = sum(p.instructions for p in parts), sum(p.cycles for p in parts)
        rows.append(OperatorCount(name, call.kernel, instructions, count.instructions, cycles, count.cycles))
    return tuple(rows)


def _as_counted(plan: Program, core: Core) -> Program | None:
    """Return the plan with the kernels that the core's table counts; None where those make other streams."""
    variant = counted_variant(core)
    if plan.variant == variant:
        return plan
    return None if any(call.layers for call in plan.calls) else program_of(plan.network, variant)


OPERATOR_COLUMNS = ("operator", "kernel", "instructions, estimate", "kit", "difference", "cycles, estimate")


def operator_rows(operators: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Write OperatorCounts, given as plain values, for a table with OPERATOR_COLUMNS."""
    return [
        (
            op["name"],
            op["kernel"],
            f"{op['estimated_instructions']:,}",
            f"{op['instructions']:,}",
            f"{op['estimated_instructions'] / op['instructions'] - 1:+.1%}",
            "-" if op["cycles"] is None else f"{op['cycles']:,}",
        )
        for op in operators
    ]


def mean(counts: Sequence[int] | None) -> int | None:
    """Return the mean of some passes, None where there are none."""
    return round(sum(counts) / len(counts)) if counts else None


def board_ms(cycles: int | None, target: TargetDevice) -> float | None:
    """Return how long cycles take on the board; those of a virtual kit are without wait states, which the board's flash adds."""
    waits = wait_factor(target) if target.virtual else 1.0
    return None if cycles is None else cycles * waits * 1e3 / target.clock_hz

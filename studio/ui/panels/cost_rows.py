"""The rows of the operators' table: what each costs on one board with one runtime, and the whole that the gauges show."""

import msgspec

from studio.core.network import Network, Op, Shape
from studio.core.report import ModelFigures, OpCost, ResourceReport
from studio.core.target import TargetDevice
from studio.estimate.latency import time_parts_ms
from studio.estimate.timeline import Timeline

FEATURES = "features of a clip"


class Row(msgspec.Struct, frozen=True):
    """An operator, or the front end; None stands for what is not counted. `ms` is its time on the board, `share` of the whole.

    `ram` are the bytes of the arena that are alive meanwhile, for the front end its own.
    """

    block: str
    operator: str
    shape: Shape
    macs: int
    weights: int
    ram: int | None
    instructions: int | None
    ms: float | None
    share: float | None


class Total(msgspec.Struct, frozen=True):
    """The gauges' figures: exact MACs and weight bytes, RAM with the stack, instructions and time with the features."""

    macs: int
    weights: int
    ram: int
    instructions: int | None
    ms: float


def rows(network: Network, made: ResourceReport, board: TargetDevice, timeline: Timeline | None, input_block: str = "") -> tuple[Row, ...]:
    """Return the rows in the order of execution, the front end first where it was counted."""
    alive: dict[int, int] = {}
    for step in timeline.steps if timeline else ():
        alive.update({op: max(alive.get(op, 0), step.alive) for op in step.ops})
    operators = zip(network.ops, made.ops, strict=True)
    listed = [_row(network, op, cost, made, board, alive.get(number)) for number, (op, cost) in enumerate(operators)]
    return (*_features(network, made, board, input_block), *listed)


def total(made: ResourceReport, figures: ModelFigures) -> Total:
    """Return the whole, as the gauges show it."""
    instructions = made.instructions + made.frontend_instructions
    ram = made.ram.total + made.stack_bytes
    return Total(figures.macs, figures.weights_bytes, ram, instructions or None, made.latency_ms.value)


def _row(network: Network, op: Op, cost: OpCost, made: ResourceReport, board: TargetDevice, alive: int | None) -> Row:
    ms = _milliseconds(cost, made, board)
    shape = network.tensors[op.outputs[0]].shape if op.outputs else ()
    instructions = cost.instructions if made.instructions else None
    return Row(cost.where, cost.kind, shape, cost.macs, cost.weights_bytes, alive, instructions, ms, _share(ms, made))


def _milliseconds(cost: OpCost, made: ResourceReport, board: TargetDevice) -> float | None:
    """Return an operator's part of the network's time; where only the whole was estimated, by its MACs, its part of these."""
    if board.core.tabled:
        return time_parts_ms(board, made.runtime, cost.cycles, 0)[0]
    macs = sum(other.macs for other in made.ops)
    return made.latency_ms.value * cost.macs / macs if macs else None


def _features(network: Network, made: ResourceReport, board: TargetDevice, input_block: str) -> tuple[Row, ...]:
    if not made.frontend_instructions:
        return ()
    ms = time_parts_ms(board, made.runtime, 0, made.frontend_cycles)[1]
    ram = made.ram.parts.get("front end")
    return (Row(input_block, FEATURES, network.input.shape, 0, 0, ram, made.frontend_instructions, ms, _share(ms, made)),)


def _share(ms: float | None, made: ResourceReport) -> float | None:
    return ms / made.latency_ms.value if ms is not None and made.latency_ms.value else None

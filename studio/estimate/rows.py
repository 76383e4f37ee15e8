"""The rows of the operators' table: an edit makes anew only those of the operators that it changed."""

from collections.abc import Callable
from typing import NamedTuple

from studio.core.network import Network
from studio.core.remember import Memory
from studio.core.report import OpCost
from studio.estimate.counts import OpCount, op_counts
from studio.lower.forms import Form, forms

Cost = Callable[[int, Form], tuple[int, int]]


class Rows(NamedTuple):
    """Every operator's cost, and the sums of their instructions and cycles."""

    ops: tuple[OpCost, ...]
    instructions: int
    cycles: int


_LAST = Memory(64)


def rows_of(network: Network, key: str, cost: Cost, alone: bool = True) -> Rows:
    """Return what the operators cost; `cost` gives instructions and cycles of the operator of a number and form.

    `key` names all that the cost depends on besides the operator's form, or, where it does not stand `alone`, the network.
    """
    kept = network.__dict__
    if key not in kept:
        kept[key] = _rows(network, key, cost) if alone else _summed([_row(network, i, cost) for i in range(len(network.ops))])
    return kept[key]


def _rows(network: Network, key: str, cost: Cost) -> Rows:
    """Change the last network's rows where an operator's count is not the very one that it was, which its form alone has."""
    counts = op_counts(network)
    before, rows = _LAST[key] or ((), Rows((), 0, 0))
    if len(before) != len(counts):
        made = _summed([_kept_row(network, i, key, cost) for i in range(len(counts))])
    elif before is counts:
        return rows
    else:
        made = _changed(rows, {i: _kept_row(network, i, key, cost) for i, count in enumerate(counts) if before[i] is not count})
    _LAST.keep(key, (counts, made))
    return made


def _changed(rows: Rows, new: dict[int, OpCost]) -> Rows:
    ops, (_, instructions, cycles) = list(rows.ops), rows
    for number, row in new.items():
        instructions += row.instructions - ops[number].instructions
        cycles += row.cycles - ops[number].cycles
        ops[number] = row
    return Rows(tuple(ops), instructions, cycles)


def _summed(rows: list[OpCost]) -> Rows:
    return Rows(tuple(rows), sum([op.instructions for op in rows]), sum([op.cycles for op in rows]))


def _kept_row(network: Network, number: int, key: str, cost: Cost) -> OpCost:
    form, count = forms(network)[number], op_counts(network)[number]
    kept: tuple[OpCount, OpCost] | None = form.rows.get(key)
    if kept is None or kept[0] is not count:
        kept = form.rows[key] = (count, _row(network, number, cost))
    return kept[1]


def _row(network: Network, number: int, cost: Cost) -> OpCost:
    form, count = forms(network)[number], op_counts(network)[number]
    return OpCost(count.where, form.network.ops[0].kind, count.macs, count.weights_bytes, *cost(number, form))

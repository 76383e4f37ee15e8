"""The rows of the operators' table; the gauges need only their sums, so each row is put together when somebody looks."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, overload

from studio.core.network import Network
from studio.core.report import OpCost
from studio.estimate.counts import op_counts

Costs = Sequence[tuple[int, int]]


class OpRows(Sequence[OpCost]):
    """Every operator's cost, from its instructions and cycles."""

    __slots__ = ("_costs", "_made", "_network")

    def __init__(self, network: Network, costs: Costs) -> None:
        self._network, self._costs = network, costs
        self._made: tuple[OpCost, ...] | None = None

    def whole(self) -> tuple[OpCost, ...]:
        """Return the rows in the order of execution."""
        if self._made is None:
            rows = zip(self._network.ops, op_counts(self._network), self._costs, strict=True)
            self._made = tuple([OpCost(n.where, op.kind, n.macs, n.weights_bytes, *cost) for op, n, cost in rows])
        return self._made

    @overload
    def __getitem__(self, index: int) -> OpCost: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[OpCost]: ...
    def __getitem__(self, index: int | slice) -> OpCost | Sequence[OpCost]:
        return self.whole()[index]

    def __iter__(self) -> Iterator[OpCost]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self._costs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.whole() == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.whole())


class Rows(NamedTuple):
    """Every operator's cost, and the sums of their instructions and cycles."""

    ops: Sequence[OpCost]
    instructions: int
    cycles: int


def rows_of(network: Network, key: str, costs: Callable[[], Costs]) -> Rows:
    """Return what the operators cost; `costs` gives the instructions and cycles of each. `key` names all that they depend on besides the network."""
    kept = network.__dict__
    if key not in kept:
        found = costs()
        kept[key] = Rows(OpRows(network, found), sum([c[0] for c in found]), sum([c[1] for c in found]))
    return kept[key]

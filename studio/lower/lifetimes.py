"""When each tensor of a network must be in memory: what every memory plan starts from."""

from typing import NamedTuple

from studio.core.network import Network
from studio.core.remember import remembered

BEFORE = -1


class Lifetime(NamedTuple):
    """The first and the last operator (both inclusive) during which a tensor holds its place; inputs start at -1."""

    first: int
    last: int

    def overlaps(self, other: "Lifetime") -> bool:
        """Whether both are in memory during some operator."""
        return self.first <= other.last and other.first <= self.last


def planned(network: Network, tensor: int) -> bool:
    """Whether a tensor needs a place in the plan: constants and variables do not."""
    t = network.tensors[tensor]
    return not (t.constant or t.variable)


def tensor_bytes(network: Network) -> tuple[int, ...]:
    """Return the bytes of every tensor, worked out once for all plans."""
    return remembered(_tensor_bytes, network)


def _tensor_bytes(network: Network) -> tuple[int, ...]:
    return tuple([tensor.nbytes for tensor in network.tensors])


def lifetimes(network: Network) -> dict[int, Lifetime]:
    """Return the lifetime of every tensor that a plan must place, keyed by its index, in the order of creation.

    Inputs are there before the first operator and until their last reader; outputs stay until the last operator's end;
    an operator's output that nobody reads lives during that operator alone. Constants and variables are left out, and so
    are tensors that no operator touches. The same rule as TFLM's allocation scopes, counted from -1.
    """
    first: dict[int, int] = {t: BEFORE for t in network.inputs if planned(network, t)}
    last = dict(first)
    for number, op in enumerate(network.ops):
        for tensor in op.outputs:
            if tensor >= 0 and planned(network, tensor):
                first.setdefault(tensor, number)
                last[tensor] = number
        for tensor in op.inputs:
            if tensor in first:
                last[tensor] = number
    for tensor in network.outputs:
        if tensor in first:
            last[tensor] = max(last[tensor], len(network.ops) - 1)
    return {t: Lifetime(first[t], last[t]) for t in first}


def alive(lives: dict[int, Lifetime], op: int) -> tuple[int, ...]:
    """List the tensors that must be in memory while operator `op` runs."""
    return tuple(t for t, life in lives.items() if life.first <= op <= life.last)


def alive_bytes(network: Network) -> tuple[int, ...]:
    """Return for each operator the bytes of all tensors alive while it runs: no plan without sharing can be below the maximum."""
    lives = lifetimes(network)
    totals = [0] * len(network.ops)
    for tensor, life in lives.items():
        size = network.tensors[tensor].nbytes
        for op in range(max(life.first, 0), life.last + 1):
            totals[op] += size
    return tuple(totals)


class Timeline:
    """Which stretches of memory, as (offset, end), are taken during each step; steps count from 0."""

    def __init__(self, steps: int) -> None:
        self._taken: list[list[tuple[int, int]]] = [[] for _ in range(steps)]

    def take(self, first: int, last: int, offset: int, end: int) -> None:
        """Take a stretch from step `first` to step `last`, both inclusive."""
        stretch = (offset, end)
        for taken in self._taken[first : last + 1]:
            taken.append(stretch)

    def taken(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return what is taken during some of these steps, the lowest first."""
        if first == last:
            return sorted(self._taken[first])
        return sorted(set().union(*self._taken[first : last + 1]))

    def full(self, step: int, end: int, slack: int) -> bool:
        """Whether memory is taken during a step from its start to `end`, but for gaps of less than `slack` bytes."""
        reached = 0
        for low, high in sorted(self._taken[step]):
            if low >= reached + slack:
                return False
            reached = max(reached, high)
        return reached >= end

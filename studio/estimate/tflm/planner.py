"""The order in which TFLM's GreedyMemoryPlanner places buffers, and where: largest first, each in the first gap that fits.

Source of the rule: tflite-micro, tensorflow/lite/micro/memory_planner/greedy_memory_planner.cc.
"""

from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple

ALIGNMENT = 16


class Demand(NamedTuple):
    """A buffer to place: bytes, and the first and last step (inclusive) during which it lives."""

    size: int
    first: int
    last: int


def align(size: int, to: int = ALIGNMENT) -> int:
    """Round up to a multiple."""
    return -(-size // to) * to


def place(demands: Sequence[Demand]) -> tuple[int, ...]:
    """Return each buffer's offset; sizes must be aligned already.

    Largest first; among equals the one that was added last, for TFLM fills its list from the back and sorts it stably.
    """
    order = sorted(range(len(demands)), key=lambda i: (-demands[i].size, -i))
    offsets = [0] * len(demands)
    placed: list[tuple[int, int, int]] = []
    for rank, i in enumerate(order):
        size, first, last = demands[i]
        offset = 0
        for start, _, other in placed:
            neighbour = demands[other]
            if neighbour.first > last or first > neighbour.last:
                continue
            if start - offset >= size:
                break
            offset = max(offset, start + neighbour.size)
        offsets[i] = offset
        insort(placed, (offset, rank, i))
    return tuple(offsets)


def peak(demands: Sequence[Demand]) -> int:
    """Return the bytes that the whole plan takes."""
    return max((o + d.size for o, d in zip(place(demands), demands, strict=True)), default=0)

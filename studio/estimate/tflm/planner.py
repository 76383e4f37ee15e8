"""The order in which TFLM's GreedyMemoryPlanner places buffers, and where: largest first, each in the first gap that fits.

Source of the rule: tflite-micro, tensorflow/lite/micro/memory_planner/greedy_memory_planner.cc.
"""

from collections.abc import Sequence
from typing import NamedTuple

from studio.lower.lifetimes import Timeline

ALIGNMENT = 16


class Demand(NamedTuple):
    """A buffer to place: bytes, and the first and last step (inclusive) during which it lives."""

    size: int
    first: int
    last: int


def align(size: int, to: int = ALIGNMENT) -> int:
    """Round up to a multiple."""
    return -(-size // to) * to


def place(demands: Sequence[Demand], fixed: Sequence[int] = ()) -> tuple[int, ...]:
    """Return each buffer's offset; sizes must be aligned already, and no step lie before -1.

    Largest first; among equals the one that was added last, for TFLM fills its list from the back and sorts it stably. The first buffers
    keep the offsets in `fixed`, which a file may give, but for those that are -1 there.
    """
    kept = {i: offset for i, offset in enumerate(fixed) if offset >= 0}
    order = sorted((i for i in range(len(demands) - 1, -1, -1) if i not in kept), key=lambda i: demands[i].size, reverse=True)
    offsets = [*fixed, *[0] * (len(demands) - len(fixed))]
    timeline = Timeline(max((d.last for d in demands), default=0) + 2)  # one step more, for the first is -1
    for i, offset in kept.items():
        size, first, last = demands[i]
        timeline.take(first + 1, last + 1, offset, offset + size)
    for i in order:
        size, first, last = demands[i]
        offset = 0
        for start, end in timeline.taken(first + 1, last + 1):
            if start - offset >= size:
                break
            if end > offset:
                offset = end
        offsets[i] = offset
        timeline.take(first + 1, last + 1, offset, offset + size)
    return tuple(offsets)


def peak(demands: Sequence[Demand], fixed: Sequence[int] = ()) -> int:
    """Return the bytes that the whole plan takes."""
    return max((o + d.size for o, d in zip(place(demands, fixed), demands, strict=True)), default=0)

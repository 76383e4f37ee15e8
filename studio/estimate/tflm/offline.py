"""A plan of the arena made beforehand, for TFLM to follow, where it takes less than the greedy one that TFLM makes itself.

TFLM takes the tensors' offsets from the file's metadata "OfflineMemoryAllocation" and places only the kernels' scratch itself, around them.
A reshape's output may lie on its input: TFLM's kernel then copies nothing. Source: tflite-micro 90b983c2b, greedy_memory_planner.cc,
micro_allocation_info.cc, kernels/reshape.cc.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from studio.core.network import Network, Op
from studio.core.remember import remembered
from studio.core.report import Arena
from studio.estimate.tflm.kernels import Kernels
from studio.estimate.tflm.memory import arena, filled, placed, wanted_buffers
from studio.estimate.tflm.planner import Demand, place
from studio.lower.lifetimes import Timeline
from studio.lower.tflite.options import ONLINE

_PROMOTIONS = 12


class OfflinePlan(NamedTuple):
    """An offset for every tensor of the network, -1 for those without a place, and the arena that TFLM then needs."""

    offsets: tuple[int, ...]
    arena: Arena


class _Group(NamedTuple):
    """Buffers that lie at one offset: their numbers, and the memory and steps that they take together."""

    members: tuple[int, ...]
    demand: Demand


def offline_plan(network: Network, kernels: Kernels = "cmsis_nn", dsp: bool = True) -> OfflinePlan | None:
    """Return a plan with which a smaller arena suffices than without it, or than with the one that the file has.

    None where none was found, and for files with further subgraphs.
    """
    return remembered(_offline_plan, network, kernels, dsp and kernels == "cmsis_nn")


def with_offline(network: Network, kernels: Kernels, dsp: bool) -> Arena:
    """Return TFLM's own arena, and beside it that of the plan made beforehand."""
    return remembered(_with_offline, network, kernels, dsp and kernels == "cmsis_nn")


def _with_offline(network: Network, kernels: Kernels, dsp: bool) -> Arena:
    own, made = arena(network, kernels, dsp), offline_plan(network, kernels, dsp)
    return msgspec.structs.replace(own, offline=made.arena) if made else own


def _offline_plan(network: Network, kernels: Kernels, dsp: bool) -> OfflinePlan | None:
    if network.subgraphs:
        return None
    own = arena(network, kernels, dsp)
    if network.arena_offsets:
        network = msgspec.structs.replace(network, arena_offsets=())
    wanted, buffers = remembered(wanted_buffers, network, kernels, dsp)
    reshapes = [op for op in network.ops if op.kind == "reshape"]
    if not reshapes and _most_alive(buffers) >= own.head:
        return None
    (tensors,) = placed(network)
    groups = _groups(reshapes, tensors, buffers)
    least = _most_alive([group.demand for group in groups])
    if least >= own.head:
        return None
    offsets = _search(groups, len(tensors), buffers, least)
    planned = filled(network, wanted, len(buffers), _head(offsets, len(tensors), buffers))
    if planned.required >= own.required:
        return None
    made = dict(zip(tensors, offsets, strict=False))
    return OfflinePlan(tuple(made.get(i, ONLINE) for i in range(len(network.tensors))), planned)


def _groups(reshapes: Sequence[Op], tensors: Sequence[int], buffers: Sequence[Demand]) -> list[_Group]:
    """Put each reshape's output with its input; scratch stands alone."""
    if not reshapes:
        return [_Group((i,), demand) for i, demand in enumerate(buffers)]
    number = {tensor: i for i, tensor in enumerate(tensors)}
    home = list(range(len(buffers)))
    for op in reshapes:
        if op.inputs[0] in number and op.outputs[0] in number:
            home[number[op.outputs[0]]] = home[number[op.inputs[0]]]
    members: dict[int, list[int]] = {}
    for i, root in enumerate(home):
        members.setdefault(root, []).append(i)
    return [_Group(tuple(same), _together([buffers[i] for i in same]) if same[1:] else buffers[same[0]]) for same in members.values()]


def _together(demands: Sequence[Demand]) -> Demand:
    return Demand(max(d.size for d in demands), min(d.first for d in demands), max(d.last for d in demands))


def _most_alive(demands: Sequence[Demand]) -> int:
    """Return the most bytes that live during one step: no plan takes less."""
    change = [0] * (max(d.last for d in demands) + 3)
    for size, first, last in demands:
        change[first + 1] += size
        change[last + 2] -= size
    return max(accumulate(change))


def _search(groups: Sequence[_Group], tensors: int, buffers: Sequence[Demand], least: int) -> list[int]:
    """Return the best offsets found: from three orders, and from each by bringing what ends highest to the front, a few times."""
    best: list[int] = []
    lowest = -1
    for key in (_by_size, _by_area, _by_birth):
        order = sorted(range(len(groups)), key=lambda i: key(groups[i].demand))
        for _ in range(_PROMOTIONS):
            offsets, highest = _placed(groups, order, len(buffers))
            head = _head(offsets, tensors, buffers)
            if lowest < 0 or head < lowest:
                best, lowest = offsets, head
            if lowest == least or order[0] == highest:
                break
            order.remove(highest)
            order.insert(0, highest)
        if lowest == least:
            break
    return best


def _by_size(demand: Demand) -> tuple[int, int]:
    return -demand.size, demand.first


def _by_area(demand: Demand) -> int:
    return -demand.size * (demand.last - demand.first + 1)


def _by_birth(demand: Demand) -> tuple[int, int]:
    return demand.first, -demand.size


def _placed(groups: Sequence[_Group], order: Sequence[int], count: int) -> tuple[list[int], int]:
    """Place the groups in this order, each in the first gap; return every buffer's offset and the group that ends highest."""
    timeline = Timeline(max(group.demand.last for group in groups) + 2)
    offsets, highest, end = [0] * count, order[0], -1
    for i in order:
        size, first, last = groups[i].demand
        offset = 0
        for start, stop in timeline.taken(first + 1, last + 1):
            if start - offset >= size:
                break
            offset = max(offset, stop)
        timeline.take(first + 1, last + 1, offset, offset + size)
        for member in groups[i].members:
            offsets[member] = offset
        if offset + size > end:
            highest, end = i, offset + size
    return offsets, highest


def _head(offsets: Sequence[int], tensors: int, buffers: Sequence[Demand]) -> int:
    """Return where TFLM's plan ends that keeps the tensors' offsets and places the scratch, which follows them, by its own rule."""
    fixed = tuple(offsets[:tensors])
    made = (*fixed, *place(buffers, fixed)[tensors:])
    return max((o + d.size for o, d in zip(made, buffers, strict=True)), default=0)

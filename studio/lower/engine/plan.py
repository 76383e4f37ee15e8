"""Place tensors and scratch in one arena: largest first, each at the lowest offset that is free while it lives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from studio.lower.lifetimes import Timeline

ALIGNMENT = 4


class Step(NamedTuple):
    """What a call does to memory: tensors that it reads and writes, and those whose memory its output may take."""

    reads: tuple[int, ...]
    writes: int
    shares: tuple[int, ...]


class Span(NamedTuple):
    """Bytes that are needed from call `first` to call `last`; tensor -1 is scratch."""

    size: int
    first: int
    last: int
    tensor: int = -1


class Block:
    """Spans that lie at one offset: a tensor with those that took over its memory, or one scratch."""

    __slots__ = ("offset", "size", "spans")

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = spans
        self.size = spans[0].size if len(spans) == 1 else max([span.size for span in spans])
        self.offset = 0

    def profile(self) -> list[Span]:
        """Return the spans, those of one size that follow each other joined."""
        joined: list[Span] = []
        for span in sorted(self.spans, key=_first):
            size, first, last, _ = joined[-1] if joined else span
            if joined and span.size == size and span.first <= last + 1:
                joined[-1] = Span(size, first, max(last, span.last))
            else:
                joined.append(span)
        return joined


def place(blocks: Sequence[Block]) -> int:
    """Give each block its offset; return the arena's size."""
    timeline = Timeline(max((span.last for block in blocks for span in block.spans), default=0) + 1)
    end = 0
    for block in sorted(blocks, key=_size, reverse=True):
        spans = block.spans if len(block.spans) == 1 else block.profile()
        offset = _lowest(spans[0], timeline) if len(spans) == 1 else _lowest_of_several(spans, timeline)
        block.offset = offset
        for size, first, last, _ in spans:
            timeline.take(first, last, offset, offset + size)
        if offset + block.size > end:
            end = offset + block.size
    return aligned(end)


def _lowest(span: Span, timeline: Timeline) -> int:
    size, first, last, _ = span
    offset = 0
    for low, high in timeline.taken(first, last):
        if low >= offset + size:
            break
        if offset < high:
            offset = aligned(high)
    return offset


def _lowest_of_several(spans: Sequence[Span], timeline: Timeline) -> int:
    forbidden = {(low - size + 1, high) for size, first, last, _ in spans for low, high in timeline.taken(first, last)}
    offset = 0
    for low, high in sorted(forbidden):
        if low <= offset < high:
            offset = aligned(high)
    return offset


def _size(block: Block) -> int:
    return block.size


def _first(span: Span) -> int:
    return span.first


def aligned(size: int) -> int:
    """Round up to where the next buffer may lie."""
    return -(-size // ALIGNMENT) * ALIGNMENT


Lives = tuple[tuple[tuple[int, int, int], ...], ...]
"""Tensors that share memory, in groups: each tensor with its first and its last call."""


def arrange(lives: Lives, size_of: Callable[[int], int], scratch: Sequence[int]) -> list[Block]:
    """Give the tensors of `lives` their sizes; each call's scratch, in bytes, is a block of its own."""
    blocks = [Block([Span(size_of(tensor), first, last, tensor) for tensor, first, last in group]) for group in lives]
    return blocks + [Block((Span(size, call, call),)) for call, size in enumerate(scratch) if size]


def live(steps: Sequence[Step], aliases: Mapping[int, int], ends: tuple[int, int], variables: Iterable[int] = ()) -> Lives:
    """Return which tensors share memory and when they live; variables live always.

    `aliases` leads from a reshaped tensor to its source; `ends` are the network's input and output.
    """
    whole = {tensor: root(tensor, aliases) for tensor in aliases}
    first, last, order = {ends[0]: 0}, {ends[0]: 0}, {ends[0]: None}
    for number, step in enumerate(steps):
        for tensor in (*step.reads, step.writes):
            order[tensor] = None
            tensor = whole.get(tensor, tensor)
            first.setdefault(tensor, number)
            last[tensor] = number
    out = whole.get(ends[1], ends[1])
    first.setdefault(out, 0)
    last[out] = len(steps)
    for variable in variables:
        first[variable], last[variable] = 0, len(steps)
    home = _homes(steps, aliases, whole, last)
    groups: dict[int, list[tuple[int, int, int]]] = {}
    for tensor in dict.fromkeys((*order, *aliases, *variables, ends[1])):
        of = whole.get(tensor, tensor)
        groups.setdefault(root(tensor, home), []).append((tensor, first[of], last[of]))
    return tuple([tuple(group) for group in groups.values()])


def _homes(steps: Sequence[Step], aliases: Mapping[int, int], whole: Mapping[int, int], last_read: Mapping[int, int]) -> dict[int, int]:
    """Say for each tensor in whose memory it lies: aliases always, a call's output where its input is needed no more.

    `whole` leads from an alias to the tensor that is none; `last_read` is the last call that reads such a tensor or an alias of it.
    """
    home = dict(aliases)
    for number, step in enumerate(steps):
        for tensor in step.shares:
            if step.writes not in home and last_read[whole.get(tensor, tensor)] <= number:
                home[step.writes] = tensor
    return home


def root(tensor: int, home: Mapping[int, int]) -> int:
    """Follow the homes to the tensor that has none."""
    while tensor in home:
        tensor = home[tensor]
    return tensor

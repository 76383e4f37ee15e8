"""Place tensors and scratch in one arena: largest first, each at the lowest offset that is free while it lives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from studio.lower.lifetimes import Timeline

ALIGNMENT = 4


class Step(Protocol):
    """What a call does to memory: tensors that it reads and writes, those whose memory its output may take, bytes of scratch."""

    reads: tuple[int, ...]
    writes: int
    shares: tuple[int, ...]
    scratch: int


class Span(NamedTuple):
    """Bytes that are needed from call `first` to call `last`; tensor -1 is scratch."""

    size: int
    first: int
    last: int
    tensor: int = -1


class Block:
    """Spans that lie at one offset: a tensor with those that took over its memory, or one scratch."""

    __slots__ = ("first", "last", "offset", "size", "spans")

    def __init__(self, span: Span) -> None:
        self.spans = [span]
        self.size, self.first, self.last, _ = span
        self.offset = 0

    def add(self, span: Span) -> None:
        """Let another span lie here."""
        self.spans.append(span)
        self.size, self.first, self.last = max(self.size, span.size), min(self.first, span.first), max(self.last, span.last)

    def steps(self) -> list[tuple[int, int, int]]:
        """Return size, first and last call of the spans, those of one size that follow each other joined."""
        if len(self.spans) == 1:
            return [(self.size, self.first, self.last)]
        joined: list[tuple[int, int, int]] = []
        size, first, last = -1, 0, -1
        for span in sorted(self.spans, key=_first):
            if span.size != size or span.first > last + 1:
                joined.append((size, first, last))
                size, first, last = span.size, span.first, span.last
            elif span.last > last:
                last = span.last
        return [*joined[1:], (size, first, last)]


def place(blocks: Sequence[Block]) -> int:
    """Give each block its offset; return the arena's size."""
    timeline: Timeline[_Placed] = Timeline(max((b.last for b in blocks), default=0) + 1)
    end = 0
    for block in sorted(blocks, key=_size, reverse=True):
        first, last, steps = block.first, block.last, block.steps()
        offset = 0
        for low, high in sorted(_forbidden(steps, timeline.during(first, last))):
            if low <= offset < high:
                offset = -(-high // ALIGNMENT) * ALIGNMENT
        block.offset = offset
        timeline.add(first, last, (offset, steps))
        end = max(end, offset + block.size)
    return -(-end // ALIGNMENT) * ALIGNMENT


_Placed = tuple[int, list[tuple[int, int, int]]]


def _size(block: Block) -> int:
    return block.size


def _first(span: Span) -> int:
    return span.first


def _forbidden(steps: Sequence[tuple[int, int, int]], others: Iterable[_Placed]) -> list[tuple[int, int]]:
    """Offsets at which some of the steps would meet one of the others, as half-open ranges."""
    if len(steps) == 1:
        size, first, last = steps[0]
        return [(offset - size + 1, offset + s) for offset, theirs in others for s, begin, end in theirs if first <= end and begin <= last]
    ranges = []
    for offset, theirs in others:
        for size, first, last in steps:
            ranges += [(offset - size + 1, offset + s) for s, begin, end in theirs if first <= end and begin <= last]
    return ranges


def arrange(
    steps: Sequence[Step],
    aliases: Mapping[int, int],
    size_of: Callable[[int], int],
    ends: tuple[int, int],
    variables: Iterable[int] = (),
) -> list[Block]:
    """Join the tensors that share memory into blocks; each call's scratch is a block of its own, variables live always.

    `aliases` leads from a reshaped tensor to its source, `size_of` tells a tensor's bytes, `ends` are the input and the output.
    """
    whole = {tensor: root(tensor, aliases) for tensor in aliases}
    first, last, order = {ends[0]: 0}, {ends[0]: 0}, {ends[0]: None}
    for number, step in enumerate(steps):
        for tensor in (*step.reads, step.writes):
            order[tensor] = None
            tensor = whole.get(tensor, tensor)
            if tensor not in first:
                first[tensor] = number
            last[tensor] = number
    out = whole.get(ends[1], ends[1])
    first.setdefault(out, 0)
    last[out] = len(steps)
    for variable in variables:
        first[variable], last[variable] = 0, len(steps)
    home = share(steps, aliases, whole, last)
    blocks: dict[int, Block] = {}
    for tensor in dict.fromkeys((*order, *aliases, *variables, ends[1])):
        of = whole.get(tensor, tensor)
        span = Span(size_of(tensor), first[of], last[of], tensor)
        base = root(tensor, home)
        if base in blocks:
            blocks[base].add(span)
        else:
            blocks[base] = Block(span)
    return [*blocks.values(), *[Block(Span(step.scratch, i, i)) for i, step in enumerate(steps) if step.scratch]]


def share(steps: Sequence[Step], aliases: Mapping[int, int], whole: Mapping[int, int], last_read: Mapping[int, int]) -> dict[int, int]:
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

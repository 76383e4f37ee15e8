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


def place(blocks: Sequence[Block]) -> int:
    """Give each block its offset; return the arena's size."""
    timeline: Timeline[Block] = Timeline(max((b.last for b in blocks), default=0) + 1)
    end = 0
    for block in sorted(blocks, key=_size, reverse=True):
        first, last, size = block.first, block.last, block.size
        offset = 0
        for low, high in sorted(_forbidden(block, timeline.during(first, last))):
            if low <= offset < high:
                offset = -(-high // ALIGNMENT) * ALIGNMENT
        block.offset = offset
        timeline.add(first, last, block)
        end = max(end, offset + size)
    return -(-end // ALIGNMENT) * ALIGNMENT


def _size(block: Block) -> int:
    return block.size


def _forbidden(block: Block, others: Iterable[Block]) -> list[tuple[int, int]]:
    """Offsets at which some span of the block would meet one of the others, as half-open ranges."""
    spans = block.spans
    ranges = []
    for other in others:
        offset, theirs = other.offset, other.spans
        if len(spans) == len(theirs) == 1:
            ranges.append((offset - block.size + 1, offset + other.size))
            continue
        for size, first, last, _ in spans:
            ranges += [(offset - size + 1, offset + s.size) for s in theirs if first <= s.last and s.first <= last]
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
    home = share(steps, aliases, last)
    blocks: dict[int, Block] = {}
    for tensor in dict.fromkeys((*order, *aliases, *variables, ends[1])):
        of = whole.get(tensor, tensor)
        span = Span(size_of(tensor), first[of], last[of], tensor)
        base = root(tensor, home)
        if base in blocks:
            blocks[base].add(span)
        else:
            blocks[base] = Block(span)
    return [*blocks.values(), *(Block(Span(step.scratch, i, i)) for i, step in enumerate(steps) if step.scratch)]


def share(steps: Sequence[Step], aliases: Mapping[int, int], last_read: Mapping[int, int]) -> dict[int, int]:
    """Say for each tensor in whose memory it lies: aliases always, a call's output where its input is needed no more.

    `last_read` is the last call that reads a tensor or an alias of it, by the tensor that is no alias.
    """
    home = dict(aliases)
    for number, step in enumerate(steps):
        for tensor in step.shares:
            if step.writes not in home and last_read[root(tensor, aliases)] <= number:
                home[step.writes] = tensor
    return home


def root(tensor: int, home: Mapping[int, int]) -> int:
    """Follow the homes to the tensor that has none."""
    while tensor in home:
        tensor = home[tensor]
    return tensor

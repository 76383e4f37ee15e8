"""Place tensors and scratch in one arena: largest first, each at the lowest offset that is free while it lives."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from studio.lower.lifetimes import Timeline

ALIGNMENT = 4
PUSHED = 8  # turns in which the block that ended last is placed first


class Step(NamedTuple):
    """What a call does to memory: tensors that it reads and writes, and those that its output may lie over, whatever their sizes."""

    reads: tuple[int, ...]
    writes: int
    shares: tuple[int, ...]


class Span(NamedTuple):
    """Bytes that are needed from call `first` to call `last`, `at` bytes into their block; tensor -1 is scratch."""

    size: int
    first: int
    last: int
    tensor: int = -1
    at: int = 0


# As quick as a tuple: an edit makes hundreds.
_span: Callable[[tuple[int, int, int, int, int]], Span] = partial(tuple.__new__, Span)


class Block:
    """Spans that lie over each other: a tensor with those that took over its memory, or one scratch."""

    __slots__ = ("offset", "size", "spans")

    def __init__(self, spans: Sequence[Span], offset: int = 0) -> None:
        self.spans = spans
        self.size = spans[0].size if len(spans) == 1 else max([span.at + span.size for span in spans])
        self.offset = offset

    def profile(self) -> list[Span]:
        """Return the spans, those of one size and place that follow each other joined."""
        joined: list[Span] = []
        for span in sorted(self.spans, key=_first):
            size, first, last, _, at = joined[-1] if joined else span
            if joined and span.size == size and span.at == at and span.first <= last + 1:
                joined[-1] = _span((size, first, max(last, span.last), -1, at))
            else:
                joined.append(span)
        return joined


def place(blocks: Sequence[Block], order: Callable[[Block], Any] | None = None) -> tuple[int, bool]:
    """Give each block its offset, the highest by `order` first, without one the largest.

    Return the arena's size, and whether some call needs all of it, so that no other order does with less.
    """
    timeline = Timeline(_calls(blocks))
    end, top = 0, None
    for block in sorted(blocks, key=order or _size, reverse=True):
        spans = block.spans if len(block.spans) == 1 else block.profile()
        offset = _lowest(spans[0], timeline) if len(spans) == 1 else _lowest_of_several(spans, timeline)
        block.offset = offset
        for size, first, last, _, at in spans:
            timeline.take(first, last, offset + at, offset + at + size)
        if offset + block.size > end:
            end, top = offset + block.size, spans
    calls = {call for span in top or () for call in range(span.first, span.last + 1)}
    return aligned(end), top is None or any(timeline.full(call, end, ALIGNMENT) for call in calls)


def _lowest(span: Span, timeline: Timeline) -> int:
    size, first, last, _, _ = span
    offset = 0
    for low, high in timeline.taken(first, last):
        if low >= offset + size:
            break
        if offset < high:
            offset = aligned(high)
    return offset


def _lowest_of_several(spans: Sequence[Span], timeline: Timeline) -> int:
    forbidden = {(low - size - at + 1, high - at) for size, first, last, _, at in spans for low, high in timeline.taken(first, last)}
    offset = 0
    for low, high in sorted(forbidden):
        if low <= offset < high:
            offset = aligned(high)
    return offset


def _size(block: Block) -> int:
    return block.size


def _whole_first(block: Block) -> tuple[bool, int]:
    return not any(span.at for span in block.spans), block.size


def _end(block: Block) -> int:
    return block.offset + block.size


def _use(block: Block) -> int:
    return sum([span.size * (span.last - span.first + 1) for span in block.spans])


def _early(block: Block) -> tuple[int, int]:
    return -min([span.first for span in block.spans]), block.size


def _first(span: Span) -> int:
    return span.first


def aligned(size: int) -> int:
    """Round up to where the next buffer may lie."""
    return -(-size // ALIGNMENT) * ALIGNMENT


Life = tuple[int, int, int, int]
"""A tensor, its first and its last call, and the tensor that it may lie over, or -1."""
Lives = tuple[tuple[Life, ...], ...]
"""Tensors that may share memory, in groups."""


def plan(lives: Lives, size_of: Callable[[int], int], scratch: Sequence[int], rough: bool = False) -> tuple[list[Block], int]:
    """Return the blocks, each at its offset, and the arena's size; a rough plan takes less time and may take more memory.

    Where no call needs all of the arena other orders are tried. A tensor larger than the one that it may lie over binds more than it
    spares in most places: it does so only where the peak needs it.
    """
    blocks, grown = arrange(lives, size_of, scratch)
    needed = _needed(blocks) if grown else []
    least = list(needed)
    for _, call, _, over in grown:
        least[call] -= size_of(over)
    low = max(least, default=0)
    tight = frozenset([tensor for tensor, call, _, _ in grown if needed[call] > low])
    other = arrange(lives, size_of, scratch, tight)[0] if tight else blocks
    arena, full = place(other, _whole_first if tight else None)
    if full or (rough and not tight):
        return other, arena
    found = [Block(block.spans, block.offset) for block in other], arena
    if tight and arena >= max(needed):  # else no plan apart can be as small
        size, _ = place(blocks)
        found = (blocks, size) if size < arena else found
    low = aligned(low or max(_needed(blocks)))
    for order in (_whole_first,) if rough else _orders(other):
        if found[1] <= low:
            break
        size, _ = place(other, order)
        if size < found[1]:
            found = [Block(block.spans, block.offset) for block in other], size
    return found


def _needed(blocks: Sequence[Block]) -> list[int]:
    """Return the bytes that are in use during each call."""
    change = [0] * (_calls(blocks) + 1)
    for block in blocks:
        if len(block.spans) == 1:
            ((size, first, last, _, _),) = block.spans
            change[first] += size
            change[last + 1] -= size
            continue
        most: dict[int, int] = {}
        for size, first, last, _, at in block.spans:
            for call in range(first, last + 1):
                if at + size > most.get(call, 0):
                    most[call] = at + size
        for call, size in most.items():
            change[call] += size
            change[call + 1] -= size
    return list(accumulate(change[:-1]))


def _calls(blocks: Sequence[Block]) -> int:
    return max([span.last for block in blocks for span in block.spans], default=0) + 1


def _orders(blocks: Sequence[Block]) -> Iterator[Callable[[Block], Any]]:
    """Yield orders to place blocks in: a few of all, then those in which the block that ended last comes first."""
    yield from (_whole_first, _use, _early)
    pushed: dict[Block, int] = {}
    for turn in range(1, PUSHED + 1):
        pushed[max(blocks, key=_end)] = turn
        yield lambda block: (pushed.get(block, 0), block.size)


def arrange(
    lives: Lives, size_of: Callable[[int], int], scratch: Sequence[int], over: frozenset[int] = frozenset()
) -> tuple[list[Block], list[Life]]:
    """Give the tensors of `lives` their sizes; each call's scratch, in bytes, is a block of its own.

    Returned beside the blocks: tensors larger than those that they may lie over, which they do only where they are named in `over`.
    """
    blocks, grown = [], []
    for group in lives:
        if len(group) == 1:
            ((tensor, first, last, _),) = group
            blocks.append(Block((_span((size_of(tensor), first, last, tensor, 0)),)))
            continue
        sizes = {life[0]: size_of(life[0]) for life in group}
        larger = [life for life in group if life[3] >= 0 and sizes[life[0]] > sizes[life[3]]]
        if not larger:
            blocks.append(Block([_span((sizes[tensor], first, last, tensor, 0)) for tensor, first, last, _ in group]))
            continue
        grown += larger
        apart = {life[0] for life in larger} - over
        blocks += [Block(spans) for spans in _joined(group, sizes, apart)]
    return blocks + [Block((_span((size, call, call, -1, 0)),)) for call, size in enumerate(scratch) if size], grown


def _joined(group: tuple[Life, ...], sizes: Mapping[int, int], apart: Collection[int]) -> list[list[Span]]:
    """Divide a group, whose tensors `apart` lie over no other.

    A tensor begins where the one begins that it lies over; a larger one ends there instead: its call reads ahead of what it writes.
    """
    home = {tensor: over for tensor, _, _, over in group if over >= 0 and tensor not in apart}
    at: dict[int, int] = {}

    def placed(tensor: int) -> int:
        if tensor not in at:
            over = home.get(tensor, -1)
            at[tensor] = 0 if over < 0 else placed(over) - aligned(max(0, sizes[tensor] - sizes[over]))
        return at[tensor]

    parts: dict[int, list[Life]] = {}
    for life in group:
        parts.setdefault(root(life[0], home), []).append(life)
    made = []
    for part in parts.values():
        low = min([placed(tensor) for tensor, _, _, _ in part])
        made.append([_span((sizes[tensor], first, last, tensor, at[tensor] - low)) for tensor, first, last, _ in part])
    return made


def live(steps: Sequence[Step], aliases: Mapping[int, int], ends: tuple[int, int], variables: Iterable[int] = ()) -> Lives:
    """Return which tensors may share memory and when they live; variables live always.

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
    groups: dict[int, list[Life]] = {}
    for tensor in dict.fromkeys((*order, *aliases, *variables, ends[1])):
        of = whole.get(tensor, tensor)
        groups.setdefault(root(tensor, home), []).append((tensor, first[of], last[of], home.get(tensor, -1)))
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

"""Place tensors and scratch in one arena: largest first, each at the lowest offset that is free while it lives."""

from collections.abc import Mapping, Sequence

import msgspec

from studio.core.program import Buffer
from studio.lower.engine.draft import Draft

ALIGNMENT = 4


class Span(msgspec.Struct, frozen=True):
    """Bytes that are needed from call `first` to call `last`; tensor -1 is scratch."""

    name: str
    size: int
    first: int
    last: int
    tensor: int = -1


class Block(msgspec.Struct):
    """Spans that lie at one offset: a tensor with those that took over its memory, or one scratch."""

    spans: list[Span]
    offset: int = 0

    @property
    def size(self) -> int:
        """Bytes of the largest span."""
        return max(s.size for s in self.spans)


def plan(blocks: Sequence[Block]) -> tuple[tuple[Buffer, ...], int]:
    """Give each block its offset; return the buffers in the order of the blocks and the arena's size."""
    placed: list[Block] = []
    for block in sorted(blocks, key=lambda b: -b.size):
        block.offset = _lowest_offset(block, placed)
        placed.append(block)
    buffers = tuple(Buffer(s.name, b.offset, s.size, s.first, s.last, s.tensor) for b in blocks for s in b.spans)
    return buffers, max((_aligned(b.offset + b.size) for b in blocks), default=0)


def _lowest_offset(block: Block, placed: Sequence[Block]) -> int:
    taken = sorted(_forbidden(block, placed))
    offset = 0
    for low, high in taken:
        if low <= offset < high:
            offset = _aligned(high)
    return offset


def _forbidden(block: Block, placed: Sequence[Block]) -> list[tuple[int, int]]:
    """Offsets at which some span of the block would meet a placed one, as half-open ranges."""
    ranges = []
    for other in placed:
        for mine in block.spans:
            for theirs in other.spans:
                if mine.first <= theirs.last and theirs.first <= mine.last:
                    ranges.append((other.offset - mine.size + 1, other.offset + theirs.size))
    return ranges


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def share(drafts: Sequence[Draft], aliases: Mapping[int, int], last_read: Mapping[int, int]) -> dict[int, int]:
    """Say for each tensor in whose memory it lies: aliases always, a call's output where its input is needed no more.

    `aliases` leads from a reshaped tensor to its source; `last_read` is the last call that reads a tensor or an alias of it,
    by the tensor that is no alias.
    """
    home = dict(aliases)
    for number, draft in enumerate(drafts):
        for tensor in draft.shares:
            if draft.writes not in home and last_read[root(tensor, aliases)] <= number:
                home[draft.writes] = tensor
    return home


def root(tensor: int, home: Mapping[int, int]) -> int:
    """Follow the homes to the tensor that has none."""
    while tensor in home:
        tensor = home[tensor]
    return tensor

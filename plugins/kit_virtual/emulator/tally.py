"""From blocks that ran to instructions and cycles: of a region, and of each call that the watched function made in it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import timing
from watching import Seen

Read = Callable[[int, int], bytes]


class Part(NamedTuple):
    """How often each block (address, size) ran, and the transfers of control elsewhere than to the next address."""

    blocks: dict[tuple[int, int], int]
    jumps: int


def parts(seen: Seen, caller: Sequence[int], end: int) -> list[Part]:
    """Split what was seen: first what ran under no call, then each call in the order of its first run.

    The caller's own blocks count for the call that they prepare, the last ones for the last call. `end` is the region's last
    address, which does not belong to it.
    """
    found: list[dict[tuple[int, int], int]] = [{} for _ in seen.sites]
    for (site, address, size), times in seen.times.items():
        if address == end:
            continue
        own = site == 0 and caller[0] <= address < caller[1]
        blocks = found[_prepared(seen.sites, address + size) if own else site]
        blocks[(address, size)] = blocks.get((address, size), 0) + times
    return [Part(blocks, jumps) for blocks, jumps in zip(found, seen.jumps, strict=True)]


def _prepared(sites: Sequence[int], upto: int) -> int:
    later = [(address, number) for number, address in enumerate(sites) if number and address >= upto]
    return min(later)[1] if later else len(sites) - 1


def instructions(read: Read, part: Part) -> int:
    """Count a part's instructions."""
    return sum(times * count_instructions(read(*block)) for block, times in part.blocks.items())


def cycles(read: Read, core: str, counted: Sequence[Part]) -> int:
    """Estimate the cycles of some parts together."""
    blocks = ((read(*block), times) for part in counted for block, times in part.blocks.items())
    return timing.estimate(core, blocks, sum(part.jumps for part in counted))


def count_instructions(code: bytes) -> int:
    """Count Thumb instructions; the first half-word says whether one has two (Armv7-M Architecture Reference Manual, A5.1)."""
    at = count = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 >= 0x1D else 2
        count += 1
    return count

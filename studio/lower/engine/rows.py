"""Working on a band of rows: what a kernel call needs for a few rows of its output, and how a chain of calls goes along."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec


class Band(msgspec.Struct, frozen=True):
    """Rows of the input at hand, rows of the output to make, and rows of padding above the first one at hand."""

    rows_in: int
    rows_out: int
    pad_top: int


class Reach(NamedTuple):
    """The rows of a call's input and output; how many of input a row of output sees, their step, the padding above."""

    in_height: int
    out_height: int
    span: int = 1
    stride: int = 1
    pad_top: int = 0

    def needed(self, made: int) -> int:
        """Rows of input that must be at hand to have made so many rows of output."""
        return min(self.in_height, (made - 1) * self.stride + self.span - self.pad_top) if made else 0

    def first(self, made: int) -> int:
        """The first row of input that is still needed when so many rows of output are made."""
        return max(0, made * self.stride - self.pad_top)

    def band(self, made: int, goal: int) -> Band:
        """Return the band that leads from `made` rows of output to `goal`."""
        first = self.first(made)
        return Band(self.needed(goal) - first, goal - made, max(0, self.pad_top - made * self.stride))


class Rows(msgspec.Struct, frozen=True):
    """How a call works on a band of rows: `dims` counts its loops, `scratch` is its bytes for so many rows of output.

    `in_place` says that a row may be written over the row it is made from. A call with `sums` bytes has a single output, made from
    all rows: it can only end a chain, keeps its sums meanwhile, and counts the rows that it has summed up as made. `adapter` is its
    function there.
    """

    reach: Reach
    dims: Callable[[Band], Mapping[str, int]]
    scratch: Callable[[int], int] = lambda _: 0
    in_place: bool = False
    sums: int = 0
    adapter: str = ""

    @property
    def whole(self) -> Band:
        """The band that is all of the tensors."""
        return Band(self.reach.in_height, self.reach.out_height, self.reach.pad_top)


def each_row(height: int, dims: Callable[[int], Mapping[str, int]], scratch: int = 0) -> Rows:
    """Return the Rows of a call that makes each row from the same row of its input; `dims` takes the number of rows."""
    return Rows(Reach(height, height), lambda band: dims(band.rows_out), lambda _: scratch, in_place=True)


class Course(msgspec.Struct, frozen=True):
    """How a chain of calls runs: each call's bands in order, the rows that the memory of its output must hold, what is moved there.

    A move is (rows dropped, rows left). `looks` counts the calls that the driver looked at. `keepers` gives for each call the one
    that reads its output last; -1 where the output is whole or lies in its input's memory.
    """

    looks: int
    bands: tuple[tuple[Band, ...], ...]
    held: tuple[int, ...]
    moves: tuple[tuple[tuple[int, int], ...], ...]
    keepers: tuple[int, ...]


@lru_cache(maxsize=512)
def course(chain: tuple[Reach, ...], over: tuple[bool, ...], stripe: int) -> Course:
    """Follow a chain whose calls make up to `stripe` rows at a time, always the last call for which enough is at hand.

    `over` says which calls work in their input's memory.
    """
    count, looks = len(chain), 0
    keepers = tuple(_keeper(over, call) for call in range(count))
    made, base, held = [0] * count, [0] * count, [0] * count
    moves: list[list[tuple[int, int]]] = [[] for _ in chain]
    bands: list[list[Band]] = [[] for _ in chain]
    while made[-1] < chain[-1].out_height:
        call = count - 1
        while True:
            looks += 1
            goal = min(made[call] + stripe, chain[call].out_height)
            if call == 0 or chain[call].needed(goal) <= made[call - 1]:
                break
            call -= 1
        if keepers[call] >= 0:
            low = min(chain[keepers[call]].first(made[keepers[call]]), made[call])
            if low > base[call]:
                moves[call].append((low - base[call], made[call] - low))
                base[call] = low
            held[call] = max(held[call], goal - low)
        bands[call].append(chain[call].band(made[call], goal))
        made[call] = goal
    return Course(looks, tuple(map(tuple, bands)), tuple(held), tuple(map(tuple, moves)), keepers)


def _keeper(over: Sequence[bool], call: int) -> int:
    """The call that reads a call's output last: the next one that does not work in its input's memory."""
    if over[call] or call == len(over) - 1:
        return -1
    keeper = call + 1
    while over[keeper]:
        keeper += 1
    return keeper

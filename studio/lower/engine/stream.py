"""Row streaming: a chain of calls makes a few rows at a time, and of each tensor between them only the rows still needed are held.

It trades instructions (rows at the seams are copied again) for memory: a plan streams the chains that lower its peak.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

import msgspec

from studio.core.program import Call, StreamLayer
from studio.lower.engine.draft import SCRATCH, Chain, Draft, Layer, Operand, Stretch
from studio.lower.engine.plan import Block, aligned
from studio.lower.engine.rows import Band, Course, Rows, course

DRIVER = "ot_stream"
TRIED = 6  # chains that are planned in full, of all around the peak
_KERNELS = ("conv_2d", "conv_2d_dsp", "conv_2d_packed_dsp", "pointwise_conv", "pointwise_conv_dsp", "pointwise_conv_packed_dsp")
_KERNELS += ("depthwise_conv", "depthwise_conv_dsp", "depthwise_conv_3x3_dsp", "depthwise_conv_3x3_packed_dsp")
_KERNELS += ("max_pool", "average_pool", "average_pool_dsp", "lookup", "mean", "average_all")
ADAPTERS = frozenset(f"{DRIVER}_{kernel}" for kernel in _KERNELS)
STATE_BYTES = 4  # of each call: rows made, and the first row held


def ranges(drafts: Sequence[Draft], call: int, whole: frozenset[int]) -> list[tuple[int, int]]:
    """Return the first and last call of every chain around a call; `whole` are tensors that others see too."""
    readers = Counter(tensor for draft in drafts for tensor in draft.reads)

    def joined(after: int) -> bool:
        """Whether a call only reads what the one before it made, and nobody else does."""
        left, right = drafts[after - 1], drafts[after]
        if left.rows is None or right.rows is None or left.rows.sums or not ADAPTERS.issuperset((adapter(left), adapter(right))):
            return False
        return right.reads == (left.writes,) and readers[left.writes] == 1 and left.writes not in whole

    first = last = call
    while first > 0 and joined(first):
        first -= 1
    while last + 1 < len(drafts) and joined(last + 1):
        last += 1
    return [(i, j) for i in range(first, call + 1) for j in range(max(call, i + 1), last + 1)]


class Plan:
    """How a chain of drafts goes through its rows, and the memory that it takes."""

    def __init__(self, drafts: Sequence[Draft], size_of: Callable[[int], int], stripe: int) -> None:
        """Let each call make `stripe` rows at a time."""
        self.drafts, self.stripe = drafts, stripe
        self.rows = rows = [d.rows for d in drafts if d.rows is not None]
        widths = [size_of(drafts[0].reads[0]) // rows[0].reach.in_height]
        widths += [0 if r.sums else size_of(d.writes) // r.reach.out_height for d, r in zip(drafts, rows, strict=True)]
        self.widths = widths
        self.over = tuple(0 < i < len(rows) - 1 and r.in_place and widths[i] == widths[i + 1] for i, r in enumerate(rows))
        self.course = course(tuple([r.reach for r in rows]), self.over, stripe)
        held = [held * width for held, width in zip(self.course.held, widths[1:], strict=True)]
        self.memory = _memory(drafts, rows, held, self.course)

    @property
    def outline(self) -> Draft:
        """The stream as planning sees it: one call that reads and writes what the chain does, and takes its memory as scratch."""
        first = self.drafts[0]
        size = max(part.offset + aligned(part.size) for part in self.memory)
        return Draft(DRIVER, (), first.reads, self.drafts[-1].writes, {}, first.op, first.block, scratch=size)

    @property
    def draft(self) -> Draft:
        """The stream as one call: its driver, with the calls that it runs."""
        layers = _layers(self.drafts, self.rows, self.over, self.course, self.widths, self.memory)
        return msgspec.structs.replace(
            self.outline,
            args=(str(len(self.rows)), str(self.stripe), SCRATCH),
            dims=_driver_dims(self.course, self.widths),
            chain=Chain(tuple(layers), self.memory),
        )


def stream(drafts: Sequence[Draft], size_of: Callable[[int], int], stripe: int) -> Draft:
    """Make one call of a chain: its driver, by which each of them makes `stripe` rows at a time."""
    return Plan(drafts, size_of, stripe).draft


def _memory(drafts: Sequence[Draft], rows: Sequence[Rows], held: Sequence[int], way: Course) -> tuple[Stretch, ...]:
    """Lay out the driver's state, the last call's sums, the largest scratch and the rows held, one behind the other."""
    scratch = max(r.scratch(max(b.rows_out for b in bands)) for r, bands in zip(rows, way.bands, strict=True))
    parts = [("rows counted", STATE_BYTES * len(drafts), -1), ("sums", rows[-1].sums, -1), ("scratch", scratch, -1)]
    parts += [("", size, draft.writes) for draft, size in zip(drafts, held, strict=True)]
    memory, offset = [], 0
    for name, size, tensor in parts:
        if size:
            memory.append(Stretch(name, offset, size, tensor))
            offset += aligned(size)
    return tuple(memory)


def _layers(
    drafts: Sequence[Draft], rows: Sequence[Rows], over: Sequence[bool], way: Course, widths: Sequence[int], memory: Sequence[Stretch]
) -> list[Layer]:
    named = {part.name: part.offset for part in memory if part.tensor < 0}
    held = {part.tensor: part.offset for part in memory if part.tensor >= 0}
    layers: list[Layer] = []
    owner, source = -1, Operand(drafts[0].reads[0])
    for i, (draft, row) in enumerate(zip(drafts, rows, strict=True)):
        whole = i == len(drafts) - 1
        target = source if over[i] else Operand(draft.writes) if whole else Operand(-1, held[draft.writes])
        scratch = Operand(-1, named.get("sums" if row.sums else "scratch", 0))
        counted = msgspec.structs.replace(draft, dims=_total(row, way.bands[i]))
        layers.append(Layer(counted, row, source, target, scratch, widths[i], widths[i + 1], owner, way.keepers[i]))
        source, owner = target, owner if over[i] else i
    return layers


def _total(row: Rows, bands: Sequence[Band]) -> dict[str, int]:
    """Sum the counts of a call's bands."""
    total: Counter[str] = Counter()
    for band, times in Counter(bands).items():
        for name, count in row.dims(band).items():
            total[name] += times * count
    return dict(total)


def _driver_dims(way: Course, widths: Sequence[int]) -> dict[str, int]:
    """Count the driver's own loops: calls, those looked at, bands run, pairs of words and single bytes moved."""
    pairs = singles = 0
    for moves, width in zip(way.moves, widths[1:], strict=True):
        for (gone, left), times in Counter(moves).items():
            whole = left * width // 8 if gone * width % 4 == 0 else 0
            pairs += times * whole
            singles += times * (left * width - 8 * whole)
    bands = sum(map(len, way.bands))
    return {"calls": 1, "layers": len(way.bands), "looks": way.looks, "bands": bands, "pairs": pairs, "singles": singles}


def written(layer: Layer, call: Call, place: Callable[[Operand], str]) -> StreamLayer:
    """Return a layer as the exporter prints it; `call` is its call, `place` writes an operand's address."""
    reach = layer.rows.reach
    return StreamLayer(
        call=call,
        adapter=adapter(layer.draft),
        sizes=f"&{call.record.name}" if call.record else str(layer.draft.args[2]),
        input=place(layer.source),
        output=place(layer.target),
        scratch=place(layer.scratch),
        in_row=layer.in_row,
        out_row=layer.out_row,
        in_height=reach.in_height,
        out_height=reach.out_height,
        span=reach.span,
        stride=reach.stride,
        pad_top=reach.pad_top,
        owner=layer.owner,
        keeper=layer.keeper,
    )


def kernel_of(draft: Draft) -> str:
    """Name the kernel that a call of a stream comes to: its own, or one that only streams have."""
    assert draft.rows is not None
    return draft.rows.adapter or draft.kernel


def adapter(draft: Draft) -> str:
    """Name the function that runs a call on a band of rows."""
    assert draft.rows is not None
    return draft.rows.adapter or DRIVER + draft.kernel.removeprefix("ot")


class Space(Protocol):
    """The memory of a network's drafts."""

    whole: frozenset[int]

    def size_of(self, tensor: int) -> int: ...

    def blocks(self, drafts: Sequence[Draft], rough: bool = False) -> tuple[list[Block], int]: ...


def slimmest(drafts: Sequence[Draft], space: Space) -> list[Draft]:
    """Stream chains of the drafts for as long as that lowers the arena, as it is roughly planned; none where the whole plan is lower without."""
    best = list(drafts)
    blocks, arena = space.blocks(best, rough=True)
    while True:
        used = _used(blocks)
        found = ranges(best, max(used, key=lambda call: (used[call], -call)), space.whole)
        likely = sorted(found, key=lambda r: _guess(best, r, used, space))[:TRIED]
        sizes = [(_arena(best, r, 1, space), r[1] - r[0], r) for r in likely]
        if not sizes or min(sizes)[0] >= arena:
            return best if len(best) == len(drafts) or space.blocks(best)[1] < space.blocks(drafts)[1] else list(drafts)
        arena, _, (first, last) = min(sizes)
        stripe, rows = 1, best[last].rows
        assert rows is not None
        while stripe < rows.reach.out_height and _arena(best, (first, last), stripe + 1, space) <= arena:  # seams cost instructions
            stripe += 1
        best[first : last + 1] = [stream(best[first : last + 1], space.size_of, stripe)]
        blocks, arena = space.blocks(best, rough=True)


def _arena(drafts: Sequence[Draft], calls: tuple[int, int], stripe: int, space: Space) -> int:
    """Bytes of the arena with these calls as a stream."""
    first, last = calls
    outline = Plan(drafts[first : last + 1], space.size_of, stripe).outline
    return space.blocks([*drafts[:first], outline, *drafts[last + 1 :]], rough=True)[1]


def _guess(drafts: Sequence[Draft], calls: tuple[int, int], used: Mapping[int, int], space: Space) -> tuple[int, int]:
    """Guess what is in use with these calls as a stream: what other calls need, or both ends and the rows that each window sees."""
    first, last = calls
    ends = space.size_of(drafts[first].reads[0]) + space.size_of(drafts[last].writes)
    held = 0
    for draft, after in pairwise(drafts[first : last + 1]):
        assert draft.rows is not None and after.rows is not None
        held += space.size_of(draft.writes) * min(after.rows.reach.span, after.rows.reach.in_height) // after.rows.reach.in_height
    others = max((size for call, size in used.items() if not first <= call <= last), default=0)
    return max(others, ends + held), last - first


def _used(blocks: Sequence[Block]) -> Counter[int]:
    """Return the bytes of the arena in use during each call."""
    used: Counter[int] = Counter()
    for block in blocks:
        sizes: dict[int, int] = {}
        for size, first, last, _, _ in block.spans:
            for call in range(first, last + 1):
                sizes[call] = max(sizes.get(call, 0), size)
        used.update(sizes)
    return used

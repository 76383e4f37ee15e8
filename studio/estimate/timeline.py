"""The arena over the course of an inference: which bytes are alive during which step, by the plan of the runtime itself."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Literal, Protocol, TypeVar

import msgspec

from studio.core.network import Network, Shape
from studio.core.program import Buffer, Program
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.estimate.tflm.plan import plan

Role = Literal["input", "tensor", "scratch"]


class Stretch(Protocol):
    """Bytes of an arena from step `first` to `last`: a buffer of a plan, a life, a use in a sketch."""

    @property
    def offset(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...


S = TypeVar("S", bound=Stretch)


class Life(msgspec.Struct, frozen=True):
    """A stretch of the arena from step `first` to `last`; tensors that are one and the same memory have all their names here.

    `block` made it, "" for the network's input and for what no block made.
    """

    names: tuple[str, ...]
    role: Role
    block: str
    offset: int
    size: int
    first: int
    last: int
    shape: Shape = ()
    dtype: str = ""

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.offset + self.size


class Step(msgspec.Struct, frozen=True):
    """A kernel call: the numbers of its operators (a stream runs several), its blocks, and the bytes that are alive meanwhile.

    Bytes that several tensors share are counted once. `kind` is the first operator's.
    """

    ops: tuple[int, ...]
    kind: str
    blocks: tuple[str, ...]
    alive: int

    @property
    def block(self) -> str:
        """The first block, "" where no block made it."""
        return self.blocks[0] if self.blocks else ""

    @property
    def name(self) -> str:
        """What to call it: "conv2d_1", "conv2d_1 … dense_1"."""
        return " … ".join((self.blocks[0], self.blocks[-1]) if len(self.blocks) > 1 else self.blocks) or self.kind


class Timeline(msgspec.Struct, frozen=True):
    """The steps in order, and what lives during them; `total` is the arena that the gauge counts, of which `planned` bytes are planned here."""

    steps: tuple[Step, ...]
    lives: tuple[Life, ...]
    planned: int
    total: int

    @property
    def peak(self) -> int:
        """The number of the step with the most bytes alive."""
        return max(range(len(self.steps)), key=lambda i: self.steps[i].alive)

    def during(self, step: int) -> tuple[Life, ...]:
        """Return what is alive during a step, from the start of the arena on."""
        alive = [life for life in self.lives if life.first <= step <= life.last]
        return tuple(sorted(alive, key=attrgetter("offset")))


def engine_timeline(program: Program) -> Timeline:
    """Return the plan of runtime `c`."""
    network = program.network
    lives = _lives(network, program.buffers, [call.block for call in program.calls])
    called = [tuple(layer.call.op for layer in call.layers) or (call.op,) for call in program.calls]
    return Timeline(_steps(network, called, lives), lives, program.arena_bytes, program.arena_bytes)


def tflm_timeline(network: Network, made: ResourceReport, target: TargetDevice) -> Timeline:
    """Return the plan of TFLM for a report of its; what its interpreter keeps and needs for a moment comes on top of it."""
    tuned = made.runtime == "tflm" and target.core.tabled
    buffers = plan(network, "cmsis_nn" if tuned else "reference", target.core.dsp and tuned)
    lives = _lives(network, buffers, [op.block for op in network.ops])
    called = [(number,) for number in range(len(network.ops))]
    return Timeline(_steps(network, called, lives), lives, max(life.end for life in lives), made.ram.parts["arena"])


def alive(stretches: Iterable[S], steps: int) -> list[list[S]]:
    """Return what is alive during each of so many steps, in the order of the offsets."""
    during: list[list[S]] = [[] for _ in range(steps)]
    for stretch in sorted(stretches, key=attrgetter("offset")):
        for held in during[stretch.first : stretch.last + 1]:
            held.append(stretch)
    return during


def covered(stretches: Iterable[Stretch]) -> int:
    """Return the bytes that at least one of them covers; they stand in the order of their offsets."""
    bytes, end = 0, 0
    for stretch in stretches:
        high = stretch.offset + stretch.size
        if high > end:
            bytes += high - max(stretch.offset, end)
            end = high
    return bytes


def _steps(network: Network, called: Sequence[tuple[int, ...]], lives: Sequence[Life]) -> tuple[Step, ...]:
    return tuple(_step(network, ops, during) for ops, during in zip(called, alive(lives, len(called)), strict=True))


def _step(network: Network, ops: tuple[int, ...], during: Iterable[Life]) -> Step:
    blocks = dict.fromkeys(network.ops[op].block for op in ops if network.ops[op].block)
    return Step(ops, network.ops[ops[0]].kind, tuple(blocks), covered(during))


def _lives(network: Network, buffers: Sequence[Buffer], blocks: Sequence[str]) -> tuple[Life, ...]:
    """Join the buffers that are one memory for the same time, in the order of their births."""
    makers = {i: op.block for op in network.ops for i in op.outputs}
    place = attrgetter("first", "offset", "size", "last")
    joined = [list(same) for _, same in groupby(sorted((b for b in buffers if b.size), key=place), key=place)]
    return tuple(_life(network, same, makers, blocks) for same in joined)


def _life(network: Network, same: Sequence[Buffer], makers: dict[int, str], blocks: Sequence[str]) -> Life:
    buffer = same[0]
    role: Role = "scratch" if buffer.tensor < 0 else "input" if buffer.tensor in network.inputs else "tensor"
    last = len(blocks) - 1
    first = min(buffer.first, last)
    block = blocks[first] if role == "scratch" else makers.get(buffer.tensor, "")
    made = network.tensors[buffer.tensor] if buffer.tensor >= 0 else None
    facts = (made.shape, made.dtype) if made else ()
    return Life(tuple(b.name for b in same), role, block, buffer.offset, buffer.size, first, min(buffer.last, last), *facts)

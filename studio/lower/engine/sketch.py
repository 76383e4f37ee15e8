"""What a Program will take, without its text: what the gauges ask after every edit, and a search for every candidate."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.core.program import Call, Program
from studio.core.remember import remembered
from studio.lower.engine.build import Memory, check_ends, draft_op, program
from studio.lower.engine.draft import Draft, Drafter
from studio.lower.engine.plan import arrange, place
from studio.lower.forms import Form, forms, tensors_of

_STATEFUL = frozenset(["var_handle", "read_variable", "assign_variable", "call_once"])


class Outline:
    """An operator's calls; `costs` holds what they cost by core.

    `constants` are parts and bytes, `records` the bytes of the calls' structs, each rounded up to words; `aliases` lead from a
    tensor to its source. Tensors are numbered as in the operator's form.
    """

    __slots__ = ("aliases", "arguments", "calls", "constants", "costs", "records")

    def __init__(self, calls: tuple[Draft | Call, ...], constants: tuple[tuple[str, int], ...] = (), aliases: Any = ()) -> None:
        self.calls = calls
        self.constants = constants
        self.aliases: tuple[tuple[int, int], ...] = aliases
        self.arguments = sum(len(call.args) for call in calls)
        self.records = sum(word(call.record.nbytes) for call in calls if call.record)
        self.costs: dict[str, Any] = {}


class Sketch(msgspec.Struct, frozen=True):
    """Bytes of the arena and of the constants by part; the kernels, how often they are called, with how many arguments in all.

    `outlines` has an entry for each operator of the network; `alone` says that each was drafted without a look at the others.
    `streamed` are the kernels that run within a stream.
    """

    variant: str
    alone: bool
    arena_bytes: int
    constants: Mapping[str, int]
    kernels: frozenset[str]
    calls: int
    arguments: int
    outlines: tuple[Outline, ...]
    streamed: frozenset[str] = frozenset()


def sketch(network: Network, variant: str, memory: Memory = "fast") -> Sketch:
    """Return what program(network, variant, memory) takes, worked out from the operators' forms; raise what it raises."""
    return remembered(_sketch, network, variant, memory)


def _sketch(network: Network, variant: str, memory: Memory) -> Sketch:
    if memory == "small":
        return _from_program(program(network, variant, memory))
    # A kernel may be chosen by the values of the weights, and variables are drafted with a look at the whole network.
    if any(op.kind in _STATEFUL for op in network.ops) or not all(form.whole for form in forms(network)):
        return _from_program(program(network, variant))
    try:
        check_ends(network)
        return _from_forms(network, variant)
    except UnsupportedOperator:
        return _from_program(program(network, variant))  # it names the operator, and looks at all of its values


class _Step(NamedTuple):
    """A call's use of memory, tensors numbered as in the network."""

    reads: tuple[int, ...]
    writes: int
    shares: tuple[int, ...]
    scratch: int


def _from_forms(network: Network, variant: str) -> Sketch:
    outlines = tuple(outline(form, variant) for form in forms(network))
    steps: list[_Step] = []
    aliases: dict[int, int] = {}
    parts: dict[str, int] = {}
    records = arguments = 0
    for op, made in zip(network.ops, outlines, strict=True):
        numbers = tensors_of(op)
        for source, out in made.aliases:
            aliases[numbers[out]] = numbers[source]
        for call in made.calls:
            reads, shares = tuple([numbers[t] for t in call.reads]), tuple([numbers[t] for t in call.shares])
            steps.append(_Step(reads, numbers[call.writes], shares, call.scratch))
        for part, size in made.constants:
            parts[part] = parts.get(part, 0) + size
        records += made.records
        arguments += made.arguments
    if records:
        parts["layer sizes"] = records
    tensors = network.tensors
    blocks = arrange(steps, aliases, lambda t: tensors[t].nbytes, (network.inputs[0], network.outputs[0]))
    kernels = frozenset(call.kernel for made in outlines for call in made.calls)
    return Sketch(variant, True, place(blocks), parts, kernels, len(steps), arguments, outlines)


def outline(form: Form, variant: str) -> Outline:
    """Draft an operator by itself, once for all of its form."""
    return form.fact(_outline, variant)


def _outline(network: Network, _op: Op, variant: str) -> Outline:
    drafter = Drafter(network, variant)
    draft_op(drafter)
    constants = tuple((const.part, word(const.nbytes)) for const in drafter.consts)
    return Outline(tuple(drafter.drafts), constants, tuple(drafter.aliases))


def _from_program(made: Program) -> Sketch:
    rows: list[list[Call]] = [[] for _ in made.network.ops]
    for call in made.all_calls:
        rows[call.op].append(call)
    every = (*made.calls, *made.init)
    return Sketch(
        made.variant,
        False,
        made.arena_bytes,
        constant_parts(made),
        frozenset(made.kernels),
        len(every),
        sum(len(call.args) for call in every),
        tuple(Outline(tuple(calls)) for calls in rows),
        frozenset(layer.call.kernel for call in made.calls for layer in call.layers),
    )


def constant_parts(made: Program) -> dict[str, int]:
    """Sum the constants by part; the linker starts each at a word."""
    parts: dict[str, int] = {}
    for const in made.consts:
        parts[const.part] = parts.get(const.part, 0) + word(const.nbytes)
    records = sum(word(call.record.nbytes) for call in made.all_calls if call.record)
    records += sum(layer.nbytes for call in made.calls for layer in call.layers)
    return parts | ({"layer sizes": records} if records else {})


def word(size: int) -> int:
    """Round up to words of four bytes."""
    return -(-size // 4) * 4

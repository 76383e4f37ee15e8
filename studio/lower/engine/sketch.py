"""What a Program will take, without its text: what the gauges ask after every edit, and a search for every candidate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network
from studio.core.program import Call, ConstArray, Program
from studio.core.remember import Memory, remembered
from studio.lower.engine.build import Memory as Planned
from studio.lower.engine.build import check_ends, draft_op, program
from studio.lower.engine.draft import Draft, Drafter, Operand
from studio.lower.engine.plan import Lives, Step, live, plan
from studio.lower.forms import Form, each, forms, numbers
from studio.lower.lifetimes import tensor_bytes

# Arguments that a call hands over in registers (Procedure Call Standard for the Arm Architecture, 6.5).
IN_REGISTERS = 4
_STATEFUL = frozenset(["var_handle", "read_variable", "assign_variable", "call_once"])


class Wiring(NamedTuple):
    """What an operator's calls do to memory, and its aliases as (source, alias)."""

    steps: tuple[Step, ...]
    aliases: tuple[tuple[int, int], ...]


class Arguments(NamedTuple):
    """How many arguments calls take: places in the arena, constants in flash, numbers."""

    places: int
    constants: int
    numbers: int


def arguments_of(calls: Iterable[Draft | Call]) -> Arguments:
    """Count the calls' arguments."""
    places = constants = numbers = 0
    for call in calls:
        for argument in call.args:
            if isinstance(argument, Operand) or argument.startswith("arena"):
                places += 1
            elif argument.lstrip("-").isdigit():
                numbers += 1
            else:
                constants += 1
    return Arguments(places, constants, numbers)


def last_alone(calls: Sequence[Draft | Call]) -> str:
    """Return the kernel of the last call where no other call runs it and registers hold its arguments, else ""."""
    kernel = calls[-1].kernel if calls and len(calls[-1].args) <= IN_REGISTERS else ""
    return kernel if sum([call.kernel == kernel for call in calls]) == 1 else ""


class Outline:
    """An operator's calls; `costs` holds what they cost by core, once it was asked for.

    `constants` are bytes by part, in whole words, `records` those of the calls' structs. Tensors are numbered as in the operator's form.
    """

    __slots__ = ("arguments", "calls", "constants", "costs", "records", "scratch", "wiring")

    def __init__(self, calls: tuple[Draft | Call, ...], consts: Iterable[ConstArray] = ()) -> None:
        self.calls = calls
        self.constants = tuple(_parts(consts).items())
        self.records = sum(word(call.record.nbytes) for call in calls if call.record)
        self.arguments = arguments_of(calls)
        self.costs: dict[str, tuple[int, int]] = {}
        self.scratch: tuple[int, ...] = ()
        self.wiring: Wiring | None = None


class Use(NamedTuple):
    """Bytes of the arena that hold a tensor, or (tensor -1) rows or scratch, from call `first` to call `last`."""

    offset: int
    size: int
    first: int
    last: int
    tensor: int


_use: Callable[[tuple[int, ...]], Use] = partial(tuple.__new__, Use)


class Sketch(msgspec.Struct, frozen=True):
    """Bytes of the arena and of the constants by part; the kernels, how often they are called, with how many arguments in all.

    `outlines` has an entry for each operator of the network. `streamed` are the kernels that run within a stream, `last` as last_alone says. `memory` is the
    arena's plan; `operators` gives for each call of the program the operators that it runs.
    """

    variant: str
    arena_bytes: int
    constants: Mapping[str, int]
    kernels: frozenset[str]
    calls: int
    arguments: Arguments
    outlines: tuple[Outline, ...]
    memory: tuple[Use, ...]
    operators: tuple[tuple[int, ...], ...]
    streamed: frozenset[str] = frozenset()
    last: str = ""


def sketch(network: Network, variant: str, memory: Planned = "fast") -> Sketch:
    """Return what program(network, variant, memory) takes, worked out from the operators' forms; raise what it raises."""
    return remembered(_sketch, network, variant, memory)


def _sketch(network: Network, variant: str, memory: Planned) -> Sketch:
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


def _from_forms(network: Network, variant: str) -> Sketch:
    outlines = tuple(each(network, (_outline, variant), lambda form: _outline(form, variant)))
    parts: dict[str, int] = {}
    for made in outlines:
        for part, size in made.constants:
            parts[part] = parts.get(part, 0) + size
    records = sum([made.records for made in outlines])
    if records:
        parts["layer sizes"] = records
    scratch = [size for made in outlines for size in made.scratch]
    blocks, arena = plan(_lives(network, outlines), tensor_bytes(network).__getitem__, scratch)
    kernels = frozenset([call.kernel for made in outlines for call in made.calls])
    last = last_alone([call for made in outlines for call in made.calls])
    arguments = Arguments(*map(sum, zip(*[made.arguments for made in outlines], strict=True)))
    memory = tuple([_use((b.offset + at, size, first, last, t)) for b in blocks for size, first, last, t, at in b.spans])
    operators = tuple([(number,) for number, made in enumerate(outlines) for _ in made.scratch])
    return Sketch(variant, arena, parts, kernels, len(scratch), arguments, outlines, memory, operators, last=last)


_LIVES = Memory(32)


def _lives(network: Network, outlines: tuple[Outline, ...]) -> Lives:
    """Return which tensors share memory and when they live; the same for all networks that are wired alike."""
    ends = (network.inputs[0], network.outputs[0])
    used = numbers(network)
    key = (ends, used, tuple([made.wiring for made in outlines]))
    return _LIVES[key] or _LIVES.keep(key, _wired(ends, used, outlines))


def _wired(ends: tuple[int, int], used: tuple[tuple[int, ...], ...], outlines: tuple[Outline, ...]) -> Lives:
    steps: list[Step] = []
    aliases: dict[int, int] = {}
    for of, made in zip(used, outlines, strict=True):
        for reads, writes, shares in made.wiring.steps:
            steps.append(Step(tuple([of[t] for t in reads]), of[writes], tuple([of[t] for t in shares])))
        for source, out in made.wiring.aliases:
            aliases[of[out]] = of[source]
    return live(steps, aliases, ends)


def _outline(form: Form, variant: str) -> Outline:
    """Draft an operator by itself."""
    drafter = Drafter(form.network, variant)
    draft_op(drafter)
    made = Outline(tuple(drafter.drafts), drafter.consts)
    made.scratch = tuple([draft.scratch for draft in drafter.drafts])
    made.wiring = Wiring(tuple([Step(draft.reads, draft.writes, draft.shares) for draft in drafter.drafts]), tuple(drafter.aliases))
    return made


def _from_program(made: Program) -> Sketch:
    rows: list[list[Call]] = [[] for _ in made.network.ops]
    for call in made.all_calls:
        rows[call.op].append(call)
    every = (*made.calls, *made.init)
    return Sketch(
        made.variant,
        made.arena_bytes,
        constant_parts(made),
        frozenset(made.kernels),
        len(every),
        arguments_of(every),
        tuple(Outline(tuple(calls)) for calls in rows),
        tuple(Use(b.offset, b.size, b.first, b.last, b.tensor) for b in made.buffers),
        tuple(tuple(layer.call.op for layer in call.layers) or (call.op,) for call in made.calls),
        frozenset(layer.call.kernel for call in made.calls for layer in call.layers),
        last_alone(made.all_calls),
    )


def constant_parts(made: Program) -> dict[str, int]:
    """Sum the constants by part; the linker starts each at a word."""
    parts = _parts(made.consts)
    records = sum(word(call.record.nbytes) for call in made.all_calls if call.record)
    records += sum(layer.nbytes for call in made.calls for layer in call.layers)
    return parts | ({"layer sizes": records} if records else {})


def _parts(consts: Iterable[ConstArray]) -> dict[str, int]:
    parts: dict[str, int] = {}
    for const in consts:
        parts[const.part] = parts.get(const.part, 0) + word(const.nbytes)
    return parts


def word(size: int) -> int:
    """Round up to words of four bytes."""
    return -(-size // 4) * 4

"""TFLM's arena by its own rules, as a plain MicroInterpreter on a 32-bit Arm core fills it.

The planned part (activations and scratch) grows from the head, what stays from the tail; while the kernels prepare, temporary
structures stand on the head. "Used" is what arena_used_bytes() says afterwards, "required" the smallest arena, in multiples of 16
bytes, with which every step succeeds. Source: tflite-micro 90b983c2b, micro_allocator.cc, micro_allocation_info.cc,
single_arena_buffer_allocator.cc, micro_interpreter.cc.
"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from studio.core.network import Network, Tensor
from studio.core.remember import Memory, remembered
from studio.core.report import Arena
from studio.estimate.tflm.kernels import Kernels, request
from studio.estimate.tflm.planner import ALIGNMENT, Demand, align, peak
from studio.lower.forms import Form, each, numbers
from studio.lower.tflite.options import ONLINE

# Bytes of the structures (sizeof, 32-bit Arm).
_ALLOCATOR, _PLANNER, _MICRO_ALLOCATOR, _BUILTIN_ALLOCATOR = 36, 44, 36, 8
_SUBGRAPH, _EVAL_TENSOR, _NODE, _TENSOR, _POINTER = 8, 12, 32, 32, 4
_AFFINE, _SCRATCH_REQUEST, _ALLOCATION_INFO, _PLANNED_BUFFER = 12, 12, 24, 40
_REQUESTS_PER_OP = 12
_RESOURCES, _RESOURCE = 12, 20
# Places for resource variables that an application asks for: 20 is what microWakeWord's does, and the measured builds too.
_PLACES = 20


def arena(network: Network, kernels: Kernels = "cmsis_nn", dsp: bool = True) -> Arena:
    """Return what TFLM's arena needs on a 32-bit Arm core, in bytes.

    `head` is the planned part, `used` what the interpreter reports, `required` the size with which it runs. `dsp` says whether
    the core has the DSP extension, for which CMSIS-NN asks other scratch buffers.
    """
    return remembered(_arena, network, kernels, dsp and kernels == "cmsis_nn")


def _arena(network: Network, kernels: Kernels, dsp: bool) -> Arena:
    wanted, buffers = remembered(wanted_buffers, network, kernels, dsp)
    return filled(network, wanted, len(buffers), peak(buffers, fixed_offsets(network)))


def wanted_buffers(network: Network, kernels: Kernels, dsp: bool) -> tuple["Wishes", list[Demand]]:
    """Return what every kernel asks for, and the buffers to plan."""
    wanted = wishes(network, kernels, dsp)
    return wanted, demands(network, wanted)


def filled(network: Network, wanted: "Wishes", buffers: int, head: int) -> Arena:
    """Return the arena of a plan of so many buffers that ends at `head`."""
    stack = _Arena()
    stack.start(network)
    stack.prepare(network, wanted)
    stack.plan(network, wanted, buffers)
    stack.finish(network, head)
    return Arena(head + stack.tail, align(stack.high_water), head)


def _graphs(network: Network) -> tuple[Network, ...]:
    return (network, *network.subgraphs)


class Wish(NamedTuple):
    """What a kernel asks for, in bytes: options and their alignment, data, arrays that stay, scratch; all temporary tensors together."""

    options: int
    alignment: int
    data: int
    persistent: tuple[int, ...]
    scratch: tuple[int, ...]
    temporary: int


Wishes = list[list[Wish]]


def wishes(network: Network, kernels: Kernels, dsp: bool) -> Wishes:
    """Return what every kernel asks for, by subgraph and operator."""
    dsp = dsp and kernels == "cmsis_nn"
    return [each(graph, (_wish, kernels, dsp), lambda form: _wish(form, kernels, dsp)) for graph in _graphs(network)]


def _wish(form: Form, kernels: Kernels, dsp: bool) -> Wish:
    network = form.network
    made = request(network, network.ops[0], kernels, dsp)
    temporary = sum(_temporary_bytes(network.tensors[i]) for i in made.temporary)
    return Wish(*made.options, made.data, made.persistent, made.scratch, temporary)


class _Arena:
    """The arena while it fills: bytes of the tail, of the head, and the most that both ever took together."""

    def __init__(self) -> None:
        self.tail = 0
        self.head = 0
        self.high_water = 0

    def keep(self, size: int, alignment: int = ALIGNMENT) -> None:
        """Allocate for good, at the tail."""
        self.tail = -(-(self.tail + size) // alignment) * alignment
        if self.tail + self.head > self.high_water:
            self.high_water = self.tail + self.head

    def touch(self, size: int) -> None:
        """Hold `size` bytes from the head on for a moment."""
        if size + self.tail > self.high_water:
            self.high_water = size + self.tail

    def start(self, network: Network) -> None:
        """Make the allocators, then the tables of tensors and operators."""
        for size in (_ALLOCATOR, _PLANNER, _MICRO_ALLOCATOR):
            self.keep(size, 4)
        variables = _variables(network)
        if variables:
            self.keep(_RESOURCES)
            self.keep(_RESOURCE * max(_PLACES, len(variables)))
        graphs = _graphs(network)
        self.keep(_BUILTIN_ALLOCATOR, 4)
        self.head = _SCRATCH_REQUEST * _REQUESTS_PER_OP
        self.keep(_SUBGRAPH * len(graphs), 4)
        for graph in graphs:
            self.keep(_EVAL_TENSOR * len(graph.tensors), 4)
        for graph in graphs:
            self.keep(_NODE * len(graph.ops), 4)

    def prepare(self, network: Network, wishes: Wishes) -> None:
        """Parse the options, then make and prepare every kernel's data."""
        tail = self.tail
        for row in wishes:
            for options, alignment, *_ in row:
                tail = -(-(tail + options) // alignment) * alignment
        for row in wishes:
            for wish in row:
                if wish.data:
                    tail = -(-(tail + wish.data) // ALIGNMENT) * ALIGNMENT
        self.tail = tail
        self.touch(self.head)
        missing = _variables(network)
        count = 0
        for graph, row in zip(_graphs(network), wishes, strict=True):
            handles = _handles(graph) if missing else {}
            for op, (_, _, _, persistent, scratch, temporary) in zip(graph.ops, row, strict=True):
                for size in persistent:
                    self.keep(size)
                self.touch(self.head + temporary)
                if missing and op.kind == "assign_variable" and handles.get(op.inputs[0]) in missing:
                    missing.remove(handles[op.inputs[0]])
                    self.keep(graph.tensors[op.inputs[1]].nbytes)
                if scratch:
                    count += len(scratch)
                    self.head = _SCRATCH_REQUEST * (count + _REQUESTS_PER_OP)
                    self.touch(self.head)

    def plan(self, network: Network, wishes: Wishes, buffers: int) -> None:
        """Plan: the tables of lifetimes and the planner's own stand on the head."""
        graphs = _graphs(network)
        scratch = sum([len(wish.scratch) for row in wishes for wish in row])
        self.keep(_POINTER * scratch, 4)
        infos = sum(len(graph.tensors) for graph in graphs) + scratch
        temporary = self.head + _POINTER * len(graphs) + _ALLOCATION_INFO * infos
        for graph, offsets in zip(graphs, _offsets(network), strict=True):
            for tensor, offset in zip(graph.tensors, offsets, strict=True):
                if tensor.variable and offset == ONLINE:
                    self.touch(temporary)
                    self.keep(tensor.nbytes)
        self.high_water = max(self.high_water, align(temporary) + _PLANNED_BUFFER * buffers + align(self.tail))

    def finish(self, network: Network, head: int) -> None:
        """Reserve the planned part and describe the inputs and outputs."""
        self.head = head
        self.touch(head)
        for indices in (network.inputs, network.outputs):
            self.keep(_POINTER * len(indices))
            for i in indices:
                self.keep(_TENSOR, 4)
                quant = network.tensors[i].quant
                if quant is not None:
                    self.keep(_AFFINE, 4)
                    self.keep(_POINTER + 4 * len(quant.scale), 4)


def _temporary_bytes(tensor: Tensor) -> int:
    return _TENSOR + (_AFFINE + _POINTER + 4 * len(tensor.quant.scale) if tensor.quant is not None else 0)


def _handles(graph: Network) -> dict[int, str]:
    return {op.outputs[0]: op.options.get("shared_name", "") for op in graph.ops if op.kind == "var_handle"}


def _variables(network: Network) -> list[str]:
    return list(dict.fromkeys(name for graph in _graphs(network) for name in _handles(graph).values()))


def demands(network: Network, wishes: Wishes) -> list[Demand]:
    """Return the buffers in the order in which TFLM hands them to its planner: every subgraph's tensors, then the scratch buffers."""
    tensors, scopes = remembered(_lifetimes, network)
    scratch = [
        Demand(align(size), *scopes[number][op])
        for number, row in enumerate(wishes)
        for op, wish in enumerate(row)
        for size in wish.scratch
    ]
    return [*tensors, *scratch]


def _lifetimes(network: Network) -> tuple[list[Demand], list[list[tuple[int, int]]]]:
    """Return the tensors to place, and the first and last scope of every operator, by subgraph."""
    marks = _marks(network)
    tensors = []
    for graph, indices, first, last in zip(_graphs(network), placed(network), marks.first, marks.last, strict=True):
        tensors += [Demand(align(graph.tensors[i].nbytes), first.get(i, -1), last.get(i, -1)) for i in indices]
    return tensors, marks.ops


def placed(network: Network) -> list[list[int]]:
    """Return the tensors of every subgraph that TFLM plans a place for; a variable only where the file says which."""
    return [_placed(graph, offsets) for graph, offsets in zip(_graphs(network), _offsets(network), strict=True)]


def _placed(graph: Network, offsets: Sequence[int]) -> list[int]:
    handles = _handles(graph)
    tensors = enumerate(graph.tensors)
    return [i for i, t in tensors if not (t.constant or (t.variable and offsets[i] == ONLINE) or i in handles) and t.nbytes]


def _offsets(network: Network) -> list[Sequence[int]]:
    """Return the offsets that the file gives, by subgraph and tensor."""
    graphs = _graphs(network)
    given = iter(network.arena_offsets or [ONLINE] * sum(len(graph.tensors) for graph in graphs))
    return [list(islice(given, len(graph.tensors))) for graph in graphs]


def fixed_offsets(network: Network) -> list[int]:
    """Return the file's offsets for the tensors to place, -1 for those that TFLM places itself; empty where the file has no plan."""
    if not network.arena_offsets:
        return []
    return [offsets[i] for offsets, indices in zip(_offsets(network), placed(network), strict=True) for i in indices]


def scopes(network: Network) -> list[tuple[int, int]]:
    """Return the first and last allocation scope of every operator of the first subgraph."""
    return remembered(_lifetimes, network)[1][0]


_MARKS = Memory(32)


def _marks(network: Network) -> "_Lifetimes":
    """Return what all networks that are wired alike have in common; those with further subgraphs are walked each time."""
    key = None if network.subgraphs else (network.inputs, network.outputs, numbers(network), tuple([len(op.outputs) for op in network.ops]))
    kept: _Lifetimes | None = _MARKS[key] if key else None
    if kept is None:
        kept = _Lifetimes(network)
        kept.walk(0)
        if key:
            _MARKS.keep(key, kept)
    return kept


class _Lifetimes:
    """First creation and last use of tensors, counted in TFLM's allocation scopes; call_once enters its subgraph."""

    def __init__(self, network: Network) -> None:
        self.graphs = _graphs(network)
        self.first: list[dict[int, int]] = [{} for _ in self.graphs]
        self.last: list[dict[int, int]] = [{} for _ in self.graphs]
        self.ops = [[(-1, -1)] * len(graph.ops) for graph in self.graphs]
        self.scope = 0

    def walk(self, number: int) -> None:
        """Mark all of one subgraph, from the scope at which it begins."""
        graph, last = self.graphs[number], self.last[number]
        self._mark(number, graph.inputs)
        for index, op in enumerate(graph.ops):
            self.scope += 1
            begin = self.scope
            self._mark(number, op.outputs)
            if op.kind == "call_once":
                self.scope += 1
                self.walk(op.options["init_subgraph_index"])
            last.update(dict.fromkeys(op.inputs + op.outputs, self.scope))
            self.ops[number][index] = (begin, self.scope)
        self._mark(number, graph.outputs)

    def _mark(self, number: int, tensors: tuple[int, ...]) -> None:
        first, last = self.first[number], self.last[number]
        for i in tensors:
            first.setdefault(i, self.scope)
            last[i] = self.scope

"""TFLM's arena by its own rules, as a plain MicroInterpreter on a 32-bit Arm core fills it.

The planned part (activations and scratch) grows from the head, what stays from the tail; while the kernels prepare, temporary
structures stand on the head. "Used" is what arena_used_bytes() says afterwards, "required" the smallest arena, in multiples of 16
bytes, with which every step succeeds. Source: tflite-micro 90b983c2b, micro_allocator.cc, micro_allocation_info.cc,
single_arena_buffer_allocator.cc, micro_interpreter.cc.
"""

from collections.abc import Iterator

from studio.core.network import Network, Tensor
from studio.core.report import Arena
from studio.estimate.remember import remembered
from studio.estimate.tflm.kernels import Kernels, Request, request
from studio.estimate.tflm.planner import ALIGNMENT, Demand, align, peak

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
    return remembered(_arena, network, kernels, dsp)


def _arena(network: Network, kernels: Kernels, dsp: bool) -> Arena:
    requests = [[request(graph, op, kernels, dsp) for op in graph.ops] for graph in _graphs(network)]
    stack = _Arena()
    stack.start(network)
    stack.prepare(network, requests)
    buffers = list(demands(network, requests))
    head = peak(buffers)
    stack.plan(network, requests, len(buffers))
    stack.finish(network, head)
    return Arena(head + stack.tail, align(stack.high_water), head)


def _graphs(network: Network) -> tuple[Network, ...]:
    return (network, *network.subgraphs)


class _Arena:
    """The arena while it fills: bytes of the tail, of the head, and the most that both ever took together."""

    def __init__(self) -> None:
        self.tail = 0
        self.head = 0
        self.high_water = 0

    def keep(self, size: int, alignment: int = ALIGNMENT) -> None:
        """Allocate for good, at the tail."""
        self.tail = align(self.tail + size, alignment)
        self.high_water = max(self.high_water, self.tail + self.head)

    def touch(self, size: int) -> None:
        """Hold `size` bytes from the head on for a moment."""
        self.high_water = max(self.high_water, size + self.tail)

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

    def prepare(self, network: Network, requests: list[list[Request]]) -> None:
        """Parse the options, then make and prepare every kernel's data."""
        for wanted in _flat(requests):
            self.keep(*wanted.options)
        for wanted in _flat(requests):
            if wanted.data:
                self.keep(wanted.data)
        missing = _variables(network)
        count = 0
        for graph, wishes in zip(_graphs(network), requests, strict=True):
            handles = _handles(graph)
            for op, wanted in zip(graph.ops, wishes, strict=True):
                self.touch(self.head + sum(_temporary_bytes(graph.tensors[i]) for i in wanted.temporary))
                for size in wanted.persistent:
                    self.keep(size)
                if op.kind == "assign_variable" and handles.get(op.inputs[0]) in missing:
                    missing.remove(handles[op.inputs[0]])
                    self.keep(graph.tensors[op.inputs[1]].nbytes)
                count += len(wanted.scratch)
                self.head = _SCRATCH_REQUEST * (count + _REQUESTS_PER_OP)
                self.touch(self.head)

    def plan(self, network: Network, requests: list[list[Request]], buffers: int) -> None:
        """Plan: the tables of lifetimes and the planner's own stand on the head."""
        graphs = _graphs(network)
        scratch = sum(len(wanted.scratch) for wanted in _flat(requests))
        self.keep(_POINTER * scratch, 4)
        infos = sum(len(graph.tensors) for graph in graphs) + scratch
        temporary = self.head + _POINTER * len(graphs) + _ALLOCATION_INFO * infos
        for graph in graphs:
            for tensor in graph.tensors:
                if tensor.variable:
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


def _flat(requests: list[list[Request]]) -> Iterator[Request]:
    return (wanted for wishes in requests for wanted in wishes)


def _handles(graph: Network) -> dict[int, str]:
    return {op.outputs[0]: op.options.get("shared_name", "") for op in graph.ops if op.kind == "var_handle"}


def _variables(network: Network) -> list[str]:
    return list(dict.fromkeys(name for graph in _graphs(network) for name in _handles(graph).values()))


def demands(network: Network, requests: list[list[Request]]) -> Iterator[Demand]:
    """Yield the buffers in the order in which TFLM hands them to its planner: every subgraph's tensors, then the scratch buffers."""
    marks = remembered(_lifetimes, network)
    for number, graph in enumerate(_graphs(network)):
        handles = _handles(graph)
        for i, tensor in enumerate(graph.tensors):
            if not tensor.constant and not tensor.variable and tensor.nbytes and i not in handles:
                first, last = marks.tensors.get((number, i), (-1, -1))
                yield Demand(align(tensor.nbytes), first, last)
    for number, wishes in enumerate(requests):
        for op, wanted in enumerate(wishes):
            for size in wanted.scratch:
                yield Demand(align(size), *marks.ops[number, op])


def _lifetimes(network: Network) -> "_Lifetimes":
    marks = _Lifetimes(network)
    marks.walk(0)
    return marks


class _Lifetimes:
    """First creation and last use, counted in TFLM's allocation scopes; call_once enters its subgraph."""

    def __init__(self, network: Network) -> None:
        self.graphs = _graphs(network)
        self.tensors: dict[tuple[int, int], tuple[int, int]] = {}
        self.ops = {(n, i): (-1, -1) for n, graph in enumerate(self.graphs) for i in range(len(graph.ops))}
        self.scope = 0

    def walk(self, number: int) -> None:
        """Mark all of one subgraph, from the scope at which it begins."""
        graph = self.graphs[number]
        self._mark(number, graph.inputs)
        for index, op in enumerate(graph.ops):
            self.scope += 1
            begin = self.scope
            self._mark(number, op.outputs)
            if op.kind == "call_once":
                self.scope += 1
                self.walk(op.options["init_subgraph_index"])
            self._use(number, op.inputs)
            self._use(number, op.outputs)
            self.ops[number, index] = (begin, self.scope)
        self._mark(number, graph.outputs)

    def _mark(self, number: int, tensors: tuple[int, ...]) -> None:
        for i in tensors:
            first, _ = self.tensors.get((number, i), (self.scope, self.scope))
            self.tensors[number, i] = (self.scope if first == -1 else first, self.scope)

    def _use(self, number: int, tensors: tuple[int, ...]) -> None:
        for i in tensors:
            if i >= 0:
                first, _ = self.tensors.get((number, i), (-1, -1))
                self.tensors[number, i] = (first, self.scope)

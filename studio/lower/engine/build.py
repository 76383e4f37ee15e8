"""Network -> Program: draft the calls, plan the memory, write the arguments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.core.places import shipped
from studio.core.program import Buffer, Call, Program
from studio.core.protocols import RuntimeFiles
from studio.core.remember import Memory as Remembered
from studio.core.target import Core
from studio.lower.engine import broadcast, convolution, ends, lattice, simple, sizes, state, transposed
from studio.lower.engine.draft import Draft, Drafter, Operand
from studio.lower.engine.plan import Block, Span, Step, live, plan
from studio.lower.engine.stream import adapter, kernel_of, slimmest, written
from studio.lower.engine.tables import LOOKUPS
from studio.lower.engine.widths import rules_for

Memory = Literal["fast", "small"]
# The engine's runtimes, and how each plans its memory.
RUNTIMES: Mapping[str, Memory] = MappingProxyType({"c": "fast", "c-small": "small"})

_RULES: Mapping[str, Callable[[Drafter], None]] = MappingProxyType(
    {
        "conv_2d": convolution.conv_2d,
        "depthwise_conv_2d": convolution.depthwise_conv_2d,
        "transpose_conv": transposed.transpose_conv,
        "fully_connected": simple.fully_connected,
        "max_pool_2d": simple.pool,
        "average_pool_2d": simple.pool,
        "add": simple.add,
        "sub": broadcast.sub,
        "mul": broadcast.mul,
        "mean": simple.mean,
        "reduce_max": simple.reduce_max,
        "pad": lattice.pad,
        "padv2": lattice.pad,
        "transpose": lattice.transpose,
        "call_once": state.call_once,
        "var_handle": state.var_handle,
        "read_variable": state.read_variable,
        "assign_variable": state.assign_variable,
        "strided_slice": sizes.of_sizes_or(lattice.strided_slice),
        "split": lattice.split,
        "split_v": lattice.split_v,
        "concatenation": simple.concatenation,
        "softmax": simple.softmax,
        **dict.fromkeys(("reshape", "expand_dims", "squeeze"), simple.reshape),
        **dict.fromkeys(("shape", "pack"), sizes.known),
        **dict.fromkeys(LOOKUPS, simple.lookup),
        "quantize": ends.quantize,
        "dequantize": ends.dequantize,
    }
)

OPERATORS = tuple(_RULES)
HEADERS = ("kernels/ot_kernels.h", "kernels/ot_arith.h")
_PARTS = MappingProxyType(
    {
        "ot_conv_2d": ("ot_gather_window", "ot_row_product", "ot_requantise", "ot_clamp"),
        "ot_conv_2d_dsp": ("ot_gather_window", "ot_unfold", "ot_tile_dsp", "ot_requantise", "ot_clamp"),
        "ot_pointwise_conv": ("ot_row_product", "ot_requantise", "ot_clamp"),
        "ot_pointwise_conv_dsp": ("ot_unfold", "ot_tile_dsp", "ot_requantise", "ot_clamp"),
        "ot_depthwise_conv": ("ot_requantise", "ot_clamp"),
        "ot_depthwise_whole": ("ot_requantise", "ot_clamp"),
        "ot_depthwise_whole_dsp": ("ot_requantise", "ot_clamp"),
        "ot_depthwise_conv_dsp": ("ot_gather_plane", "ot_requantise", "ot_clamp"),
        "ot_depthwise_conv_3x3_dsp": ("ot_gather_plane", "ot_requantise", "ot_clamp"),
        "ot_fully_connected": ("ot_row_product", "ot_requantise", "ot_clamp"),
        "ot_fully_connected_dsp": ("ot_requantise", "ot_clamp"),
        "ot_conv_2d_packed_dsp": ("ot_unfold", "ot_tile_packed_dsp", "ot_clamp"),
        "ot_pointwise_conv_packed_dsp": ("ot_unfold", "ot_tile_packed_dsp", "ot_clamp"),
        "ot_depthwise_conv_3x3_packed_dsp": ("ot_clamp",),
        "ot_fully_connected_packed_dsp": ("ot_clamp",),
        "ot_transpose_conv": ("ot_gather_window", "ot_row_product", "ot_requantise", "ot_clamp"),
        "ot_transpose_conv_dsp": ("ot_gather_window", "ot_unfold", "ot_tile_dsp", "ot_requantise", "ot_clamp"),
        "ot_conv_2d_s16": ("ot_gather_window", "ot_row_product_s16", "ot_requantise_s16"),
        "ot_conv_2d_s16_dsp": ("ot_gather_window", "ot_row_product_s16_dsp", "ot_requantise_s16"),
        "ot_depthwise_conv_s16": ("ot_requantise_s16",),
        "ot_fully_connected_s16": ("ot_row_product_s16", "ot_requantise_s16"),
        "ot_fully_connected_s16_dsp": ("ot_row_product_s16_dsp", "ot_requantise_s16"),
        "ot_conv_2d_w4": ("ot_gather_window", "ot_row_product_w4", "ot_requantise", "ot_clamp"),
        "ot_conv_2d_w4_dsp": ("ot_gather_window", "ot_unfold", "ot_tile_w4_dsp", "ot_requantise", "ot_clamp"),
        "ot_fully_connected_w4": ("ot_row_product_w4", "ot_requantise", "ot_clamp"),
        "ot_fully_connected_w4_dsp": ("ot_requantise", "ot_clamp"),
        "ot_depthwise_conv_w4": ("ot_unpack_w4", "ot_depthwise_conv", "ot_requantise", "ot_clamp"),
        "ot_depthwise_conv_w4_dsp": ("ot_unpack_w4", "ot_depthwise_conv_dsp", "ot_gather_plane", "ot_requantise", "ot_clamp"),
        "ot_depthwise_conv_w4_3x3_packed_dsp": ("ot_unpack_w4", "ot_depthwise_conv_3x3_packed_dsp", "ot_clamp"),
        "ot_depthwise_conv_w4_3x3_dsp": ("ot_unpack_w4", "ot_depthwise_conv_3x3_dsp", "ot_gather_plane", "ot_requantise", "ot_clamp"),
    }
)


def variant_for(core: Core) -> str:
    """Return the variant of the kernels that a core runs best: "helium" with that extension, "dsp" with the DSP one, else "plain".

    Helium's are the plain kernels for int8, of which the hot ones have a second body in C that a compiler takes for such a core,
    and the DSP kernels for other data.
    """
    return "helium" if core.helium else "dsp" if core.dsp else "plain"


def program(network: Network, variant: str = "dsp", memory: Memory = "fast") -> Program:
    """Plan the kernel calls, constants and memory of an int8 network; constants have data where the network has weights.

    `memory` "small" streams rows through chains of calls where that takes less RAM, at the price of some more instructions.
    Raises UnsupportedOperator, naming the block or tensor, where a kernel is missing.
    """
    drafter = draft(network, variant)
    return assemble(drafter, drafter.drafts if memory == "fast" else slimmest(drafter.drafts, Space(drafter)))


def draft(network: Network, variant: str) -> Drafter:
    """Draft every operator."""
    drafter = Drafter(network, variant)
    check_ends(network)
    again = not (network.has_weights or drafter.variables.of)
    for number, op in enumerate(network.ops):
        drafter.take(number)
        if again:
            _draft_again(drafter, op)
        else:
            draft_op(drafter)
    return drafter


def assemble(drafter: Drafter, drafts: Sequence[Draft]) -> Program:
    """Plan the memory of the drafts, which are the drafter's own or streams of them, and write their arguments."""
    network = drafter.network
    first_values = state.first_values(drafter)
    buffers, arena = Space(drafter).buffers(drafts)
    places = {b.tensor: (i, b.offset) for i, b in enumerate(buffers) if b.tensor >= 0}
    scratch = {b.first: b.offset for b in reversed(buffers) if b.tensor < 0}
    return Program(
        network=network,
        variant=drafter.variant,
        calls=tuple(_call(draft, scratch.get(number, 0), places) for number, draft in enumerate(drafts)),
        consts=tuple(drafter.consts),
        buffers=buffers,
        arena_bytes=arena,
        input_buffer=places[network.inputs[0]][0],
        output_buffer=places[network.outputs[0]][0],
        sources=_sources([*drafts, *first_values]),
        init=tuple(_call(draft, 0, places) for draft in first_values),
    )


def draft_op(drafter: Drafter) -> None:
    """Draft the operator at hand."""
    width, rules = rules_for(drafter) or ("", _RULES)
    drafter.plain_int8 = not width
    if drafter.op.kind not in rules:
        drafter.refuse(f"there is no {width} kernel for it" if width else "there is no kernel for it")
    rules[drafter.op.kind](drafter)


_DRAFTED = Remembered(4096)


def _draft_again(drafter: Drafter, op: Op) -> None:
    """Draft the operator at hand; one that stands as it stood before the last edit is taken from memory.

    Only for networks without weights. The key holds the identities of the operator's tensors and options, the entry both.
    """
    tensors = drafter.network.tensors
    used = [tensors[i] for i in (*op.inputs, *op.outputs) if i >= 0]
    key = (drafter.variant, drafter.number, op.kind, op.inputs, op.outputs, op.block, id(op.options), *map(id, used))
    found = (drafter.drafts, drafter.consts, drafter.aliases)
    kept = _DRAFTED[key]
    if kept is None:
        starts = [len(rows) for rows in found]
        draft_op(drafter)
        _DRAFTED.keep(key, (*(tuple(rows[start:]) for rows, start in zip(found, starts, strict=True)), op.options, used))
        return
    drafter.drafts += kept[0]
    drafter.consts += kept[1]
    drafter.aliases += kept[2]


def runtime_files(program: Program, frontend: tuple[str, ...] = ()) -> RuntimeFiles:
    """Name the C files of a program, and of its front end where given, relative to the runtime's folder."""
    return RuntimeFiles(shipped("board_support") / "runtime", (*program.sources, *frontend))


def kernel_parts(kernel: str) -> tuple[str, ...]:
    """Return the functions, each a file of its name, that a kernel needs: itself and what it shares."""
    return (kernel, *_PARTS.get(kernel, ()))


def check_ends(network: Network) -> None:
    """Raise UnsupportedOperator where a network has not one input and one output."""
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise UnsupportedOperator(
            f"runtime c runs networks with one input and one output, not {len(network.inputs)} and {len(network.outputs)}",
            where=network.name,
            hint="export it for TFLM instead",
        )


def _sources(drafts: list[Draft]) -> tuple[str, ...]:
    chains = [draft.chain for draft in drafts if draft.chain]
    inner = [layer.draft for chain in chains for layer in chain.layers]
    kernels = [*(draft.kernel for draft in drafts), *map(kernel_of, inner)]
    parts = dict.fromkeys(part for kernel in kernels for part in kernel_parts(kernel))
    parts |= dict.fromkeys(map(adapter, inner))
    headers = (*HEADERS, "kernels/ot_stream.h") if chains else HEADERS
    return (*headers, *(f"kernels/{part}.c" for part in sorted(parts)))


class Space:
    """The memory of a network's drafts."""

    def __init__(self, drafter: Drafter) -> None:
        self._tensors, self._sizes = drafter.network.tensors, drafter.variables.sizes
        self._aliases = {out: source for source, out in drafter.aliases}
        self._ends = (drafter.network.inputs[0], drafter.network.outputs[0])

    @property
    def whole(self) -> frozenset[int]:
        """Tensors that are more than what one call hands to the next."""
        return frozenset((*self._ends, *self._aliases, *self._aliases.values(), *self._sizes))

    def size_of(self, tensor: int) -> int:
        """Bytes of a tensor or a variable."""
        return self._sizes[tensor] if tensor in self._sizes else self._tensors[tensor].nbytes

    def blocks(self, drafts: Sequence[Draft], rough: bool = False) -> tuple[list[Block], int]:
        """Return the blocks, each at its offset, and the arena's size; a rough plan takes less time and may take more memory."""
        steps = [Step(draft.reads, draft.writes, draft.shares) for draft in drafts]
        lives = live(steps, self._aliases, self._ends, self._sizes)
        return plan(lives, self.size_of, [draft.scratch for draft in drafts], rough)

    def buffers(self, drafts: Sequence[Draft]) -> tuple[tuple[Buffer, ...], int]:
        """Return the buffers, block by block, and the arena's size."""
        blocks, arena = self.blocks(drafts)
        return tuple(
            buffer for block in blocks for span in block.spans for buffer in self._named(drafts, block.offset + span.at, span)
        ), arena

    def _named(self, drafts: Sequence[Draft], offset: int, span: Span) -> Iterator[Buffer]:
        size, first, last, tensor, _ = span
        chain = drafts[first].chain if tensor < 0 else None
        if chain is None:
            name = self._tensors[tensor].name if tensor >= 0 else f"scratch of call {first}"
            yield Buffer(name, offset, size, first, last, tensor)
            return
        for part in chain.memory:
            name = f"rows of {self._tensors[part.tensor].name}" if part.tensor >= 0 else f"{part.name} of call {first}"
            yield Buffer(name, offset + part.offset, part.size, first, last)


def _call(draft: Draft, scratch: int, places: Mapping[int, tuple[int, int]]) -> Call:
    def place(operand: Operand) -> str:
        return f"arena + {(scratch if operand.tensor < 0 else places[operand.tensor][1]) + operand.offset}"

    args = tuple(place(arg) if isinstance(arg, Operand) else arg for arg in draft.args)
    call = Call(draft.kernel, args, draft.dims, draft.op, draft.block, draft.record)
    if draft.chain is None:
        return call
    layers = tuple(written(layer, _inner(layer.draft), place) for layer in draft.chain.layers)
    return msgspec.structs.replace(call, args=(f"stream_{draft.op}", *args), stream=f"stream_{draft.op}", layers=layers)


def _inner(draft: Draft) -> Call:
    """Return a call that a stream's driver runs: where it reads and writes changes from band to band."""
    return Call(kernel_of(draft), (), draft.dims, draft.op, draft.block, draft.record)

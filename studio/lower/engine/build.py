"""Network -> Program: draft the calls, plan the memory, write the arguments."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op
from studio.core.places import shipped
from studio.core.program import Buffer, Call, Program
from studio.core.protocols import RuntimeFiles
from studio.core.remember import Memory
from studio.core.target import Core
from studio.lower.engine import broadcast, convolution, ends, lattice, simple, state, transposed
from studio.lower.engine.draft import Draft, Drafter, Operand
from studio.lower.engine.plan import Step, arrange, live, place
from studio.lower.engine.tables import LOOKUPS
from studio.lower.engine.widths import rules_for

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
        "pad": lattice.pad,
        "padv2": lattice.pad,
        "transpose": lattice.transpose,
        "call_once": state.call_once,
        "var_handle": state.var_handle,
        "read_variable": state.read_variable,
        "assign_variable": state.assign_variable,
        "strided_slice": lattice.strided_slice,
        "split": lattice.split,
        "split_v": lattice.split_v,
        "concatenation": simple.concatenation,
        "softmax": simple.softmax,
        **dict.fromkeys(("reshape", "expand_dims", "squeeze"), simple.reshape),
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
    """Return the variant of the kernels that a core runs best: "dsp" with the DSP extension, else "plain"."""
    return "dsp" if core.dsp else "plain"


def program(network: Network, variant: str = "dsp") -> Program:
    """Plan the kernel calls, constants and memory of an int8 network; constants have data where the network has weights.

    Raises UnsupportedOperator, naming the block or tensor, where a kernel is missing.
    """
    drafter = Drafter(network, variant)
    check_ends(network)
    again = not (network.has_weights or drafter.variables.of)
    for drafter.number, op in enumerate(network.ops):
        if again:
            _draft_again(drafter, op)
        else:
            draft_op(drafter)
    first_values = state.first_values(drafter)
    buffers, arena = _memory(drafter)
    places = {b.tensor: (i, b.offset) for i, b in enumerate(buffers) if b.tensor >= 0}
    scratch = {b.first: b.offset for b in reversed(buffers) if b.tensor < 0}
    return Program(
        network=network,
        variant=variant,
        calls=tuple(_call(draft, scratch.get(number, 0), places) for number, draft in enumerate(drafter.drafts)),
        consts=tuple(drafter.consts),
        buffers=buffers,
        arena_bytes=arena,
        input_buffer=places[network.inputs[0]][0],
        output_buffer=places[network.outputs[0]][0],
        sources=_sources([*drafter.drafts, *first_values]),
        init=tuple(_call(draft, 0, places) for draft in first_values),
    )


def draft_op(drafter: Drafter) -> None:
    """Draft the operator at hand."""
    width, rules = rules_for(drafter) or ("", _RULES)
    if drafter.op.kind not in rules:
        drafter.refuse(f"there is no {width} kernel for it" if width else "there is no kernel for it")
    rules[drafter.op.kind](drafter)


_DRAFTED = Memory(4096)


def _draft_again(drafter: Drafter, op: Op) -> None:
    """Draft the operator at hand; one that stands as it stood before the last edit is taken from memory.

    Only for networks without weights. The key holds the identities of the operator's tensors and options, the entry both.
    """
    tensors = drafter.network.tensors
    used = [tensors[i] for i in (*op.inputs, *op.outputs) if i >= 0]
    key = (drafter.dsp, drafter.number, op.kind, op.inputs, op.outputs, op.block, id(op.options), *map(id, used))
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
    parts = dict.fromkeys(part for draft in drafts for part in kernel_parts(draft.kernel))
    return (*HEADERS, *(f"kernels/{part}.c" for part in sorted(parts)))


def _memory(drafter: Drafter) -> tuple[tuple[Buffer, ...], int]:
    """Return the buffers, block by block, and the arena's size."""
    tensors, sizes = drafter.network.tensors, drafter.variables.sizes

    def size_of(tensor: int) -> int:
        return sizes[tensor] if tensor in sizes else tensors[tensor].nbytes

    drafts, ends = drafter.drafts, (drafter.network.inputs[0], drafter.network.outputs[0])
    steps = [Step(draft.reads, draft.writes, draft.shares) for draft in drafts]
    lives = live(steps, {out: source for source, out in drafter.aliases}, ends, sizes)
    blocks = arrange(lives, size_of, [draft.scratch for draft in drafts])
    arena = place(blocks)
    return tuple(
        Buffer(tensors[tensor].name if tensor >= 0 else f"scratch of call {first}", block.offset, size, first, last, tensor)
        for block in blocks
        for size, first, last, tensor in block.spans
    ), arena


def _call(draft: Draft, scratch: int, places: Mapping[int, tuple[int, int]]) -> Call:
    args = []
    for arg in draft.args:
        if isinstance(arg, Operand):
            arg = f"arena + {scratch if arg.tensor < 0 else places[arg.tensor][1] + arg.offset}"
        args.append(arg)
    return Call(draft.kernel, tuple(args), draft.dims, draft.op, draft.block, draft.record)

"""Network -> Program: draft the calls, plan the memory, write the arguments."""

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network
from studio.core.places import shipped
from studio.core.program import Buffer, Call, Program
from studio.core.protocols import RuntimeFiles
from studio.core.target import Core
from studio.lower.engine import broadcast, convolution, ends, lattice, simple, state, transposed
from studio.lower.engine.draft import Draft, Drafter, Operand
from studio.lower.engine.plan import Block, Span, plan, root, share
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
    _check_ends(network)
    draft = _draft if network.has_weights or drafter.variables.of else _draft_again
    for drafter.number in range(len(network.ops)):
        draft(drafter)
    first_values = state.first_values(drafter)
    blocks = _blocks(network, drafter)
    buffers, arena = plan(blocks)
    numbers = {b.tensor: i for i, b in enumerate(buffers) if b.tensor >= 0}
    return Program(
        network=network,
        variant=variant,
        calls=tuple(_call(draft, number, buffers, numbers) for number, draft in enumerate(drafter.drafts)),
        consts=tuple(drafter.consts),
        buffers=buffers,
        arena_bytes=arena,
        input_buffer=numbers[network.inputs[0]],
        output_buffer=numbers[network.outputs[0]],
        sources=_sources([*drafter.drafts, *first_values]),
        init=tuple(_call(draft, 0, buffers, numbers) for draft in first_values),
    )


def _draft(drafter: Drafter) -> None:
    """Draft the operator at hand."""
    width, rules = rules_for(drafter) or ("", _RULES)
    if drafter.op.kind not in rules:
        drafter.refuse(f"there is no {width} kernel for it" if width else "there is no kernel for it")
    rules[drafter.op.kind](drafter)


_KEPT = 4096
_drafted: dict[Hashable, tuple[Any, ...]] = {}


def _draft_again(drafter: Drafter) -> None:
    """Draft the operator at hand; one that stands as it stood before the last edit is taken from memory.

    Only for networks without weights. The key holds the identities of the operator's tensors, the memory the tensors.
    """
    op = drafter.op
    used = [drafter.network.tensors[i] for i in (*op.inputs, *op.outputs) if i >= 0]
    key = (drafter.dsp, drafter.number, op.kind, op.inputs, op.outputs, op.block, repr(op.options), *map(id, used))
    found = (drafter.drafts, drafter.consts, drafter.aliases)
    if key not in _drafted:
        starts = [len(rows) for rows in found]
        _draft(drafter)
        if len(_drafted) >= _KEPT:
            del _drafted[next(iter(_drafted))]
        _drafted[key] = (used, *(tuple(rows[start:]) for rows, start in zip(found, starts, strict=True)))
        return
    for rows, kept in zip(found, _drafted[key][1:], strict=True):
        rows.extend(kept)


def runtime_files(program: Program, frontend: tuple[str, ...] = ()) -> RuntimeFiles:
    """Name the C files of a program, and of its front end where given, relative to the runtime's folder."""
    return RuntimeFiles(shipped("board_support") / "runtime", (*program.sources, *frontend))


def kernel_parts(kernel: str) -> tuple[str, ...]:
    """Return the functions, each a file of its name, that a kernel needs: itself and what it shares."""
    return (kernel, *_PARTS.get(kernel, ()))


def _check_ends(network: Network) -> None:
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise UnsupportedOperator(
            f"runtime c runs networks with one input and one output, not {len(network.inputs)} and {len(network.outputs)}",
            where=network.name,
            hint="export it for TFLM instead",
        )


def _sources(drafts: list[Draft]) -> tuple[str, ...]:
    parts = dict.fromkeys(part for draft in drafts for part in kernel_parts(draft.kernel))
    return (*HEADERS, *(f"kernels/{part}.c" for part in sorted(parts)))


def _blocks(network: Network, drafter: Drafter) -> list[Block]:
    """Join the tensors that share memory; each call's scratch is a block of its own, variables live always."""
    aliases = {out: source for source, out in drafter.aliases}
    first, last = _lives(network, drafter.drafts, aliases)
    sizes = drafter.variables.sizes
    for variable in sizes:
        first[variable], last[variable] = 0, len(drafter.drafts)
    home = share(drafter.drafts, aliases, last)
    blocks: dict[int, Block] = {}
    tensors = dict.fromkeys(
        [network.inputs[0], *(t for d in drafter.drafts for t in (*d.reads, d.writes)), *aliases, *sizes, network.outputs[0]]
    )
    for tensor in tensors:
        whole, value = root(tensor, aliases), network.tensors[tensor]
        span = Span(value.name, sizes.get(tensor, value.nbytes), first[whole], last[whole], tensor)
        blocks.setdefault(root(tensor, home), Block([])).spans.append(span)
    scratch = [Block([Span(f"scratch of call {i}", d.scratch, i, i)]) for i, d in enumerate(drafter.drafts) if d.scratch]
    return [*blocks.values(), *scratch]


def _lives(network: Network, drafts: list[Draft], aliases: Mapping[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """First and last call of each tensor that is no alias; an alias counts for its source."""
    first, last = {network.inputs[0]: 0}, {network.inputs[0]: 0}
    for number, draft in enumerate(drafts):
        for tensor in (*draft.reads, draft.writes):
            whole = root(tensor, aliases)
            first.setdefault(whole, number)
            last[whole] = number
    whole = root(network.outputs[0], aliases)
    first.setdefault(whole, 0)
    last[whole] = max(len(drafts), last.get(whole, 0))
    return first, last


def _call(draft: Draft, number: int, buffers: tuple[Buffer, ...], numbers: Mapping[int, int]) -> Call:
    scratch = next((b.offset for b in buffers if b.tensor < 0 and b.first == number), 0) if draft.scratch else 0

    def text(arg: Operand | str) -> str:
        if isinstance(arg, str):
            return arg
        offset = scratch if arg.tensor < 0 else buffers[numbers[arg.tensor]].offset + arg.offset
        return f"arena + {offset}"

    return Call(draft.kernel, tuple(text(a) for a in draft.args), draft.dims, draft.op, draft.block, draft.record)

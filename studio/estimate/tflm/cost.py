"""What TFLM's program costs in flash, static RAM, stack and time, from the tables in board_support/costs/tflm.toml."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from studio.core.network import Network, Op
from studio.core.places import shipped
from studio.core.remember import Memory, remembered
from studio.core.target import Core
from studio.estimate.counts import op_macs
from studio.estimate.rows import Rows, rows_of
from studio.estimate.tflm.kernels import Kernels
from studio.lower.forms import Form, each, forms
from studio.lower.tflite.write import write_tflite


class Piece(msgspec.Struct, frozen=True):
    """Code that is linked as soon as one of the kinds is used."""

    bytes: int
    kinds: tuple[str, ...]


class Code(msgspec.Struct, frozen=True):
    """A program's code: a base, a part for each kind of operator, and the kernels' pieces."""

    base: int
    per_kind: int
    pieces: tuple[Piece, ...]


class OpTerms(msgspec.Struct, frozen=True, rename={"input": "in"}):
    """Instructions of a call by its sizes, cycles an instruction, and stack; `code` only for kinds without pieces."""

    call: float
    cpi: float
    stack: int
    mac: float = 0.0
    out: float = 0.0
    input: float = 0.0
    code: int = 0


class KernelTable(msgspec.Struct, frozen=True):
    """One kernel set."""

    code: Code
    ops: Mapping[str, OpTerms]


class StaticRam(msgspec.Struct, frozen=True):
    """Static data of interpreter, resolver and C library."""

    base: int
    per_kind: int
    libm: int
    libm_kinds: tuple[str, ...]


class CoreFactors(msgspec.Struct, frozen=True):
    """A core against the Cortex-M4: instructions with either kernel set, and cycles an instruction."""

    reference: float
    cmsis_nn: float
    cpi: float


class Table(msgspec.Struct, frozen=True):
    """The whole file."""

    ram: StaticRam
    unknown: OpTerms
    cores: Mapping[str, CoreFactors]
    kernels: Mapping[str, KernelTable]


class TflmCost(msgspec.Struct, frozen=True):
    """A network's cost with TFLM: code and static RAM in bytes, the stack, and what the operators cost."""

    runtime_bytes: int
    kernels_bytes: int
    static_bytes: int
    stack_bytes: int
    rows: Rows


@lru_cache(maxsize=1)
def table() -> Table:
    """Read the shipped table."""
    path = shipped("board_support") / "costs" / "tflm.toml"
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Table)


def tflm_cost(network: Network, kernels: Kernels, core: Core) -> TflmCost:
    """Estimate code, static RAM, stack, and instructions and cycles of every operator on this core (no wait states)."""
    factors = core_factors(core)
    factor = factors.cmsis_nn if kernels == "cmsis_nn" else factors.reference
    key = f"{kernels} {factor!r} {factors.cpi!r}"
    rows = rows_of(network, key, lambda: each(network, key, lambda form: op_cost(form, kernels, core)))
    return TflmCost(*remembered(_sizes, network, kernels), rows)


def op_cost(form: Form, kernels: Kernels, core: Core) -> tuple[int, int]:
    """Return the instructions and cycles of an operator on this core (no wait states)."""
    factors = core_factors(core)
    done, cpi, _ = form.fact(_work, kernels)
    instructions = done * (factors.cmsis_nn if kernels == "cmsis_nn" else factors.reference)
    return round(instructions), round(instructions * cpi * factors.cpi)


def _sizes(network: Network, kernels: Kernels) -> tuple[int, int, int, int]:
    """Return the bytes of interpreter and kernels and of static RAM, and the stack: what does not depend on the core."""
    kinds = frozenset([op.kind for graph in (network, *network.subgraphs) for op in graph.ops])
    stack = max([form.fact(_work, kernels)[2] for form in forms(network)], default=0)
    return (*(_CODE[kernels, kinds] or _CODE.keep((kernels, kinds), _code(kernels, kinds))), stack)


_CODE = Memory(256)


def _code(kernels: Kernels, kinds: frozenset[str]) -> tuple[int, int, int]:
    known = table()
    code = known.kernels[kernels].code
    served = frozenset(k for p in code.pieces for k in p.kinds)
    return (
        code.base + code.per_kind * len(kinds),
        sum(p.bytes for p in code.pieces if not kinds.isdisjoint(p.kinds)) + known.unknown.code * len(kinds - served),
        known.ram.base + known.ram.per_kind * len(kinds) + (known.ram.libm if kinds & set(known.ram.libm_kinds) else 0),
    )


def _work(network: Network, op: Op, kernels: Kernels) -> tuple[float, float, int]:
    """Instructions of one call on a Cortex-M4, linear in its sizes; cycles an instruction; the stack."""
    terms = _terms(network, op, kernels)
    outputs = sum(network.tensors[i].elements for i in op.outputs)
    inputs = network.tensors[op.inputs[0]].elements if op.inputs and op.inputs[0] >= 0 else 0
    return terms.call + terms.mac * op_macs(network, op) + terms.out * outputs + terms.input * inputs, terms.cpi, terms.stack


def _terms(network: Network, op: Op, kernels: Kernels) -> OpTerms:
    known = table()
    ops = known.kernels[kernels].ops
    return ops.get(_special(network, op)) or ops.get(op.kind) or known.unknown


def _special(network: Network, op: Op) -> str:
    if op.kind not in ("conv_2d", "depthwise_conv_2d"):
        return ""
    height, width = network.tensors[op.inputs[1]].shape[1:3]
    return f"{op.kind}_{height}x{width}"


def core_factors(core: Core) -> CoreFactors:
    """Return the factors of the core, of the one that its record names, or of the most similar one that has them."""
    cores = table().cores
    for id in (core.id, core.costs):
        if id in cores:
            return cores[id]
    return cores["cortex-m4f" if core.dsp else "cortex-m3" if "m3" in core.zig_cpu else "cortex-m0plus"]


def model_bytes(network: Network) -> int:
    """Return the bytes of the .tflite file that the studio would write; without weights yet, within about 1 %."""
    return remembered(_model_bytes, network)


def _model_bytes(network: Network) -> int:
    if network.has_weights:
        return len(write_tflite(network))
    graphs = (network, *network.subgraphs)
    tensors = [t for g in graphs for t in g.tensors]
    channels = sum([len(t.quant.scale) for t in tensors if t.quant is not None])
    # Fitted to files that the writer made: its tables take about this much a scale, a tensor and an operator.
    tables = 60 + 8 * channels + 110 * len(tensors) + 86 * sum([len(g.ops) for g in graphs])
    return tables + sum([t.nbytes for t in tensors if t.constant])

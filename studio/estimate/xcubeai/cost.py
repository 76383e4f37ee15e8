"""What X-CUBE-AI takes beside activations and weights, and how fast it is, from board_support/costs/x_cube_ai.toml."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.issue import Issue
from studio.core.network import Network
from studio.core.places import shipped
from studio.core.remember import remembered
from studio.core.target import Core
from studio.estimate.counts import op_macs, unverified_macc
from studio.estimate.latency import class_factor, latency_fit
from studio.estimate.rows import Rows, rows_of
from studio.estimate.tflm.cost import core_factors, op_cost
from studio.estimate.xcubeai.layers import ALIASES, Layer, layers
from studio.estimate.xcubeai.support import check_supported
from studio.lower.forms import Form, each

COST_FILE = "x_cube_ai.toml"
RUNTIME = "x-cube-ai"
_FLOAT_CORE = "cortex-m4f"
_FLOAT_DOUBT = 1.6
# Beside the verified kinds, those of the networks whose times were published.
_TIMED = frozenset(["average_pool_2d", "add"])
_JOINING = frozenset(["add", "sub", "mul", "concatenation"])


class Library(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes of the runtime library by kind of layer."""

    base: int
    other: int
    fused_pool: int
    toolchain: int
    kinds: Mapping[str, int]


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes for a network, a layer, a tensor and a channel."""

    base: float
    layer: float
    tensor: float
    channel: float


class Program(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published program: bytes of flash and RAM that its runtime takes, and what is in it."""

    source: str
    version: str
    dtype: str
    flash: int
    ram: int
    layers: int
    tensors: int
    channels: int
    kinds: tuple[str, ...]
    fused: bool = False


class FloatSpeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cycles of a float multiply-accumulate on a Cortex-M4F."""

    cycles: float
    source: str


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"programs": "program", "float_speed": "float"}):
    """The whole file."""

    schema: int
    version: str
    library: Mapping[str, Library]
    network: Mapping[str, Law]
    float_speed: FloatSpeed
    programs: tuple[Program, ...]


class XCubeAiCost(msgspec.Struct, frozen=True):
    """Bytes of the library, of the generated network's code and tables, and of the runtime's RAM; what the operators cost."""

    library_bytes: int
    network_bytes: int
    ram_bytes: int
    rows: Rows


@lru_cache(maxsize=1)
def table() -> Table:
    """Read the shipped table; raise InputError where the file is damaged."""
    path = shipped("board_support") / "costs" / COST_FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Table)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"X-CUBE-AI's costs cannot be read: {error}", where=str(path), hint="install the studio again") from error


def version() -> str:
    """Return the version that the figures stand for."""
    return table().version


def xcubeai_cost(network: Network, core: Core) -> XCubeAiCost:
    """Estimate code, RAM of the runtime, and every operator's time on this core (no wait states).

    Raises UnsupportedOperator for what X-CUBE-AI does not import, and for a float network on a core without a floating-point unit: no time
    of such was published.
    """
    check_supported(network)
    dtype = data_type(network)
    if dtype == "float32" and not core.fpu:
        raise UnsupportedOperator(
            f"no time of a float network was published for it on {core.name}", where=network.name, hint="convert to int8"
        )
    return XCubeAiCost(*remembered(_sizes, network, dtype), _rows(network, core))


def data_type(network: Network) -> str:
    """Return what the network computes in: int8 where any operator writes it."""
    return "int8" if any(network.tensors[op.outputs[0]].dtype == "int8" for op in network.ops if op.outputs) else "float32"


def unverified(network: Network, where: str) -> tuple[Issue, ...]:
    """Say which of the figures no published report confirms."""
    doubts = []
    kinds = unverified_macc(network)
    if kinds:
        doubts.append(f"MACC of {', '.join(kinds)}")
    if untimed := [kind for kind in kinds if kind not in _TIMED]:
        doubts.append(f"the time of {', '.join(untimed)}")
    if data_type(network) == "float32":
        doubts.append("the time of a float network, from one board and X-CUBE-AI 3.4")
    if any(op.kind in _JOINING for op in network.ops):
        doubts.append("RAM where branches join: published plans were up to 13 % larger")
    words = "ST's tool decides; unverified: " + "; ".join(doubts) if doubts else ""
    return (Issue("runtime.unverified", "advice", where, words),) if doubts else ()


def time_doubt(network: Network) -> float:
    """Return by what to widen the band of the time: float networks took 7.6 to 15 cycles a MAC around our 12.1, on one core."""
    return _FLOAT_DOUBT if data_type(network) == "float32" else 1.0


def _sizes(network: Network, dtype: str) -> tuple[int, int, int]:
    made = layers(network)
    kinds = frozenset([*(layer.kind for layer in made), *(["pad"] if any(layer.padded for layer in made) else [])])
    count, tensors, channels = _counted(network, made, dtype)
    laws = {name: law_bytes(law, count, tensors, channels if dtype == "int8" else 0) for name, law in table().network.items()}
    code = laws["text"] + laws["rodata"] + laws["data"]
    return library_bytes(dtype, kinds, any(layer.fused for layer in made)), code, laws["data"] + laws["bss"]


def library_bytes(dtype: str, kinds: frozenset[str], fused: bool) -> int:
    """Return the bytes of the runtime library and the C library for these kinds of layers."""
    known = table().library[dtype]
    total = known.base + sum(known.kinds.get(kind, known.other) for kind in kinds)
    return total + (known.fused_pool if fused else 0) + (known.toolchain if "softmax" in kinds or "logistic" in kinds else 0)


def law_bytes(law: Law, layers: int, tensors: int, channels: int) -> int:
    """Return the bytes of one law."""
    return round(law.base + law.layer * layers + law.tensor * tensors + law.channel * channels)


def _counted(network: Network, made: tuple[Layer, ...], dtype: str) -> tuple[int, int, int]:
    """Count ST's layers, C tensors, and scales."""
    views = sum([op.kind in ALIASES for op in network.ops])
    weights = network.weight_tensors()
    own = sum([1 + (layer.scratch > 0) + layer.fused + layer.activation + (layer.padded > 0) for layer in made])
    count = sum([1 + layer.activation + (layer.padded > 0) for layer in made])
    scales = [t.quant for t in network.tensors if t.quant is not None and t.dtype == "int8"]
    return count, own + len(weights) + views + len(network.inputs), sum([len(quant.scale) for quant in scales])


def _rows(network: Network, core: Core) -> Rows:
    """Count int8 operators as CMSIS-NN's, each class with the factor that published times of X-CUBE-AI gave; float ones by their MACs."""
    float_mac = table().float_speed.cycles / latency_fit().bands[RUNTIME][_FLOAT_CORE].value * core_factors(core).cpi

    def cost(form: Form) -> tuple[int, int]:
        instructions, cycles = op_cost(form, "cmsis_nn", core)
        op = form.network.ops[0]
        if op.outputs and form.network.tensors[op.outputs[0]].dtype == "float32":
            return instructions, max(cycles, round(form.fact(op_macs) * float_mac))
        return instructions, round(cycles * class_factor(RUNTIME, op.kind))

    key = f"{RUNTIME} {core.id}"
    return rows_of(network, key, lambda: each(network, key, cost))

"""What runtime `c` costs on a core: constants exactly from the Program, code and time from measured tables."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import msgspec

from studio.core.errors import InputError
from studio.core.places import shipped
from studio.core.program import Call, Program
from studio.core.remember import Memory
from studio.core.target import Core
from studio.lower.engine import variant_for
from studio.lower.engine.draft import Draft
from studio.lower.engine.sketch import IN_REGISTERS, Arguments, Outline, Sketch, arguments_of, constant_parts, last_alone, word
from studio.lower.engine.stream import DRIVER


class CallCost(msgspec.Struct, frozen=True):
    """Instructions of one kernel call, and its cycles where flash never waits."""

    instructions: int
    cycles: int


class EngineCost(msgspec.Struct, frozen=True):
    """Bytes of code by function and of constants by part, the stack of model_run, the cost of Program.all_calls."""

    code: Mapping[str, int]
    constants: Mapping[str, int]
    stack_bytes: int
    per_call: tuple[CallCost, ...]


class BaseCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the program around the model takes: vectors, startup, console and harness.

    `padding` are the bytes that each of the model's functions loses to alignment. `stack_bytes` are those up to model_run's call,
    `frontend_stack_bytes` the same in a program with a front end; `idle_stack_bytes` is the stack without a model.
    """

    code_bytes: int
    padding: float
    ram_bytes: int
    stack_bytes: int
    frontend_stack_bytes: int
    idle_stack_bytes: int


class RunCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes of the generated functions: once, for each call, for each argument by its kind; and the instructions of each call.

    `stack_bytes` is model_run's own stack, `wide_stack_bytes` that where a call has arguments that no register holds, `last_stack_bytes` what
    is left of it in the last call, to which compilers jump where they can.
    """

    once: float
    call: float
    place: float
    constant: float
    number: float
    instructions: float
    stack_bytes: int
    wide_stack_bytes: int
    last_stack_bytes: int


class KernelCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kernel's functions, the arguments it takes, its stack with theirs, and the weight of each loop of its dims.

    `error` is the worst relative error of the instructions over the calls that were fitted; `samples` their number.
    """

    functions: tuple[str, ...]
    arguments: int
    stack_bytes: int
    instructions: Mapping[str, float]
    cycles: Mapping[str, float]
    samples: int
    error: float


class EngineTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The measured table of one core; `functions` are code bytes."""

    schema: int
    core: str
    compiler: str
    base: BaseCost
    run: RunCode
    functions: Mapping[str, int]
    kernels: Mapping[str, KernelCost]


def engine_cost(program: Program, core: Core) -> EngineCost:
    """Estimate a program on a core, built with the default compiler at -O2."""
    table = table_of(core)
    calls = (*program.calls, *program.init)
    last = last_alone(program.all_calls)
    code = _functions(table, program.kernels)
    code["alignment"] = round(table.base.padding * len(code))
    code["model_run"] = _run_bytes(table.run, len(calls), arguments_of(calls))
    return EngineCost(
        code=code,
        constants=constant_parts(program),
        stack_bytes=_stack(table, program.kernels, {layer.call.kernel for call in program.calls for layer in call.layers}, last),
        per_call=tuple(_call_cost(table, call) for call in program.all_calls),
    )


def code_and_stack(sketch: Sketch, core: Core) -> tuple[int, int]:
    """Return the bytes of a program's code on a core, and the stack of model_run."""
    table = table_of(core)
    key = (table.core, sketch.kernels, sketch.streamed, sketch.last)
    kernels, stack = _KERNELS[key] or _KERNELS.keep(key, (_code(table, sketch.kernels), _stack(table, *key[1:])))
    return kernels + _run_bytes(table.run, sketch.calls, sketch.arguments), stack


def op_costs(outlines: Iterable[Outline], table: EngineTable) -> list[tuple[int, int]]:
    """Return the instructions and cycles of every operator's calls; one that was fused away costs nothing of its own."""
    core = table.core
    return [outline.costs.get(core) or _op_cost(outline, table) for outline in outlines]


def _op_cost(outline: Outline, table: EngineTable) -> tuple[int, int]:
    calls = [_call_cost(table, call) for call in outline.calls]
    cost = outline.costs[table.core] = (sum([c.instructions for c in calls]), sum([c.cycles for c in calls]))
    return cost


_KERNELS = Memory(256)


def base_cost(core: Core, frontend: bool = False) -> BaseCost:
    """Return what startup and harness take; what a front end adds to them is counted as the front end's."""
    return table_of(core).base


def table_of(core: Core) -> EngineTable:
    """Return the core's table; one that was not measured gets that which its record names, else that of the most similar core."""
    tables = cost_tables()
    for id in (core.id, core.costs):
        if id in tables:
            return tables[id]
    if core.dsp:
        return tables["cortex-m4f"]
    return tables["cortex-m0" if "m0" in core.zig_cpu or "m23" in core.zig_cpu else "cortex-m3"]


def counted_variant(core: Core) -> str:
    """Return the variant of the kernels that the core's table counts: without one of its own not Helium's, which no other has."""
    variant = variant_for(core)
    return variant if variant != "helium" or table_of(core).core == core.id else "dsp"


@lru_cache(maxsize=1)
def cost_tables() -> Mapping[str, EngineTable]:
    """Read the measured tables by core; raise InputError naming the file that is damaged."""
    paths = sorted((shipped("board_support") / "costs").glob("engine_*.toml"))
    tables = [read_table(path) for path in paths]
    return {table.core: table for table in tables}


def read_table(path) -> EngineTable:
    """Read one core's table."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), EngineTable)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"the engine's costs cannot be read: {error}", where=str(path), hint="install the studio again") from error


def _kernel(table: EngineTable, name: str) -> KernelCost:
    if name not in table.kernels:
        raise InputError(f"the costs of {name} on {table.core} are not measured", hint="run board_support/costs/measure_engine.py")
    return table.kernels[name]


def _functions(table: EngineTable, kernels: Iterable[str]) -> dict[str, int]:
    """Return the bytes of every function that is linked, each once."""
    return {name: word(table.functions[name]) for kernel in kernels for name in _kernel(table, kernel).functions}


def _code(table: EngineTable, kernels: Iterable[str]) -> int:
    """Return the bytes of the functions, with what they lose to alignment."""
    functions = _functions(table, kernels)
    return sum(functions.values()) + round(table.base.padding * len(functions))


def _stack(table: EngineTable, kernels: Collection[str], streamed: Collection[str], last: str) -> int:
    """Return model_run's stack and the deepest kernel's below it; a stream's driver stands above the kernels that it runs.

    `last` is a kernel that runs in the last call alone.
    """
    driver = _kernel(table, DRIVER).stack_bytes if streamed else 0
    wide = any(_kernel(table, kernel).arguments > IN_REGISTERS for kernel in kernels)
    own = table.run.wide_stack_bytes if wide else table.run.stack_bytes
    others = (_kernel(table, name).stack_bytes + (driver if name in streamed else 0) for name in kernels if name != last)
    deepest = own + max(others, default=0)
    return max(deepest, min(own, table.run.last_stack_bytes) + _kernel(table, last).stack_bytes) if last else deepest


def _call_cost(table: EngineTable, call: Call | Draft) -> CallCost:
    kernel, own = _kernel(table, call.kernel), table.run.instructions
    return CallCost(round(_weigh(kernel.instructions, call.dims) + own), round(_weigh(kernel.cycles, call.dims) + own))


def _weigh(weights: Mapping[str, float], dims: Mapping[str, int]) -> float:
    total = 0.0
    for name, weight in weights.items():  # a plain loop: it runs for every call and core
        total += weight * dims.get(name, 0)  # few calls clamp
    return total


def _run_bytes(run: RunCode, calls: int, arguments: Arguments) -> int:
    places, constants, numbers = arguments
    return round(run.once + run.call * calls + run.place * places + run.constant * constants + run.number * numbers)

"""Measure the engine's kernels on emulated cores and write engine_<core>.toml: python board_support/costs/measure_engine.py [--core ID]...

Every network of engine_sweep.py is exported as C, built for a virtual kit by the default compiler, and run; each kernel call's
instructions and cycles are fitted, without negative weights, to how often the kernel's loops run (Call.dims). Then the tables are
tried on networks that the fit has not seen. With --check nothing is written; with --new only kernels that a table lacks are measured, with --streams only the streams.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import tomlkit
from scipy.optimize import nnls

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine_operators import least_network
from engine_probe import CallCount, Counts, Sizes, count, sizes
from engine_streams import streams
from engine_sweep import held_out_networks, rare_networks, sweep

from studio.boards import shipped_boards
from studio.core.frontend import FrontEnd
from studio.core.network import Network, Quantisation
from studio.core.places import shipped
from studio.core.program import Call, Program
from studio.core.protocols import ExportJob, Image
from studio.core.target import TargetDevice
from studio.deploy.build import build
from studio.deploy.toolchain import find_toolchain
from studio.dsp.tables import frontend_tables
from studio.estimate.engine import BaseCost, EngineTable, KernelCost, RunCode, base_cost, cost_tables, engine_cost
from studio.jobs import QuietContext
from studio.lower.engine import kernel_parts, program, runtime_files, variant_for
from studio.lower.engine.sketch import IN_REGISTERS, arguments_of, constant_parts
from studio.lower.engine.stream import DRIVER
from studio.plugin import load_plugins

CORES = ("cortex-m0", "cortex-m3", "cortex-m4f", "cortex-m7", "cortex-m33")
GENERATED = ("model_run", "model_input", "model_output")


class Measured(msgspec.Struct, frozen=True):
    """A network's program, what it was built to, and what its calls cost."""

    plan: Program
    image: Image
    sizes: Sizes
    counts: Counts


def measure(plan: Program, target: TargetDevice, folder: Path) -> Measured:
    """Export, build and count one program."""
    network = plan.network
    sources = folder / "sources"
    sources.mkdir(parents=True)
    load_plugins().exporters.get("export_c").export(export_job(network, plan, target), sources, QuietContext())
    image = build(sources, target, "zig", folder / "build", frontend=False)
    counts = count(image, target, given=real_input(network), offset=plan.buffers[plan.input_buffer].offset)
    assert len(counts.calls) == len(plan.calls), (len(counts.calls), len(plan.calls))
    return Measured(plan, image, sizes(image), counts)


def real_input(network: Network) -> bytes:
    """Return numbers of all sizes for a float input; nothing for others, whose values do not matter."""
    if network.input.dtype != "float32":
        return b""
    return np.random.default_rng(0).uniform(-7, 7, network.input.elements).astype("<f4").tobytes()


def export_job(network: Network, plan: Program, target: TargetDevice) -> ExportJob:
    """Ask for the bare model."""
    return ExportJob("sweep", network, b"", (), target, None, None, plan, runtime_files(plan), (), 0, False)


def measure_all(networks: Iterable[Network], target: TargetDevice) -> list[Measured]:
    """Measure networks one after another."""
    return measure_programs((program(network, variant_for(target.core)) for network in networks), target)


def measure_programs(plans: Iterable[Program], target: TargetDevice) -> list[Measured]:
    """Measure programs one after another."""
    rows = []
    for number, plan in enumerate(plans):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(plan, target, Path(folder)))
        print(f"\r{target.core.id}: {number + 1}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rows


def fit_table(rows: Sequence[Measured], target: TargetDevice) -> EngineTable:
    """Fit a core's table to what was measured."""
    functions = kernel_functions(rows)
    code = {name: max(r.sizes.code.get(name, 0) for r in rows) for name in sorted({f for fs in functions.values() for f in fs})}
    calls = defaultdict(list)
    for row in rows:
        for call, counted in zip(row.plan.calls, row.counts.calls, strict=True):
            calls[call.kernel].append((call, counted))
    return EngineTable(
        schema=1,
        core=target.core.id,
        compiler=find_toolchain("zig", target.core).version,
        base=base_of(rows, code, functions, target),
        run=run_of(rows),
        functions=code,
        kernels={name: kernel_of(name, calls[name], functions[name]) for name in sorted(calls)},
    )


def with_streams(table: EngineTable, target: TargetDevice) -> EngineTable:
    """Add what streams cost: their driver with the adapters, and the kernels that only streams have."""
    rows = measure_programs(streams(variant_for(target.core)), target)
    names = sorted({name for r in rows for name in r.sizes.code if name.startswith(DRIVER)})
    code = {name: max(r.sizes.code.get(name, 0) for r in rows) for name in names}
    found: defaultdict[str, list[tuple[Call, CallCount]]] = defaultdict(list)
    libraries: dict[str, set[str]] = {}
    for row in rows:
        for call, counted in zip(row.plan.calls, row.counts.calls, strict=True):
            library = {name for name in counted.functions if not name.startswith("ot_")}
            for name in counted.functions:
                if name.startswith(DRIVER):
                    libraries[name] = libraries.get(name, library) & library
            own = {layer.call.kernel: layer.call for layer in call.layers if layer.call.kernel.startswith(DRIVER)}
            if call.layers:
                deepest = max(table.kernels[layer.call.kernel].stack_bytes for layer in call.layers if layer.call.kernel not in own)
                rest = [cost for name, cost in counted.functions.items() if name.startswith(DRIVER) and name not in own]
                found[DRIVER].append((call, _counted(rest, counted.stack_bytes - deepest)))
            for kernel, inner in own.items():
                found[kernel].append((inner, _counted([counted.functions[kernel]], 0)))
    kernels = {}
    for name in names:  # what an adapter takes is counted as the driver's
        functions = (*sorted(libraries.get(name, ())), name)
        kernels[name] = kernel_of(name, found[name], functions) if found[name] else KernelCost(functions, 0, 0, {}, {}, 0, 0.0)
    functions = dict(sorted({**table.functions, **code}.items()))
    return msgspec.structs.replace(table, functions=functions, kernels=dict(sorted({**table.kernels, **kernels}.items())))


def _counted(costs: Sequence[tuple[int, int]], stack: int) -> CallCount:
    instructions, cycles = (sum(column) for column in zip(*costs, strict=True))
    return CallCount(instructions, cycles, {}, stack)


def with_new_kernels(table: EngineTable, target: TargetDevice) -> EngineTable:
    """Measure the networks of rare operators and data types and add what the table lacks; all else stays as it was measured."""
    found = fit_table(measure_all(rare_networks(), target), target)
    functions, kernels = {**found.functions, **table.functions}, {**found.kernels, **table.kernels}
    return msgspec.structs.replace(table, functions=dict(sorted(functions.items())), kernels=dict(sorted(kernels.items())))


def kernel_functions(rows: Sequence[Measured]) -> dict[str, tuple[str, ...]]:
    """Say which functions each kernel brings into a program: its own files, and what it ran of the compiler's library."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        for call, counted in zip(row.plan.calls, row.counts.calls, strict=True):
            library = {name for name in counted.functions if not name.startswith("ot_")}
            found[call.kernel] |= library | set(kernel_parts(call.kernel))
    return {kernel: tuple(sorted(names)) for kernel, names in found.items()}


def base_of(rows: Sequence[Measured], code: Mapping[str, int], functions: Mapping[str, tuple[str, ...]], target: TargetDevice) -> BaseCost:
    """Return what remains of the images when the model's own parts are taken away."""
    rest, counts = [], []
    for row in rows:
        own = {f for k in row.plan.kernels for f in functions[k]}
        model = sum(-(-code[f] // 4) * 4 for f in own) + sum(row.sizes.code.get(g, 0) for g in GENERATED)
        rest.append(row.image.flash_bytes - model - sum(constant_parts(row.plan).values()))
        counts.append((1, len(own)))
    once, padding = weights(np.array(counts, float), np.array(rest, float))
    off = np.array(counts) @ (once, padding) - rest
    print(f"{target.core.id}: base {once:.0f} and {padding:.1f} a function, off by {off.min():.0f} to {off.max():.0f}", file=sys.stderr)
    ram = {r.image.ram_bytes - r.plan.arena_bytes for r in rows}
    assert len(ram) == 1, f"RAM beside the arena differs: {ram}"
    deepest = max(rows, key=lambda r: r.counts.stack_bytes)
    alone, *heard = [stack_of(deepest, target, fe) - deepest.counts.stack_bytes for fe in (None, *front_ends(target))]
    (least,) = measure_all([least_network()], target)
    return BaseCost(round(once), round(padding, 2), ram.pop(), alone, max(heard), stack_of(least, target, None))


def front_ends(target: TargetDevice) -> tuple[FrontEnd, ...]:
    """Return two, one with a hop that is a power of two: for it the compiler may keep more on the stack."""
    arithmetic = "float32" if target.core.fpu else "fixed"
    return FrontEnd(arithmetic=arithmetic), FrontEnd(arithmetic=arithmetic, window=512, hop=256)


def stack_of(row: Measured, target: TargetDevice, frontend: FrontEnd | None) -> int:
    """Run the whole program on the kit, with a front end that hears nothing where one is given; return its stack."""
    kit, quiet = load_plugins().flashers.get("kit_virtual"), QuietContext()
    job = export_job(row.plan.network, row.plan, target)
    if frontend is not None:
        tables = frontend_tables(frontend, Quantisation((0.03,), (0,)))
        files = msgspec.structs.replace(job.runtime, files=(*job.runtime.files, *tables.sources))
        job = msgspec.structs.replace(job, frontend=frontend, frontend_tables=tables, runtime=files)
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder, "sources")
        sources.mkdir()
        load_plugins().exporters.get("export_c").export(job, sources, quiet)
        image = build(sources, target, "zig", Path(folder, "build"), frontend=frontend is not None)
        kit.program(image, target, "", quiet)
        return kit.run(image, target, "", b"I" + bytes(row.plan.network.input.nbytes), 300, quiet).stack_bytes or 0


def run_of(rows: Sequence[Measured]) -> RunCode:
    """Fit the size of the generated functions to the calls and their arguments; take the largest stack of model_run."""
    seen = np.array([sum(r.sizes.code.get(g, 0) for g in GENERATED) for r in rows], float)
    terms = np.array([[1, len(r.plan.calls), *arguments_of(r.plan.calls)] for r in rows], float)
    found = weights(terms, seen)
    own = sum(r.counts.own.instructions for r in rows) / sum(len(r.plan.calls) for r in rows)
    wide = [any(len(call.args) > IN_REGISTERS for call in r.plan.calls) for r in rows]
    stacks = [max(r.counts.own.stack_bytes for r, w in zip(rows, wide, strict=True) if w == kind) for kind in (False, True)]
    last = max(r.counts.last_stack_bytes for r in rows if len(r.plan.calls[-1].args) <= IN_REGISTERS)
    print(f"  model_run: off by {(terms @ found - seen).min():.0f} to {(terms @ found - seen).max():.0f}", file=sys.stderr)
    return RunCode(*found, round(own, 1), *stacks, last)


def kernel_of(name: str, calls: Sequence[tuple[Call, CallCount]], functions: tuple[str, ...]) -> KernelCost:
    """Fit one kernel's weights."""
    names = sorted({n for call, _ in calls for n in call.dims})
    terms = np.array([[call.dims.get(n, 0) for n in names] for call, _ in calls], float)
    found, errors = {}, {}
    for what in ("instructions", "cycles"):
        seen = np.array([getattr(counted, what) for _, counted in calls], float)
        fitted = weights(terms, seen)
        errors[what] = float(np.max(np.abs(terms @ np.array(fitted) / seen - 1)))
        found[what] = {n: w for n, w in zip(names, fitted, strict=True) if w}
    print(f"  {name}: {len(calls)} calls, worst errors {errors['instructions']:.1%} and {errors['cycles']:.1%}", file=sys.stderr)
    stack = max(counted.stack_bytes for _, counted in calls)
    arguments = max(len(call.args) for call, _ in calls)
    return KernelCost(functions, arguments, stack, found["instructions"], found["cycles"], len(calls), round(errors["instructions"], 4))


def weights(terms: np.ndarray, seen: np.ndarray) -> list[float]:
    """Fit non-negative weights in relative error."""
    found, _ = nnls(terms / seen[:, None], np.ones(len(seen)), maxiter=1000)
    return [round(float(w), 3) for w in found]


def write(table: EngineTable) -> Path:
    """Write a core's table as TOML."""
    path = shipped("board_support") / "costs" / f"engine_{table.core}.toml"
    document = tomlkit.document()
    document.add(
        tomlkit.comment("What the engine's kernels cost on this core, measured by measure_engine.py. Bytes of code and stack; instructions")
    )
    document.add(
        tomlkit.comment(
            "and cycles (documented timings, zero wait states) of one pass of each loop that studio/lower/engine/dims.py counts."
        )
    )
    for key, value in msgspec.to_builtins(table).items():
        document[key] = value
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    cost_tables.cache_clear()
    return path


def check(target: TargetDevice) -> None:
    """Try the shipped table on networks that were not fitted."""
    networks = held_out_networks()
    for name, row in zip(networks, measure_all(networks.values(), target), strict=True):
        said = engine_cost(row.plan, target.core)
        errors = {}
        for what in ("instructions", "cycles"):
            seen = sum(getattr(c, what) for c in (*row.counts.calls, row.counts.own))
            errors[what] = f"{sum(getattr(c, what) for c in said.per_call) / seen - 1:+.1%} of {seen}"
        base = base_cost(target.core)
        flash = sum(said.code.values()) + sum(said.constants.values()) + base.code_bytes
        errors["flash"] = f"{flash / row.image.flash_bytes - 1:+.2%} of {row.image.flash_bytes}"
        errors["stack"] = f"{said.stack_bytes} for {row.counts.stack_bytes}"
        print(target.core.id, name, errors)


def main() -> None:
    """Measure the cores asked for, or all, and write or check their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", action="append", choices=CORES, help="a core's id; all, where left out")
    parser.add_argument("--new", action="store_true", help="measure only the rare operators, and add the kernels that the table lacks")
    parser.add_argument("--streams", action="store_true", help="measure only what streams take besides their kernels")
    parser.add_argument("--check", action="store_true", help="write nothing, try the shipped table")
    asked = parser.parse_args()
    kits = {b.core.id: b for b in shipped_boards().values() if b.virtual}
    for id in asked.core or CORES:
        target = kits[id]
        if asked.streams:
            print(write(with_streams(cost_tables()[id], target)))
            continue
        if asked.new:
            print(write(with_new_kernels(cost_tables()[id], target)))
        elif not asked.check:
            print(write(with_streams(fit_table(measure_all(sweep(), target), target), target)))
        check(target)


if __name__ == "__main__":
    main()

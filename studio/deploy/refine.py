"""Refine: put a compiler's and TFLM's own figures in place of the planned ones, and tell by how much they differ."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import msgspec

from studio.core.block import complete_params
from studio.core.errors import Cancelled, InputError, StudioError
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.network import Network
from studio.core.program import Program
from studio.core.project import Project, design_digest
from studio.core.protocols import Image, JobContext
from studio.core.refinement import FLASH_TOLERANCE, Check, Refinement
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.deploy.allocation import allocation_checks, tool
from studio.deploy.build import build
from studio.deploy.export import generate
from studio.deploy.program_parts import program_parts
from studio.deploy.subject import Subject, known_blocks, load_subject, trained_by, typed_network, with_random_weights
from studio.deploy.toolchain import Toolchain, find_toolchain
from studio.estimate.engine import table_of
from studio.estimate.report import report, runtimes_for
from studio.jobs import StepContext
from studio.lower.engine import RUNTIMES as ENGINE
from studio.storage.runs import latest_run

ALLOCATED = "tflm-ref"
"""The runtime of an allocation: the wheel has the reference kernels alone."""
ROOM = 1 << 26
SEED = 1


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: path, targets, runtimes (None for all), toolchain, seed; returns refinements as plain values, and notes on what was not."""
    subject = _ready(load_subject(Path(args["path"])), int(args.get("seed", 1)))
    steps = list(_steps(subject, args))
    found, notes = [], []
    for number, step in enumerate(steps):
        try:
            found.append(step(StepContext(context, number / len(steps), (number + 1) / len(steps))))
        except Cancelled:
            raise
        except StudioError as error:  # one target's compiler is no reason to keep quiet about the others
            notes.append(f"{error}" + (f"; {error.hint}" if error.hint else ""))
    return {"refinements": msgspec.to_builtins(found), "notes": list(dict.fromkeys(notes))}


def _steps(subject: Subject, args: Mapping[str, Any]) -> Iterator[Callable[[JobContext], Refinement]]:
    """Yield TFLM's allocation where one of its runtimes is asked for, then a build for each target and runtime of the engine."""
    from studio.deploy.boards import known_board

    chosen = args.get("runtimes")
    if chosen is None or any(runtime.startswith("tflm") for runtime in chosen):
        yield lambda _: refine_allocation(subject, subject.network)
    for target in map(known_board, args["targets"]):
        for runtime in chosen or runtimes_for(target):
            if runtime in ENGINE:
                yield partial(_compile_as_reported, subject, target, runtime, args.get("toolchain", "zig"))


def run_design(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry for a design that no file holds: one refinement, as plain values under "refinement".

    `project` is a Project as JSON text; a model that a run of it left in the folder `runs` is taken, else random weights. `target` is a
    TargetDevice as plain values, or None for TFLM's allocation; `runtime` and `toolchain` as `run` has them. What was planned is what the
    gauges say of the project, trained or not.
    """
    project = _project(args["project"])
    run = latest_run(Path(args["runs"]), design_digest(project))
    subject, planned = _design(args["project"], run)
    _go_on(context)
    if args["target"] is None:
        found = refine_allocation(subject, planned)
    else:
        target = msgspec.convert(args["target"], TargetDevice)
        expected = report(planned, target, args["runtime"], project.frontend, project.interval_ms)
        found = refine_engine(subject, target, expected, args["toolchain"], context)
    return {"refinement": msgspec.to_builtins(found)}


@lru_cache(maxsize=1)
def _project(text: str) -> Project:
    """Read a project; its parameters become what the blocks make of them, which JSON cannot tell in full."""
    read, blocks = msgspec.json.decode(text, type=Project), known_blocks()
    nodes = tuple(
        n if n.kind == INPUT_KIND else Node(n.id, n.kind, complete_params(blocks.get(n.kind), n.params, n.id)) for n in read.graph.nodes
    )
    return msgspec.structs.replace(read, graph=ModelGraph(nodes, read.graph.wires))


@lru_cache(maxsize=1)
def _design(text: str, run: Path | None) -> tuple[Subject, Network]:
    """Return a project's subject, with weights, and the network that the gauges count; kept for the next target of the same design."""
    project = _project(text)
    planned = typed_network(project)
    bare = Subject(project.name, planned, project.labels, False, Path(), project.frontend, project)
    return (with_random_weights(bare, SEED) if run is None else trained_by(bare, run)), planned


def _ready(subject: Subject, seed: int) -> Subject:
    return subject if subject.network.has_weights else with_random_weights(subject, seed)


def _compile_as_reported(subject: Subject, target: TargetDevice, runtime: str, toolchain: str, context: JobContext) -> Refinement:
    interval = subject.project.interval_ms if subject.project else 1000.0
    planned = report(subject.network, target, runtime, subject.frontend, interval)
    return refine_engine(subject, target, planned, toolchain, context)


def refine_engine(subject: Subject, target: TargetDevice, planned: ResourceReport, toolchain: str, context: JobContext) -> Refinement:
    """Compile and link a subject, which has weights, for the core of a target; return the program's flash and RAM beside a report's.

    A program that is too large for the target is linked all the same. Raises ToolMissing without a compiler for this core,
    UnsupportedOperator where the engine has no such operator, Cancelled, and StudioError where the program does not build.
    """
    tools = find_toolchain(toolchain, target.core)
    built = msgspec.structs.replace(subject, runtime=planned.runtime)
    with tempfile.TemporaryDirectory(prefix="otolith-refine-") as scratch:
        program, image = _build(built, _roomy(target), tools, Path(scratch), context)
        found = program_parts(image, program, subject.frontend is not None, _kernel_functions(program, target))
    return Refinement(
        kind="compiled",
        design=subject.name,
        target=target.id,
        runtime=planned.runtime,
        tool=image.compiler,
        when=time.time(),
        trained=subject.trained,
        checks=(
            *_checks("flash", planned.flash.parts, found.flash, FLASH_TOLERANCE),
            *_checks("RAM", planned.ram.parts, found.ram, 0.0),
        ),
        flash=found.flash,
        ram=found.ram,
    )


def refine_allocation(subject: Subject, planned: Network) -> Refinement:
    """Let TFLM allocate a subject, which has weights, and hold the plan of a network of the same design against that.

    Raises as `allocation_checks`.
    """
    checks = allocation_checks(planned, subject.network, subject.tflite)
    return Refinement("allocated", subject.name, "", ALLOCATED, tool(), time.time(), subject.trained, checks)


def _build(subject: Subject, target: TargetDevice, tools: Toolchain, scratch: Path, context: JobContext) -> tuple[Program, Image]:
    context.progress(0.0, f"compiling for {target.name}")
    job = generate(subject, "export_c", scratch / "sources", target, context)
    _go_on(context)
    if job.program is None:
        raise InputError(job.unsupported, where=target.id)
    # What zig keeps of its outputs would grow with every edit; the objects are kept by the studio.
    own = {"ZIG_LOCAL_CACHE_DIR": str(scratch / "zig")} if tools.id == "zig" else {}
    passing = msgspec.structs.replace(tools, environment={**tools.environment, **own})
    image = build(scratch / "sources", target, passing, scratch / "build", subject.frontend is not None, context)
    return job.program, image


def _go_on(context: JobContext) -> None:
    if context.cancelled:
        raise Cancelled("the design was edited")


def _roomy(target: TargetDevice) -> TargetDevice:
    """Return the target with more memory than any design takes: by how much one is too large is a figure too."""
    flash, ram = (msgspec.structs.replace(region, size=max(region.size, ROOM)) for region in (target.flash, target.ram))
    return msgspec.structs.replace(target, flash=flash, ram=ram)


def _kernel_functions(program: Program, target: TargetDevice) -> frozenset[str]:
    """Return the names of what the kernels call, as the core's table lists them."""
    kernels = table_of(target.core).kernels
    return frozenset(name for kernel in program.kernels if kernel in kernels for name in kernels[kernel].functions)


def _checks(name: str, planned: Mapping[str, int], found: Mapping[str, int], tolerance: float) -> Sequence[Check]:
    """Put the total first, then the parts."""
    parts = [p for p in dict.fromkeys((*planned, *found)) if planned.get(p) or found.get(p)]
    return (
        Check(name, sum(planned.values()), sum(found.values()), tolerance),
        *(Check(f"{name}: {part}", planned.get(part, 0), found.get(part, 0), None) for part in parts),
    )

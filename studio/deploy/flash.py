"""Flash: generate C, build it, program a kit with it, and hear the kit answer the golden vectors."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from studio.core.errors import Cancelled, InputError, StudioError
from studio.core.program import Program
from studio.core.protocols import ExportJob, Flasher, GoldenVector, Image, JobContext, KitRun
from studio.core.target import TargetDevice
from studio.deploy.build import build
from studio.deploy.conversation import Record, answers, clip_records, encode, tensor_records
from studio.deploy.counts import board_ms, mean, operator_counts
from studio.deploy.export import GOLDEN, generate
from studio.deploy.fitting import expect
from studio.deploy.hearing import Choice, choose_clips, heard_clips
from studio.deploy.steps import STEPS
from studio.deploy.subject import Subject, load_subject, with_random_weights
from studio.jobs import StepContext
from studio.plugin import Plugins, load_plugins

EXPORTER = "export_c"
ANSWER_TIMEOUT_S = 300.0


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: path, target, probe, toolchain, flasher (id or None), seed, clips, segment; returns what flash() returns."""
    from studio.deploy.boards import known_board

    return flash(
        load_subject(Path(args["path"]), args.get("runtime") or "c"),
        known_board(args["target"]),
        context,
        probe=args.get("probe", ""),
        toolchain=args.get("toolchain", "zig"),
        flasher=args.get("flasher") or "",
        seed=int(args.get("seed", 1)),
        clips=int(args.get("clips", 0)),
        segment=int(args.get("segment", -1)),
    )


def flash(
    subject: Subject,
    target: TargetDevice,
    context: JobContext,
    *,
    probe: str = "",
    toolchain: str = "zig",
    flasher: str = "",
    seed: int = 1,
    clips: int = 0,
    segment: int = -1,
) -> dict[str, Any]:
    """Build the subject for the target, program the kit and let it answer the golden vectors and some clips of the project.

    `clips` says how many clips it hears, that of number `segment` in the library first. Returns target, flasher, compiler,
    flash_bytes, ram_bytes, trained, golden (how many were asked; 0 without the oracle), golden_equal, labels, clips (HeardClips
    as plain values), and what the kit counted: instructions, frontend_instructions, cycles, frontend_cycles, run_ms,
    features_ms, stack_bytes, None where it cannot tell; operators (OperatorCounts as plain values, [] where it cannot). Raises ToolMissing without compiler, flasher or probe, InputError
    where the program does not fit, CheckFailed where the kit falls silent.
    """
    kit = flasher_for(target, flasher)
    context.progress(STEPS["generate"], "generating C")
    ready = subject if subject.network.has_weights else with_random_weights(subject, seed)
    expect(ready, target)
    choice = choose_clips(ready, clips, segment)
    with tempfile.TemporaryDirectory(prefix="otolith-flash-") as scratch:
        job, image = _build(ready, target, toolchain, Path(scratch), context)
        _program(kit, image, target, probe, context)
        records = _records(job.golden, choice, ready)
        context.progress(STEPS["run"], f"running on {target.name}")
        step = StepContext(context, STEPS["run"], STEPS["answers"])
        heard = kit.run(image, target, probe, encode(records), ANSWER_TIMEOUT_S, step)
    context.progress(STEPS["answers"], "reading the kit's answers")
    found = answers(heard, records, *_sizes(ready))
    equal = sum(a.output == g.outputs for a, g in zip(found, job.golden, strict=False))
    context.log(f"the kit answered {len(found)} inputs in {heard.seconds:.1f} s; golden vectors equal: {equal}/{len(job.golden)}")
    spoken = heard_clips(ready, choice, found[len(job.golden) :]) if choice else ()
    context.progress(1.0, "done")
    return {
        "target": target.id,
        "flasher": kit.id,
        "compiler": image.compiler,
        "flash_bytes": image.flash_bytes,
        "ram_bytes": image.ram_bytes,
        "trained": ready.trained,
        "golden": len(job.golden),
        "golden_equal": equal,
        "labels": list(ready.labels),
        "clips": msgspec.to_builtins(spoken),
        **_counted(heard, job.program, target),
    }


def _build(subject: Subject, target: TargetDevice, toolchain: str, scratch: Path, context: JobContext) -> tuple[ExportJob, Image]:
    """Write the design as C and compile it."""
    sources = scratch / "sources"
    job = generate(subject, EXPORTER, sources, target, StepContext(context, STEPS["generate"], STEPS["compile"]), golden=GOLDEN)
    context.log(f"C: {sum(1 for p in sources.rglob('*') if p.is_file())} files, {'trained' if subject.trained else 'random'} weights")
    _go_on(context)
    context.progress(STEPS["compile"], f"compiling with {toolchain}")
    image = build(sources, target, toolchain, scratch / "build", subject.frontend is not None, context)
    context.log(f"{image.compiler}: flash {image.flash_bytes} bytes, RAM {image.ram_bytes} bytes and the stack")
    _go_on(context)
    return job, image


def _program(kit: Flasher, image: Image, target: TargetDevice, probe: str, context: JobContext) -> None:
    context.progress(STEPS["program"], f"programming {target.name}")
    kit.program(image, target, probe, StepContext(context, STEPS["program"], STEPS["run"]))
    context.log(f"programmed {target.name} by {kit.id}")
    _go_on(context)


def _records(golden: Sequence[GoldenVector], choice: Choice | None, subject: Subject) -> list[Record]:
    inputs = [g.inputs for g in golden]
    records = tensor_records(inputs, len(inputs[0]) if inputs else 0)
    if choice is None or subject.frontend is None:
        return records
    return [*records, *clip_records(choice.pcm, subject.frontend.clip_samples)]


def _sizes(subject: Subject) -> tuple[int, int]:
    """Return the bytes of all inputs and of all outputs."""
    network = subject.network
    return tuple(sum(network.tensors[i].nbytes for i in numbers) for numbers in (network.inputs, network.outputs))  # type: ignore[return-value]


def _counted(heard: KitRun, program: Program, target: TargetDevice) -> dict[str, Any]:
    """Return what the kit counted; a virtual kit's cycles are those at no wait states."""
    cycles, frontend = mean(heard.cycles.get("run")), mean(heard.cycles.get("features"))
    return {
        "instructions": mean(heard.regions.get("run")),
        "frontend_instructions": mean(heard.regions.get("features")),
        "cycles": cycles,
        "frontend_cycles": frontend,
        "run_ms": board_ms(cycles, target),
        "features_ms": board_ms(frontend, target),
        "stack_bytes": heard.stack_bytes,
        "operators": msgspec.to_builtins(operator_counts(program, target, heard.calls)),
    }


def flasher_for(target: TargetDevice, flasher: str = "", plugins: Plugins | None = None) -> Flasher:
    """Return the flasher of this id, or the first of the target's methods that can be had.

    Raises InputError where the target has none or the flasher does not know the target, and the reason of the target's first
    method (a missing module, say) where none can be had.
    """
    plugins = plugins or load_plugins()
    names = [flasher] if flasher else [m.flasher for m in target.flash_methods]
    if not names:
        raise InputError(
            f"{target.name} cannot be programmed from here", where=target.id, hint="export the design and use the vendor's tool"
        )
    refusals: list[StudioError] = []
    for name in names:
        try:
            kit = plugins.flashers.get(name)
            if kit.supports(target):
                return kit
            refusals.append(InputError(f"{name} does not know {target.name}", where=target.id, hint="otolith plugins lists the flashers"))
        except StudioError as error:
            refusals.append(error)
    raise refusals[0]


def _go_on(context: JobContext) -> None:
    if context.cancelled:
        raise Cancelled("flashing was cancelled")

"""Flash: generate C, build it, program a kit with it, and hear the kit answer the golden vectors."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.core.errors import Cancelled, InputError, StudioError
from studio.core.protocols import Flasher, GoldenVector, Image, JobContext
from studio.core.target import TargetDevice
from studio.deploy.build import build
from studio.deploy.conversation import answers, encode, tensor_records
from studio.deploy.export import GOLDEN, generate
from studio.deploy.subject import Subject, load_subject
from studio.jobs import StepContext
from studio.plugin import Plugins, load_plugins

EXPORTER = "export_c"
ANSWER_TIMEOUT_S = 300.0


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: path, target, probe, toolchain, flasher (id or None), seed; returns what flash() returns."""
    from studio.boards import board

    return flash(
        load_subject(Path(args["path"])),
        board(args["target"]),
        context,
        probe=args.get("probe", ""),
        toolchain=args.get("toolchain", "zig"),
        flasher=args.get("flasher") or "",
        seed=int(args.get("seed", 1)),
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
) -> dict[str, Any]:
    """Build the subject for the target, program the kit and let it answer the golden vectors.

    Returns target, flasher, compiler, flash_bytes, ram_bytes, trained, golden (how many were asked; 0 without the oracle) and
    golden_equal. Raises ToolMissing without compiler, flasher or probe, InputError where the program does not fit,
    CheckFailed where the kit falls silent.
    """
    kit = flasher_for(target, flasher)
    with tempfile.TemporaryDirectory(prefix="otolith-flash-") as scratch:
        sources = Path(scratch) / "sources"
        context.progress(0.0, "generating C")
        job = generate(subject, EXPORTER, sources, target, StepContext(context, 0.0, 0.2), seed=seed, golden=GOLDEN)
        _go_on(context)
        context.progress(0.2, f"compiling with {toolchain}")
        image = build(sources, target, toolchain, Path(scratch) / "build", subject.frontend is not None, context)
        _go_on(context)
        context.progress(0.6, f"programming {target.name}")
        kit.program(image, target, probe, StepContext(context, 0.6, 0.8))
        _go_on(context)
        context.progress(0.8, f"running on {target.name}")
        equal = _ask(kit, image, target, probe, job.golden, StepContext(context, 0.8, 1.0))
    context.progress(1.0, "done")
    return {
        "target": target.id,
        "flasher": kit.id,
        "compiler": image.compiler,
        "flash_bytes": image.flash_bytes,
        "ram_bytes": image.ram_bytes,
        "trained": subject.trained,
        "golden": len(job.golden),
        "golden_equal": equal,
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


def _ask(kit: Flasher, image: Image, target: TargetDevice, probe: str, golden: Sequence[GoldenVector], context: JobContext) -> int:
    """Run the golden inputs on the kit and count the outputs that equal the oracle's; with none, only see that it runs."""
    inputs = [g.inputs for g in golden]
    records = tensor_records(inputs, len(inputs[0]) if inputs else 0)
    heard = kit.run(image, target, probe, encode(records), ANSWER_TIMEOUT_S, context)
    output_bytes = len(golden[0].outputs) if golden else 0
    found = answers(heard, records, len(inputs[0]) if inputs else 0, output_bytes)
    return sum(a.output == g.outputs for a, g in zip(found, golden, strict=True))


def _go_on(context: JobContext) -> None:
    if context.cancelled:
        raise Cancelled("flashing was cancelled")

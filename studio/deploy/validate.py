"""Prove a design: build it as it stands, run it on a kit, and hold the estimate and the oracle against what the kit did."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from studio.core.errors import InputError, StudioError
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.core.program import Program
from studio.core.protocols import Image, JobContext, KitRun
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.deploy import oracle
from studio.deploy.conversation import Answer, Record, decode, encode
from studio.deploy.counts import board_ms, mean, operator_counts
from studio.deploy.fitting import expect
from studio.deploy.subject import Subject, load_subject, with_random_weights
from studio.deploy.validation import Estimate, Validation
from studio.jobs import StepContext

COUNTED_PASSES = 3  # counting slows the emulator down; the counts of an int8 network hardly depend on its input


class Clips(msgspec.Struct, frozen=True):
    """Clips for the kit: PCM (n, clip_samples) int16, and their labels' numbers (-1 where unknown)."""

    pcm: np.ndarray
    labels: np.ndarray


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: path, target, runtime, inputs, seed, toolchain, probe; returns a Validation as plain values."""
    from studio.deploy.boards import known_board

    inputs = int(args.get("inputs", 20))
    if not 1 <= inputs <= 10_000:
        raise InputError(f"{inputs} inputs", where="--inputs", hint="from 1 to 10000")
    result = validate(
        load_subject(Path(args["path"]), args.get("runtime") or "c"),
        known_board(args["target"]),
        inputs,
        context,
        seed=int(args.get("seed", 1)),
        toolchain=args.get("toolchain", "zig"),
        probe=args.get("probe", ""),
    )
    plain: dict[str, Any] = msgspec.to_builtins(result)
    return plain


def validate(
    subject: Subject, target: TargetDevice, inputs: int, context: JobContext, *, seed: int = 1, toolchain: str = "zig", probe: str = ""
) -> Validation:
    """Build the subject for the target, run it on the kit and compare.

    Raises UnsupportedOperator, InputError where it does not fit, ToolMissing where compiler or kit are not there.
    """
    oracle.require()
    context.progress(0.02, "reading the design")
    ready = subject if subject.network.has_weights else with_random_weights(subject, seed)
    expected = expect(ready, target)
    records, clips = _records(ready, inputs, seed)
    with tempfile.TemporaryDirectory(prefix="otolith-") as scratch:
        program, image = _build(ready, target, toolchain, Path(scratch), context)
        heard = _run(image, target, probe, encode(records), context)
        answers = decode(heard.output, records, ready.network.input.nbytes, ready.network.output.nbytes)
        _require_all(heard, answers, len(records))
        context.progress(0.85, "asking the oracle")
        return _compare(ready, target, program, image, heard, answers, clips, records, expected)


def _records(subject: Subject, inputs: int, seed: int) -> tuple[list[Record], Clips | None]:
    from studio.deploy.export import whole_range

    if subject.frontend is None:
        rng = np.random.default_rng(seed)
        return [Record("I", whole_range(subject.network, rng)) for _ in range(inputs)], None
    clips = _clips(subject, inputs, seed)
    return [Record("C", row.astype("<i2").tobytes()) for row in clips.pcm], clips


def _clips(subject: Subject, inputs: int, seed: int) -> Clips:
    """Take test clips first, then others; where the project has none, noise of many levels."""
    assert subject.project is not None
    frontend = subject.project.frontend
    found = _project_clips(subject)
    if found is None or len(found.pcm) == 0:
        rng = np.random.default_rng(seed)
        levels = 10 ** rng.uniform(-4, 0, (inputs, 1)) * 12000
        noise = (rng.standard_normal((inputs, frontend.clip_samples)) * levels).clip(-32768, 32767)
        return Clips(noise.astype(np.int16), np.full(inputs, -1))
    take = np.arange(inputs) % len(found.pcm)
    return Clips(found.pcm[take], found.labels[take])


def _project_clips(subject: Subject) -> Clips | None:
    from studio.data.dataset import load_dataset

    if subject.folder is None:
        return None
    library = subject.folder.library()
    if not library.segments:
        return None
    data = load_dataset(library, subject.project)
    first = np.concatenate([np.flatnonzero(data.split == part) for part in ("test", "validation", "train")])
    pcm = np.rint(data.pcm[first] * 32768).clip(-32768, 32767).astype(np.int16)
    return Clips(_interleave(pcm, data, first), _interleave(data.labels[first], data, first))


def _interleave(values: np.ndarray, data: Any, rows: np.ndarray) -> np.ndarray:
    """Order test clips so that the first N hold every label, the same way each time."""
    tests = int(np.count_nonzero(data.split == "test"))
    order = np.random.default_rng(0).permutation(tests)
    return np.concatenate([values[:tests][order], values[tests:]])


def _build(subject: Subject, target: TargetDevice, toolchain: str, scratch: Path, context: JobContext) -> tuple[Program, Image]:
    from studio.deploy.build import build
    from studio.deploy.export import generate

    context.progress(0.1, "generating C")
    sources = scratch / "sources"
    job = generate(subject, "export_c", sources, target, StepContext(context, 0.1, 0.2))
    context.progress(0.2, "compiling")
    part = StepContext(context, 0.2, 0.4)
    assert job.program is not None  # the exporter refuses to go on without one
    return job.program, build(sources, target, toolchain, scratch / "build", frontend=subject.frontend is not None, context=part)


def _run(image: Image, target: TargetDevice, probe: str, input: bytes, context: JobContext) -> KitRun:
    from studio.deploy.flash import flasher_for

    flasher = flasher_for(target)
    context.progress(0.4, f"programming {target.name}")
    flasher.program(image, target, probe, StepContext(context, 0.4, 0.45))
    context.progress(0.45, f"running on {target.name}")
    return flasher.run(image, target, probe, input, 600.0, StepContext(context, 0.45, 0.85), counted_passes=COUNTED_PASSES)


def _require_all(heard: KitRun, answers: Sequence[Answer], expected: int) -> None:
    if heard.fault:
        raise StudioError(
            f"the kit stopped after {len(answers)} of {expected} inputs: {heard.fault}",
            where="kit",
            hint="this is a fault of the engine: please report it with the model",
        )
    if len(answers) != expected:
        raise StudioError(f"the kit answered {len(answers)} of {expected} inputs and ended with code {heard.exit_code}", where="kit")


def _compare(
    subject: Subject,
    target: TargetDevice,
    program: Program,
    image: Image,
    heard: KitRun,
    answers: Sequence[Answer],
    clips: Clips | None,
    records: Sequence[Record],
    expected: ResourceReport,
) -> Validation:
    from studio.estimate.counts import figures

    fed = [a.features if a.features is not None else r.payload for a, r in zip(answers, records, strict=True)]
    truth = oracle.run(subject.network, fed)
    kit = _outputs(subject.network, [a.output for a in answers])
    difference = np.abs(kit - _outputs(subject.network, truth)) / _output_step(subject.network)
    share, step = _feature_difference(subject, clips, answers)
    return Validation(
        model=subject.name,
        target=target.id,
        runtime=subject.runtime,
        engine=expected.runtime_version,
        oracle=oracle.NAME,
        compiler=image.compiler,
        trained=subject.trained,
        inputs=len(answers),
        mismatching_inputs=sum(a.output != t for a, t in zip(answers, truth, strict=True)),
        max_difference=int(np.ceil(difference.max())),
        feature_mismatch_share=share,
        feature_max_difference=step,
        accuracy=_accuracy(kit, clips),
        macs=figures(subject.network).macs,
        instructions=mean(heard.regions.get("run")),
        frontend_instructions=mean(heard.regions.get("features")),
        cycles_estimate=mean(heard.cycles.get("run")) or expected.cycles,
        flash_bytes=image.flash_bytes,
        ram_bytes=image.ram_bytes,
        stack_bytes=heard.stack_bytes,
        estimate=Estimate(
            expected.flash.total,
            expected.ram.total,
            expected.stack_bytes,
            expected.instructions,
            expected.frontend_instructions,
            expected.cycles,
            expected.latency_ms,
        ),
        frontend_cycles=mean(heard.cycles.get("features")),
        run_ms=board_ms(mean(heard.cycles.get("run")), target),
        features_ms=board_ms(mean(heard.cycles.get("features")), target),
        operators=operator_counts(program, target, heard.calls),
    )


def _outputs(network: Network, outputs: Sequence[bytes]) -> np.ndarray:
    return np.stack([oracle.values(data, network.output) for data in outputs]).astype(float)


def _output_step(network: Network) -> float:
    """Return by how much neighbouring outputs differ: 1, or for floats the scale of what they were made from."""
    made = [op for op in network.ops if op.kind == "dequantize" and network.outputs[0] in op.outputs]
    quant = network.tensors[made[0].inputs[0]].quant if made else None
    return quant.scale[0] if quant is not None else 1.0


def _accuracy(kit: np.ndarray, clips: Clips | None) -> float | None:
    if clips is None or (clips.labels < 0).any():
        return None
    return float((kit.argmax(axis=1) == clips.labels).mean())


def _feature_difference(subject: Subject, clips: Clips | None, answers: Sequence[Answer]) -> tuple[float | None, int | None]:
    if clips is None or subject.frontend is None:
        return None, None
    host = host_features(subject.frontend, subject.network, clips.pcm)
    kit = np.stack([np.frombuffer(a.features or b"", np.int8) for a in answers]).astype(int)
    steps = np.abs(kit - host.reshape(kit.shape).astype(int))
    return float(np.count_nonzero(steps) / steps.size), int(steps.max())


def host_features(frontend: FrontEnd, network: Network, pcm: np.ndarray) -> np.ndarray:
    """Compute the int8 features (n, frames, mels, 1) of int16 PCM (n, clip_samples) as the host does."""
    from studio.dsp.log_mel import features_batch, quantise_features

    quant = network.input.quant
    assert quant is not None
    return quantise_features(frontend, features_batch(frontend, pcm.astype(np.float32) / 32768), quant)

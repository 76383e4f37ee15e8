"""Export: hand an exporter all it needs, and put what it writes in place whole or not at all."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from studio import __version__
from studio.core.errors import Cancelled, InputError, UnsupportedOperator
from studio.core.network import Network, require_weights
from studio.core.places import shipped
from studio.core.program import Program
from studio.core.protocols import ExportJob, FrontEndTables, GoldenVector, JobContext, RuntimeFiles
from studio.core.target import TargetDevice
from studio.deploy import oracle
from studio.deploy.export_folder import RECORD, ExportRecord, earlier_export, file_hash, place
from studio.deploy.subject import Subject, load_subject, with_random_weights
from studio.jobs import StepContext
from studio.plugin import Plugins, load_plugins

GOLDEN = 8
DEFAULT_TARGET = "virtual-m4"


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: path, exporter, out, target (id or None), force, seed; returns out, files, target, exporter, trained."""
    from studio.deploy.boards import known_board

    subject = load_subject(Path(args["path"]), args.get("runtime") or "c")
    default = subject.project.targets[0] if subject.project and subject.project.targets else DEFAULT_TARGET
    target = known_board(args.get("target") or default)
    force, seed = bool(args.get("force", False)), int(args.get("seed", 1))
    return export(subject, args["exporter"], Path(args["out"]), target, context, force=force, seed=seed)


def export(
    subject: Subject, exporter: str, out: Path, target: TargetDevice, context: JobContext, *, force: bool = False, seed: int = 1
) -> dict[str, Any]:
    """Export into the folder `out`: new, empty, or an earlier export, which is replaced.

    Other folders are refused. An earlier export that was changed since is replaced with `force` only; files in it that no
    export made stay. An untrained subject gets random weights. Raises InputError, UnsupportedOperator, and what the exporter raises.
    """
    earlier = earlier_export(out, force)
    plugins = load_plugins()
    plugins.exporters.get(exporter)
    with place(out, earlier) as folder:
        job = assemble(_with_weights(subject, seed), target, StepContext(context, 0.0, 0.5))
        if context.cancelled:
            raise Cancelled("the export was cancelled")
        _write(plugins, exporter, job, folder, StepContext(context, 0.5, 0.95))
        record = _record(exporter, job, folder)
        (folder / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
        if context.cancelled:
            raise Cancelled("the export was cancelled")
    context.progress(1.0, "exported")
    context.artifact("export", out)
    return {"out": str(out), "files": list(record.files), "target": target.id, "exporter": exporter, "trained": subject.trained}


def generate(
    subject: Subject, exporter: str, out: Path, target: TargetDevice, context: JobContext, *, seed: int = 1, golden: int = 0
) -> ExportJob:
    """Write an exporter's files into the new or empty folder `out`, for a build; return what they were made from."""
    plugins = load_plugins()
    plugins.exporters.get(exporter)
    job = assemble(_with_weights(subject, seed), target, StepContext(context, 0.0, 0.5), golden=golden)
    out.mkdir(parents=True, exist_ok=True)
    _write(plugins, exporter, job, out, StepContext(context, 0.5, 1.0))
    return job


def assemble(subject: Subject, target: TargetDevice, context: JobContext, golden: int = GOLDEN) -> ExportJob:
    """Collect all that an exporter gets; the subject has weights.

    Golden vectors need the oracle: there are none where it is not installed.
    """
    require_weights(subject.network)
    context.progress(0.0, "planning the memory")
    program, unsupported = _program(subject, target)
    tables = _frontend_tables(subject)
    tflite, required, unplanned = _tflite(subject, target)
    if golden:
        context.progress(0.4, "computing golden vectors")
    return ExportJob(
        name=subject.name,
        network=subject.network,
        tflite=tflite,
        labels=subject.labels,
        target=target,
        frontend=subject.frontend,
        frontend_tables=tables,
        program=program,
        runtime=_runtime_files(program, tables),
        golden=_golden(subject, tflite, golden),
        arena_required=required,
        trained=subject.trained,
        unsupported=unsupported,
        arena_unplanned=unplanned,
    )


def _with_weights(subject: Subject, seed: int) -> Subject:
    return subject if subject.network.has_weights else with_random_weights(subject, seed)


def _program(subject: Subject, target: TargetDevice) -> tuple[Program | None, str]:
    from studio.lower.engine import RUNTIMES, program, variant_for

    try:
        return program(subject.network, variant_for(target.core), RUNTIMES[subject.runtime]), ""
    except UnsupportedOperator as error:
        return None, f"{error}; {error.hint}" if error.hint else str(error)


def _tflite(subject: Subject, target: TargetDevice) -> tuple[bytes, int, int]:
    """Return the model's file, its arena for TFLM (0 where unknown), and what that would be without the plan that the file carries."""
    from studio.estimate.tflm import arena, offline_plan
    from studio.lower.tflite import write_tflite

    network, given = subject.network, subject.tflite
    try:
        own = arena(network, "cmsis_nn", target.core.dsp).required
        plan = offline_plan(network, "cmsis_nn", target.core.dsp)
    except UnsupportedOperator:
        own, plan = 0, None
    if plan is not None:
        with suppress(UnsupportedOperator):  # an imported file's operators may have options that cannot be written anew
            return write_tflite(network, plan.offsets), plan.arena.required, own
    return given if given is not None else write_tflite(network), own, 0


def _frontend_tables(subject: Subject) -> FrontEndTables | None:
    from studio.dsp.tables import frontend_tables

    quant = subject.network.input.quant
    if subject.frontend is None or quant is None:
        return None
    return frontend_tables(subject.frontend, quant)


def _runtime_files(program: Program | None, tables: FrontEndTables | None) -> RuntimeFiles:
    files = (*(program.sources if program else ()), *(tables.sources if tables else ()))
    return RuntimeFiles(shipped("board_support") / "runtime", tuple(dict.fromkeys(files)))


def _golden(subject: Subject, tflite: bytes, count: int) -> tuple[GoldenVector, ...]:
    if count == 0 or not oracle.available():
        return ()
    inputs = golden_inputs(subject, count)
    outputs = oracle.run(subject.network, inputs, tflite)
    return tuple(GoldenVector(i, o) for i, o in zip(inputs, outputs, strict=True))


def golden_inputs(subject: Subject, count: int, seed: int = 1) -> list[bytes]:
    """Make inputs for golden vectors: features of synthetic sound where there is a front end, and values of the whole range."""
    rng = np.random.default_rng(seed)
    sounds = _sound_features(subject, count // 2, rng)
    return [*sounds, *(whole_range(subject.network, rng) for _ in range(count - len(sounds)))]


def whole_range(network: Network, rng: np.random.Generator) -> bytes:
    """Draw values of the whole range of each input; of floats, the range that their quantisation in the network holds."""
    parts = []
    for number in network.inputs:
        tensor = network.tensors[number]
        if tensor.dtype == "float32":
            low, high = _real_range(network, number)
            parts.append(rng.uniform(low, high, tensor.elements).astype("<f4").tobytes())
        else:
            parts.append(rng.integers(0, 256, tensor.nbytes, np.uint8).tobytes())
    return b"".join(parts)


def _real_range(network: Network, number: int) -> tuple[float, float]:
    """Return the least and the largest float that the int8 tensor made from it can tell; -1 and 1 where it stays a float."""
    made = [network.tensors[op.outputs[0]] for op in network.ops if op.kind == "quantize" and number in op.inputs]
    if not made or made[0].dtype != "int8" or made[0].quant is None:
        return -1.0, 1.0
    scale, zero = made[0].quant.scale[0], made[0].quant.zero_point[0]
    return scale * (-128 - zero), scale * (127 - zero)


def _sound_features(subject: Subject, count: int, rng: np.random.Generator) -> list[bytes]:
    """Sweeps in noise at falling levels, through the front end, quantised as the kit does."""
    from studio.dsp.log_mel import features, quantise_features

    fe, quant = subject.frontend, subject.network.input.quant
    if fe is None or quant is None or len(subject.network.inputs) != 1:
        return []
    seconds = np.arange(fe.clip_samples) / fe.sample_rate
    found = []
    for number in range(count):
        level = 0.5 * 10 ** (-number / 2)
        sweep = np.sin(2 * np.pi * (200 + 50 * number + 500 * seconds) * seconds)
        sound = (level * (sweep + 0.3 * rng.standard_normal(fe.clip_samples))).clip(-1, 1).astype(np.float32)
        found.append(quantise_features(fe, features(fe, sound), quant).tobytes())
    return found


def _write(plugins: Plugins, exporter: str, job: ExportJob, folder: Path, context: JobContext) -> None:
    for path in plugins.exporters.get(exporter).export(job, folder, context):
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"the exporter names {path.name}, which it did not write", where=exporter, hint="this is a fault of the plugin"
            )


def _record(exporter: str, job: ExportJob, folder: Path) -> ExportRecord:
    files = {p.relative_to(folder).as_posix(): file_hash(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    return ExportRecord(__version__, exporter, job.name, job.network.digest(), job.trained, job.target.id, files)

"""The engine's generated C by model, core and compiler, beside TensorFlow Lite for Microcontrollers with CMSIS-NN.

Each model is exported, built with the bare harness, programmed into a virtual kit and run there. Flash, RAM and stack are the image's
and the kit's; instructions are counted; cycles are an estimate from the cores' documented timings, without wait states. The baseline is
measured where tflm_baseline.toml has the model for that core; elsewhere it is the studio's estimate of it, marked ~.

Run: OTOLITH_TEST_DATA=... python -m tests.bench.bench_engine [--models A,B] [--cores m0,m4] [--compilers zig,gcc] [--inputs N]
"""

import argparse
import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from studio.boards import board
from studio.cli.terminal import table
from studio.core.errors import StudioError
from studio.core.target import TargetDevice
from studio.deploy import oracle
from studio.deploy.build import build
from studio.deploy.conversation import answers, encode, tensor_records
from studio.deploy.counts import mean
from studio.deploy.export import generate, whole_range
from studio.deploy.subject import Subject, load_subject
from studio.estimate.report import report
from studio.jobs import QuietContext
from studio.plugin import load_plugins

CORES = ("m0", "m3", "m4", "m7", "m33")
COMPILERS = ("zig", "gcc")
HEADER = (
    "core",
    "compiler",
    "flash",
    "RAM",
    "stack",
    "instructions",
    "cycles (est.)",
    "equal",
    "flash",
    "RAM + stack",
    "instructions",
    "gain",
)
BASELINE = tomllib.loads((Path(__file__).parent / "tflm_baseline.toml").read_text(encoding="utf-8"))
TIMEOUT_S = 600.0


class Taken(msgspec.Struct, frozen=True):
    """What one build took; `equal` of `inputs` outputs are the oracle's."""

    flash: int
    ram: int
    stack: int
    instructions: int
    cycles: int | None
    equal: int
    inputs: int


class Rival(msgspec.Struct, frozen=True):
    """The baseline of the same model on the same core; `ram` with the stack."""

    flash: int
    ram: int
    instructions: int
    measured: bool


def take(subject: Subject, target: TargetDevice, compiler: str, inputs: Sequence[bytes], folder: Path) -> Taken:
    """Export, build and run; raise StudioError where it does not fit or a tool is missing."""
    context = QuietContext()
    generate(subject, "export_c", folder / "sources", target, context)
    image = build(folder / "sources", target, compiler, folder / "build", frontend=False)
    kit = load_plugins().flashers.get("kit_virtual")
    kit.program(image, target, "", context)
    records = tensor_records(inputs, subject.network.input.nbytes)
    heard = kit.run(image, target, "", encode(records), TIMEOUT_S, context)
    said = answers(heard, records, subject.network.input.nbytes, subject.network.output.nbytes)
    wanted = oracle.run(subject.network, inputs, subject.tflite)
    equal = sum(a.output == w for a, w in zip(said, wanted, strict=True))
    instructions = mean(heard.regions["run"])
    assert instructions is not None and heard.stack_bytes is not None
    return Taken(image.flash_bytes, image.ram_bytes, heard.stack_bytes, instructions, mean(heard.cycles.get("run")), equal, len(inputs))


def rival(subject: Subject, target: TargetDevice) -> Rival | None:
    """Return what TFLM takes, measured or else estimated; None where it cannot run the model."""
    known: dict[str, int] | None = BASELINE.get(subject.name) if target.core.id == BASELINE["core"] else None
    if known:
        return Rival(known["flash"], known["ram"] + known["stack"], known["instructions"], True)
    file_bytes = len(subject.tflite) if subject.tflite else None
    estimate = report(subject.network, target, "tflm", file_bytes=file_bytes)
    if not estimate.instructions:
        return None
    return Rival(estimate.flash.total, estimate.ram.total + estimate.stack_bytes, estimate.instructions, False)


def row(core: str, compiler: str, taken: Taken, beside: Rival | None) -> tuple[str, ...]:
    """Lay one build out."""
    cycles = "-" if taken.cycles is None else f"{taken.cycles:,}"
    ours = (f"{taken.flash:,}", f"{taken.ram:,}", f"{taken.stack:,}", f"{taken.instructions:,}", cycles, f"{taken.equal}/{taken.inputs}")
    if beside is None:
        return (core, compiler, *ours, "-", "-", "-", "-")
    mark = "" if beside.measured else "~"
    theirs = tuple(f"{mark}{n:,}" for n in (beside.flash, beside.ram, beside.instructions))
    return (core, compiler, *ours, *theirs, f"{mark}{beside.instructions / taken.instructions:.2f}x")


def rows(subject: Subject, cores: Sequence[str], compilers: Sequence[str], inputs: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each core and compiler; a build that fails says why instead."""
    import numpy as np

    rng = np.random.default_rng(1)
    given = [whole_range(subject.network, rng) for _ in range(inputs)]
    for core in cores:
        target = board(f"virtual-{core}")
        for compiler in compilers:
            with tempfile.TemporaryDirectory(prefix="otolith-bench-") as folder:
                try:
                    yield row(core, compiler, take(subject, target, compiler, given, Path(folder)), rival(subject, target))
                except StudioError as error:
                    yield (core, compiler, str(error), *[""] * (len(HEADER) - 3))


def show(subject: Subject, found: Sequence[tuple[str, ...]]) -> None:
    """Print a model's table; the words of a build that failed stand below it."""
    print(f"\n{subject.name}: engine c, then TFLM with CMSIS-NN")
    done = [r for r in found if r[3]]
    if done:
        print(table(done, HEADER, range(2, len(HEADER))))
    for core, compiler, words, *_ in (r for r in found if not r[3]):
        print(f"{core} {compiler}: {words}")


def main(arguments: Sequence[str]) -> int:
    """Print a table for each model; 1 where an output differs from the oracle's."""
    parsed = _parser().parse_args(arguments)
    data = os.environ.get("OTOLITH_TEST_DATA", "")
    if not (Path(data) / "models").is_dir() or not data:
        print("OTOLITH_TEST_DATA names no folder with models/: nothing to bench")
        return 0
    paths = sorted((Path(data) / "models").glob("*.tflite"))
    chosen = [p for p in paths if not parsed.models or p.stem in parsed.models.split(",")]
    print(f"Baseline: {BASELINE['source']}. ~ stands before what is estimated of it.")
    wrong = 0
    for path in chosen:
        subject = load_subject(path)
        found = list(rows(subject, parsed.cores.split(","), parsed.compilers.split(","), parsed.inputs))
        show(subject, found)
        wrong += sum(r[7] not in ("", f"{parsed.inputs}/{parsed.inputs}") for r in found)
    return int(wrong > 0)


def _parser() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="", help="names without .tflite, with commas (default: all)")
    parser.add_argument("--cores", default=",".join(CORES), help=f"of {', '.join(CORES)}")
    parser.add_argument("--compilers", default=",".join(COMPILERS), help="zig, gcc (arm-none-eabi-gcc)")
    parser.add_argument("--inputs", type=int, default=1, help="random inputs to run and compare with the oracle")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

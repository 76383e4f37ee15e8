"""The gauges' figures of runtime `c` beside the linked program's and a run's on a virtual kit."""

import statistics
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from studio.boards import board
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.core.protocols import ExportJob, KitRun
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.deploy.build import build
from studio.deploy.conversation import Record, encode
from studio.deploy.export import whole_range
from studio.deploy.flash import flasher_for
from studio.dsp.tables import frontend_tables
from studio.estimate.report import report
from studio.jobs import QuietContext
from studio.lower.engine import RUNTIMES, program, runtime_files, variant_for
from studio.lower.randomise import randomise
from studio.lower.tflite import read_tflite
from studio.plugin import load_plugins
from tests.helpers.drawn_designs import Design
from tests.helpers.packed_networks import packed_network
from tests.helpers.random_networks import random_network, rare_network
from tests.helpers.width_networks import nibble_networks, wide_network

QUIET = QuietContext()


class Subject(msgspec.Struct, frozen=True):
    """A network as the gauges see it and as it is built, with its front end where it has one."""

    name: str
    seen: Network
    built: Network
    design: Design | None = None

    def frontend(self, target: TargetDevice) -> FrontEnd | None:
        return self.design.on(target.core) if self.design else None


class Judged(msgspec.Struct, frozen=True):
    """What was said and what came of it; instructions are the model's, `frontend` the front end's (said, found)."""

    name: str
    target: str
    said: ResourceReport
    flash: int
    ram: int
    stack: int
    instructions: int
    frontend: int

    @property
    def flash_error(self) -> float:
        return self.said.flash.total / self.flash - 1

    @property
    def ram_error(self) -> int:
        return self.said.ram.total - self.ram

    @property
    def stack_ratio(self) -> float:
        return self.said.stack_bytes / self.stack

    @property
    def instruction_error(self) -> float:
        return self.said.instructions / self.instructions - 1

    @property
    def frontend_error(self) -> float:
        return self.said.frontend_instructions / self.frontend - 1 if self.frontend else 0.0


def of_design(design: Design) -> Subject:
    """Take a design; it is built with random weights."""
    seen = design.network()
    return Subject(design.name, seen, randomise(seen, 1), design)


def of_network(name: str, network: Network) -> Subject:
    """Take a network that has its weights."""
    return Subject(name, network, network)


def of_file(path: Path) -> Subject:
    """Take a model file."""
    return of_network(path.stem, read_tflite(path.read_bytes(), path.name))


ODD_KINDS = (random_network, packed_network, rare_network, wide_network, lambda seed: nibble_networks(seed)[0])
ODD_NAMES = ("random", "packed", "rare", "int16", "4-bit")


def odd_subject(seed: int) -> Subject:
    """Draw a network of odd shapes and scales: int8, int16, 4-bit, rare operators in turn."""
    kind = seed % len(ODD_KINDS)
    return of_network(f"{ODD_NAMES[kind]} {seed}", ODD_KINDS[kind](seed))


def judge(subject: Subject, target: TargetDevice, runtime: str = "c", toolchain: str = "zig") -> Judged | None:
    """Estimate, build and run a subject; None where it does not fit."""
    frontend = subject.frontend(target)
    said = report(subject.seen, target, runtime, frontend)
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder, "sources")
        sources.mkdir()
        job = _job(subject, target, runtime, frontend)
        load_plugins().exporters.get("export_c").export(job, sources, QUIET)
        try:
            image = build(sources, target, toolchain, Path(folder, "build"), frontend is not None)
        except InputError:
            assert not said.fits, f"{subject.name} was said to fit {target.id}"
            return None
        kit = flasher_for(target)
        kit.program(image, target, "", QUIET)
        heard = kit.run(image, target, "", encode([_record(subject.built, frontend)]), 300.0, QUIET)
    return _judged(subject.name, target, said, image.flash_bytes, image.ram_bytes, heard)


def _judged(name: str, target: TargetDevice, said: ResourceReport, flash: int, ram: int, heard: KitRun) -> Judged:
    assert not heard.fault, (name, target.id, heard.fault)
    features = heard.regions.get("features") or (0,)
    return Judged(name, target.id, said, flash, ram, heard.stack_bytes or 0, heard.regions["run"][0], features[0])


def _job(subject: Subject, target: TargetDevice, runtime: str, frontend: FrontEnd | None) -> ExportJob:
    network = subject.built
    plan = program(network, variant_for(target.core), RUNTIMES[runtime])
    tables = frontend_tables(frontend, network.input.quant) if frontend and network.input.quant else None
    files = (*plan.sources, *(tables.sources if tables else ()))
    runtime_of = msgspec.structs.replace(runtime_files(plan), files=tuple(dict.fromkeys(files)))
    labels = tuple(map(str, range(network.output.elements)))
    return ExportJob(subject.name, network, b"", labels, target, frontend, tables, plan, runtime_of, (), 0, False)


def _record(network: Network, frontend: FrontEnd | None) -> Record:
    rng = np.random.default_rng(0)
    if frontend is None:
        return Record("I", whole_range(network, rng))
    noise = rng.standard_normal(frontend.clip_samples) * 3000
    return Record("C", noise.clip(-32768, 32767).astype("<i2").tobytes())


def judged_all(subjects: Iterable[Subject], kits: Sequence[str], runtime: str = "c", toolchain: str = "zig") -> list[Judged]:
    """Judge subjects on kits, one after another; those that do not fit are left out."""
    rows = (judge(subject, board(kit), runtime, toolchain) for subject in subjects for kit in kits)
    return [row for row in rows if row is not None]


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def table(rows: Sequence[Judged]) -> list[str]:
    """Write one line a kit: how many, how far off."""
    lines = ["kit            n  RAM off  flash p95/max    stack min/max   instructions p50/p90/max   front end max"]
    for kit in dict.fromkeys(row.target for row in rows):
        own = [row for row in rows if row.target == kit]
        flash = [abs(row.flash_error) for row in own]
        work = [abs(row.instruction_error) for row in own]
        stack = [row.stack_ratio for row in own]
        lines.append(
            f"{kit:12} {len(own):4} {sum(row.ram_error != 0 for row in own):7}  {percentile(flash, 0.95):6.2%} {max(flash):6.2%}"
            f"  {min(stack):6.2f} {max(stack):6.2f}  {statistics.median(work):7.2%} {percentile(work, 0.9):7.2%} {max(work):7.2%}"
            f"   {max(abs(row.frontend_error) for row in own):7.2%}"
        )
    return lines


def worst(rows: Sequence[Judged], count: int = 10) -> list[str]:
    """Name the subjects that were farthest off, by figure."""
    keys = {
        "RAM": lambda r: abs(r.ram_error),
        "flash": lambda r: abs(r.flash_error),
        "stack": lambda r: max(1 - r.stack_ratio, 0) * 100 + abs(r.stack_ratio - 1),
        "instructions": lambda r: abs(r.instruction_error),
    }
    lines = []
    for what, key in keys.items():
        for row in sorted(rows, key=key, reverse=True)[:count]:
            lines.append(
                f"{what}: {row.name} on {row.target}: RAM {row.ram_error:+d}, flash {row.flash_error:+.2%} of {row.flash},"
                f" stack {row.said.stack_bytes} for {row.stack}, instructions {row.instruction_error:+.1%} of {row.instructions}"
            )
    return lines

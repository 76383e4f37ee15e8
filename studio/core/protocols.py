"""What plugins and jobs implement, and what they are handed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from studio.core.frontend import FrontEnd
from studio.core.network import Network, Quantisation
from studio.core.program import ConstArray, Program
from studio.core.target import TargetDevice


class JobContext(Protocol):
    """How long work speaks while it runs; given to every job, exporter and flasher."""

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop: finish the step at hand, keep what is good, return."""

    def progress(self, fraction: float, message: str, seconds_left: float | None = None) -> None:
        """Say how far the work is (0 to 1)."""

    def metric(self, name: str, values: Mapping[str, float]) -> None:
        """Say one row of figures, such as an epoch's."""

    def log(self, text: str) -> None:
        """Say a line for the log."""

    def artifact(self, kind: str, path: Path) -> None:
        """Say that a file is ready."""


class GoldenVector(msgspec.Struct, frozen=True):
    """An input and the outputs that the network must give for it, in the tensors' own bytes."""

    inputs: bytes
    outputs: bytes


class FrontEndTables(msgspec.Struct, frozen=True):
    """The front end's C tables and constants, shared with the host's arithmetic.

    `defines` go into a header as #define NAME VALUE; `sources` are the runtime's C files that it needs;
    `state_bytes` is the RAM of its state, `input_quant` the network input's quantisation folded in.
    """

    consts: tuple[ConstArray, ...]
    defines: Mapping[str, str]
    sources: tuple[str, ...]
    state_bytes: int
    input_quant: Quantisation


class RuntimeFiles(msgspec.Struct, frozen=True):
    """The C sources of runtime `c`: a folder and the files, relative to it, that a program needs."""

    folder: Path
    files: tuple[str, ...]


class ExportJob(msgspec.Struct, frozen=True):
    """All that an exporter gets. `frontend` is None for a bare .tflite; `program` None where engine `c` lacks an operator.

    `tflite` is the model's file; `arena_required` the arena size for TFLM; `unsupported` says why `program` is None. Where the file carries
    a plan of the arena, `arena_unplanned` is the size that TFLM's own plan would need, else 0.
    """

    name: str
    network: Network
    tflite: bytes
    labels: tuple[str, ...]
    target: TargetDevice
    frontend: FrontEnd | None
    frontend_tables: FrontEndTables | None
    program: Program | None
    runtime: RuntimeFiles
    golden: tuple[GoldenVector, ...]
    arena_required: int
    trained: bool
    unsupported: str = ""
    arena_unplanned: int = 0


class Exporter(Protocol):
    """Writes a design in some runtime's form."""

    id: str
    title: str

    def export(self, job: ExportJob, out: Path, context: JobContext) -> tuple[Path, ...]:
        """Write the files into the empty folder `out` and return them; raise StudioError with the way out."""


class Image(msgspec.Struct, frozen=True):
    """A linked program: its ELF and what is known of it.

    `symbols` by name; `flash_bytes` and `ram_bytes` as the sections say (stack left out); `stack_top` and `ram_end_used`
    bound the free RAM in which the stack grows downwards.
    """

    elf: Path
    symbols: Mapping[str, int]
    flash_bytes: int
    ram_bytes: int
    stack_top: int
    stack_limit: int
    compiler: str
    sections: Mapping[str, int] = msgspec.field(default_factory=dict)


class Probe(msgspec.Struct, frozen=True):
    """A debug probe, serial port or virtual kit that was found."""

    id: str
    name: str
    target: str = ""


class CallCount(msgspec.Struct, frozen=True):
    """What one kernel call took on a kit: instructions, and cycles where the kit can tell."""

    instructions: int
    cycles: int | None = None


class KitRun(msgspec.Struct, frozen=True):
    """What a kit said.

    `output` are the bytes that the program wrote; `regions` instruction counts between the program's marks by the region's
    name, one for each pass counted (empty where the kit cannot count), `cycles` likewise; `stack_bytes` the stack's
    high-water mark or None; `fault` a processor fault in words, "" if there was none. `calls` are the kernel calls that model_run made
    in the region "run", in their order (empty where the kit cannot tell them apart); with them counts what prepares each.
    """

    output: bytes
    exit_code: int
    regions: Mapping[str, Sequence[int]]
    cycles: Mapping[str, Sequence[int]]
    stack_bytes: int | None
    seconds: float
    fault: str = ""
    calls: tuple[CallCount, ...] = ()


class Flasher(Protocol):
    """Programs a kit, real or virtual, and runs what stands in it.

    The program speaks by semihosting: it reads `input` from the console (":tt" opened for reading) until its end and writes its answer there.
    """

    id: str
    title: str

    def supports(self, target: TargetDevice) -> bool:
        """Whether this flasher can program that board."""

    def find(self) -> tuple[Probe, ...]:
        """List what is plugged in now."""

    def program(self, image: Image, target: TargetDevice, probe: str, context: JobContext) -> None:
        """Erase, write and verify; `probe` is an id from find(), or "" for the only one."""

    def run(
        self, image: Image, target: TargetDevice, probe: str, input: bytes, timeout_s: float, context: JobContext, counted_passes: int = 1
    ) -> KitRun:
        """Reset, run to its exit while serving its console, and return what it said.

        Passes after the first `counted_passes` of a region may run uncounted, which is faster.
        """


Loader = Callable[[], Any]

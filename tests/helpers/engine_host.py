"""The engine's generated C, compiled for this computer and called from Python."""

import ctypes
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import numpy as np

from studio.boards import board
from studio.core.network import Network
from studio.core.places import shipped
from studio.core.program import Program
from studio.core.protocols import ExportJob, GoldenVector
from studio.lower.engine import program, runtime_files
from studio.plugin.isolation import import_object

WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror", "-ffreestanding")
TARGETS = {"dsp": "virtual-m4", "plain": "virtual-m3", "helium": "virtual-m55"}
CONTEXT = SimpleNamespace(
    cancelled=False, progress=lambda *a, **k: None, metric=lambda *a: None, log=lambda *a: None, artifact=lambda *a: None
)


def export_job(network: Network, variant: str, plan: Program | None = None, **changes) -> ExportJob:
    """Fill in a job for the exporter."""
    plan = plan or program(network, variant)
    known = {
        "name": "test",
        "network": network,
        "tflite": b"",
        "labels": (),
        "target": board(TARGETS[variant]),
        "frontend": None,
        "frontend_tables": None,
        "program": plan,
        "runtime": runtime_files(plan),
        "golden": (),
        "arena_required": 0,
        "trained": True,
    }
    return ExportJob(**(known | changes))


def export(network: Network, variant: str, out: Path, **changes) -> tuple[Path, ...]:
    """Write the project of a network through the exporter."""
    exporter = import_object("export_c", shipped("plugins") / "export_c", "export_c.exporter:EXPORTER")
    return exporter.export(export_job(network, variant, **changes), out, CONTEXT)


def golden(inputs: list[bytes], outputs: list[bytes]) -> tuple[GoldenVector, ...]:
    return tuple(GoldenVector(i, o) for i, o in zip(inputs, outputs, strict=True))


def gcc(*args: object) -> None:
    """Run gcc and fail with what it said."""
    done = subprocess.run(["gcc", *map(str, args)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@lru_cache(maxsize=8)
def kernel_objects(flags: tuple[str, ...]) -> tuple[Path, ...]:
    """Compile every kernel once a session."""
    folder = Path(mkdtemp(prefix="kernels-"))
    sources = sorted((shipped("board_support") / "runtime" / "kernels").glob("*.c"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda source: gcc(*WARNINGS, *flags, "-fPIC", "-c", source, "-o", folder / f"{source.stem}.o"), sources))
    return tuple(sorted(folder.glob("*.o")))


class HostModel:
    """A network's C as a shared library; with `open_constants` its constant arrays can be found by name and written."""

    def __init__(
        self,
        network: Network,
        variant: str,
        folder: Path,
        flags: tuple[str, ...] = ("-O1",),
        open_constants: bool = False,
        plan: Program | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        export(network, variant, folder, plan=plan)
        library = folder / "model.so"
        sources = [folder / "src" / "model.c", folder / "src" / "labels.c"]
        gcc(
            *(("-std=c11", "-Dconst=", "-Dstatic=", "-fgnu89-inline") if open_constants else WARNINGS),
            "-O0",
            *flags,
            "-fPIC",
            "-shared",
            *sources,
            *kernel_objects(flags),
            "-o",
            library,
        )
        self.code = ctypes.CDLL(str(library))
        self.code.model_input.restype = self.code.model_output.restype = ctypes.c_void_p
        if program(network, variant).init:
            self.code.model_init()
        self._sizes = network.input.nbytes, network.output.nbytes

    def run(self, data: bytes) -> bytes:
        """Return the output's bytes for the input's."""
        into, out = self._sizes
        assert len(data) == into
        ctypes.memmove(self.code.model_input(), data, into)
        self.code.model_run()
        return ctypes.string_at(self.code.model_output(), out)


def random_inputs(network: Network, count: int, seed: int = 0) -> list[bytes]:
    """Noise over the whole range of the input, and beyond it for floats."""
    rng = np.random.default_rng(seed)
    if network.input.dtype != "float32":
        return [rng.integers(-128, 128, network.input.nbytes, np.int8).tobytes() for _ in range(count)]
    first = next(op for op in network.ops if network.inputs[0] in op.inputs)
    made = network.tensors[first.outputs[0]]
    quant, reach = made.quant, 256 if made.dtype == "int16" else 1
    reals = quant.scale[0] * (reach * rng.uniform(-140, 140, (count, network.input.elements)) - quant.zero_point[0])
    # Halves between two steps tell how a value is rounded.
    halves = quant.scale[0] * (np.floor(reach * rng.uniform(-128, 128, reals.shape)) + 0.5)
    return [row.astype("<f4").tobytes() for row in np.where(rng.random(reals.shape) < 0.2, halves, reals)]

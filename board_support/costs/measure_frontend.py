"""Measure the C front end on the virtual kits and write frontend.toml.

    python board_support/costs/measure_frontend.py [--core ID]... [--arithmetic NAME] [--check]

Each design of a sweep is built as a kit's program (default compiler, the usual harness, a model that does nothing) and hears a
clip of voice-like sound, in either arithmetic; features that differ from the host's stop it. The terms of studio.estimate.frontend
are fitted to what the kit counted, then tried on further designs that the fit has not seen. With --check nothing is written: the
shipped table is tried on the further designs.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import nnls

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.boards import shipped_boards
from studio.core.ctext import frontend_config, frontend_source
from studio.core.frontend import FrontEnd, check_frontend
from studio.core.network import Quantisation
from studio.core.places import shipped
from studio.core.protocols import Image
from studio.core.target import Core, TargetDevice
from studio.deploy.build import build
from studio.deploy.toolchain import find_toolchain
from studio.dsp.log_mel import features, quantise_features
from studio.dsp.tables import frontend_tables
from studio.estimate.frontend import ARITHMETICS, COST_FILE, FrontEndCost, code_terms, frontend_cost, work_terms
from studio.jobs.context import QuietContext
from studio.plugin import load_plugins

FRAMES = 6
QUANT = Quantisation((0.03,), (0,))
# window, hop, FFT length, bands, and what differs from the defaults
FITTED = (
    (480, 320, 512, 40, {}),
    (512, 256, 512, 40, {}),
    (400, 160, 512, 80, {}),
    (320, 320, 512, 20, {}),
    (300, 600, 512, 10, {}),
    (90, 90, 512, 40, {}),
    (400, 160, 512, 40, {"low_hz": 300.0, "high_hz": 3000.0}),
    (256, 128, 256, 32, {}),
    (200, 80, 256, 20, {"mel_norm": "none"}),
    (250, 250, 256, 64, {}),
    (128, 64, 128, 13, {"mel_scale": "htk"}),
    (100, 100, 128, 26, {}),
    (64, 32, 64, 8, {}),
    (32, 32, 32, 4, {}),
    (1024, 512, 1024, 64, {}),
    (640, 320, 1024, 40, {}),
    (800, 400, 1024, 96, {"normalisation": "none"}),
    (1024, 256, 2048, 128, {}),
    (2048, 1024, 2048, 40, {}),
    (4096, 2048, 4096, 64, {}),
)
HELD_OUT = (
    (480, 160, 512, 64, {}),
    (400, 200, 512, 40, {}),
    (240, 120, 256, 40, {"high_hz": 4000.0}),
    (1000, 500, 1024, 40, {"mel_scale": "htk"}),
    (480, 480, 1024, 80, {}),
    (160, 80, 256, 10, {}),
    (1200, 600, 2048, 64, {}),
    (96, 96, 128, 16, {}),
    (384, 192, 512, 32, {"mel_norm": "none"}),
    (512, 128, 512, 128, {}),
)


class Measured(msgspec.Struct, frozen=True):
    """What a kit showed of one design."""

    fe: FrontEnd
    cost: FrontEndCost


def design(row: Sequence, arithmetic: str) -> FrontEnd:
    """Return a front end of the sweep, its clip as short as its frames allow."""
    window, hop, fft, mels, others = row
    clip = window + (FRAMES - 1) * hop + hop // 3
    fe = FrontEnd(arithmetic=arithmetic, window=window, hop=hop, fft=fft, mels=mels, clip_samples=clip, **others)
    check_frontend(fe)
    return fe


def voice(fe: FrontEnd) -> np.ndarray:
    """Return a clip of harmonics under noise, int16: software floating point takes longer for some values than for others."""
    t = np.arange(fe.clip_samples) / fe.sample_rate
    tone = sum(np.sin(2 * np.pi * 170 * h * t) / h for h in range(1, 20))
    return np.int16(4000 * tone + 600 * np.random.default_rng(1).standard_normal(t.size))


def write_sources(fe: FrontEnd, folder: Path, with_frontend: bool) -> None:
    """Write a program whose model does nothing."""
    folder.mkdir(parents=True)
    # The harness reads PCM through the input tensor; it is to hold a hop, as that of a whole clip does.
    size = max(fe.frames * fe.mels, 2 * fe.hop)
    (folder / "model.h").write_text(
        f"#include <stdint.h>\n#define MODEL_INPUT_BYTES {size}\n#define MODEL_OUTPUT_BYTES 1\n"
        "void *model_input(void);\nconst void *model_output(void);\nvoid model_run(void);\n"
        "static inline void model_init(void) {}\n"
    )
    (folder / "model.c").write_text(
        f'#include "model.h"\nstatic uint32_t input[{size // 4 + 1}];\nvoid *model_input(void) {{ return input; }}\n'
        "const void *model_output(void) { return input; }\nvoid model_run(void) {}\n"
    )
    if not with_frontend:
        return
    tables = frontend_tables(fe, QUANT)
    (folder / "frontend_config.h").write_text(frontend_config(tables))
    (folder / "frontend_tables.c").write_text(frontend_source(tables))
    for name in tables.sources:
        source = shipped("board_support") / "runtime" / name
        (folder / source.name).write_bytes(source.read_bytes())


def build_program(fe: FrontEnd, target: TargetDevice, folder: Path, with_frontend: bool) -> Image:
    """Build that program for a kit."""
    write_sources(fe, folder / "sources", with_frontend)
    return build(folder / "sources", target, "zig", folder / "build", frontend=with_frontend)


def measure(fe: FrontEnd, target: TargetDevice) -> Measured:
    """Build a design with and without its front end and run it on the kit; its features must be the host's."""
    pcm = voice(fe)
    kit, quiet = load_plugins().flashers.get("kit_virtual"), QuietContext()
    with tempfile.TemporaryDirectory() as scratch:
        bare = build_program(fe, target, Path(scratch, "bare"), False)
        image = build_program(fe, target, Path(scratch, "whole"), True)
        kit.program(image, target, "", quiet)
        run = kit.run(image, target, "", b"C" + pcm.astype("<i2").tobytes(), 300, quiet)
    if run.fault or run.exit_code:
        raise SystemExit(f"{target.id}: {run.fault or run.exit_code} for {fe}")
    if (steps := feature_steps(fe, pcm, run.output)) > (0 if fe.arithmetic == "fixed" else 1):
        raise SystemExit(f"{target.id}: features differ from the host's by {steps} steps for {fe}")
    consts = sum(c.nbytes for c in frontend_tables(fe, QUANT).consts)
    return Measured(
        fe,
        FrontEndCost(
            code_bytes=image.flash_bytes - bare.flash_bytes - consts,
            const_bytes=consts,
            ram_bytes=image.ram_bytes - bare.ram_bytes,
            stack_bytes=run.stack_bytes or 0,
            instructions=run.regions["features"][0],
            cycles=run.cycles["features"][0],
        ),
    )


def feature_steps(fe: FrontEnd, pcm: np.ndarray, answer: bytes) -> int:
    """Return by how many steps of int8 the features in a kit's answer differ from the host's at most."""
    host = quantise_features(fe, features(fe, pcm.astype(np.float32) / 32768), QUANT).ravel()
    return int(np.abs(np.frombuffer(answer, np.int8, host.size).astype(int) - host).max())


def kit_for(core: Core, boards: dict[str, TargetDevice]) -> TargetDevice:
    """Return a virtual kit with this core."""
    fitting = next(b for b in boards.values() if b.virtual and b.core.unicorn_cpu == core.unicorn_cpu)
    return msgspec.structs.replace(fitting, core=core)


def fitted(rows: Sequence[Measured], terms: Callable[[FrontEnd], dict], what: str) -> dict[str, float]:
    """Fit non-negative weights of the terms to what was measured, in relative error."""
    names = list(terms(rows[0].fe))
    matrix = np.array([[terms(r.fe)[n] for n in names] for r in rows], float)
    seen = np.array([getattr(r.cost, what) for r in rows], float)
    weights, _ = nnls(matrix / seen[:, None], np.ones(len(rows)))
    return {n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}


def worst(weights: dict[str, float], rows: Sequence[Measured], terms: Callable[[FrontEnd], dict], what: str) -> float:
    """Return the largest relative error of the weights over designs."""
    return max(abs(sum(weights[n] * c for n, c in terms(r.fe).items()) / getattr(r.cost, what) - 1) for r in rows)


def check_exact(rows: Sequence[Measured], core: Core) -> None:
    """Say where the RAM is not what the estimate takes as exact."""
    for row in rows:
        expected = frontend_tables(row.fe, QUANT).state_bytes
        if row.cost.ram_bytes != expected:
            print(f"{core.id}: RAM {row.cost.ram_bytes}, expected {expected}: {row.fe}", file=sys.stderr)


def table(core: Core, target: TargetDevice, arithmetic: str) -> str:
    """Measure an arithmetic on a core and return its part of the TOML file."""
    rows, held = ([measure(design(d, arithmetic), target) for d in designs] for designs in (FITTED, HELD_OUT))
    check_exact([*rows, *held], core)
    parts = {"code": (code_terms, "code_bytes"), "instructions": (work_terms, "instructions"), "cycles": (work_terms, "cycles")}
    weights = {part: fitted(rows, terms, what) for part, (terms, what) in parts.items()}
    errors = {part: round(worst(weights[part], held, terms, what), 4) for part, (terms, what) in parts.items()}
    name = f"{core.id}.{arithmetic}"
    print(f"{name}: worst error on {len(held)} designs that were not fitted: {errors}", file=sys.stderr)
    lines = [
        f"[{name}]",
        f'compiler = "{find_toolchain("zig", core).version}"',
        f"worst_error = {errors['instructions']}",
        f"stack_bytes = {max(r.cost.stack_bytes for r in (*rows, *held))}",
    ]
    for part, values in weights.items():
        lines += ["", f"[{name}.{part}]", *(f"{name} = {value}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def check(core: Core, target: TargetDevice, arithmetic: str) -> None:
    """Print the shipped table's errors on designs that were not fitted."""
    for row in (measure(design(d, arithmetic), target) for d in HELD_OUT):
        said = frontend_cost(row.fe, core)
        errors = {what: f"{getattr(said, what) / getattr(row.cost, what) - 1:+.2%}" for what in FrontEndCost.__struct_fields__}
        print(core.id, arithmetic, row.fe.window, row.fe.hop, row.fe.fft, row.fe.mels, errors)


def main() -> None:
    """Measure the cores asked for, or all, and write or check the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", action="append", help="a core's id; all, where left out")
    parser.add_argument("--arithmetic", choices=ARITHMETICS, help="one of the two; both, where left out")
    parser.add_argument("--check", action="store_true", help="write nothing, try the shipped table")
    asked = parser.parse_args()
    boards = shipped_boards()
    cores = {b.core.id: b.core for b in boards.values() if b.core.unicorn_cpu}
    path = shipped("board_support") / "costs" / COST_FILE
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    for id in asked.core or cores:
        for arithmetic in [asked.arithmetic] if asked.arithmetic else ARITHMETICS:
            target = kit_for(cores[id], boards)
            if asked.check:
                check(cores[id], target, arithmetic)
                continue
            kept = replaced(kept, f"{id}.{arithmetic}", table(cores[id], target, arithmetic))
            path.write_text(kept, encoding="utf-8")


HEADER = """\
# What the C front end costs on each core, measured on the virtual kits by measure_frontend.py; instructions and cycles of a term are
# for one pass of the loop that studio.estimate.frontend names so. Cycles follow the core's documented timings at zero wait states.
# stack_bytes: that of a whole program which does nothing else. worst_error: of instructions, over designs that were not fitted.
"""


def replaced(text: str, name: str, part: str) -> str:
    """Put the tables of a core's arithmetic in the place of its old ones."""
    blocks = text.split("\n\n\n")[1:]
    kept = [b.strip() + "\n" for b in blocks if not b.lstrip().startswith(f"[{name}]")]
    return "\n\n".join([HEADER, *sorted([*kept, part])])


if __name__ == "__main__":
    main()

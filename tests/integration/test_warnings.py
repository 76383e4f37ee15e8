"""The engine's C compiles without a warning: by gcc on this computer, by both cross compilers for every core."""

import shutil

import pytest

from studio.boards import board
from studio.core.frontend import FrontEnd
from studio.core.places import cache, shipped
from studio.deploy.toolchain import find_toolchain, run
from studio.dsp.tables import frontend_tables
from tests.helpers.engine_host import WARNINGS, export, gcc
from tests.helpers.random_networks import random_network

RUNTIME = shipped("board_support") / "runtime"
KITS = ("virtual-m0", "virtual-m3", "virtual-m4", "virtual-m7", "virtual-m33")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Kernels and harness, generated models with either arithmetic of the front end, and the include paths."""
    folder = tmp_path_factory.mktemp("models")
    network = random_network(4)
    generated = []
    for arithmetic in ("float32", "fixed"):
        fe, out = FrontEnd(arithmetic=arithmetic), folder / arithmetic
        export(network, "dsp", out, frontend=fe, frontend_tables=frontend_tables(fe, network.input.quant))
        generated += [*(out / "src").glob("*.c"), *(out / "src" / "frontend").glob("*.c")]
    ours = [p for name in ("kernels", "app") for p in sorted((RUNTIME / name).glob("*.c"))]
    includes = (out / "src", out / "src" / "frontend")
    return [f"-I{i}" for i in includes], [*ours, *generated]


def test_on_this_computer(sources):
    includes, files = sources
    gcc(*WARNINGS, "-O2", "-fsyntax-only", *includes, *(f for f in files if f.parent.name != "app"))


def check(kit, toolchain, sources, folder):
    if toolchain == "gcc" and shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    tools = find_toolchain(toolchain, board(kit).core)
    includes, files = sources
    cache().mkdir(parents=True, exist_ok=True)
    command = (*tools.command, *tools.compile_flags, *WARNINGS, "-DHARNESS_FRONTEND", *includes)
    if toolchain == "gcc":
        assert run((*command, "-fsyntax-only", *map(str, files)), folder, tools.environment, 300) == (0, "")
        return
    for file in files:  # zig looks for the objects that it would have made, and links those of several files
        assert run((*command, "-c", str(file), "-o", "one.o"), folder, tools.environment, 300) == (0, "")


@pytest.mark.parametrize("kit", ["virtual-m4", "virtual-m0"])
def test_for_a_kit(kit, sources, tmp_path):
    check(kit, "gcc", sources, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("toolchain", ["gcc", "zig"])
@pytest.mark.parametrize("kit", KITS)
def test_for_every_kit(kit, toolchain, sources, tmp_path):
    check(kit, toolchain, sources, tmp_path)

"""Random networks on the virtual kits: the same bytes as TFLM, built by each compiler, and the memory that the plan says."""

import shutil

import pytest

from studio.boards import board
from studio.deploy import oracle
from studio.deploy.build import build
from studio.deploy.conversation import Record, decode, encode
from studio.deploy.flash import flasher_for
from studio.lower.engine import program, variant_for
from tests.helpers.engine_host import CONTEXT, export, random_inputs
from tests.helpers.packed_networks import packed_network
from tests.helpers.random_networks import random_network, rare_network

needs_gcc = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed")
needs_qemu = pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")


def run_on_kit(network, kit, toolchain, folder):
    target = board(kit)
    sources = folder / "sources"
    sources.mkdir(parents=True)
    export(network, variant_for(target.core), sources)
    image = build(sources, target, toolchain, folder / "build", frontend=False)
    assert image.ram_bytes == program(network, variant_for(target.core)).arena_bytes
    inputs = random_inputs(network, 3)
    records = [Record("I", data) for data in inputs]
    flasher = flasher_for(target)
    flasher.program(image, target, "", CONTEXT)
    heard = flasher.run(image, target, "", encode(records), 120.0, CONTEXT)
    assert not heard.fault
    answers = decode(heard.output, records, network.input.nbytes, network.output.nbytes)
    assert [a.output for a in answers] == oracle.run(network, inputs)


@pytest.mark.parametrize("seed", [2, 9])
@pytest.mark.parametrize("kit", ["virtual-m0", "virtual-m3", "virtual-m4", "virtual-m7", "virtual-m33"])
def test_outputs_equal_tflm_on_every_core(kit, seed, tmp_path):
    run_on_kit(random_network(seed), kit, "zig", tmp_path)


@pytest.mark.parametrize(("kit", "seed"), [("virtual-m0", 3), ("virtual-m4", 14)])
def test_outputs_of_rare_operators_equal_tflm(kit, seed, tmp_path):
    run_on_kit(rare_network(seed), kit, "zig", tmp_path)


@pytest.mark.parametrize(("kit", "seed"), [("virtual-m4", 2), ("virtual-m4", 7), ("virtual-m4", 10), ("virtual-m7", 5), ("virtual-m33", 8)])
def test_outputs_of_packed_kernels_equal_tflm(kit, seed, tmp_path):
    run_on_kit(packed_network(seed), kit, "zig", tmp_path)


@needs_gcc
@pytest.mark.parametrize("kit", ["virtual-m0", "virtual-m4"])
def test_outputs_equal_tflm_by_gcc(kit, tmp_path):
    run_on_kit(random_network(9), kit, "gcc", tmp_path)


@needs_qemu
@pytest.mark.parametrize(("make", "seed"), [(random_network, 2), (random_network, 59), (rare_network, 14), (packed_network, 7)])
def test_outputs_of_helium_equal_tflm(make, seed, tmp_path):
    run_on_kit(make(seed), "virtual-m55", "zig", tmp_path)


@needs_qemu
@needs_gcc
def test_outputs_of_helium_equal_tflm_by_gcc(tmp_path):
    run_on_kit(random_network(9), "virtual-m55", "gcc", tmp_path)


@pytest.mark.nightly
@needs_qemu
@pytest.mark.parametrize("seed", range(4000, 4060))
@pytest.mark.parametrize("make", [random_network, packed_network], ids=["random", "packed"])
def test_many_outputs_of_helium_equal_tflm(make, seed, tmp_path):
    run_on_kit(make(seed), "virtual-m55", "zig", tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3000, 3040))
@pytest.mark.parametrize("kit", ["virtual-m0", "virtual-m4"])
def test_many_outputs_equal_tflm(kit, seed, tmp_path):
    run_on_kit(random_network(seed), kit, "zig", tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2000, 2040))
@pytest.mark.parametrize("kit", ["virtual-m4", "virtual-m7", "virtual-m33"])
def test_many_outputs_of_packed_kernels_equal_tflm(kit, seed, tmp_path):
    run_on_kit(packed_network(seed), kit, "zig", tmp_path)

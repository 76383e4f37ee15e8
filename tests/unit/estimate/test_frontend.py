"""The front end's cost against the kit that runs it."""

import importlib.util
import sys

import msgspec
import pytest

from studio.boards import board, load_boards
from studio.core.frontend import FrontEnd
from studio.core.places import shipped
from studio.dsp.tables import state_bytes
from studio.estimate.frontend import ARITHMETICS, code_terms, cost_tables, costs_of, frontend_cost, work_terms

CORES = sorted({b.core.id: b.core for b in load_boards().values() if b.core.tabled}.values(), key=lambda c: c.id)


@pytest.mark.parametrize("core", CORES, ids=lambda c: c.id)
def test_every_shipped_core_was_measured_or_names_one_that_was(core):
    if core.costs is None:
        assert core.id in cost_tables()
    for arithmetic in ARITHMETICS:
        assert costs_of(core, arithmetic).worst_error <= 0.05


def test_memory_is_that_of_the_tables():
    fe = FrontEnd()
    cost = frontend_cost(fe, board("virtual-m4").core)
    assert cost.ram_bytes == state_bytes(fe)
    # Half a window of 480, a quarter sine of 512, one weight a bin, 41 counts of 16 bits, 40 norms.
    assert cost.const_bytes == 4 * (242 + 129 + 243 + 40) + 2 * 41


def test_the_default_front_end_beats_a_general_library_on_a_cortex_m4():
    fe = FrontEnd()
    cost = frontend_cost(fe, board("virtual-m4").core)
    assert cost.instructions / fe.frames < 36_430
    assert cost.code_bytes < 3500


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_cost_grows_with_the_work(arithmetic):
    core, fe = board("virtual-m4").core, FrontEnd(arithmetic=arithmetic)
    small = frontend_cost(fe, core)
    for change in ({"hop": 160}, {"mels": 80}, {"fft": 1024}, {"clip_samples": 32000}):
        larger = frontend_cost(msgspec.structs.replace(fe, **change), core)
        assert larger.instructions > small.instructions
        assert larger.cycles > small.cycles


def test_a_core_without_fpu_pays_for_software_floating_point():
    slow, fast = (frontend_cost(FrontEnd(), board(id).core) for id in ("virtual-m0", "virtual-m4"))
    assert slow.instructions > 20 * fast.instructions
    assert slow.ram_bytes == fast.ram_bytes
    assert slow.cycles > slow.instructions


def test_fixed_point_is_in_real_time_without_an_fpu():
    fe = FrontEnd(arithmetic="fixed")
    smallest, middle = (frontend_cost(fe, board(id).core) for id in ("virtual-m0", "virtual-m3"))
    assert smallest.instructions / fe.frames < 90_000
    assert middle.instructions / fe.frames < 40_000
    software = frontend_cost(FrontEnd(), board("virtual-m0").core)
    assert smallest.code_bytes + smallest.const_bytes < 0.7 * (software.code_bytes + software.const_bytes)
    assert smallest.ram_bytes == software.ram_bytes


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_a_core_that_was_not_measured_takes_the_most_similar_table(arithmetic):
    for like in ("virtual-m0", "virtual-m3"):
        core = board(like).core
        assert costs_of(msgspec.structs.replace(core, id="my-core"), arithmetic) == costs_of(core, arithmetic)
    other = msgspec.structs.replace(board("virtual-m33").core, id="my-core")
    assert costs_of(other, arithmetic) == cost_tables()["cortex-m4f"][arithmetic]


def test_terms_count_the_loops_of_the_default():
    fe = FrontEnd()
    terms = work_terms(fe)
    assert terms["sample"] == 16000
    assert terms["first_4"] == 49 * 64
    assert terms["butterfly"] == 49 * 3 * 64
    assert terms["twiddle"] == 49 * (4 + 16 + 64)
    assert terms["band"] == 49 * 40
    assert code_terms(fe) == {"radix_4": True, "radix_2": False, "stretch": 3, "live_part": 10, "overlap": True}


def test_samples_between_frames_are_not_copied():
    fe = FrontEnd(window=300, hop=1000, clip_samples=16000)
    assert work_terms(fe)["sample"] == 16 * 300


@pytest.mark.parametrize(
    ("id", "arithmetic"), [("virtual-m4", "float32"), ("virtual-m4", "fixed"), ("virtual-m3", "fixed"), ("virtual-m0", "fixed")]
)
def test_the_table_is_still_that_of_the_shipped_c(id, arithmetic):
    """Build one design that the fit has not seen and count it on the kit: changed C calls for a new table.

    The kit's features are compared with the host's by the way: equal, in fixed point.
    """
    pytest.importorskip("ziglang")
    bench = measuring_script()
    target = board(id)
    fe = bench.design(bench.HELD_OUT[2], arithmetic)
    kit, said = bench.measure(fe, target).cost, frontend_cost(fe, target.core)
    assert said.ram_bytes == kit.ram_bytes
    assert said.const_bytes == kit.const_bytes
    assert said.stack_bytes >= kit.stack_bytes
    assert said.instructions == pytest.approx(kit.instructions, rel=0.03)
    assert said.cycles == pytest.approx(kit.cycles, rel=0.05)
    assert said.code_bytes == pytest.approx(kit.code_bytes, rel=0.10)


def measuring_script():
    path = shipped("board_support") / "costs" / "measure_frontend.py"
    spec = importlib.util.spec_from_file_location("measure_frontend", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module

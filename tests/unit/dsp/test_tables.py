import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

from studio.core.frontend import FrontEnd
from studio.core.network import Quantisation
from studio.core.places import shipped
from studio.dsp.tables import frontend_runtime_files, frontend_tables, state_bytes

QUANT = Quantisation((0.03,), (4,))


def by_name(tables):
    return {c.name: c for c in tables.consts}


def test_tables_carry_their_data_and_sizes():
    fe = FrontEnd()
    tables = frontend_tables(fe, QUANT)
    arrays = by_name(tables)
    assert {c.part for c in tables.consts} == {"frontend"}
    for const in tables.consts:
        assert len(const.data) == const.nbytes
    assert arrays["frontend_window"].count == 242
    assert arrays["frontend_sine"].count == 129
    assert arrays["frontend_count"].count == 41
    assert arrays["frontend_norm"].count == 40
    assert np.frombuffer(arrays["frontend_count"].data, "<u2").sum() == arrays["frontend_rise"].count
    assert tables.input_quant == QUANT


@pytest.mark.parametrize("arithmetic", ["float32", "fixed"])
def test_the_sources_of_each_arithmetic_ship(arithmetic):
    files = frontend_runtime_files(FrontEnd(arithmetic=arithmetic))
    for name in files:
        assert (shipped("board_support") / "runtime" / name).is_file()
    assert [name for name in files if name.endswith(".c")] == ["frontend/frontend.c", f"frontend/frontend_{arithmetic}.c"]


def test_fixed_point_tables_take_half_the_flash_or_less_but_for_the_twiddles():
    tables = frontend_tables(FrontEnd(arithmetic="fixed"), QUANT)
    sizes = {name: c.nbytes for name, c in by_name(tables).items()}
    assert sizes == {
        "frontend_window": 2 * 242,
        "frontend_turns": 4 * 192,
        "frontend_sine": 2 * 129,
        "frontend_rise": 2 * 243,
        "frontend_count": 2 * 41,
        "frontend_norm": 2 * 40,
        "frontend_log": 2 * 33,
    }
    assert tables.state_bytes == frontend_tables(FrontEnd(), QUANT).state_bytes


def test_silence_is_the_quantised_floor():
    fe = FrontEnd(floor=1e-7, mean_db=-40.0, std_db=20.0)
    assert frontend_tables(fe, QUANT).defines["FE_SILENCE"] == f"({round((-70 + 40) / 20 / 0.03) + 4})"


@pytest.mark.parametrize(
    "fe",
    [
        FrontEnd(),
        FrontEnd(window=401, hop=133, mels=13),
        FrontEnd(sample_rate=8000, clip_samples=1003, window=33, hop=7, fft=64, mels=5, high_hz=4000),
        FrontEnd(window=2048, hop=4000, fft=2048, mels=1),
        FrontEnd(arithmetic="fixed", window=401, hop=133, mels=13),
    ],
)
def test_state_bytes_are_the_compilers(compile_frontend, fe):
    kit = compile_frontend(fe, QUANT)
    with kit.library.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        sizes = {s.name: s["st_size"] for s in table.iter_symbols()}
    assert sizes["frontend_state"] == state_bytes(fe)

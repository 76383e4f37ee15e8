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


def test_the_sources_ship():
    for name in frontend_runtime_files():
        assert (shipped("board_support") / "runtime" / name).is_file()


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
    ],
)
def test_state_bytes_are_the_compilers(compile_frontend, fe):
    kit = compile_frontend(fe, QUANT)
    with kit.library.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        sizes = {s.name: s["st_size"] for s in table.iter_symbols()}
    assert sizes["state"] == state_bytes(fe)

"""The calibration: networks from their layers, a fit that is current, and chips predicted from the others."""

import tomllib

import msgspec
import numpy as np
import pytest

from studio.boards import load_boards
from studio.core.places import shipped
from studio.core.target import TargetDevice
from studio.estimate import calibrate
from studio.estimate.counts import figures
from studio.estimate.latency import FIT_FILE, band_of, latency_fit, latency_ms, rate_of
from studio.estimate.published import published, published_network
from studio.estimate.usage import tflm_usage
from studio.lower.tflite import read_tflite

BOARDS = load_boards()


@pytest.fixture(scope="module")
def rows():
    return calibrate.rows(BOARDS)


@pytest.mark.parametrize(("model", "file"), [("kws", "kws_ref_model"), ("ad", "ad01_int8"), ("ic", "ic_resnet_quant")])
def test_a_network_made_from_its_layers_counts_as_its_file_does(data_folder, model, file):
    real = read_tflite(data_folder / "models" / f"{file}.tflite")
    made = published_network(model)
    assert figures(made).macs == figures(real).macs == published().models[model].macs
    core = BOARDS["virtual-m4"].core
    for kernels in ("cmsis_nn", "reference"):
        cycles = [tflm_usage(network, core, kernels, None).rows.cycles for network in (made, real)]
        assert cycles[0] == pytest.approx(cycles[1], rel=0.01)


def test_models_have_the_macs_that_their_source_gives():
    for name, model in published().models.items():
        if model.macs and model.layers:
            assert figures(published_network(name)).macs == model.macs
    million_ops = {"micronet_kws_s": 16.4, "micronet_ad_s": 37.5, "micronet_ad_m": 124.7, "micronet_ad_l": 129.0}
    for name, count in million_ops.items():
        assert 2 * figures(published_network(name)).macs / 1e6 == pytest.approx(count, rel=0.02)


def test_every_system_is_of_a_known_board_core_and_model():
    for system in published().published:
        target: TargetDevice = BOARDS[system.board]
        assert target.core.id == system.core
        assert target.clock_hz == system.mhz * 1e6
        assert set(system.ms) <= set(published().models) and all(ms > 0 for ms in system.ms.values())
        assert len(system.source) > 10


def test_leaving_a_chip_out_uses_nothing_of_it(rows):
    doubled = tuple(msgspec.structs.replace(r, residual=r.residual + 0.7) if r.system.chip == "nRF5340" else r for r in rows)
    before, after = ([p.ms for p in calibrate.leave_one_chip_out(found) if p.row.system.chip == "nRF5340"] for found in (rows, doubled))
    assert before == after and len(before) == 4


def test_the_published_goal_is_met_and_more_is_claimed_nowhere(rows):
    held = calibrate.score(calibrate.leave_one_chip_out(rows))
    assert held.rows >= 150 and held.chips >= 10
    assert held.median_error <= 0.15 and held.coverage >= 0.85 and held.width <= 0.25


def test_an_engine_that_was_not_seen_widens_the_band(rows):
    known, unknown = (calibrate.score(calibrate.leave_one_chip_out(rows, k)) for k in (True, False))
    assert unknown.width > 1.2 * known.width and unknown.coverage >= 0.85


def test_the_fit_finds_a_factor_that_was_planted(rows):
    rng = np.random.default_rng(0)
    planted = [msgspec.structs.replace(r, residual=0.4 + 0.03 * rng.standard_normal()) for r in rows if r.system.kernels == "cmsis-nn"]
    factor = calibrate.factor_for(calibrate.solve(planted), "cortex-m4f")
    assert factor.value == pytest.approx(np.exp(0.4), rel=0.08)
    assert factor.low < factor.value < factor.high


def test_the_shipped_fit_is_current():
    made = tomllib.loads(calibrate.fit_document(BOARDS))
    shipped_fit = tomllib.loads((shipped("board_support") / "costs" / FIT_FILE).read_text())
    for name in ("bands", "rates"):
        assert {(a, b) for a in made[name] for b in made[name][a]} == {(a, b) for a in shipped_fit[name] for b in shipped_fit[name][a]}
        for outer, inner in made[name].items():
            for key, value in inner.items():
                for end in ("low", "high"):
                    assert shipped_fit[name][outer][key][end] == pytest.approx(value[end], rel=0.03), (
                        "run board_support/costs/fit_latency.py"
                    )


@pytest.mark.parametrize("runtime", ["c", "tflm", "tflm-ref", "x-cube-ai"])
def test_every_core_has_a_band_with_its_source(runtime):
    for core in {b.core for b in BOARDS.values() if b.core.tabled}:
        band = band_of(core, runtime)
        assert 0 < band.low < band.value < band.high and band.source
    assert ("not yet measured on silicon" in band_of(BOARDS["pico"].core, "c").source) is True


def test_rates_exist_for_cores_without_tables():
    for core in {b.core for b in BOARDS.values() if not b.core.tabled}:
        assert rate_of(core, "tflm") is not None
    assert rate_of(BOARDS["pico"].core, "tflm") is None


def test_no_cycles_take_no_time():
    assert latency_ms(BOARDS["pico"], "c", 0, 0).high == 0
    assert latency_fit() is latency_fit()

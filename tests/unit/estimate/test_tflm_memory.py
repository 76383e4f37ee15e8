"""TFLM's arena against the same builds on an emulated Cortex-M4, and the planner against its properties."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.report import Arena
from studio.estimate.tflm import arena
from studio.estimate.tflm.planner import Demand, peak, place
from studio.lower.tflite.read import read_tflite
from tests.unit.estimate.test_counts import MODELS, one_op, tensor

BUILDS = {"reference": "cortex_m4_ref", "cmsis_nn": "cortex_m4_cmsis_nn"}


@pytest.mark.parametrize("kernels", BUILDS)
@pytest.mark.parametrize("model", MODELS)
def test_arena_is_that_of_the_emulated_board(data_folder, model, kernels):
    known = next(m for m in json.loads((data_folder / "models" / "figures.json").read_text())["models"] if m["model"] == f"{model}.tflite")
    measured = known[BUILDS[kernels]]
    network = read_tflite(data_folder / "models" / known["model"])
    plain = measured["arena_plain"]
    assert arena(network, kernels) == Arena(plain["used"], plain["required"], measured["head_nonpersistent"])


def test_cmsis_nn_asks_for_no_average_buffer_without_the_dsp_extension():
    network = one_op(
        "average_pool_2d", tensor(1, 4, 4, 64), tensor(1, 1, 1, 64), kernel=(4, 4), stride=(4, 4), padding="valid", activation="none"
    )
    assert arena(network, "cmsis_nn", dsp=True).head == 1024 + 64 + 256
    assert arena(network, "cmsis_nn", dsp=False).head == 1024 + 64


def test_a_wider_output_never_takes_less():
    heads = [
        arena(one_op("fully_connected", tensor(1, 64), tensor(1, n), tensor(n, 64, constant=True), activation="none")).used
        for n in range(1, 200)
    ]
    assert heads == sorted(heads)


demand = st.builds(
    lambda size, first, length: Demand(16 * size, first, first + length), st.integers(1, 20), st.integers(0, 9), st.integers(0, 5)
)


@given(st.lists(demand, max_size=25))
def test_buffers_alive_together_never_overlap(demands):
    offsets = place(demands)
    for i, a in enumerate(demands):
        for j, b in enumerate(demands[:i]):
            if a.first <= b.last and b.first <= a.last:
                assert offsets[i] + a.size <= offsets[j] or offsets[j] + b.size <= offsets[i]


@given(st.lists(demand, min_size=1, max_size=25))
def test_the_peak_lies_between_what_is_alive_and_the_sum(demands):
    alive = max(sum(d.size for d in demands if d.first <= t <= d.last) for t in range(15))
    assert alive <= peak(demands) <= sum(d.size for d in demands)
    assert all(offset % 16 == 0 for offset in place(demands))

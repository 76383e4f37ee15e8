import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.network import Quantisation
from studio.lower.engine.arithmetic import activation_range, channel_factors, high_mul, quantise_multiplier, rescale
from studio.lower.engine.tables import exp_on_negative, softmax_scaling


@given(st.floats(1e-6, 1e6))
def test_a_multiplier_holds_its_factor(factor):
    multiplier, shift = quantise_multiplier(factor)
    assert 2**30 <= multiplier < 2**31
    assert math.ldexp(multiplier, shift - 31) == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize("factor", [0.0, 1e-12])
def test_a_factor_near_zero_rounds_all_away(factor):
    assert {rescale(x, *quantise_multiplier(factor)) for x in (0, 1, -1, 10**6, -(10**6), 2**30)} == {0}


def test_a_fraction_that_rounds_up_to_one_moves_the_shift():
    assert quantise_multiplier(1 - 2**-33) == (2**30, 1)


@given(st.integers(-(2**24), 2**24), st.floats(1e-4, 2.0))
def test_rescaling_is_multiplication_within_a_step(x, factor):
    assert abs(rescale(x, *quantise_multiplier(factor)) - x * factor) <= 1.01


def test_halves_go_away_from_zero():
    quarter = quantise_multiplier(0.25)
    assert [rescale(x, *quarter) for x in (2, -2, 6, -6)] == [1, -1, 2, -2]


def test_activation_ranges():
    quant = Quantisation((0.1,), (-10,))
    found = {name: activation_range(name, quant) for name in ("none", "relu", "relu6", "relu_n1_to_1")}
    assert found == {"none": (-128, 127), "relu": (-10, 127), "relu6": (-10, 50), "relu_n1_to_1": (-20, 0)}


def test_one_scale_serves_all_channels():
    source, weights, out = (Quantisation((s,), (0,)) for s in (0.1, 0.003, 0.7))
    expected = float(np.float32(0.1)) * float(np.float32(0.003)) / float(np.float32(0.7))
    assert channel_factors(source, weights, out, 2) == [expected, expected]


@given(st.floats(0.001, 0.5), st.floats(0.2, 2.0))
def test_exponentials_are_close_and_fall(scale, beta):
    multiplier, shift, farthest = softmax_scaling(scale, beta)
    below = np.arange(farthest + 1)
    table = np.array([exp_on_negative(high_mul(-int(d) << shift, multiplier), 5) for d in below]) / 2**31
    expected = np.exp(-below * np.float32(scale) * np.float32(beta))
    assert (np.diff(table) <= 0).all()
    assert np.abs(table - expected).max() < 1e-6
    assert farthest == 255 or np.exp(-(farthest + 1) * scale * beta) < 1e-6

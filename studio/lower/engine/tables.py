"""Tables of one int8 value's function, computed with TFLite's fixed-point arithmetic for all 256 values."""

import math
from functools import lru_cache

import numpy as np

from studio.core.network import Op, Quantisation
from studio.lower.engine.arithmetic import INT32_MAX, activation_range, divide_by_power, float32, high_mul, quantise_multiplier, rescale

DIFFERENCE_BITS = 5
# exp(-2^k) for k = -2 .. 4 in Q0.31, gemmlowp's constants
_EXP_STEPS = ((-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535), (3, 720401), (4, 242))
_EXP_MINUS_EIGHTH = 1895147668
_ONE_THIRD = 715827883
_48_OVER_17 = 1515870810
_MINUS_32_OVER_17 = -1010580540
LOGISTIC_BITS = 4


def exp_on_negative(x: int, integer_bits: int) -> int:
    """exp(x) in Q0.31 for x <= 0 with `integer_bits` integer bits (gemmlowp's exp_on_negative_values)."""
    if x == 0:
        return INT32_MAX
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    modulus = (x & (quarter - 1)) - quarter
    result = _exp_of_quarter(modulus << integer_bits)
    rest = modulus - x
    for exponent, factor in _EXP_STEPS:
        if integer_bits > exponent and rest & (1 << (fraction_bits + exponent)):
            result = high_mul(result, factor)
    return 0 if integer_bits > 5 and x < -(1 << (fraction_bits + 5)) else min(result, INT32_MAX)


def _exp_of_quarter(a: int) -> int:
    """exp(a) for a in [-1/4, 0), Q0.31: a Taylor polynomial around -1/8."""
    x = a + (1 << 28)
    square = high_mul(x, x)
    cube = high_mul(square, x)
    fourth = divide_by_power(high_mul(square, square), 2)
    tail = divide_by_power(high_mul(fourth + cube, _ONE_THIRD) + square, 1)
    return _EXP_MINUS_EIGHTH + high_mul(_EXP_MINUS_EIGHTH, x + tail)


@lru_cache(maxsize=16)
def softmax_exponentials(scale: float, beta: float) -> bytes:
    """exp(-d * scale * beta) in Q0.31 for d = 0 .. 255, zero where TFLite's softmax skips the value."""
    factor = min(float32(beta) * float32(scale) * (1 << (31 - DIFFERENCE_BITS)), 2**31 - 1.0)
    multiplier, shift = quantise_multiplier(factor)
    farthest = math.floor(((1 << DIFFERENCE_BITS) - 1) * (1 << (31 - DIFFERENCE_BITS)) / 2.0**shift)
    table = [exp_on_negative(high_mul(-d << shift, multiplier), DIFFERENCE_BITS) if d <= farthest else 0 for d in range(256)]
    return np.array(table, "<i4").tobytes()


def lookup_table(op: Op, source: Quantisation, out: Quantisation) -> bytes:
    """Return the 256 int8 results of a unary operator for inputs -128 .. 127."""
    function = _FUNCTIONS[op.kind](op, source, out)
    return np.array([function(q - source.zero_point[0]) for q in range(-128, 128)], "<i1").tobytes()


def _relu(op: Op, source: Quantisation, out: Quantisation):
    multiplier, shift = quantise_multiplier(float32(float32(source.scale[0]) / float32(out.scale[0])))
    low, high = activation_range(op.kind, out)
    return lambda x: min(max(out.zero_point[0] + rescale(x, multiplier, shift), low), high)


def _relu6(op: Op, source: Quantisation, out: Quantisation):
    # TFLM only clamps, in the input's scale; the output must have the same.
    low, high = source.zero_point[0], activation_range("relu6", source)[1]
    return lambda x: min(max(x + source.zero_point[0], low), high)


def _requantise(op: Op, source: Quantisation, out: Quantisation):
    multiplier, shift = quantise_multiplier(float32(source.scale[0]) / float32(out.scale[0]))
    return lambda x: min(max(out.zero_point[0] + rescale(x, multiplier, shift), -128), 127)


def _logistic(op: Op, source: Quantisation, out: Quantisation):
    factor = float32(source.scale[0]) * (1 << (31 - LOGISTIC_BITS))
    multiplier, shift = quantise_multiplier(factor)
    radius = math.floor(((1 << LOGISTIC_BITS) - 1) * (1 << (31 - LOGISTIC_BITS)) / 2.0 ** math.frexp(factor)[1])

    def value(x: int) -> int:
        if abs(x) >= radius:
            return 127 if x > 0 else -128
        share = _logistic_of(rescale(x, multiplier, shift))
        return min(max(divide_by_power(share, 31 - 8) - 128, -128), 127)

    return value


def _logistic_of(x: int) -> int:
    """Compute 1 / (1 + exp(-x)) in Q0.31 for x in Q4.27 (gemmlowp's logistic)."""
    if x == 0:
        return 1 << 30
    positive = reciprocal_of_one_plus(exp_on_negative(-abs(x), LOGISTIC_BITS))
    return positive if x > 0 else INT32_MAX - positive


def reciprocal_of_one_plus(x: int) -> int:
    """Compute 1 / (1 + x) for x in [0, 1), Q0.31: three Newton-Raphson steps in Q2.29 (gemmlowp's one_over_one_plus_x_for_x_in_0_1)."""
    half = (x + INT32_MAX + 1) >> 1
    z = _48_OVER_17 + high_mul(half, _MINUS_32_OVER_17)
    for _ in range(3):
        z += _saturated(high_mul(z, (1 << 29) - high_mul(half, z)) * 4)
    return _saturated(z * 2)


def _saturated(x: int) -> int:
    return min(max(x, -INT32_MAX - 1), INT32_MAX)


_FUNCTIONS = {"logistic": _logistic, "relu": _relu, "relu6": _relu6, "quantize": _requantise}
LOOKUPS = tuple(_FUNCTIONS)

"""Tables of one int8 value's function, computed with TFLite's fixed-point arithmetic for all 256 values."""

import math

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
LOGISTIC_BITS = TANH_BITS = 4
# The output's quantisation that TFLM takes for granted: one over the scale, and the zero point.
FIXED_OUTPUTS = {"logistic": (256, -128), "tanh": (128, 0)}


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


def softmax_scaling(scale: float, beta: float) -> tuple[int, int, int]:
    """Return multiplier and shift that bring int8 differences to Q5.26, and the farthest difference that TFLite's softmax counts."""
    factor = min(float32(beta) * float32(scale) * (1 << (31 - DIFFERENCE_BITS)), 2**31 - 1.0)
    multiplier, shift = quantise_multiplier(factor)
    return multiplier, shift, min(255, math.floor(((1 << DIFFERENCE_BITS) - 1) * (1 << (31 - DIFFERENCE_BITS)) / 2.0**shift))


def lookup_table(op: Op, source: Quantisation, out: Quantisation, source_type: str = "int8", out_type: str = "int8") -> bytes:
    """Return the 256 results of a unary operator for inputs -128 .. 127; a uint8 end stands for the int8 of the same bits."""
    if out_type == "uint8":
        out = Quantisation(out.scale, (out.zero_point[0] - 128,))
    function = _FUNCTIONS[op.kind](op, source, out)
    inputs = range(-128, 128) if source_type == "int8" else (*range(128, 256), *range(128))
    found = np.array([function(q - source.zero_point[0]) for q in inputs], "<i1").tobytes()
    return found if out_type == "int8" else bytes(b ^ 0x80 for b in found)


def _relu(op: Op, source: Quantisation, out: Quantisation):
    multiplier, shift = quantise_multiplier(float32(float32(source.scale[0]) / float32(out.scale[0])))
    low, high = activation_range(op.kind, out)
    return lambda x: min(max(out.zero_point[0] + rescale(x, multiplier, shift), low), high)


def _relu6(op: Op, source: Quantisation, out: Quantisation):
    # TFLM only clamps, in the input's scale; the output must have the same.
    low, high = source.zero_point[0], activation_range("relu6", source)[1]
    return lambda x: min(max(x + source.zero_point[0], low), high)


def _leaky_relu(op: Op, source: Quantisation, out: Quantisation):
    """Return x, or where it is negative alpha x; the sign of alpha is kept apart (TFLite's LeakyRelu)."""
    scale, alpha, to = np.float32(source.scale[0]), np.float32(op.options["alpha"]), np.float32(out.scale[0])
    multiplier, shift = quantise_multiplier(float(scale / to))
    slope, slope_shift = quantise_multiplier(abs(float(scale * alpha / to)))
    sign = -1 if alpha < 0 else 1

    def value(x: int) -> int:
        scaled = rescale(x, multiplier, shift) if x >= 0 else sign * rescale(x, slope, slope_shift)
        return min(max(out.zero_point[0] + scaled, -128), 127)

    return value


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
    """Compute 1 / (1 + x) for x in [0, 1), Q0.31 (gemmlowp's one_over_one_plus_x_for_x_in_0_1)."""
    return _saturated(_two_over_one_plus(x) * 2)


def _two_over_one_plus(x: int) -> int:
    """Compute 2 / (1 + x) for x in [0, 1) given in Q0.31, in Q2.29: three Newton-Raphson steps."""
    half = (x + INT32_MAX + 1) >> 1
    z = _48_OVER_17 + high_mul(half, _MINUS_32_OVER_17)
    for _ in range(3):
        z += _saturated(high_mul(z, (1 << 29) - high_mul(half, z)) * 4)
    return z


def _tanh(op: Op, source: Quantisation, out: Quantisation):
    factor = float32(source.scale[0]) * (1 << (31 - TANH_BITS))
    multiplier, shift = quantise_multiplier(factor)
    radius = math.floor(((1 << TANH_BITS) - 1) * (1 << (31 - TANH_BITS)) / 2.0 ** math.frexp(factor)[1])

    def value(x: int) -> int:
        if abs(x) >= radius:
            return 127 if x > 0 else -128
        return min(max(divide_by_power(_tanh_of(rescale(x, multiplier, shift)), 31 - 7), -128), 127)

    return value


def _tanh_of(x: int) -> int:
    """Compute tanh(x) in Q0.31 for x in Q4.27 as (1 - exp(-2x)) / (1 + exp(-2x)) (gemmlowp's tanh)."""
    if x == 0:
        return 0
    share = _two_over_one_plus(exp_on_negative(-abs(x), TANH_BITS + 1))
    positive = _saturated((share - (1 << 29)) * 4)
    return positive if x > 0 else -positive


def _hard_swish(op: Op, source: Quantisation, out: Quantisation):
    """Return x * relu6(x + 3) / 6 in int16 steps (TFLite's HardSwish)."""
    fine = np.float32(source.scale[0]) / np.float32(128)
    multiplier, shift = _int16_multiplier(float(fine / np.float32(out.scale[0])))
    gate, gate_shift = _int16_multiplier(float(fine / np.float32(3 / 32768)))

    def value(x: int) -> int:
        x *= 128
        share = _short(x << max(gate_shift - 1, 0))
        share = _high_mul16(share, gate)
        share = _short(share << 1) if gate_shift > 0 else divide_by_power(share, -gate_shift)
        product = ((share + (1 << 15)) >> 1) * _high_mul16(x, multiplier)
        scaled = product >> 15 if product >= 0 else -(-product >> 15)
        return min(max(divide_by_power(scaled, -shift) + out.zero_point[0], -128), 127)

    return value


def _int16_multiplier(factor: float) -> tuple[int, int]:
    multiplier, shift = quantise_multiplier(factor)
    return min((multiplier + (1 << 15)) >> 16, 32767), shift


def _high_mul16(a: int, b: int) -> int:
    """round(a * b / 2^15), halves away from zero (gemmlowp's SaturatingRoundingDoublingHighMul of int16)."""
    nudged = a * b + ((1 << 14) if a * b >= 0 else 1 - (1 << 14))
    return nudged >> 15 if nudged >= 0 else -(-nudged >> 15)


def _short(x: int) -> int:
    return min(max(x, -32768), 32767)


def _saturated(x: int) -> int:
    return min(max(x, -INT32_MAX - 1), INT32_MAX)


_FUNCTIONS = {
    "logistic": _logistic,
    "tanh": _tanh,
    "hard_swish": _hard_swish,
    "relu": _relu,
    "relu6": _relu6,
    "leaky_relu": _leaky_relu,
    "quantize": _requantise,
}
LOOKUPS = tuple(_FUNCTIONS)

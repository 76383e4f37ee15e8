"""TFLite's fixed-point numbers, computed with the same float and double steps as TensorFlow Lite for Microcontrollers."""

import math

import numpy as np

from studio.core.network import Quantisation

INT32_MAX = 2**31 - 1
UNIT_MULTIPLIER = 2**30


def quantise_multiplier(factor: float) -> tuple[int, int]:
    """Return (multiplier, shift) with factor = multiplier * 2^(shift - 31), 2^30 <= multiplier < 2^31 (TFLite's QuantizeMultiplier).

    A factor that TFLite takes for zero becomes a shift of -31, which rounds every accumulator to zero.
    """
    fraction, shift = math.frexp(factor)
    multiplier = math.floor(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = UNIT_MULTIPLIER, shift + 1
    if multiplier == 0 or shift < -31:
        return UNIT_MULTIPLIER, -31
    return (INT32_MAX, 30) if shift > 30 else (multiplier, shift)


def mean_factor(factor: float, count: int) -> tuple[int, int]:
    """Return multiplier and shift of factor / count as TFLite divides them: the multiplier may lie below 2^30."""
    multiplier, shift = quantise_multiplier(factor)
    more = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << more) // count, shift - more


def channel_factors(source: Quantisation, filters: Quantisation, out: Quantisation, channels: int) -> list[float]:
    """Return each channel's rescaling factor in doubles, as TFLM computes it from float32 scales; dense layers too."""
    from_scale, to_scale = float32(source.scale[0]), float32(out.scale[0])
    factors = [from_scale * float32(scale) / to_scale for scale in filters.scale]
    return factors * channels if len(factors) == 1 else factors


def float32(value: float) -> float:
    """Round to the nearest float32, as a double."""
    return float(np.float32(value))


_LIMITS = {"none": (None, None), "relu": (0.0, None), "relu6": (0.0, 6.0), "relu_n1_to_1": (-1.0, 1.0)}


def activation_range(activation: str, quant: Quantisation, whole: tuple[int, int] = (-128, 127)) -> tuple[int, int]:
    """Return the range of a fused activation (TFLite's CalculateActivationRangeQuantized) in int8 or another `whole`; KeyError for others."""
    low, high = _LIMITS[activation]
    return (
        whole[0] if low is None else max(whole[0], _quantise(low, quant)),
        whole[1] if high is None else min(whole[1], _quantise(high, quant)),
    )


def _quantise(value: float, quant: Quantisation) -> int:
    ratio = float(np.float32(value) / np.float32(quant.scale[0]))
    return quant.zero_point[0] + int(math.copysign(math.floor(abs(ratio) + 0.5), ratio))


def high_mul(a: int, b: int) -> int:
    """round(a * b / 2^31), halves upwards (gemmlowp's SaturatingRoundingDoublingHighMul)."""
    return (a * b + (1 << 30)) >> 31


def divide_by_power(x: int, bits: int) -> int:
    """round(x / 2^bits), halves away from zero (gemmlowp's RoundingDivideByPOT)."""
    mask = (1 << bits) - 1
    return (x >> bits) + ((x & mask) > (mask >> 1) + (x < 0))


def rescale(x: int, multiplier: int, shift: int) -> int:
    """Return x * multiplier * 2^(shift - 31), rounded twice (TFLite's MultiplyByQuantizedMultiplier)."""
    return divide_by_power(high_mul(x << max(shift, 0), multiplier), max(-shift, 0))

"""Transposed convolution: one ordinary convolution with stride 1 for each phase of the strides.

The outputs whose row and column leave the same remainders by the strides meet the same taps of the filter; TFLM scatters each input
over all outputs instead, which needs a 32-bit sum for every one of them.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from studio.core.network import Tensor, window_size
from studio.lower.engine.arithmetic import activation_range, channel_factors, quantise_multiplier
from studio.lower.engine.dims import gather_dims, tile_dims
from studio.lower.engine.draft import SCRATCH, Drafter, Operand, halves, small, values, words
from studio.lower.engine.weights import folded_bias, grouped_pairs, paired_count

Axis = tuple[int, int, int, int]


def transpose_conv(d: Drafter) -> None:
    """Draft one call for each phase."""
    _check(d)
    shared = _channel_consts(d)
    stride, out = d.op.options["stride"], d.out.shape
    for number, (rows, columns) in enumerate(_phases(d)):
        pointers = {"filters": _filters(d, number, rows, columns), "bias": _bias(d, number, rows, columns), **shared}
        fields, dims, scratch = _window(d, rows, columns)
        steps = words(row_step=stride[0] * out[2] * out[3], pixel_step=stride[1] * out[3])
        named = {f"window.{name}": field for name, field in fields.items()} | steps
        record = d.record("ot_phase", {f"window.{name}": const for name, const in pointers.items()}, **named)
        target = Operand(d.op.outputs[0], (rows[0] * out[2] + columns[0]) * out[3])
        d.call(f"ot_transpose_conv{d.suffix}", (Operand(d.op.inputs[2]), target, SCRATCH), dims, scratch=scratch, record=record)


def _check(d: Drafter) -> None:
    filters = d.tensor(1)
    d.activation(2)
    d.quant(d.out)
    if not filters.constant:
        d.refuse("its weights are not constant")
    if any(d.quant(filters).zero_point):
        d.refuse("its weights are not symmetric: their zero point must be 0")
    if d.op.options["activation"] not in ("none", "relu", "relu6", "relu_n1_to_1"):
        d.refuse(f"activation {d.op.options['activation']} is not supported")
    if d.tensor(2).shape[0] != 1:
        d.refuse("the batch must be 1")
    bias = _bias_tensor(d)
    if bias is not None and bias.dtype != "int32":
        d.refuse(f"its bias is {bias.dtype}; it must be int32")


def _bias_tensor(d: Drafter) -> Tensor | None:
    return d.tensor(3) if len(d.op.inputs) > 3 and d.op.inputs[3] >= 0 else None


def _phases(d: Drafter) -> Iterator[tuple[Axis, Axis]]:
    """Yield the phases of rows and columns that have outputs."""
    (stride_h, stride_w), padding = d.op.options["stride"], d.op.options["padding"]
    _, height, width, _ = d.out.shape
    _, kernel_h, kernel_w, _ = d.tensor(1).shape
    for rows in phases_of(height, kernel_h, stride_h, padding):
        for columns in phases_of(width, kernel_w, stride_w, padding):
            yield rows, columns


def phases_of(size: int, kernel: int, stride: int, padding: str) -> list[Axis]:
    """Return for each phase along one axis: its first output, their number, its first tap, and the padding of its convolution.

    Output o takes input i by tap o + pad - stride * i, so only every stride-th tap meets it. The padding may be negative.
    """
    _, pad = window_size(size, kernel, stride, 1, padding)
    found = []
    for first in range(min(stride, size)):
        tap = (first + pad) % stride
        taps = len(range(tap, kernel, stride))
        found.append((first, len(range(first, size, stride)), tap, max(taps, 1) - 1 - (first + pad) // stride))
    return found


def phase_filter(filters: np.ndarray, stride: tuple[int, int], row: int, column: int) -> np.ndarray:
    """Return the taps (OHWI) of a phase that begins with tap (row, column), last first; a single zero where there are none."""
    taken = filters[:, row :: stride[0], column :: stride[1]][:, ::-1, ::-1]
    padded = [(0, int(size == 0 and axis in (1, 2))) for axis, size in enumerate(taken.shape)]
    return np.pad(taken, padded)


def _rows(d: Drafter, rows: Axis, columns: Axis) -> np.ndarray:
    taken = phase_filter(values(d.tensor(1)), d.op.options["stride"], rows[2], columns[2])
    return taken.reshape(len(taken), -1)


def _taps(d: Drafter, rows: Axis, columns: Axis) -> tuple[int, int]:
    """Return the height and width of a phase's filter."""
    pairs = zip(d.tensor(1).shape[1:3], (rows[2], columns[2]), d.op.options["stride"], strict=True)
    height, width = (max(1, len(range(first, size, stride))) for size, first, stride in pairs)
    return height, width


def _filters(d: Drafter, number: int, rows: Axis, columns: Axis) -> str:
    channels, inputs = d.out.shape[3], prod(_taps(d, rows, columns)) * d.tensor(2).shape[3]
    pack = None
    if d.tensor(1).data is not None:
        pack = (lambda: grouped_pairs(_rows(d, rows, columns), 1)) if d.dsp else (lambda: _rows(d, rows, columns))
    return d.const(f"filters_{number}", "int8_t", paired_count(channels, inputs) if d.dsp else channels * inputs, pack)


def _bias(d: Drafter, number: int, rows: Axis, columns: Axis) -> str:
    bias, zero = _bias_tensor(d), d.quant(d.tensor(2)).zero_point[0]
    known = d.tensor(1).data is not None and (bias is None or bias.data is not None)
    pack = (lambda: folded_bias(_rows(d, rows, columns), bias, zero)) if known else None
    return d.const(f"bias_{number}", "int32_t", d.out.shape[3], pack)


def _channel_consts(d: Drafter) -> dict[str, str]:
    """Add multiplier and shift of each channel, which all phases share."""
    channels = d.out.shape[3]
    factors = channel_factors(d.quant(d.tensor(2)), d.quant(d.tensor(1)), d.quant(d.out), channels)
    pairs = np.array([quantise_multiplier(f) for f in factors])
    known = d.tensor(1).data is not None
    return {
        "multiplier": d.const("multiplier", "int32_t", channels, (lambda: pairs[:, 0]) if known else None),
        "shift": d.const("shift", "int8_t", channels, (lambda: pairs[:, 1]) if known else None),
    }


def _window(d: Drafter, rows: Axis, columns: Axis) -> tuple[dict[str, tuple[str, int]], dict[str, int], int]:
    """Return the fields of a phase's convolution, the counts that its cost depends on, and its scratch bytes."""
    source, out = d.tensor(2).shape, d.out.shape
    kernel_h, kernel_w = _taps(d, rows, columns)
    (_, height, _, top), (_, width, _, left) = rows, columns
    window = {"kernel_height": kernel_h, "kernel_width": kernel_w, "stride_height": 1, "stride_width": 1}
    window |= {"dilation_height": 1, "dilation_width": 1, "pad_top": top, "pad_left": left}
    sizes = {"in_height": source[1], "in_width": source[2], "in_channels": source[3]}
    sizes |= {"out_height": height, "out_width": width, "out_channels": out[3]}
    low, high = activation_range(d.op.options["activation"], d.quant(d.out))
    fields = halves(**sizes, **window, groups=1)
    fields |= small(in_zero=d.quant(d.tensor(2)).zero_point[0], out_zero=d.quant(d.out).zero_point[0], low=low, high=high)
    inputs = kernel_h * kernel_w * source[3]
    dims = gather_dims(source, (1, height, width, out[3]), window, 1)
    dims = (
        {name: count * height for name, count in tile_dims(d.dsp, width, out[3], inputs, 1).items()} | dims | {"calls": 1, "lines": height}
    )
    dims["clamped"] = height * width * out[3] if (low, high) != (-128, 127) else 0
    return fields, dims, 28 * -(-inputs // 4) if d.dsp else inputs

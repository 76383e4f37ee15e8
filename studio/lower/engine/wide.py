"""int16 values with int8 weights: convolutions and dense layers (TensorFlow Lite's 16x8 quantisation).

Zero points are 0. The bias has 64 bits, and so has the sum; it is rescaled by a multiplier of 16 bits. Where the bias has 32 bits,
TFLM's convolutions and dense layers add and rescale in 32.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from studio.core.network import Quantisation, Tensor
from studio.lower.engine.arithmetic import activation_range, channel_factors, quantise_multiplier
from studio.lower.engine.dims import gather_dims
from studio.lower.engine.draft import SCRATCH, Drafter, Operand, halves, small, values, words
from studio.lower.engine.windows import bias_of, check_activation, check_convolution, window_fields

LEAST, MOST = -32768, 32767
# TFLM's rescaling of 64-bit sums takes shifts below this.
SHIFT_LIMIT = 8
WIDEST_WINDOW = 256
_LARGEST_REDUCED = 0x7FFF0000


def quant(d: Drafter, tensor: Tensor) -> Quantisation:
    """Return the quantisation of an int16 tensor; refuse others."""
    if tensor.dtype != "int16" or tensor.quant is None:
        d.refuse(f"{tensor.name} is {tensor.dtype}; beside int16 tensors it must be int16 too")
    if tensor.quant.zero_point[0]:
        d.refuse(f"{tensor.name} is int16 with the zero point {tensor.quant.zero_point[0]}; it must be 0")
    return tensor.quant


def activation(d: Drafter, position: int) -> int:
    """Return the tensor number of an int16 input that is computed, not constant."""
    if d.tensor(position).constant:
        d.refuse(f"{d.tensor(position).name} is a constant of int16")
    quant(d, d.tensor(position))
    return d.op.inputs[position]


def limits(d: Drafter) -> tuple[int, int]:
    """Return the range of the fused activation."""
    check_activation(d)
    return activation_range(d.op.options["activation"], quant(d, d.out), (LEAST, MOST))


def conv_2d(d: Drafter) -> None:
    """Choose the kernel: a window over all of the input, and a single tap, make a dense layer."""
    check_convolution(d)
    source, filters, out, options = d.tensor(0), d.tensor(1), d.out, d.op.options
    whole = filters.shape[1:] == source.shape[1:] and out.shape[1:3] == (1, 1) and options["dilation"] == (1, 1)
    if whole or (filters.shape[1:3] == (1, 1) and options["stride"] == (1, 1) and filters.shape[3] == source.shape[3]):
        _dense(d, out.shape[3], prod(filters.shape[1:]))
    else:
        _window(d, source, filters, out)


def fully_connected(d: Drafter) -> None:
    """Draft a dense layer over the last axis of the weights; leading axes are rows."""
    weights = d.tensor(1)
    if not weights.constant:
        d.refuse("its weights are not constant")
    outputs, inputs = weights.shape
    _dense(d, outputs, inputs)


def depthwise_conv_2d(d: Drafter) -> None:
    """Draft a depthwise convolution; its filters lie as in the model."""
    check_convolution(d)
    source, filters, out = d.tensor(0), d.tensor(1), d.out
    bias = bias_of(d)
    if bias is not None and bias.dtype != "int64":
        d.refuse(f"its bias is {bias.dtype}; beside int16 tensors it must be int64")
    if filters.shape[2] > WIDEST_WINDOW:
        d.refuse(f"its window is {filters.shape[2]} wide; beside int16 tensors it may be {WIDEST_WINDOW}")
    sizes, window = window_fields(d, source, filters, out)
    depth = out.shape[3] // source.shape[3]
    pack = (lambda: values(filters)) if filters.data is not None else None
    weights = d.const("filters", "int8_t", filters.elements, pack)
    pointers, row = _row(d, weights, out.shape[3], 1)
    fields = {f"window.{n}": f for n, f in halves(**sizes, depth=depth, **window).items()} | row
    inside = gather_dims(source.shape, (1, *out.shape[1:3], 1), window, 1)
    taps = (inside["bytes"] + 4 * inside["words"]) // source.shape[3]
    pixels = out.shape[1] * out.shape[2]
    dims = {"calls": 1, "pixels": pixels, "outputs": pixels * out.shape[3], "rows": inside["rows"] * out.shape[3]}
    dims |= {"taps": taps * out.shape[3]}
    ends = (Operand(activation(d, 0)), Operand(d.op.outputs[0]))
    d.call("ot_depthwise_conv_s16", ends, dims, record=d.record("ot_depthwise_s16", _of_window(pointers), **fields))


def _row(d: Drafter, weights: str, channels: int, inputs: int, per_group: int = 0) -> tuple[dict[str, str], dict[str, tuple[str, int]]]:
    """Return pointers and fields of the ot_row_s16 inside a record; `channels` are all, `per_group` those of one group."""
    filters, bias = d.tensor(1), bias_of(d)
    if any(d.quant(filters).zero_point):
        d.refuse("its weights are not symmetric: their zero point must be 0")
    if bias is not None and bias.dtype not in ("int32", "int64"):
        d.refuse(f"its bias is {bias.dtype}; it must be int64 or int32")
    narrow = bias.dtype == "int32" if bias is not None else d.op.options.get("quantized_bias_type") == "int32"
    factors = channel_factors(quant(d, d.tensor(0)), d.quant(filters), quant(d, d.out), channels)
    pairs = np.array([_multiplier(d, factor, narrow) for factor in factors])
    known = filters.data is not None and (bias is None or bias.data is not None)
    numbers = {"bias": lambda: np.zeros(channels) if bias is None else values(bias), "multiplier": lambda: pairs[:, 0]}
    numbers["shift"] = lambda: pairs[:, 1]
    ctypes = {"bias": "int64_t", "multiplier": "int32_t", "shift": "int8_t"}
    pointers = {n: d.const(n, c, channels, numbers[n] if known else None) for n, c in ctypes.items()}
    low, high = limits(d)
    fields = words(inputs=inputs, outputs=per_group or channels) | halves(low=low, high=high) | small(narrow=int(narrow))
    return {"row.filters": weights} | {f"row.{n}": name for n, name in pointers.items()}, {f"row.{n}": f for n, f in fields.items()}


def _multiplier(d: Drafter, factor: float, narrow: bool) -> tuple[int, int]:
    """Return multiplier and shift for the kernel: the upper 16 bits and the whole shift to the right, where sums have 64 bits."""
    multiplier, shift = quantise_multiplier(factor)
    if narrow:
        return multiplier, shift
    if shift >= SHIFT_LIMIT:
        d.refuse(f"its output's scale is {factor:.3g} times too small for its input's and weights'")
    reduced = (multiplier + (1 << 15)) >> 16 if multiplier < _LARGEST_REDUCED else 0x7FFF
    return reduced, 15 - shift


def _of_window(pointers: dict[str, str]) -> dict[str, str]:
    """Add the pointers of the window inside a record, which the kernel does not use."""
    return {f"window.{name}": "0" for name in ("filters", "bias", "multiplier", "shift")} | pointers


def swapped(rows: np.ndarray) -> np.ndarray:
    """Swap the second and the third of every four weights of a row (rows, inputs), as the DSP kernels take them."""
    fours = rows.shape[1] // 4 * 4
    turned = rows[:, :fours].reshape(len(rows), -1, 4)[:, :, [0, 2, 1, 3]].reshape(len(rows), fours)
    return np.concatenate([turned, rows[:, fours:]], axis=1)


def _weights(d: Drafter, channels: int, inputs: int) -> str:
    filters = d.tensor(1)
    order: Callable[[np.ndarray], np.ndarray] = swapped if d.dsp else lambda rows: rows
    pack = (lambda: order(values(filters).reshape(channels, inputs))) if filters.data is not None else None
    return d.const("filters", "int8_t", channels * inputs, pack)


def _dense(d: Drafter, outputs: int, inputs: int) -> None:
    rows = d.tensor(0).elements // inputs
    pointers, fields = _row(d, _weights(d, outputs, inputs), outputs, inputs)
    ends = (Operand(activation(d, 0)), Operand(d.op.outputs[0]))
    record = d.record("ot_dense_s16", pointers, **fields, **words(rows=rows))
    d.call(f"ot_fully_connected_s16{d.suffix}", ends, {"calls": 1, **_line_dims(d.dsp, rows, outputs, inputs)}, record=record)


def _line_dims(dsp: bool, lines: int, channels: int, inputs: int) -> dict[str, int]:
    """Count lines of inputs, pairs of rows for each, blocks of 256 inputs and steps in a pair: four inputs with DSP, else one."""
    pairs = lines * -(-channels // 2)
    steps = {"steps": pairs * (inputs // 4), "tail": pairs * (inputs % 4)} if dsp else {"steps": pairs * inputs}
    return {"lines": lines, "pairs": pairs, "blocks": pairs * -(-inputs // 256), **steps}


def _window(d: Drafter, source: Tensor, filters: Tensor, out: Tensor) -> None:
    groups = source.shape[3] // filters.shape[3]
    channels, inputs = out.shape[3], prod(filters.shape[1:])
    sizes, window = window_fields(d, source, filters, out)
    sizes |= {"in_channels": 2 * source.shape[3], "out_channels": channels}
    pointers, row = _row(d, _weights(d, channels, inputs), channels, inputs, channels // groups)
    fields = {f"window.{n}": f for n, f in halves(**sizes, **window, groups=groups).items()} | row
    in_bytes = (*source.shape[:3], 2 * source.shape[3])
    lines = out.shape[1] * out.shape[2] * groups
    dims = {"calls": 1, **_line_dims(d.dsp, lines, channels // groups, inputs)} | gather_dims(in_bytes, out.shape, window, groups)
    d.call(
        f"ot_conv_2d_s16{d.suffix}",
        (Operand(activation(d, 0)), Operand(d.op.outputs[0]), SCRATCH),
        dims,
        scratch=2 * inputs,
        record=d.record("ot_conv_s16", _of_window(pointers), **fields),
    )

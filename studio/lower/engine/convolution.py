"""Convolutions: conv_2d (any window and groups, 1 x 1 apart) and depthwise_conv_2d."""

from collections.abc import Mapping
from math import prod

import numpy as np

from studio.core.network import Shape, Tensor
from studio.lower.engine import packed
from studio.lower.engine.arithmetic import activation_range
from studio.lower.engine.dims import gather_dims, plane_dims, tile_dims
from studio.lower.engine.draft import SCRATCH, Drafter, Operand, halves, small, values, words
from studio.lower.engine.rows import Band, each_row
from studio.lower.engine.simple import dense
from studio.lower.engine.weights import channel_consts, grouped_pairs, paired_count
from studio.lower.engine.windows import bias_of, check_convolution, of_band, window_fields, window_rows

# Rows of windows below the last one that ot_depthwise_conv reads: it takes sixteen where five are left.
HELIUM_READS_BEYOND = 11


def conv_2d(d: Drafter) -> None:
    """Choose the kernel: a window over all of the input makes a dense layer; the 1 x 1 kernel may run in place."""
    source, filters, out = _operands(d)
    if filters.shape[1:] == source.shape[1:] and out.shape[1:3] == (1, 1) and d.op.options["dilation"] == (1, 1):
        dense(d, out.shape[3], source.elements)
    elif filters.shape[1:3] == (1, 1) and d.op.options["stride"] == (1, 1) and filters.shape[3] == source.shape[3]:
        _pointwise(d, source, filters, out)
    else:
        _general(d, source, filters, out, _filter_rows)


def depthwise_conv_2d(d: Drafter, whole: bool = True) -> None:
    """Choose the kernel; one input channel makes an ordinary convolution, which needs no copy of the whole input.

    `whole` allows the kernel for a window over all of the input, whose filters lie otherwise.
    """
    source, filters, out = _operands(d)
    if source.shape[3] == 1:
        _general(d, source, filters, out, _channel_rows)
    elif whole and filters.shape == source.shape and out.shape[1:3] == (1, 1) and d.op.options["dilation"] == (1, 1):
        _whole_depthwise(d, source, filters, out)
    elif not d.dsp or not packed.depthwise_3x3(d, filters, _channel_columns):
        _depthwise(d, source, filters, out)


def _operands(d: Drafter) -> tuple[Tensor, Tensor, Tensor]:
    d.activation(0)
    check_convolution(d)
    d.quant(d.tensor(1))
    d.quant(d.out)
    return d.tensor(0), d.tensor(1), d.out


def _filter_rows(filters: np.ndarray) -> np.ndarray:
    """One row of inputs for each output channel (OHWI)."""
    return filters.reshape(len(filters), -1)


def _channel_rows(filters: np.ndarray) -> np.ndarray:
    """One row of inputs for each output channel of a depthwise filter (1HWC) over one input channel."""
    return filters[0].transpose(2, 0, 1).reshape(filters.shape[3], -1)


def _channel_columns(filters: np.ndarray) -> np.ndarray:
    """One row for each output channel of a depthwise filter (1HWC): its columns, each from top to bottom."""
    return filters[0].transpose(2, 1, 0).reshape(filters.shape[3], -1)


def _range_fields(d: Drafter, source: Tensor, out: Tensor, with_input: bool) -> dict[str, int]:
    low, high = activation_range(d.op.options["activation"], d.quant(out))
    zeros = {"in_zero": d.quant(source).zero_point[0]} if with_input else {}
    return zeros | {"out_zero": d.quant(out).zero_point[0], "low": low, "high": high}


def _filter_const(d: Drafter, filters: Tensor, rows, groups: int, channels: int, inputs: int) -> str:
    """Add the filters: in pairs for the DSP kernels, else row by row."""
    pack = None
    if filters.data is not None:
        pack = (lambda: grouped_pairs(rows(values(filters)), groups)) if d.dsp else (lambda: rows(values(filters)))
    count = groups * paired_count(channels // groups, inputs) if d.dsp else channels * inputs
    return d.const("filters", "int8_t", count, pack)


def _general(d: Drafter, source: Tensor, filters: Tensor, out: Tensor, rows) -> None:
    channels = out.shape[3]
    groups = source.shape[3] // filters.shape[3] if rows is _filter_rows else 1
    if d.dsp and groups == 1 and packed.conv_2d(d, filters, rows):
        return
    inputs = prod(filters.shape[1:3]) * source.shape[3] // groups
    sizes, window = window_fields(d, source, filters, out)
    pointers = {"filters": _filter_const(d, filters, rows, groups, channels, inputs)}
    pointers |= channel_consts(d, filters, rows, bias_of(d), channels)
    fields = halves(**sizes, out_channels=channels, **window, groups=groups) | small(**_range_fields(d, source, out, True))
    dsp, scratch = d.dsp, 28 * -(-inputs // 4) if d.dsp else inputs

    def dims(band: Band) -> dict[str, int]:
        shapes = of_band(source, band.rows_in), of_band(out, band.rows_out)
        tiles = tile_dims(dsp, band.rows_out * out.shape[2], channels // groups, inputs, groups)
        return tiles | gather_dims(*shapes, {**window, "pad_top": band.pad_top}, groups)

    rows = window_rows(source, out, window, dims, lambda _: scratch)
    d.call(
        f"ot_conv_2d{d.suffix}",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        rows.dims(rows.whole),
        scratch=scratch,
        record=d.record("ot_conv", pointers, **fields),
        rows=rows,
    )


def _pointwise(d: Drafter, source: Tensor, filters: Tensor, out: Tensor) -> None:
    if d.dsp and packed.pointwise(d, filters, _filter_rows):
        return
    inputs, channels = source.shape[3], out.shape[3]
    pixels = out.shape[1] * out.shape[2]
    pointers = {"filters": _filter_const(d, filters, _filter_rows, 1, channels, inputs)}
    pointers |= channel_consts(d, filters, _filter_rows, bias_of(d), channels)
    fields = words(pixels=pixels) | halves(in_channels=inputs, out_channels=channels) | small(**_range_fields(d, source, out, False))
    dsp, width, scratch = d.dsp, out.shape[2], 24 * -(-inputs // 4) if d.dsp else inputs
    rows = each_row(out.shape[1], lambda count: tile_dims(dsp, count * width, channels, inputs, 1), scratch)
    d.call(
        f"ot_pointwise_conv{d.suffix}",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        rows.dims(rows.whole),
        scratch=scratch,
        shares=d.op.inputs[:1],
        record=d.record("ot_pointwise", pointers, **fields),
        rows=rows,
    )


def _whole_depthwise(d: Drafter, source: Tensor, filters: Tensor, out: Tensor) -> None:
    """A window over all of the input: the filters lie as the input does."""
    channels, taps = out.shape[3], prod(filters.shape[1:3])
    pack = (lambda: values(filters)) if filters.data is not None else None
    pointers = {"filters": d.const("filters", "int8_t", filters.elements, pack)}
    pointers |= channel_consts(d, filters, _channel_columns, bias_of(d), channels)
    fields = words(taps=taps) | halves(channels=channels) | small(**_range_fields(d, source, out, False))
    fours, singles = (channels // 4, channels % 4) if d.dsp else (0, channels)
    dims = {"calls": 1, "channels": channels, "fours": fours, "steps": fours * taps, "singles": singles, "single_steps": singles * taps}
    ends = Operand(d.op.inputs[0]), Operand(d.op.outputs[0])
    d.call(f"ot_depthwise_whole{d.suffix}", ends, dims, record=d.record("ot_depthwise_all", pointers, **fields))


def _depthwise(d: Drafter, source: Tensor, filters: Tensor, out: Tensor) -> None:
    channels = out.shape[3]
    depth = channels // source.shape[3]
    sizes, window = window_fields(d, source, filters, out)
    pack = (lambda: _channel_columns(values(filters))) if filters.data is not None else None
    pointers = {"filters": d.const("filters", "int8_t", filters.elements, pack)}
    pointers |= channel_consts(d, filters, _channel_columns, bias_of(d), channels)
    fields = halves(**sizes, depth=depth, **window) | small(**_range_fields(d, source, out, True))
    dsp, beyond = d.dsp, HELIUM_READS_BEYOND * window["stride_height"] if d.helium else 0

    def made(band: Band) -> tuple[str, int, dict[str, int]]:
        shapes = of_band(source, band.rows_in), of_band(out, band.rows_out)
        kernel, scratch, dims = _depthwise_kernel(dsp, *shapes, {**window, "pad_top": band.pad_top})
        return kernel, scratch + beyond, dims

    rows = window_rows(source, out, window, lambda band: made(band)[2], lambda count: made(Band(1, count, 0))[1])
    kernel, scratch, dims = made(rows.whole)
    in_place = depth == 1 and prod(out.shape) <= prod(source.shape)
    d.call(
        kernel,
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        dims,
        scratch=scratch,
        shares=(d.op.inputs[0],) if in_place else (),
        record=d.record("ot_depthwise", pointers, **fields),
        rows=rows,
    )


def _depthwise_kernel(dsp: bool, source: Shape, out: Shape, window: Mapping[str, int]) -> tuple[str, int, dict[str, int]]:
    """Return the kernel's name, its scratch bytes and the counts that its cost depends on."""
    kernel_h, kernel_w = window["kernel_height"], window["kernel_width"]
    columns = (out[2] - 1) * window["stride_width"] + (kernel_w - 1) * window["dilation_width"] + 1
    length = (out[1] - 1) * window["stride_height"] + (kernel_h - 1) * window["dilation_height"] + 1
    dims = plane_dims(source, out, window, columns, length)
    outputs, channels = prod(out), out[3]
    if not dsp or window["dilation_height"] > 1:
        dims |= {"taps": outputs * kernel_h * kernel_w, "places": kernel_h * kernel_w, "place_columns": kernel_w}
        return "ot_depthwise_conv", 4 * kernel_h * kernel_w + columns * length, dims
    if (kernel_h, kernel_w, window["dilation_width"]) == (3, 3, 1):
        pairs = out[1] // 2 if window["stride_height"] == 1 else 0
        dims |= {"pairs": dims["out_columns"] * pairs, "singles": dims["out_columns"] * (out[1] - 2 * pairs)}
        return "ot_depthwise_conv_3x3_dsp", 2 * (columns * length + 1), dims
    pairs = -(-kernel_h // 2)
    dims |= {"taps": outputs * pairs * kernel_w, "tap_columns": outputs * kernel_w}
    dims |= {"weights": channels * kernel_w * kernel_h, "weight_columns": channels * kernel_w}
    return "ot_depthwise_conv_dsp", 2 * (2 * pairs * kernel_w + columns * length + 1), dims

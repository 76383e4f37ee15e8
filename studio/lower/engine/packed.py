"""The packed kernels, the fast ways on cores with the DSP extension: drafted where they can take a layer, else left to the others."""

from collections.abc import Callable
from math import prod

import numpy as np

from studio.core.network import Tensor
from studio.lower.engine import packed_weights
from studio.lower.engine.arithmetic import activation_range
from studio.lower.engine.dims import packed_tile_dims, run_dims
from studio.lower.engine.draft import SCRATCH, Drafter, Operand, halves, small, values, words
from studio.lower.engine.rows import Band, each_row
from studio.lower.engine.windows import bias_of, of_band, window_fields, window_rows

_View = Callable[[np.ndarray], np.ndarray]


def conv_2d(d: Drafter, filters: Tensor, view: _View) -> bool:
    """Draft a convolution of one group without dilation across; False where it must go another way."""
    source, out, bias = d.tensor(0), d.out, bias_of(d)
    channels, inputs = out.shape[3], prod(filters.shape[1:3]) * source.shape[3]
    if d.op.options["dilation"][1] > 1 or not _fits(d, filters, view, channels):
        return False
    sizes, window = window_fields(d, source, filters, out)
    pointers = _filters(d, filters, view, channels, inputs) | packed_weights.scale_consts(d, filters, view, bias, channels)
    fields = _window(sizes, window, channels, d.quant(source).zero_point[0]) | _range(d)
    scratch = 28 * -(-inputs // 4)

    def dims(band: Band) -> dict[str, int]:
        runs = run_dims(of_band(source, band.rows_in), of_band(out, band.rows_out), {**window, "pad_top": band.pad_top})
        return packed_tile_dims(band.rows_out * out.shape[2], channels, inputs) | runs

    rows = window_rows(source, out, window, dims, lambda _: scratch)
    d.call(
        "ot_conv_2d_packed_dsp",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        rows.dims(rows.whole),
        scratch=scratch,
        record=d.record("ot_packed_conv", pointers, **fields),
        rows=rows,
    )
    return True


def pointwise(d: Drafter, filters: Tensor, view: _View) -> bool:
    """Draft a 1 x 1 convolution; False where it must go another way."""
    inputs, channels = d.tensor(0).shape[3], d.out.shape[3]
    if not _fits(d, filters, view, channels):
        return False
    pixels = prod(d.out.shape[1:3])
    pointers = _filters(d, filters, view, channels, inputs)
    pointers |= packed_weights.scale_consts(d, filters, view, bias_of(d), channels)
    height, width = d.out.shape[1:3]
    rows = each_row(height, lambda count: packed_tile_dims(count * width, channels, inputs), 24 * -(-inputs // 4))
    d.call(
        "ot_pointwise_conv_packed_dsp",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        rows.dims(rows.whole),
        scratch=rows.scratch(height),
        shares=d.op.inputs[:1],
        record=d.record(
            "ot_packed_pointwise", pointers, **words(pixels=pixels), **halves(in_channels=inputs, out_channels=channels), **_range(d)
        ),
        rows=rows,
    )
    return True


def depthwise_3x3(d: Drafter, filters: Tensor, view: _View) -> bool:
    """Draft a depthwise convolution of 3 x 3, one output channel for each of the input's; False where it must go another way.

    A ReLU puts the zero point at -128, which saves work; of a network without weights it is not known yet.
    """
    source, out, bias = d.tensor(0), d.out, bias_of(d)
    options, channels = d.op.options, out.shape[3]
    if filters.shape[1:3] != (3, 3) or options["dilation"] != (1, 1) or options["stride"][0] > 1 or channels != source.shape[3]:
        return False
    if not packed_weights.fits_depthwise(d, filters, view, bias, channels):
        return False
    rectified = d.quant(out).zero_point[0] == -128 if d.network.has_weights else options["activation"] in ("relu", "relu6")
    sizes, window = window_fields(d, source, filters, out)
    pack = (lambda: view(values(filters))) if filters.data is not None else None
    pointers = {"filters": d.const("filters", "int8_t", filters.elements, pack)}
    pointers |= packed_weights.scale_consts(d, filters, view, bias, channels, packed_weights.LARGEST_SHIFT)
    columns, width = (out.shape[2] - 1) * options["stride"][1] + 3, out.shape[2]
    inside = channels * min(source.shape[2], columns - window["pad_left"])

    def dims(band: Band) -> dict[str, int]:
        cells, pairs = min(band.rows_in, _plane(band.rows_out) - band.pad_top), channels * width * -(-band.rows_out // 2)
        counts = {"calls": 1, "channels": channels, "columns": inside, "cells": inside * (cells // 2), "rest": inside * (cells % 2)}
        counts |= {"filled": columns * _plane(band.rows_out) // 2, "out_columns": channels * width}
        counts |= {"pairs": pairs * rectified, "linear_pairs": pairs * (not rectified)}
        return counts | {"odd_columns": channels * width * (band.rows_out % 2)}

    rows = window_rows(source, out, window, dims, lambda count: 2 * columns * _plane(count))
    d.call(
        "ot_depthwise_conv_3x3_packed_dsp",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        rows.dims(rows.whole),
        scratch=rows.scratch(out.shape[1]),
        shares=(d.op.inputs[0],) if prod(out.shape) <= prod(source.shape) else (),
        record=d.record("ot_packed_conv", pointers, **_window(sizes, window, channels, d.quant(source).zero_point[0]), **_range(d)),
        rows=rows,
    )
    return True


def _plane(rows: int) -> int:
    """The length of a column of the plane for so many rows of output."""
    return (rows + 3) // 2 * 2


def dense(d: Drafter, outputs: int, inputs: int) -> bool:
    """Draft the products of rows of `inputs` values with weights that lie as (outputs, inputs); False as above."""

    def view(weights: np.ndarray) -> np.ndarray:
        return weights.reshape(outputs, inputs)

    weights, bias = d.tensor(1), bias_of(d)
    if not (packed_weights.fits(d, weights, view, bias, outputs) and packed_weights.fits_pairs(weights, view, bounded=True)):
        return False
    rows = d.tensor(0).elements // inputs
    pack = (lambda: packed_weights.pack_fours(view(values(weights)))) if weights.data is not None else None
    pointers = {"weights": d.const("weights", "int8_t", packed_weights.fours_count(outputs, inputs), pack)}
    pointers |= packed_weights.dense_scale_consts(d, weights, view, bias, outputs)
    fields = words(inputs=inputs, outputs=outputs, rows=rows) | small(step=int(len(d.quant(weights).scale) > 1))
    fours, ones = rows * (outputs // 4), rows * (outputs % 4)
    dims = {"calls": 1, "rows": rows, "outputs": rows * outputs, "fours": fours, "steps": fours * (inputs // 4)}
    dims |= {"turns": fours * -(-(inputs // 4) // 2), "tails": fours * (inputs % 4 > 0), "rest": fours * (inputs % 4)}
    dims |= {"singles": ones, "single_steps": ones * (inputs // 4), "single_rest": ones * (inputs % 4)}
    record = d.record("ot_packed_dense", pointers, **fields, **_range(d))
    d.call("ot_fully_connected_packed_dsp", (Operand(d.op.inputs[0]), Operand(d.op.outputs[0])), dims, record=record)
    return True


def _fits(d: Drafter, filters: Tensor, view: _View, channels: int) -> bool:
    return packed_weights.fits(d, filters, view, bias_of(d), channels) and packed_weights.fits_pairs(filters, view)


def _filters(d: Drafter, filters: Tensor, view: _View, channels: int, inputs: int) -> dict[str, str]:
    pack = (lambda: packed_weights.pack_pairs(view(values(filters)))) if filters.data is not None else None
    return {"filters": d.const("filters", "int8_t", -(-channels // 2) * 2 * -(-inputs // 4) * 4, pack)}


def _window(sizes: dict[str, int], window: dict[str, int], channels: int, in_zero: int) -> dict[str, tuple[str, int]]:
    numbers = sizes | {"out_channels": channels} | {name: n for name, n in window.items() if name != "dilation_width"}
    return {f"window.{name}": field for name, field in halves(**numbers, in_zero=in_zero).items()}


def _range(d: Drafter) -> dict[str, tuple[str, int]]:
    low, high = activation_range(d.op.options["activation"], d.quant(d.out))
    return small(out_zero=d.quant(d.out).zero_point[0], low=low, high=high)

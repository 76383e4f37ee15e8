"""The packed kernels, the fast ways on cores with the DSP extension: drafted where they can take a layer, else left to the others."""

from collections.abc import Callable
from math import prod

import numpy as np

from studio.core.network import Tensor
from studio.lower.engine import packed_weights
from studio.lower.engine.arithmetic import activation_range
from studio.lower.engine.dims import packed_tile_dims, run_dims
from studio.lower.engine.draft import SCRATCH, Drafter, Operand, halves, small, values, words
from studio.lower.engine.windows import bias_of, window_fields

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
    d.call(
        "ot_conv_2d_packed_dsp",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        packed_tile_dims(out.shape[1] * out.shape[2], channels, inputs) | run_dims(source.shape, out.shape, window),
        scratch=28 * -(-inputs // 4),
        record=d.record("ot_packed_conv", pointers, **fields),
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
    d.call(
        "ot_pointwise_conv_packed_dsp",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        packed_tile_dims(pixels, channels, inputs),
        scratch=24 * -(-inputs // 4),
        shares=(d.op.inputs[0],) if channels <= inputs else (),
        record=d.record(
            "ot_packed_pointwise", pointers, **words(pixels=pixels), **halves(in_channels=inputs, out_channels=channels), **_range(d)
        ),
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
    columns, length = (out.shape[2] - 1) * options["stride"][1] + 3, (out.shape[1] + 3) // 2 * 2
    inside = min(source.shape[2], columns - window["pad_left"]), min(source.shape[1], length - window["pad_top"])
    dims = {"calls": 1, "channels": channels, "columns": channels * inside[0], "cells": channels * inside[0] * (inside[1] // 2)}
    dims |= {"rest": channels * inside[0] * (inside[1] % 2), "filled": columns * length // 2, "out_columns": channels * out.shape[2]}
    pairs = channels * out.shape[2] * -(-out.shape[1] // 2)
    dims |= {"pairs": pairs * rectified, "linear_pairs": pairs * (not rectified)}
    dims |= {"odd_columns": channels * out.shape[2] * (out.shape[1] % 2)}
    d.call(
        "ot_depthwise_conv_3x3_packed_dsp",
        (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), SCRATCH),
        dims,
        scratch=2 * columns * length,
        shares=(d.op.inputs[0],) if prod(out.shape) <= prod(source.shape) else (),
        record=d.record("ot_packed_conv", pointers, **_window(sizes, window, channels, d.quant(source).zero_point[0]), **_range(d)),
    )
    return True


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
    dims |= {"tails": fours * (inputs % 4 > 0), "singles": ones, "single_steps": ones * (inputs // 4)}
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

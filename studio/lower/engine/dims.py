"""How often each loop of a kernel runs: what its cost is linear in. The names follow the loops of the C."""

from collections.abc import Mapping
from math import prod

from studio.core.network import Shape

Window = Mapping[str, int]


def tile_dims(dsp: bool, pixels: int, channels: int, inputs: int, groups: int) -> dict[str, int]:
    """Count the products of `channels` filters of `inputs` inputs, in each group, with every pixel.

    DSP: tiles of three pixels, pairs of channels in a tile, quads of inputs in a pair (an odd number of quads has a loop of its
    own). Plain: a pixel is a tile, the odd last channel has a loop of its own.
    """
    if dsp:
        quads, tiles = -(-inputs // 4), -(-pixels // 3) * groups
        pairs = tiles * -(-channels // 2)
        odd = quads % 2
        dims = {"tiles": tiles, "pairs": pairs, "steps": pairs * quads * (1 - odd), "odd_steps": pairs * quads * odd}
        unfolded = {"unfolded": pixels * groups * quads, "unfolded_rest": pixels * groups * (inputs % 4)}
        return {"calls": 1, **dims, "pixels": pixels * groups, **unfolded}
    return {"calls": 1, "pixels": pixels * groups, "copied": pixels * groups * inputs, **row_dims(pixels * groups, channels, inputs)}


def packed_tile_dims(pixels: int, channels: int, inputs: int) -> dict[str, int]:
    """Count tiles of three pixels, pairs of channels in a tile, quads in a pair and turns of four of them; the last turn may be shorter."""
    quads, tiles = -(-inputs // 4), -(-pixels // 3)
    pairs = tiles * -(-channels // 2)
    dims = {"calls": 1, "tiles": tiles, "pairs": pairs, "steps": pairs * quads, "turns": pairs * -(-quads // 4)}
    return dims | {"pixels": pixels, "unfolded": pixels * quads, "unfolded_rest": pixels * (inputs % 4)}


def run_dims(source: Shape, out: Shape, window: Window) -> dict[str, int]:
    """Count the copying of windows into lines where columns lie side by side: see gather_dims."""
    dims = gather_dims(source, out, {**window, "dilation_width": 1}, 1)
    return {name: dims[name] for name in ("rows", "outside", "words", "bytes", "filled")}


def copy_dims(rows: int, run: int) -> dict[str, int]:
    """Count the copying of rows of `run` bytes: words, and the bytes left over."""
    return {"calls": 1, "rows": rows, "words": rows * (run // 4), "bytes": rows * (run % 4)}


def row_dims(lines: int, channels: int, inputs: int) -> dict[str, int]:
    """Count the plain inner loop: each line of inputs times pairs of rows, four inputs a step; then the odd last row."""
    pairs, odd = lines * (channels // 2), lines * (channels % 2)
    dims = {"pairs": pairs, "steps": pairs * (inputs // 4), "rest": pairs * (inputs % 4)}
    return dims | {"singles": odd, "single_steps": odd * inputs}


def gather_dims(source: Shape, out: Shape, window: Window, groups: int) -> dict[str, int]:
    """Count the copying of windows into lines: rows inside and outside, words and bytes copied, bytes filled."""
    _, height, width, channels = source
    rows = _inside(height, out[1], window["kernel_height"], window["stride_height"], window["dilation_height"], window["pad_top"])
    spans = _inside(width, out[2], window["kernel_width"], window["stride_width"], window["dilation_width"], window["pad_left"])
    inside, each = sum(rows) * groups, channels // groups
    kernel_w = window["kernel_width"]
    if groups == 1 and window["dilation_width"] == 1:
        runs = [n * each for n in spans]
    else:
        runs = [each] * sum(spans)
    total = out[1] * out[2] * window["kernel_height"] * kernel_w * channels
    copied = inside * sum(spans) * each
    dims = {"rows": inside * out[2], "outside": out[1] * out[2] * window["kernel_height"] * groups - inside * out[2]}
    dims |= {"runs": inside * len(runs), "words": inside * sum(r // 4 for r in runs), "bytes": inside * sum(r % 4 for r in runs)}
    return dims | {"filled": total - copied}


def _inside(size: int, outputs: int, kernel: int, stride: int, dilation: int, pad: int) -> list[int]:
    """Taps of each window that lie inside, along one axis."""
    counts = []
    for output in range(outputs):
        start = output * stride - pad
        first = -(start // dilation) if start < 0 else 0
        last = min(kernel, -((start - size) // dilation)) if start < size else 0
        counts.append(max(0, last - first))
    return counts


def plane_dims(source: Shape, out: Shape, window: Window, columns: int, length: int) -> dict[str, int]:
    """Count the copying of channels into planes, and the loops over channels, output columns and outputs."""
    _, height, width, planes = source
    inside_columns = min(width, columns - window["pad_left"])
    cells = planes * inside_columns * min(height, length - window["pad_top"])
    dims = {"calls": 1, "channels": out[3], "planes": planes, "columns": planes * columns, "cells": cells}
    dims |= {"filled": planes * columns * length - cells, "out_columns": out[3] * out[2], "out_rows": out[3] * out[1]}
    return dims | {"outputs": prod(out)}

"""The other operators: dense layers, pooling, sums, concatenation, softmax, tables, aliases."""

from math import prod

import numpy as np

from studio.core.network import Quantisation, Tensor, window_size
from studio.lower.engine import broadcast, packed
from studio.lower.engine.arithmetic import activation_range, float32, mean_factor, quantise_multiplier
from studio.lower.engine.dims import copy_dims, row_dims
from studio.lower.engine.draft import Drafter, Operand, halves, small, values, words
from studio.lower.engine.rows import Band, Reach, Rows, each_row
from studio.lower.engine.tables import FIXED_OUTPUTS, lookup_table, softmax_scaling
from studio.lower.engine.weights import channel_consts
from studio.lower.engine.windows import bias_of, check_activation

# Of 512 equal values the sum needs 9 bits above one, and the last shift would be by 32: TFLM aborts there.
SOFTMAX_LARGEST = 511
# Of so many bytes the sum fits a halfword.
POOLED_IN_HALVES = 255


def _ends(d: Drafter) -> tuple[Operand, Operand]:
    return Operand(d.activation(0)), Operand(d.op.outputs[0])


def fully_connected(d: Drafter) -> None:
    """A dense layer over the last axis of the weights; leading axes are rows."""
    d.activation(0)
    if not d.tensor(1).constant:
        d.refuse("its weights are not constant")
    dense(d, *d.tensor(1).shape)


def dense(d: Drafter, outputs: int, inputs: int) -> None:
    """Draft the products of rows of `inputs` values with weights that lie as (outputs, inputs)."""
    weights, ends = d.tensor(1), _ends(d)
    low, high = _range(d, d.out)
    if d.dsp and packed.dense(d, outputs, inputs):
        return
    rows = d.tensor(0).elements // inputs
    bias = bias_of(d)
    pack = (lambda: values(weights)) if weights.data is not None else None
    pointers = {"weights": d.const("weights", "int8_t", weights.elements, pack)}
    pointers |= channel_consts(d, weights, _rows, bias, outputs)
    fields = words(inputs=inputs, outputs=outputs, rows=rows)
    fields |= small(out_zero=d.quant(d.out).zero_point[0], low=low, high=high)
    record = d.record("ot_dense", pointers, **fields)
    dims = {"calls": 1, "rows": rows, "outputs": rows * outputs}
    if d.dsp:
        groups = rows * -(-outputs // 4)
        dims |= {"groups": groups, "steps": groups * (inputs // 4), "tail": groups * (inputs % 4)}
    else:
        dims |= row_dims(rows, outputs, inputs)
    d.call(f"ot_fully_connected{d.suffix}", ends, dims, record=record)


def _rows(weights: np.ndarray) -> np.ndarray:
    return weights


def _range(d: Drafter, out: Tensor) -> tuple[int, int]:
    check_activation(d)
    return activation_range(d.op.options["activation"], d.quant(out))


def pool(d: Drafter) -> None:
    """Max or average pooling."""
    source, out = d.tensor(0), d.out
    ends = _ends(d)
    if d.quant(source) != d.quant(out):
        d.refuse("its input and output are quantised differently")
    (kernel_h, kernel_w), (stride_h, stride_w) = d.op.options["kernel"], d.op.options["stride"]
    _, top = window_size(source.shape[1], kernel_h, stride_h, 1, d.op.options["padding"])
    _, left = window_size(source.shape[2], kernel_w, stride_w, 1, d.op.options["padding"])
    low, high = _range(d, out)
    fields = halves(
        in_height=source.shape[1],
        in_width=source.shape[2],
        channels=source.shape[3],
        out_height=out.shape[1],
        out_width=out.shape[2],
        kernel_height=kernel_h,
        kernel_width=kernel_w,
        stride_height=stride_h,
        stride_width=stride_w,
        pad_top=top,
        pad_left=left,
    )
    columns = _taps(source.shape[2], kernel_w, stride_w, left, out.shape[2])
    channels, width = source.shape[3], out.shape[2]

    def dims(band: Band) -> dict[str, int]:
        taps = channels * _taps(band.rows_in, kernel_h, stride_h, band.pad_top, band.rows_out)
        counts = {"calls": 1, "windows": band.rows_out * width, "outputs": band.rows_out * width * channels}
        return counts | {"rows": taps * width, "taps": taps * columns}

    average = d.op.kind == "average_pool_2d"
    rows = Rows(Reach(source.shape[1], out.shape[1], kernel_h, stride_h, top), dims)
    record = d.record("ot_pool", {}, **fields, **small(low=low, high=high))
    whole = average and (kernel_h, kernel_w) == source.shape[1:3] and out.shape[1:3] == (1, 1)
    bands = _all_rows(source, "ot_stream_average_all") if whole else rows
    name = "ot_average_pool" if average else "ot_max_pool"
    if average and d.dsp and channels % 4 == 0 and kernel_h * kernel_w <= POOLED_IN_HALVES:
        name += "_dsp"
    d.call(name, ends, rows.dims(rows.whole), record=record, rows=bands)


def _all_rows(source: Tensor, adapter: str) -> Rows:
    """Return the Rows of a call that sums up all of each channel."""
    _, height, width, channels = source.shape

    def dims(band: Band) -> dict[str, int]:
        return {"calls": 1, "pixels": band.rows_out * width, "taps": band.rows_out * width * channels, "channels": channels}

    return Rows(Reach(height, height), dims, sums=4 * channels, adapter=adapter)


def _taps(size: int, kernel: int, stride: int, pad: int, outputs: int) -> int:
    """Positions inside the input, summed over the windows of one axis."""
    return sum(min(size, o * stride - pad + kernel) - max(0, o * stride - pad) for o in range(outputs))


def add(d: Drafter) -> None:
    """A sum; the fast kernel takes two computed tensors of one shape."""
    a, b = d.tensor(0), d.tensor(1)
    if a.shape != b.shape or a.constant or b.constant:
        broadcast.add(d)
        return
    first, second = Operand(d.activation(0)), Operand(d.activation(1))
    qa, qb, out = d.quant(a), d.quant(b), d.quant(d.out)
    twice = 2 * max(float32(qa.scale[0]), float32(qb.scale[0]))
    factors = (float32(qa.scale[0]) / twice, float32(qb.scale[0]) / twice, twice / ((1 << 20) * float32(out.scale[0])))
    (ma, sa), (mb, sb), (mo, so) = (quantise_multiplier(f) for f in factors)
    low, high = _range(d, d.out)
    fields = words(multiplier_a=ma, multiplier_b=mb, multiplier_out=mo, count=a.elements)
    fields |= small(shift_a=sa, shift_b=sb, shift_out=so)
    fields |= small(zero_a=qa.zero_point[0], zero_b=qb.zero_point[0], zero_out=out.zero_point[0], low=low, high=high)
    record = d.record("ot_sum", {}, **fields)
    d.call("ot_add", (first, second, Operand(d.op.outputs[0])), {"calls": 1, "elements": a.elements}, shares=d.op.inputs, record=record)


def concatenation(d: Drafter) -> None:
    """One copying call for each input."""
    if d.op.options["activation"] != "none":
        d.refuse("a fused activation is not supported")
    axis = d.op.options["axis"] % len(d.out.shape)
    run = prod(d.out.shape[axis:])
    rows = prod(d.out.shape[:axis])
    offset = 0
    for position in range(len(d.op.inputs)):
        source = d.tensor(position)
        if d.quant(source) != d.quant(d.out):
            d.refuse("its inputs and output are quantised differently")
        stretch = prod(source.shape[axis:])
        ends = (Operand(d.activation(position)), Operand(d.op.outputs[0], offset))
        d.call("ot_concatenate", (*ends, str(rows), str(stretch), str(run)), copy_dims(rows, stretch))
        offset += stretch


def softmax(d: Drafter) -> None:
    """Softmax over the last axis."""
    source, out = d.tensor(0), d.out
    ends = _ends(d)
    if d.quant(out).zero_point[0] != -128 or abs(d.quant(out).scale[0] - 1 / 256) > 1e-6:
        d.refuse("its output must have the scale 1/256 and the zero point -128")
    columns = source.shape[-1]
    if columns > SOFTMAX_LARGEST:
        d.refuse(f"a softmax over {columns} values overflows TFLM's arithmetic; it takes {SOFTMAX_LARGEST} at most")
    rows = source.elements // columns
    multiplier, shift, farthest = softmax_scaling(d.quant(source).scale[0], d.op.options["beta"])
    if shift < 0:
        d.refuse(f"the scale {d.quant(source).scale[0]} of its input is too small")
    fields = words(multiplier=multiplier, rows=rows, columns=columns) | halves(farthest=farthest) | small(shift=shift)
    dims = {"calls": 1, "rows": rows, "elements": source.elements}
    d.call("ot_softmax", ends, dims, shares=d.op.inputs[:1], record=d.record("ot_softness", {}, **fields))


def lookup(d: Drafter) -> None:
    """Any function of one value."""
    source, op = d.tensor(0), d.op
    quant, out = _byte_quant(d, source), _byte_quant(d, d.out)
    if source.constant:
        d.refuse(f"{source.name} is constant")
    if op.kind == "relu6" and quant != out:
        d.refuse("its input and output are quantised differently")
    if op.kind in FIXED_OUTPUTS and not _is_fixed(out, *FIXED_OUTPUTS[op.kind]):
        d.refuse("its output must have the scale 1/{} and the zero point {}".format(*FIXED_OUTPUTS[op.kind]))
    if op.kind == "hard_swish" and quant.scale[0] >= 128 * out.scale[0]:
        d.refuse("the scale of its output is too small for that of its input")
    pack = (lambda: np.frombuffer(lookup_table(op, quant, out, source.dtype, d.out.dtype), "<i1")) if d.network.has_weights else None
    table = d.const("table", "int8_t", 256, pack, part="tables")
    ends = (Operand(op.inputs[0]), Operand(op.outputs[0]))
    row = prod(source.shape[2:])
    rows = each_row(source.shape[1], lambda count: {"calls": 1, "elements": count * row}) if len(source.shape) == 4 else None
    dims = {"calls": 1, "elements": source.elements}
    d.call("ot_lookup", (*ends, table, str(source.elements)), dims, shares=op.inputs[:1], rows=rows)


def _is_fixed(quant: Quantisation, parts: int, zero_point: int) -> bool:
    return quant.zero_point[0] == zero_point and abs(quant.scale[0] * parts - 1) < 3e-4


def _byte_quant(d: Drafter, tensor: Tensor) -> Quantisation:
    """Return the quantisation of an int8 tensor, or of a uint8 one at an end of the network."""
    if tensor.dtype == "uint8" and d.op.kind == "quantize" and tensor.quant is not None:
        return tensor.quant
    return d.quant(tensor)


def mean(d: Drafter) -> None:
    """The mean over axes that lie side by side."""
    source, out = d.tensor(0), d.out
    ends = _ends(d)
    outer, count, inner = mean_loops(d)
    multiplier, shift = mean_factor(float32(d.quant(source).scale[0]) / float32(d.quant(out).scale[0]), count)
    fields = words(multiplier=multiplier, outer=outer, reduced=count, inner=inner, offset=-count * d.quant(source).zero_point[0])
    fields |= small(shift=shift, out_zero=d.quant(out).zero_point[0])
    dims = {"calls": 1, "outer": outer, "outputs": outer * inner, "taps": outer * count * inner}
    plane = len(source.shape) == 4 and source.shape[0] == outer == 1 and inner == source.shape[3] and count == prod(source.shape[1:3])
    rows = _all_rows(source, "ot_stream_mean") if plane else None
    d.call("ot_mean", ends, dims, record=d.record("ot_average", {}, **fields), rows=rows)


def reduce_max(d: Drafter) -> None:
    """The largest over axes that lie side by side: a pool whose windows stand one below the other."""
    ends = _ends(d)
    if d.quant(d.tensor(0)) != d.quant(d.out):
        d.refuse("its input and output are quantised differently")
    outer, count, inner = mean_loops(d)
    fields = halves(in_height=outer * count, in_width=1, channels=inner, out_height=outer, out_width=1)
    fields |= halves(kernel_height=count, kernel_width=1, stride_height=count, stride_width=1, pad_top=0, pad_left=0)
    taps = outer * count * inner
    dims = {"calls": 1, "windows": outer, "outputs": outer * inner, "rows": taps, "taps": taps}
    d.call("ot_max_pool", ends, dims, record=d.record("ot_pool", {}, **fields, **small(low=-128, high=127)))


def mean_loops(d: Drafter) -> tuple[int, int, int]:
    """Return how many values lie outside, along and inside the axes that are reduced; they must lie side by side."""
    if not d.tensor(1).constant or d.tensor(1).data is None:
        d.refuse("its axes are not constant")
    source = d.tensor(0)
    axes = {int(a) % len(source.shape) for a in values(d.tensor(1)).ravel()}
    sizes = [(size, axis in axes) for axis, size in enumerate(source.shape) if size > 1]
    reduced = [i for i, (_, gone) in enumerate(sizes) if gone]
    first, last = (reduced[0], reduced[-1] + 1) if reduced else (0, 0)
    if len(reduced) != last - first:
        d.refuse(f"its axes {sorted(axes)} do not lie side by side")
    outer, count, inner = (prod(s for s, _ in part) for part in (sizes[:first], sizes[first:last], sizes[last:]))
    return outer, count, inner


def reshape(d: Drafter) -> None:
    """No call: the output is the input's memory."""
    d.aliases.append((d.activation(0), d.op.outputs[0]))

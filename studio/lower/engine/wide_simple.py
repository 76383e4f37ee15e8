"""int16 values: sums, pools, changes of scale and type, curves, softmax, aliases."""

import copy
from collections.abc import Callable
from math import log2, prod

import numpy as np

from studio.core.ctext import c_float
from studio.core.network import Quantisation, window_size
from studio.lower.engine.arithmetic import activation_range, float32, mean_factor, quantise_multiplier
from studio.lower.engine.dims import copy_dims
from studio.lower.engine.draft import Drafter, Operand, halves, small, words
from studio.lower.engine.simple import mean_loops
from studio.lower.engine.wide import LEAST, MOST, activation, limits, quant
from studio.lower.engine.wide_tables import SIGMOID, softmax_tables

_RANGES = {"int8": (-128, 127), "int16": (LEAST, MOST)}
_BYTES = {"int8": 1, "int16": 2}


def _ends(d: Drafter) -> tuple[Operand, Operand]:
    quant(d, d.out)
    return Operand(activation(d, 0)), Operand(d.op.outputs[0])


def reshape(d: Drafter) -> None:
    """No call: the output is the input's memory."""
    quant(d, d.out)
    d.aliases.append((activation(d, 0), d.op.outputs[0]))


def add(d: Drafter) -> None:
    """Draft a sum of two computed tensors of one shape."""
    a, b = d.tensor(0), d.tensor(1)
    if a.shape != b.shape:
        d.refuse(f"its operands are int16 of the shapes {a.shape} and {b.shape}; they must be equal")
    first, second = (Operand(activation(d, position)) for position in (0, 1))
    qa, qb, out = (float32(quant(d, t).scale[0]) for t in (a, b, d.out))
    twice = 2 * max(qa, qb)
    (ma, sa), (mb, sb), (mo, so) = (quantise_multiplier(f) for f in (qa / twice, qb / twice, twice / ((1 << 15) * out)))
    low, high = limits(d)
    fields = words(multiplier_a=ma, multiplier_b=mb, multiplier_out=mo, count=a.elements)
    fields |= halves(low=low, high=high) | small(shift_a=sa, shift_b=sb, shift_out=so)
    args = (first, second, Operand(d.op.outputs[0]))
    d.call("ot_add_s16", args, {"calls": 1, "elements": a.elements}, shares=d.op.inputs, record=d.record("ot_sum_s16", {}, **fields))


def moved(rule: Callable[[Drafter], None]) -> Callable[[Drafter], None]:
    """Let a rule that only moves values take int16 as well."""

    def draft(d: Drafter) -> None:
        for number in d.op.outputs:
            quant(d, d.network.tensors[number])
        taking = copy.copy(d)
        taking.dtypes = ("int8", "int16")
        rule(taking)

    return draft


def concatenation(d: Drafter) -> None:
    """Draft one copying call for each input."""
    if d.op.options["activation"] != "none":
        d.refuse("a fused activation is not supported")
    axis = d.op.options["axis"] % len(d.out.shape)
    run, rows, offset = 2 * prod(d.out.shape[axis:]), prod(d.out.shape[:axis]), 0
    for position in range(len(d.op.inputs)):
        source = d.tensor(position)
        if quant(d, source) != quant(d, d.out):
            d.refuse("its inputs and output are quantised differently")
        stretch = 2 * prod(source.shape[axis:])
        ends = (Operand(activation(d, position)), Operand(d.op.outputs[0], offset))
        d.call("ot_concatenate", (*ends, str(rows), str(stretch), str(run)), copy_dims(rows, stretch))
        offset += stretch


def mean(d: Drafter) -> None:
    """Draft the mean over axes that lie side by side."""
    outer, count, inner = mean_loops(d)
    ends = _ends(d)
    scales = (float32(quant(d, tensor).scale[0]) for tensor in (d.tensor(0), d.out))
    multiplier, shift = mean_factor(next(scales) / next(scales), count)
    fields = words(multiplier=multiplier, outer=outer, reduced=count, inner=inner, offset=0) | small(shift=shift, out_zero=0)
    dims = {"calls": 1, "outer": outer, "outputs": outer * inner, "taps": outer * count * inner}
    d.call("ot_mean_s16", ends, dims, record=d.record("ot_average", {}, **fields))


def pool(d: Drafter) -> None:
    """Draft a maximum or mean over windows."""
    source, out, options = d.tensor(0), d.out, d.op.options
    ends = _ends(d)
    if quant(d, source) != quant(d, out):
        d.refuse("its input and output are quantised differently")
    names, found, taps = ("height", "width"), {}, []
    for axis, name in enumerate(names):
        size, kernel, stride, outputs = source.shape[axis + 1], options["kernel"][axis], options["stride"][axis], out.shape[axis + 1]
        _, pad = window_size(size, kernel, stride, 1, options["padding"])
        found |= {f"in_{name}": size, f"out_{name}": outputs, f"kernel_{name}": kernel, f"stride_{name}": stride}
        found[("pad_top", "pad_left")[axis]] = pad
        taps.append(sum(min(size, o * stride - pad + kernel) - max(0, o * stride - pad) for o in range(outputs)))
    low, high = limits(d)
    channels = source.shape[3]
    dims = {"calls": 1, "windows": out.shape[1] * out.shape[2], "outputs": prod(out.shape)}
    dims |= {"rows": channels * taps[0] * out.shape[2], "taps": channels * taps[0] * taps[1]}
    name = "ot_average_pool_s16" if d.op.kind == "average_pool_2d" else "ot_max_pool_s16"
    d.call(name, ends, dims, record=d.record("ot_pool_s16", {}, **halves(**found, channels=channels, low=low, high=high)))


def quantize(d: Drafter) -> None:
    """Draft the conversion of floats, or of int16 or int8 to another scale or type."""
    source, out = d.tensor(0), d.out
    if source.dtype == "float32" and not source.constant:
        scale = c_float(quant(d, out).scale[0])
        args = (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), scale, "0", str(out.elements))
        d.call("ot_quantise_s16", args, {"calls": 1, "elements": out.elements}, shares=d.op.inputs)
        return
    qa, qb = _any_quant(d, 0), _any_quant(d, None)
    _rescale(d, float32(qa.scale[0]) / float32(qb.scale[0]), qa.zero_point[0], qb.zero_point[0], *_RANGES[out.dtype])


def _any_quant(d: Drafter, position: int | None) -> Quantisation:
    tensor = d.out if position is None else d.tensor(position)
    if tensor.constant:
        d.refuse(f"{tensor.name} is constant")
    return quant(d, tensor) if tensor.dtype == "int16" else d.quant(tensor)


def dequantize(d: Drafter) -> None:
    """Draft the conversion to floats."""
    if d.out.dtype != "float32":
        d.refuse(f"{d.out.name} is {d.out.dtype}; int16 becomes float32 only")
    args = (Operand(activation(d, 0)), Operand(d.op.outputs[0]), c_float(quant(d, d.tensor(0)).scale[0]), "0", str(d.out.elements))
    d.call("ot_dequantise_s16", args, {"calls": 1, "elements": d.out.elements})


def relu(d: Drafter) -> None:
    """Draft a ReLU; TFLM divides the scales in float32."""
    qa, qb = quant(d, d.tensor(0)), quant(d, d.out)
    activation(d, 0)
    _rescale(d, float32(float32(qa.scale[0]) / float32(qb.scale[0])), 0, 0, 0, MOST)


def relu6(d: Drafter) -> None:
    """Draft a ReLU6, which TFLM clamps in the input's scale; the output must have the same."""
    qa, qb = quant(d, d.tensor(0)), quant(d, d.out)
    activation(d, 0)
    if qa != qb:
        d.refuse("its input and output are quantised differently")
    _rescale(d, 1.0, 0, 0, *activation_range("relu6", qa, (LEAST, MOST)))


def _rescale(d: Drafter, factor: float, in_zero: int, out_zero: int, low: int, high: int) -> None:
    multiplier, shift = quantise_multiplier(factor)
    sizes = {"in_bytes": _BYTES[d.tensor(0).dtype], "out_bytes": _BYTES[d.out.dtype]}
    fields = words(multiplier=multiplier, count=d.out.elements) | halves(in_zero=in_zero, out_zero=out_zero, low=low, high=high)
    record = d.record("ot_scaling", {}, **fields, **small(shift=shift, **sizes))
    shares = d.op.inputs if sizes["out_bytes"] <= sizes["in_bytes"] else ()
    ends = (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]))
    d.call("ot_rescale_s16", ends, {"calls": 1, "elements": d.out.elements}, shares=shares, record=record)


def curve(d: Drafter) -> None:
    """Draft a logistic function or a hyperbolic tangent, whose output has the scale 1/32768."""
    ends = _ends(d)
    if abs(quant(d, d.out).scale[0] * 32768 - 1) > 1e-6:
        d.refuse("its output must have the scale 1/32768")
    multiplier, shift = curve_scaling(float32(quant(d, d.tensor(0)).scale[0]), d.op.kind)
    table = d.const("table", "uint16_t", len(SIGMOID), (lambda: np.array(SIGMOID)) if d.network.has_weights else None, part="tables")
    args = (*ends, table, str(d.out.elements), str(multiplier), str(shift))
    d.call(f"ot_{d.op.kind}_s16", args, {"calls": 1, "elements": d.out.elements}, shares=d.op.inputs)


def curve_scaling(scale: float, kind: str) -> tuple[int, int]:
    """Return multiplier and shift to the right that bring an input to steps of 1/12288, with 15 bits as TFLM takes them."""
    power = log2(scale)
    left = round(power) + 12
    if abs(power - round(power)) < 1e-3 and left in ((0, 1) if kind == "tanh" else (0,)):
        return 3 << left, 0
    factor, shift = scale * 4096.0 * 3.0, 0
    while factor <= MOST / 2 and shift <= 30:
        factor, shift = factor * 2, shift + 1
    return int(factor), shift


def softmax(d: Drafter) -> None:
    """Draft a softmax over the last axis; its exponentials and reciprocals are tables."""
    source, ends = d.tensor(0), _ends(d)
    if abs(quant(d, d.out).scale[0] * 32768 - 1) > 1e-3:
        d.refuse("its output must have the scale 1/32768")
    columns = source.shape[-1]
    rows = source.elements // columns
    multiplier, shift = quantise_multiplier(float32(quant(d, source).scale[0]) * float32(d.op.options["beta"]) / (10.0 / 65535.0))
    known = d.network.has_weights
    packs = [(lambda i=i: softmax_tables()[i]) if known else None for i in (0, 1)]
    tables = [d.const(name, "int16_t", 513, pack, part="tables") for name, pack in zip(("exponential", "reciprocal"), packs, strict=True)]
    record = d.record("ot_soft", {}, **words(multiplier=multiplier, rows=rows, columns=columns), **small(shift=shift))
    dims = {"calls": 1, "rows": rows, "elements": source.elements}
    d.call("ot_softmax_s16", (*ends, *tables), dims, shares=d.op.inputs[:1], record=record)

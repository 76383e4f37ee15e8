"""Elementwise operators of two operands, either of which may be constant or repeated along axes: products, sums, differences."""

from math import prod

from studio.core.network import Shape
from studio.lower.engine.arithmetic import activation_range, float32, quantise_multiplier
from studio.lower.engine.draft import Drafter, Operand, small, values, words

LOOPS = ("outer", "middle", "inner")


def mul(d: Drafter) -> None:
    """Draft a product."""
    qa, qb, out = d.quant(d.tensor(0)), d.quant(d.tensor(1)), d.quant(d.out)
    factor = float32(qa.scale[0]) * float32(qb.scale[0]) / float32(out.scale[0])
    multiplier, shift = quantise_multiplier(factor)
    _call(d, "ot_multiply", "ot_product", words(multiplier=multiplier), small(shift=shift), {})


def add(d: Drafter) -> None:
    """Draft a sum that ot_add cannot do."""
    qa, qb, out = (float32(d.quant(t).scale[0]) for t in (d.tensor(0), d.tensor(1), d.out))
    twice = 2 * max(qa, qb)
    _wide_sum(d, (qa / twice, qb / twice, twice / ((1 << 20) * out)), 1)


def sub(d: Drafter) -> None:
    """Draft a difference; TFLM divides the scales in float32, as it does not for sums."""
    qa, qb, out = (float32(d.quant(t).scale[0]) for t in (d.tensor(0), d.tensor(1), d.out))
    twice = 2 * max(qa, qb)
    factors = (float32(qa / twice), float32(qb / twice), float32(twice / float32((1 << 20) * out)))
    if factors[2] >= 1:
        d.refuse("the scale of its output is too small for those of its operands")
    _wide_sum(d, factors, -1)


def _wide_sum(d: Drafter, factors: tuple[float, float, float], sign: int) -> None:
    (ma, sa), (mb, sb), (mo, so) = (quantise_multiplier(f) for f in factors)
    multipliers = words(multiplier_a=ma, multiplier_b=mb, multiplier_out=mo)
    _call(d, "ot_broadcast_add", "ot_wide_sum", multipliers, small(shift_a=sa, shift_b=sb, shift_out=so), small(sign=sign))


def _call(d: Drafter, kernel: str, record: str, multipliers: dict, shifts: dict, rest: dict) -> None:
    """Add the call; its record holds multipliers, loops, steps, shifts, zero points and the activation's range, in this order."""
    if d.op.options["activation"] not in ("none", "relu", "relu6", "relu_n1_to_1"):
        d.refuse(f"activation {d.op.options['activation']} is not supported")
    loops = loops_of(d.tensor(0).shape, d.tensor(1).shape, d.out.shape)
    if len(loops) > len(LOOPS):
        d.refuse(f"its operands {d.tensor(0).shape} and {d.tensor(1).shape} repeat each other along too many axes")
    loops = ((1, 0, 0),) * (len(LOOPS) - len(loops)) + loops
    first, second = (_operand(d, position) for position in (0, 1))
    zeros = {n: d.quant(t).zero_point[0] for n, t in (("zero_a", d.tensor(0)), ("zero_b", d.tensor(1)), ("zero_out", d.out))}
    low, high = activation_range(d.op.options["activation"], d.quant(d.out))
    fields = multipliers | words(**{name: size for name, (size, _, _) in zip(LOOPS, loops, strict=True)})
    fields |= words(a_outer=loops[0][1], a_middle=loops[1][1], b_outer=loops[0][2], b_middle=loops[1][2])
    fields |= small(a_inner=loops[2][1], b_inner=loops[2][2]) | shifts | small(**zeros, low=low, high=high) | rest
    dims = {"calls": 1, "outer": loops[0][0], "lines": loops[0][0] * loops[1][0], "elements": prod(s for s, _, _ in loops)}
    whole = tuple(i for i, o in zip(d.op.inputs, (first, second), strict=True) if not isinstance(o, str) and _fills(d, i))
    d.call(kernel, (first, second, Operand(d.op.outputs[0])), dims, shares=whole, record=d.record(record, {}, **fields))


def _fills(d: Drafter, tensor: int) -> bool:
    return d.network.tensors[tensor].elements == d.out.elements


def _operand(d: Drafter, position: int) -> Operand | str:
    tensor = d.tensor(position)
    if not tensor.constant:
        return Operand(d.activation(position))
    pack = (lambda: values(tensor)) if tensor.data is not None else None
    return d.const("ab"[position], "int8_t", tensor.elements, pack)


def loops_of(a: Shape, b: Shape, out: Shape) -> tuple[tuple[int, int, int], ...]:
    """Return the fewest nested loops, each (passes, step of a, step of b), that walk `out` in its order."""
    loops: list[tuple[int, int, int]] = []
    for size, step_a, step_b in zip(out, _steps(a, len(out)), _steps(b, len(out)), strict=True):
        if size == 1:
            continue
        if loops and loops[-1][1:] == (size * step_a, size * step_b):
            loops[-1] = (loops[-1][0] * size, step_a, step_b)
        else:
            loops.append((size, step_a, step_b))
    return tuple(loops)


def _steps(shape: Shape, rank: int) -> list[int]:
    full = (1,) * (rank - len(shape)) + tuple(shape)
    return [0 if size == 1 else prod(full[axis + 1 :]) for axis, size in enumerate(full)]

"""Operators that only move values: slices, splits, transposes, padding. A lattice is axes of (count, step in, step out)."""

from collections.abc import Sequence
from math import prod

import numpy as np

from studio.core.network import Shape, Tensor
from studio.lower.engine.dims import copy_dims
from studio.lower.engine.draft import Drafter, Operand, values, words

Axis = tuple[int, int, int]
LOOPS = ("block", "plane", "row", "item")


def strided_slice(d: Drafter) -> None:
    """Draft a slice by constant begins, ends and strides."""
    source, options = d.tensor(0), d.op.options
    if any(options.get(name) for name in ("ellipsis_mask", "new_axis_mask", "offset")):
        d.refuse("an ellipsis, a new axis or ends relative to begins are not supported")
    begins, ends, strides = (_constant(d, position) for position in (1, 2, 3))
    offset, axes, kept = 0, [], d.out.elements
    for axis, (size, step) in enumerate(zip(source.shape, steps_of(source.shape), strict=True)):
        first, count = _taken(size, (begins[axis], ends[axis], strides[axis]), axis, options)
        offset += first * step
        kept //= max(count, 1)
        axes.append((count, strides[axis] * step, kept))
    _move(d, Operand(d.activation(0), offset), axes)


def _taken(size: int, bounds: tuple[int, int, int], axis: int, options) -> tuple[int, int]:
    """Return the first index of an axis and the number of those taken (TensorFlow's rule for masks and negative bounds)."""
    begin, end, stride = bounds
    open_begin, open_end, shrinks = (options.get(name, 0) >> axis & 1 for name in ("begin_mask", "end_mask", "shrink_axis_mask"))
    first, last, _ = slice(None if open_begin else begin, None if open_end else end, stride).indices(size)
    return (first, 1) if shrinks else (first, len(range(first, last, stride)))


def split(d: Drafter) -> None:
    """Draft one copy for each of the equal parts."""
    _parts(d, 1, _constant(d, 0)[0])


def split_v(d: Drafter) -> None:
    """Draft one copy for each of the parts, of any sizes."""
    _parts(d, 0, _constant(d, 2)[0])


def _parts(d: Drafter, position: int, axis: int) -> None:
    source = d.tensor(position)
    axis %= len(source.shape)
    run, rows, offset = prod(source.shape[axis:]), prod(source.shape[:axis]), 0
    for number in d.op.outputs:
        stretch = prod(d.network.tensors[number].shape[axis:])
        d.quant(d.network.tensors[number])
        _move(d, Operand(d.activation(position), offset), [(rows, run, stretch), (stretch, 1, 1)], number)
        offset += stretch


def transpose(d: Drafter) -> None:
    """Draft a transposition by a constant order of axes."""
    steps = steps_of(d.tensor(0).shape)
    order = _constant(d, 1)
    axes = [(d.tensor(0).shape[a], steps[a], out) for a, out in zip(order, steps_of(d.out.shape), strict=True)]
    _move(d, Operand(d.activation(0)), axes)


def pad(d: Drafter) -> None:
    """Draft the filling of the whole output, then the copy of the input into it."""
    source, out = d.tensor(0), d.out
    if d.quant(source) != d.quant(out):
        d.refuse("its input and output are quantised differently")
    fill = int(values(d.tensor(2)).ravel()[0]) if len(d.op.inputs) > 2 else d.quant(out).zero_point[0]
    if fill and item_bytes(out) > 1:
        d.refuse(f"it fills with {fill}; {out.dtype} can be filled with 0 only")
    before = _constant(d, 1)[::2]
    steps = steps_of(out.shape)
    offset = sum(count * step for count, step in zip(before, steps, strict=True))
    target = Operand(d.op.outputs[0])
    d.call("ot_fill", (target, str(out.nbytes), str(fill)), {"calls": 1, "elements": out.nbytes})
    axes = list(zip(source.shape, steps_of(source.shape), steps, strict=True))
    _move(d, Operand(d.activation(0)), axes, offset=offset)


def item_bytes(tensor: Tensor) -> int:
    """Return the bytes of each value."""
    return tensor.nbytes // max(1, tensor.elements)


def steps_of(shape: Shape) -> list[int]:
    """Return how many elements apart the neighbours along each axis lie."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _constant(d: Drafter, position: int) -> list[int]:
    tensor: Tensor = d.tensor(position)
    if not tensor.constant or tensor.data is None:
        d.refuse(f"{tensor.name} is not constant")
    return [int(v) for v in np.ravel(values(tensor))]


def merged(axes: Sequence[Axis]) -> list[Axis]:
    """Join neighbouring axes that one step can walk, and drop those of a single index."""
    found: list[Axis] = []
    for count, step_in, step_out in axes:
        if count == 1:
            continue
        if found and found[-1][1:] == (count * step_in, count * step_out):
            found[-1] = (found[-1][0] * count, step_in, step_out)
        else:
            found.append((count, step_in, step_out))
    return found or [(1, 1, 1)]


def _move(d: Drafter, source: Operand, axes: Sequence[Axis], writes: int | None = None, offset: int = 0) -> None:
    """Add the copy; one run of bytes needs no lattice."""
    number = d.op.outputs[0] if writes is None else writes
    d.quant(d.network.tensors[number])
    item = item_bytes(d.network.tensors[number])
    in_bytes = [(count, item * step_in, item * step_out) for count, step_in, step_out in axes]
    source, target = Operand(source.tensor, item * source.offset), Operand(number, item * offset)
    walked = merged([*in_bytes, (item, 1, 1)])
    if len(walked) > len(LOOPS):
        d.refuse("it has too many axes")
    if walked[0][1:] == (1, 1):
        run = str(walked[0][0])
        d.call("ot_concatenate", (source, target, "1", run, run), copy_dims(1, walked[0][0]), writes=number)
        return
    full = [(1, 0, 0)] * (len(LOOPS) - len(walked)) + walked
    counts = [count for count, _, _ in full]
    fields = words(**{f"{n}s": count for n, count in zip(LOOPS, counts, strict=True)})
    fields |= words(**{f"in_{n}": step for n, (_, step, _) in zip(LOOPS, full, strict=True)})
    fields |= words(**{f"out_{n}": step for n, (_, _, step) in zip(LOOPS, full, strict=True)})
    dims = {"calls": 1, "blocks": counts[0], "planes": prod(counts[:2]), "rows": prod(counts[:3]), "elements": prod(counts)}
    d.call("ot_strided_copy", (source, target), dims, record=d.record("ot_lattice", {}, **fields), writes=number)

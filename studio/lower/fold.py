"""Make a drafted network smaller without changing what it computes: fold, fuse, drop."""

from __future__ import annotations

from collections import Counter
from math import prod

import msgspec
import numpy as np

from studio.core.network import Op
from studio.lower.build import Draft

OUT_AXIS = {"conv_2d": 0, "depthwise_conv_2d": 3, "fully_connected": 0}
_TAKES_ACTIVATION = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected", "add", "sub", "mul", "max_pool_2d", "average_pool_2d"])
_ACTIVATIONS = frozenset(["relu", "relu6"])


def fold(draft: Draft, output: int) -> int:
    """Fold and fuse all that is legal; return the output's tensor, which may be another one now."""
    plain_norms(draft, output)
    output = fold_into_producers(draft, output)
    output = drop_reshapes(draft, output)
    for number, op in enumerate(draft.ops):
        if op.kind in OUT_AXIS and len(op.inputs) == 2:
            draft.ops[number] = _with_bias(draft, op)
    return output


def fold_into_producers(draft: Draft, output: int) -> int:
    """Fold batch_norm into the convolution or dense layer before it, then relu and relu6 into what can apply them.

    Only where nothing else reads the operator's output. The producer takes over the folded operator's output tensor.
    """
    readers = _readers(draft, output)
    kept: list[Op] = []
    writer: dict[int, int] = {}
    for op in draft.ops:
        at = writer.get(op.inputs[0], -1) if op.inputs else -1
        if at >= 0 and readers[op.inputs[0]] == 1 and _absorbs(kept[at], op):
            draft.names[op.outputs[0]] = draft.names[op.inputs[0]]
            kept[at] = _fold_norm(draft, kept[at], op) if op.kind == "batch_norm" else _with_activation(kept[at], op)
        else:
            kept.append(op)
            at = len(kept) - 1
        for tensor in op.outputs:
            writer[tensor] = at
    draft.ops[:] = kept
    return output


def _readers(draft: Draft, output: int) -> Counter[int]:
    counts: Counter[int] = Counter(t for op in draft.ops for t in op.inputs)
    counts[output] += 1
    return counts


def _absorbs(producer: Op, op: Op) -> bool:
    free = producer.options.get("activation") == "none"
    if op.kind == "batch_norm":
        return free and producer.kind in OUT_AXIS
    return free and op.kind in _ACTIVATIONS and producer.kind in _TAKES_ACTIVATION


def _with_activation(producer: Op, op: Op) -> Op:
    return msgspec.structs.replace(producer, outputs=op.outputs, options={**producer.options, "activation": op.kind})


def _fold_norm(draft: Draft, producer: Op, norm: Op) -> Op:
    """Scale the filters by s = gamma / sqrt(variance + epsilon) and set the bias to (bias - mean) * s + beta."""
    producer = _with_bias(draft, producer)
    kernel, bias = producer.inputs[1:3]
    if draft.trained:
        gamma, beta, mean, variance = (draft.values[i].astype(np.float64) for i in norm.inputs[1:5])
        scale = gamma / np.sqrt(variance + norm.options["epsilon"])
        axes = [1] * len(draft.shapes[kernel])
        axes[OUT_AXIS[producer.kind]] = -1
        draft.values[kernel] = (draft.values[kernel] * scale.reshape(axes)).astype(np.float32)
        draft.values[bias] = ((draft.values[bias] - mean) * scale + beta).astype(np.float32)
    return msgspec.structs.replace(producer, outputs=norm.outputs)


def _with_bias(draft: Draft, op: Op) -> Op:
    if len(op.inputs) > 2:
        return op
    count = draft.shapes[op.inputs[1]][OUT_AXIS[op.kind]]
    values = np.zeros(count, np.float32) if draft.trained else None
    name = draft.names[op.inputs[1]].replace("kernel", "bias").replace("/scale", "/offset")
    bias = draft.add_constant(name, (count,), "float32", values)
    return msgspec.structs.replace(op, inputs=(*op.inputs, bias))


def plain_norms(draft: Draft, output: int) -> None:
    """Turn each batch_norm that has nothing to fold into into a 1x1 depthwise convolution, between reshapes where needed."""
    readers = _readers(draft, output)
    writer = {t: op for op in draft.ops for t in op.outputs}
    ops = list(draft.ops)
    draft.ops.clear()
    for op in ops:
        producer = writer.get(op.inputs[0]) if op.inputs else None
        foldable = producer is not None and readers[op.inputs[0]] == 1 and _absorbs(producer, op)
        if op.kind == "batch_norm" and not foldable:
            _add_plain_norm(draft, op)
        else:
            draft.ops.append(op)


def _add_plain_norm(draft: Draft, op: Op) -> None:
    draft.block = op.block
    shape = draft.shapes[op.inputs[0]]
    channels = shape[-1]
    flat = shape if len(shape) == 4 else (1, 1, prod(shape) // channels, channels)
    source = op.inputs[0] if flat == shape else draft.op("reshape", (op.inputs[0],), flat)
    values = np.ones((1, 1, 1, channels), np.float32) if draft.trained else None
    kernel = draft.add_constant(f"{op.block}/scale", (1, 1, 1, channels), "float32", values)
    options = {"stride": (1, 1), "dilation": (1, 1), "padding": "valid", "activation": "none", "multiplier": 1}
    target = op.outputs[0] if flat == shape else draft.tensor(f"{op.block}/scaled", flat)
    unit = Op("depthwise_conv_2d", (source, kernel), (target,), options, op.block)
    draft.ops.append(msgspec.structs.replace(_fold_norm(draft, unit, op), outputs=(target,)))
    if flat != shape:
        draft.ops.append(Op("reshape", (target,), op.outputs, {}, op.block))


def drop_reshapes(draft: Draft, output: int) -> int:
    """Drop reshapes to the same shape and the first of two in a row; the target shape is the output's, so it needs no constant."""
    same: dict[int, int] = {}
    source: dict[int, int] = {}
    kept: list[Op] = []
    for op in draft.ops:
        inputs = tuple(same.get(t, t) for t in op.inputs)
        if op.kind == "reshape":
            first = source.get(inputs[0], inputs[0])
            (target,) = op.outputs
            if draft.shapes[first] == draft.shapes[target]:
                same[target] = first
                continue
            source[target] = first
            inputs = (first,)
        kept.append(msgspec.structs.replace(op, inputs=inputs))
    output = same.get(output, output)
    draft.ops[:] = _used(kept, output)
    return output


def _used(ops: list[Op], output: int) -> list[Op]:
    """Leave out reshapes that nobody reads any more."""
    needed = {output}
    kept: list[Op] = []
    for op in reversed(ops):
        if op.kind != "reshape" or op.outputs[0] in needed:
            kept.append(op)
            needed.update(op.inputs)
    return kept[::-1]

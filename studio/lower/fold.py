"""Make a drafted network smaller without changing what it computes: fold, fuse, drop."""

from __future__ import annotations

from math import prod

import numpy as np

from studio.core.network import Op
from studio.core.remember import Memory
from studio.lower.build import NO_OPTIONS, Draft

OUT_AXIS = {"conv_2d": 0, "depthwise_conv_2d": 3, "fully_connected": 0}
_TAKES_ACTIVATION = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected", "add", "sub", "mul", "max_pool_2d", "average_pool_2d"])
_ACTIVATIONS = frozenset(["relu", "relu6"])
_FOLDED = _ACTIVATIONS | {"batch_norm"}
# One object for all: what is kept of an operator is found by its options' identity.
_UNIT = {"stride": (1, 1), "dilation": (1, 1), "padding": "valid", "activation": "none", "multiplier": 1}


def fold(draft: Draft, output: int) -> int:
    """Fold and fuse all that is legal; return the output's tensor, which may be another one now."""
    fold_into_producers(draft, output)
    if any(op.kind == "reshape" for op in draft.ops):
        output = drop_reshapes(draft, output)
    draft.ops[:] = [_with_bias(draft, op) if op.kind in OUT_AXIS and len(op.inputs) == 2 else op for op in draft.ops]
    return output


def fold_into_producers(draft: Draft, output: int) -> None:
    """Fold batch_norm into the convolution or dense layer before it, relu and relu6 into what can apply them.

    Only where nothing else reads the operator's output. The producer takes over the folded operator's output tensor. A batch_norm
    that has nothing to fold into becomes a 1x1 depthwise convolution, between reshapes where needed.
    """
    readers = _readers(draft, output)
    kept: list[Op] = []
    writer: dict[int, int] = {}
    norms: set[int] = set()
    for op in draft.ops:
        if op.kind in _FOLDED:
            source, out = op.inputs[0], op.outputs[0]
            at = writer.get(source, -1)
            # What a batch_norm wrote takes no second one.
            if at >= 0 and readers[source] == 1 and _absorbs(kept[at], op) and not (op.kind == "batch_norm" and source in norms):
                draft.names[out] = draft.names[source]
                kept[at] = _fold_norm(draft, kept[at], op) if op.kind == "batch_norm" else _with_activation(kept[at], op)
                writer[out] = at
                if op.kind == "batch_norm":
                    norms.add(out)
                continue
            if op.kind == "batch_norm":
                kept += _plain_norm(draft, op)
                writer[out] = len(kept) - 1
                norms.add(out)
                continue
        kept.append(op)
        for tensor in op.outputs:
            writer[tensor] = len(kept) - 1
    draft.ops[:] = kept


def _readers(draft: Draft, output: int) -> dict[int, int]:
    """Count who reads each tensor; the network's output has one reader more."""
    counts = {output: 1}
    for op in draft.ops:
        for tensor in op.inputs:
            counts[tensor] = counts.get(tensor, 0) + 1
    return counts


def _absorbs(producer: Op, op: Op) -> bool:
    free = producer.options.get("activation") == "none"
    if op.kind == "batch_norm":
        return free and producer.kind in OUT_AXIS
    return free and op.kind in _ACTIVATIONS and producer.kind in _TAKES_ACTIVATION


def _with_activation(producer: Op, op: Op) -> Op:
    key = (id(producer.options), op.kind)
    # The options are kept beside those that they were made of, whose identity is in the key.
    options = (_OPTIONS[key] or _OPTIONS.keep(key, ({**producer.options, "activation": op.kind}, producer.options)))[0]
    return Op(producer.kind, producer.inputs, op.outputs, options, producer.block)


_OPTIONS = Memory(1024)


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
    return Op(producer.kind, producer.inputs, norm.outputs, producer.options, producer.block)


def _with_bias(draft: Draft, op: Op) -> Op:
    if len(op.inputs) > 2:
        return op
    count = draft.shapes[op.inputs[1]][OUT_AXIS[op.kind]]
    values = np.zeros(count, np.float32) if draft.trained else None
    name = draft.names[op.inputs[1]].replace("kernel", "bias").replace("/scale", "/offset")
    bias = draft.add_constant(name, (count,), "float32", values)
    return Op(op.kind, (*op.inputs, bias), op.outputs, op.options, op.block)


def _plain_norm(draft: Draft, op: Op) -> list[Op]:
    """Return the 1x1 depthwise convolution that does the same, between reshapes where its input is no map."""
    shape = draft.shapes[op.inputs[0]]
    channels = shape[-1]
    flat = shape if len(shape) == 4 else (1, 1, prod(shape) // channels, channels)
    before, after = [], []
    source, target = op.inputs[0], op.outputs[0]
    if flat != shape:
        source = draft.tensor(f"{op.block}/reshape", flat)
        before = [Op("reshape", op.inputs[:1], (source,), NO_OPTIONS, op.block)]
    values = np.ones((1, 1, 1, channels), np.float32) if draft.trained else None
    kernel = draft.add_constant(f"{op.block}/scale", (1, 1, 1, channels), "float32", values)
    if flat != shape:
        target = draft.tensor(f"{op.block}/scaled", flat)
        after = [Op("reshape", (target,), op.outputs, NO_OPTIONS, op.block)]
    unit = _fold_norm(draft, Op("depthwise_conv_2d", (source, kernel), (target,), _UNIT, op.block), op)
    return [*before, Op(unit.kind, unit.inputs, (target,), unit.options, unit.block), *after]


def drop_reshapes(draft: Draft, output: int) -> int:
    """Drop reshapes to the same shape and the first of two in a row; the target shape is the output's, so it needs no constant."""
    same: dict[int, int] = {}
    source: dict[int, int] = {}
    kept: list[Op] = []
    for op in draft.ops:
        inputs = tuple([same.get(t, t) for t in op.inputs]) if same else op.inputs
        if op.kind == "reshape":
            first = source.get(inputs[0], inputs[0])
            (target,) = op.outputs
            if draft.shapes[first] == draft.shapes[target]:
                same[target] = first
                continue
            source[target] = first
            inputs = (first,)
        kept.append(op if inputs == op.inputs else Op(op.kind, inputs, op.outputs, op.options, op.block))
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

"""The int8 form of a network by TensorFlow Lite's rules (its "8-bit quantization specification"): types first, then numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import msgspec
import numpy as np

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.core.remember import Memory
from studio.lower.build import NO_OPTIONS
from studio.lower.fold import OUT_AXIS

Range = tuple[float, float]
Ranges = Mapping[int, Range]

SHARES_SCALE = frozenset(
    [
        "max_pool_2d",
        "average_pool_2d",
        "reshape",
        "concatenation",
        "pad",
        "transpose",
        "strided_slice",
        "split",
        "split_v",
        "squeeze",
        "expand_dims",
        "slice",
        "gather",
        "resize_nearest_neighbor",
        "relu6",
    ]
)
FIXED: Mapping[str, Quantisation] = MappingProxyType(
    {
        "softmax": Quantisation((1 / 256,), (-128,)),
        "logistic": Quantisation((1 / 256,), (-128,)),
        "tanh": Quantisation((1 / 128,), (0,)),
    }
)
FREE = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected", "add", "sub", "mul", "mean", "relu", "hard_swish", "quantize"])
_HAVE_RULES = SHARES_SCALE | FREE | frozenset(FIXED)
_LEVELS = MappingProxyType({"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)})
_NARROWEST = 1e-7


class Groups:
    """Which activation tensors share one scale, found from the operators alone."""

    def __init__(self, network: Network) -> None:
        self._parent = list(range(len(network.tensors)))
        self.fixed: dict[int, Quantisation] = {}
        self.signed: set[int] = set()
        for index in network.inputs:
            self.signed.add(index)
        for op in network.ops:
            self.add(op, network)

    def add(self, op: Op, network: Network) -> None:
        """Let an operator join its tensors."""
        kind = op.kind
        if kind in SHARES_SCALE:
            self._join([t for t in op.inputs + op.outputs if t >= 0 and network.tensors[t].dtype not in ("int32", "int64")])
        elif kind in FIXED:
            self.fixed[self.root(op.outputs[0])] = FIXED[kind]
        elif op.options.get("activation", kind) not in ("relu", "relu6"):
            for tensor in op.outputs:
                self.signed.add(self.root(tensor))

    def root(self, tensor: int) -> int:
        """Return the tensor that stands for the group."""
        while self._parent[tensor] != tensor:
            tensor = self._parent[tensor]
        return tensor

    def grow(self) -> None:
        """Make room for one more tensor, a group of its own."""
        self._parent.append(len(self._parent))

    def _join(self, tensors: list[int]) -> None:
        first = self.root(tensors[0])
        for tensor in tensors[1:]:
            other = self.root(tensor)
            self._parent[other] = first
            if other in self.fixed:
                self.fixed[first] = self.fixed.pop(other)
            if other in self.signed:
                self.signed.add(first)


def quantised_types(network: Network) -> Network:
    """Return the int8 network's structure, without data and with placeholder scales; at once, for the live estimate.

    Tensors, operators and their order are those that `quantise` returns. A network that is int8 already comes back as it is.
    Raises UnsupportedOperator for kinds that have no int8 rule here.
    """
    if not any(t.dtype == "float32" for t in network.tensors) or any(t.dtype == "int8" for t in network.tensors):
        return network
    network = _requantise_joins(network)
    groups = Groups(network)
    tensors = network.tensors
    typed: list[Tensor | None] = [None] * len(tensors)
    for op in network.ops:
        if op.kind in OUT_AXIS:
            _type_weights(op, tensors, typed)
    made = [done or _typed_activation(t, groups, i) for i, (t, done) in enumerate(zip(tensors, typed, strict=True))]
    return Network(network.name, tuple(made), network.ops, network.inputs, network.outputs, network.subgraphs)


def _requantise_joins(network: Network) -> Network:
    """Put a quantize operator before each concatenation's input whose scale is fixed, such as a softmax's."""
    kinds = {op.kind for op in network.ops}
    if not kinds <= _HAVE_RULES:
        op = next(op for op in network.ops if op.kind not in _HAVE_RULES)
        raise UnsupportedOperator(f"there is no int8 rule for {op.kind!r}", where=op.block or op.kind, hint="use another block")
    if "concatenation" not in kinds:
        return network
    tensors, ops = list(network.tensors), []
    groups = Groups(msgspec.structs.replace(network, ops=()))
    for op in network.ops:
        if op.kind == "concatenation":
            inputs = []
            for tensor in op.inputs:
                if groups.root(tensor) in groups.fixed:
                    tensors.append(msgspec.structs.replace(tensors[tensor], name=f"{tensors[tensor].name}/requantised"))
                    groups.grow()
                    ops.append(Op("quantize", (tensor,), (len(tensors) - 1,), NO_OPTIONS, op.block))
                    tensor = len(tensors) - 1
                inputs.append(tensor)
            op = msgspec.structs.replace(op, inputs=tuple(inputs))
        ops.append(op)
        groups.add(op, msgspec.structs.replace(network, tensors=tuple(tensors)) if len(tensors) > len(network.tensors) else network)
    return msgspec.structs.replace(network, tensors=tuple(tensors), ops=tuple(ops))


def _typed_activation(tensor: Tensor, groups: Groups, index: int) -> Tensor:
    if tensor.dtype != "float32":
        return tensor
    root = groups.root(index)
    quant = groups.fixed.get(root) or (_SIGNED if root in groups.signed or tensor.constant else _RECTIFIED)
    return _made(tensor, "int8", quant)


_TYPED = Memory(8192)


def _made(tensor: Tensor, dtype: str, quant: Quantisation) -> Tensor:
    """Type a tensor; what an edit leaves as it was is the same object afterwards, so that others may keep what they made of it."""
    key = (id(tensor), id(quant), dtype)
    kept = _TYPED[key]
    if kept is None:
        kept = (Tensor(tensor.name, tensor.shape, dtype, quant, tensor.constant), quant, tensor)
        if tensor.data is None:  # trained weights are not kept alive here
            _TYPED.keep(key, kept)
    return kept[0]


@lru_cache(maxsize=1024)
def _placeholder(scale: float, count: int, axis: int = 0) -> Quantisation:
    return Quantisation((scale,) * count, (0,) * count, axis)


_SIGNED = Quantisation((0.05,), (0,))
_RECTIFIED = Quantisation((0.05,), (-128,))


def _type_weights(op: Op, tensors: tuple[Tensor, ...], typed: list[Tensor | None]) -> None:
    """Filters have a scale per output channel, a dense layer's weights one for all."""
    kernel, bias = op.inputs[1], op.inputs[2] if len(op.inputs) > 2 else -1
    axis = OUT_AXIS[op.kind]
    count = 1 if op.kind == "fully_connected" else tensors[kernel].shape[axis]
    typed[kernel] = _made(tensors[kernel], "int8", _placeholder(0.01, count, axis))
    if bias >= 0:
        typed[bias] = _made(tensors[bias], "int32", _placeholder(0.0005, count))


def fill(typed: Network, values: Mapping[int, np.ndarray], ranges: Ranges) -> Network:
    """Give a typed network its scales and data: `values` are the constants as real numbers, `ranges` the activations' by tensor."""
    tensors = list(typed.tensors)
    for index, quant in _activation_scales(typed, values, ranges).items():
        tensors[index] = msgspec.structs.replace(tensors[index], quant=quant, data=None)
    for op in typed.ops:
        if op.kind in OUT_AXIS:
            _fill_weights(op, tensors, values)
    return msgspec.structs.replace(typed, tensors=tuple(_with_data(t, values.get(i)) for i, t in enumerate(tensors)))


def _activation_scales(typed: Network, values: Mapping[int, np.ndarray], ranges: Ranges) -> dict[int, Quantisation]:
    """Find the scale of each tensor that is no filter or bias; a group's range holds the ranges of all its tensors."""
    groups = Groups(typed)
    weights = {t for op in typed.ops if op.kind in OUT_AXIS for t in op.inputs[1:3]}
    quantised = [i for i, t in enumerate(typed.tensors) if t.quant is not None and t.dtype in _LEVELS and i not in weights]
    known: dict[int, list[Range]] = {groups.root(i): [] for i in quantised}
    for index in quantised:
        if typed.tensors[index].constant and index in values:
            known[groups.root(index)].append((float(values[index].min()), float(values[index].max())))
        elif index in ranges:
            known[groups.root(index)].append(ranges[index])
    scales = {root: groups.fixed.get(root) or affine(join_ranges(found), typed.tensors[root].dtype) for root, found in known.items()}
    return {i: scales[groups.root(i)] for i in quantised}


def join_ranges(ranges: Iterable[Range]) -> Range:
    """Return the range that holds all of them; (0, 0) for none."""
    found = list(ranges) or [(0.0, 0.0)]
    return min(low for low, _ in found), max(high for _, high in found)


def affine(range: Range, dtype: str = "int8") -> Quantisation:
    """Return the scale and zero point with which a range fills the integers and 0 is exact; int16 is symmetric.

    A range without width, a dead activation's, becomes 0 to 1. Raises InputError where the range is not finite.
    """
    low, high = min(range[0], 0.0), max(range[1], 0.0)
    if not np.isfinite([low, high]).all():
        raise InputError(f"an activation reaches from {low} to {high}", hint="the weights or the features hold numbers that are not finite")
    if high - low < _NARROWEST:
        low, high = 0.0, 1.0
    bottom, top = _LEVELS[dtype]
    if dtype == "int16":
        return Quantisation((_float32(max(-low, high) / top),), (0,))
    scale = (high - low) / (top - bottom)
    zero_point = int(np.clip(np.round(bottom - low / scale), bottom, top))
    return Quantisation((_float32(scale),), (zero_point,))


def _float32(value: float) -> float:
    return float(np.float32(value))


def _fill_weights(op: Op, tensors: list[Tensor], values: Mapping[int, np.ndarray]) -> None:
    kernel, bias = op.inputs[1], op.inputs[2] if len(op.inputs) > 2 else -1
    if kernel not in values:
        raise InputError("the filters have no values", where=op.block or op.kind)
    old, axis = tensors[kernel], OUT_AXIS[op.kind]
    input_scale = tensors[op.inputs[0]].quant.scale[0]
    scale = _weight_scales(values[kernel], axis if len(old.quant.scale) > 1 else None, values.get(bias), input_scale)
    zeros = (0,) * len(scale)
    tensors[kernel] = msgspec.structs.replace(old, quant=Quantisation(scale, zeros, axis))
    if bias >= 0:
        bias_scale = tuple(_float32(input_scale * s) for s in scale)
        tensors[bias] = msgspec.structs.replace(tensors[bias], quant=Quantisation(bias_scale, zeros))


def _weight_scales(weights: np.ndarray, axis: int | None, bias: np.ndarray | None, input_scale: float) -> tuple[float, ...]:
    """Symmetric scales, one per channel or one for all (axis None), wide enough that the bias fits into int32."""
    others = None if axis is None else tuple(a for a in range(weights.ndim) if a != axis)
    reach = np.atleast_1d(np.abs(weights).max(axis=others)).astype(np.float64)
    scale = reach / 127
    if bias is not None:
        limit = np.abs(bias).astype(np.float64) if axis is not None else np.abs(bias).max(keepdims=True)
        scale = np.maximum(scale, limit / (input_scale * 2.0**30))
    fallback = scale.max() if scale.max() > 0 else 1.0
    return tuple(_float32(s) if s > 0 else _float32(fallback) for s in scale)


def _with_data(tensor: Tensor, values: np.ndarray | None) -> Tensor:
    if not tensor.constant or values is None:
        return tensor
    if tensor.quant is None:
        return msgspec.structs.replace(tensor, data=np.ascontiguousarray(values, np.dtype(tensor.dtype).newbyteorder("<")).tobytes())
    return msgspec.structs.replace(tensor, data=integers(values, tensor.quant, tensor.dtype).tobytes())


def integers(values: np.ndarray, quant: Quantisation, dtype: str) -> np.ndarray:
    """Return real numbers as the integers of a quantisation, rounded to nearest; symmetric int8 weights use -127 to 127."""
    bottom, top = (-(2**31) + 1, 2**31 - 1) if dtype == "int32" else _LEVELS[dtype]
    shape = [1] * values.ndim
    if len(quant.scale) > 1:
        shape[quant.axis] = -1
    scale = np.asarray(quant.scale, np.float64).reshape(shape)
    zero_point = np.asarray(quant.zero_point, np.int64).reshape(shape)
    return np.clip(np.rint(values / scale) + zero_point, bottom, top).astype(np.dtype(dtype).newbyteorder("<"))

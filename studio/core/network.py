"""The lowered network: what the estimator, the engine and the exporters all speak of."""

import hashlib
from collections.abc import Mapping
from math import ceil, prod
from types import MappingProxyType
from typing import Any

import msgspec

from studio.core.errors import InputError

Shape = tuple[int, ...]

ITEM_BYTES: Mapping[str, float] = MappingProxyType(
    {
        "int2": 0.25,
        "int4": 0.5,
        "uint4": 0.5,
        "int8": 1,
        "uint8": 1,
        "bool": 1,
        "float8_e4m3fn": 1,
        "float8_e5m2": 1,
        "string": 1,
        "int16": 2,
        "uint16": 2,
        "float16": 2,
        "bfloat16": 2,
        "int32": 4,
        "uint32": 4,
        "float32": 4,
        "resource": 4,
        "variant": 4,
        "int64": 8,
        "uint64": 8,
        "float64": 8,
        "complex64": 8,
        "complex128": 16,
    }
)


class Quantisation(msgspec.Struct, frozen=True):
    """Affine quantisation, real = scale * (q - zero_point); one entry, or one per index of `axis`."""

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0


class Tensor(msgspec.Struct, frozen=True):
    """A value of the network: its shape (batch first, NHWC), data type and, where constant, its bytes.

    `data` is little-endian in row-major order. A constant whose `data` is None has a known shape but no
    values yet (an untrained weight): estimates need no more.
    """

    name: str
    shape: Shape
    dtype: str = "float32"
    quant: Quantisation | None = None
    constant: bool = False
    data: bytes | None = None
    variable: bool = False

    @property
    def elements(self) -> int:
        """Number of elements; a scalar has one."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in memory; two int4 share a byte."""
        size = ITEM_BYTES[self.dtype]
        return prod(self.shape) * size if isinstance(size, int) else ceil(prod(self.shape) * size)


class Op(msgspec.Struct, frozen=True):
    """One operator call. `kind` is TFLite's operator name in lower case ("conv_2d", "add" ...).

    `inputs` and `outputs` index Network.tensors; -1 is an input left out. `options` holds, by kind:

    conv_2d, depthwise_conv_2d, transpose_conv: stride (h, w), dilation (h, w), padding "same" | "valid",
      activation; filters are OHWI (depthwise 1HWC, transpose OHWI); depthwise also has multiplier.
      conv_2d with fewer filter channels than input channels is grouped.
    max_pool_2d, average_pool_2d: kernel (h, w), stride (h, w), padding, activation
    fully_connected: activation, keep_dims; weights are (out, in)
    add, sub, mul: activation            concatenation: axis, activation
    softmax: beta                        reshape, relu, relu6, logistic, tanh, hard_swish, quantize, dequantize: none
    mean: keep_dims (axes are input 1)   batch_norm (before folding only): epsilon
    others: as in TFLite's schema, in snake case

    `activation` is "none", "relu", "relu6", "relu_n1_to_1" or "tanh". `block` names the graph's block it came from.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any] = msgspec.field(default_factory=dict)
    block: str = ""


class Network(msgspec.Struct, frozen=True, dict=True):
    """Tensors and operators in the order of execution; inputs and outputs index `tensors`.

    `subgraphs` are the further subgraphs of a .tflite (number 1 on), which only call_once uses. `arena_offsets` is a plan of
    TFLM's arena that came with the file: bytes from its start for each tensor of all subgraphs, -1 where TFLM is to choose.
    """

    name: str
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: tuple["Network", ...] = ()
    arena_offsets: tuple[int, ...] = ()

    @property
    def input(self) -> Tensor:
        """The first input."""
        return self.tensors[self.inputs[0]]

    @property
    def output(self) -> Tensor:
        """The first output."""
        return self.tensors[self.outputs[0]]

    @property
    def has_weights(self) -> bool:
        """Whether every constant has its values."""
        return all(t.data is not None for t in self.tensors if t.constant)

    @property
    def parameters(self) -> int:
        """Weights and biases of the computing operators, in elements."""
        return sum(self.tensors[i].elements for i in self.weight_tensors())

    @property
    def weights_bytes(self) -> int:
        """Bytes of the weights and biases in their data types."""
        return sum(self.tensors[i].nbytes for i in self.weight_tensors())

    def weight_tensors(self) -> tuple[int, ...]:
        """Index the constants that computing operators multiply or add; shapes, axes and the like do not count."""
        seen: dict[int, None] = {}
        for op in self.ops:
            if op.kind in _STRUCTURAL:
                continue
            weighted = op.kind in _FIRST_IS_ACTIVATION
            for index in op.inputs[1:] if weighted else op.inputs:
                # The bias beside int16 values has 64 bits; elsewhere those are axes and the like.
                if index >= 0 and self.tensors[index].constant and (weighted or self.tensors[index].dtype != "int64"):
                    seen[index] = None
        return tuple(seen)

    def digest(self) -> str:
        """Hash everything that the network computes, as 16 hexadecimal digits; names do not count."""
        h = hashlib.sha256()
        for t in self.tensors:
            h.update(repr((t.shape, t.dtype, t.quant, t.constant, t.variable)).encode())
            h.update(t.data or b"-")
        for op in self.ops:
            h.update(repr((op.kind, op.inputs, op.outputs, sorted(op.options.items()))).encode())
        h.update(repr((self.inputs, self.outputs)).encode())
        for sub in self.subgraphs:
            h.update(sub.digest().encode())
        return h.hexdigest()[:16]


_STRUCTURAL = frozenset(
    [
        "reshape",
        "mean",
        "pad",
        "padv2",
        "strided_slice",
        "split",
        "split_v",
        "transpose",
        "squeeze",
        "expand_dims",
        "shape",
        "pack",
        "call_once",
        "var_handle",
        "read_variable",
        "assign_variable",
        "resize_nearest_neighbor",
        "resize_bilinear",
        "gather",
        "gather_nd",
        "slice",
        "sum",
        "reduce_max",
        "reduce_min",
        "reduce_all",
        "reduce_any",
        "arg_max",
        "arg_min",
        "cumsum",
        "mirror_pad",
        "tile",
        "fill",
        "reverse_v2",
        "broadcast_to",
        "space_to_batch_nd",
        "batch_to_space_nd",
    ]
)
_FIRST_IS_ACTIVATION = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected", "transpose_conv"])

NEEDS_DATA = "the network has no weights yet"


def require_weights(network: Network) -> None:
    """Raise InputError where a constant has no values."""
    if not network.has_weights:
        raise InputError(NEEDS_DATA, where=network.name, hint="train it, or let random weights stand in")


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Output size and leading pad of one axis under "same" (TensorFlow's rule: the odd pad goes behind)."""
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return out, total // 2


def window_size(size: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, int]:
    """Output size and leading pad of one axis; the size is 0 or less where a "valid" window does not fit."""
    if padding == "same":
        return same_padding(size, kernel, stride, dilation)
    return (size - (kernel - 1) * dilation - 1) // stride + 1, 0

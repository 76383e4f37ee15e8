"""Write a Network as a .tflite file that TFLM and LiteRT take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import flatbuffers
import numpy as np

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor, require_weights
from studio.lower.tflite.options import ARENA_PLAN, CUSTOM, DTYPES, KINDS, OPTIONLESS, TABLES, WORDS, Field, OptionTable, complete_options

SCHEMA_VERSION = 3
_PLACEHOLDER = 127
_DATA_ALIGNMENT = 16
_SHARED_BELOW = 64

# The operator versions that first took int8; TFLM does not look at them, LiteRT does.
_SECOND = frozenset(
    [
        "add",
        "mul",
        "average_pool_2d",
        "max_pool_2d",
        "concatenation",
        "softmax",
        "logistic",
        "tanh",
        "relu",
        "relu6",
        "pad",
        "padv2",
        "mean",
        "transpose",
        "dequantize",
        "strided_slice",
        "quantize",
        "resize_nearest_neighbor",
        "resize_bilinear",
        "maximum",
        "minimum",
        "gather",
        "slice",
        "split",
        "split_v",
        "pack",
        "leaky_relu",
        "transpose_conv",
        "l2_normalization",
        "unidirectional_sequence_lstm",
    ]
)
_INT8_VERSIONS: Mapping[str, int] = MappingProxyType(
    {**dict.fromkeys(_SECOND, 2), "conv_2d": 3, "depthwise_conv_2d": 3, "sub": 3, "fully_connected": 4}
)


def write_tflite(network: Network, arena_offsets: Sequence[int] | None = None) -> bytes:
    """Return the network as a .tflite file; reading it gives the same Network, save the operators' blocks.

    Its size depends on the structure and the names alone: weights are never shared, small shapes and axes are.
    `arena_offsets` is another plan for TFLM than the network's own, of the same form; empty for none.
    Raises InputError where weights are missing, UnsupportedOperator where an operator's options are unknown.
    """
    for graph in (network, *network.subgraphs):
        require_weights(graph)
    return _File(network).bytes(network.arena_offsets if arena_offsets is None else arena_offsets)


class _File:
    """A file being written, back to front, as FlatBuffers are."""

    def __init__(self, network: Network) -> None:
        self.b = flatbuffers.Builder(1024 + sum(t.nbytes for t in network.tensors if t.constant))
        self.graphs = (network, *network.subgraphs)
        self.codes = list(dict.fromkeys((op.kind, _version(op, graph)) for graph in self.graphs for op in graph.ops))
        self.data: list[bytes] = [b""]
        self._numbers: dict[tuple[str, tuple[Any, ...]], int] = {}
        self._shared: dict[bytes, int] = {}

    def bytes(self, arena_offsets: Sequence[int]) -> bytes:
        graphs = self._vector([self._subgraph(g) for g in self.graphs])
        metadata = self._vector([self._arena_plan(arena_offsets)]) if arena_offsets else 0
        buffers = self._vector([self._buffer(d) for d in self.data])
        codes = self._vector([self._code(kind, version) for kind, version in self.codes])
        tables = ((1, codes), (2, graphs), (4, buffers), (6, metadata))
        model = self._table(8, ((0, "u32", SCHEMA_VERSION), *((slot, "offset", offset) for slot, offset in tables)))
        self.b.Finish(model, b"TFL3")
        return bytes(self.b.Output())

    def _table(self, slots: int, fields: Sequence[tuple[int, str, Any]]) -> int:
        self.b.StartObject(slots)
        for slot, kind, value in fields:
            _PREPEND[kind](self.b, slot, value)
        return self.b.EndObject()

    def _vector(self, offsets: Sequence[int]) -> int:
        self.b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.b.PrependUOffsetTRelative(offset)
        return self.b.EndVector()

    def _array(self, values: Sequence[Any], dtype: str) -> int:
        """Write numbers; equal lists are written once."""
        key = (dtype, tuple(values))
        if key not in self._numbers:
            self._numbers[key] = self.b.CreateNumpyVector(np.asarray(values, dtype))
        return self._numbers[key]

    def _arena_plan(self, offsets: Sequence[int]) -> int:
        """Write the metadata that TFLM reads: the format's version, the number of subgraphs, then the offsets."""
        self.data.append(np.asarray([1, len(self.graphs), len(offsets), *offsets], "<i4").tobytes())
        name = self.b.CreateString(ARENA_PLAN)
        return self._table(2, ((0, "offset", name), (1, "u32", len(self.data) - 1)))

    def _code(self, kind: str, version: int) -> int:
        custom = kind.partition(":")[2] if kind.startswith("custom:") else ""
        number = CUSTOM if kind.startswith("custom:") else KINDS.index(kind)
        name = self.b.CreateString(custom) if custom else 0
        fields = [(0, "i8", min(number, _PLACEHOLDER)), (1, "offset", name), (2, "version", version), (3, "i32", number)]
        return self._table(4, fields)

    def _buffer(self, data: bytes) -> int:
        if not data:
            return self._table(1, ())
        self.b.StartVector(1, len(data), _DATA_ALIGNMENT)
        self.b.head -= len(data)
        self.b.Bytes[self.b.Head() : self.b.Head() + len(data)] = data
        vector = self.b.EndVector()
        return self._table(1, ((0, "offset", vector),))

    def _subgraph(self, graph: Network) -> int:
        tensors = self._vector([self._tensor(t) for t in graph.tensors])
        ops = self._vector([self._op(op, graph) for op in graph.ops])
        inputs, outputs = self._array(graph.inputs, "int32"), self._array(graph.outputs, "int32")
        name = self.b.CreateString(graph.name)
        fields = ((0, tensors), (1, inputs), (2, outputs), (3, ops), (4, name))
        return self._table(5, [(slot, "offset", offset) for slot, offset in fields])

    def _tensor(self, tensor: Tensor) -> int:
        name = self.b.CreateString(tensor.name)
        shape = self._array(tensor.shape, "int32")
        quant = self._quant(tensor.quant, tensor.constant) if tensor.quant else 0
        fields = [
            (0, "offset", shape),
            (1, "i8", DTYPES.index(tensor.dtype)),
            (2, "u32", self._buffer_number(tensor)),
            (3, "offset", name),
            (4, "offset", quant),
            (5, "bool", tensor.variable),
        ]
        return self._table(6, fields)

    def _buffer_number(self, tensor: Tensor) -> int:
        if not tensor.data:
            return 0
        small = tensor.quant is None and len(tensor.data) <= _SHARED_BELOW
        if small and tensor.data in self._shared:
            return self._shared[tensor.data]
        self.data.append(tensor.data)
        if small:
            self._shared[tensor.data] = len(self.data) - 1
        return len(self.data) - 1

    def _quant(self, quant: Quantisation, constant: bool) -> int:
        """Scales are never shared, nor activations' zero points: whether they are equal hangs on the weights."""
        scale = self.b.CreateNumpyVector(np.asarray(quant.scale, "float32"))
        points = np.asarray(quant.zero_point, "int64")
        zero_point = self._array(quant.zero_point, "int64") if constant else self.b.CreateNumpyVector(points)
        return self._table(7, ((2, "offset", scale), (3, "offset", zero_point), (6, "i32", quant.axis)))

    def _op(self, op: Op, graph: Network) -> int:
        code = self.codes.index((op.kind, _version(op, graph)))
        inputs, outputs = self._array(op.inputs, "int32"), self._array(op.outputs, "int32")
        between = self._array(op.options["intermediates"], "int32") if "intermediates" in op.options else 0
        custom = self._custom_options(op)
        number, options = self._options(op, graph)
        fields = [
            (0, "u32", code),
            (1, "offset", inputs),
            (2, "offset", outputs),
            (3, "u8", number),
            (4, "offset", options),
            (5, "offset", custom),
            (8, "offset", between),
        ]
        return self._table(9, fields)

    def _custom_options(self, op: Op) -> int:
        data = op.options.get("custom_options", b"")
        return self.b.CreateByteVector(data) if data else 0

    def _options(self, op: Op, graph: Network) -> tuple[int, int]:
        if op.kind == "reshape":
            return self._reshape_options(op, graph)
        table = TABLES.get(op.kind)
        if table is not None:
            return table.number, self._option_table(table, complete_options(op.kind, op.options))
        if op.kind in OPTIONLESS or op.kind.startswith("custom:"):
            return 0, 0
        raise UnsupportedOperator(f"the options of {op.kind!r} are unknown", where=op.kind, hint="keep the original .tflite file")

    def _reshape_options(self, op: Op, graph: Network) -> tuple[int, int]:
        """A reshape without a shape tensor needs the shape in its options, or LiteRT takes it for a scalar."""
        if len(op.inputs) > 1:
            return 0, 0
        shape = self._array(graph.tensors[op.outputs[0]].shape, "int32")
        return 17, self._table(1, ((0, "offset", shape),))

    def _option_table(self, table: OptionTable, options: Mapping[str, Any]) -> int:
        fields: list[tuple[int, str, Any]] = []
        for field in table.fields:
            if field.name in options:
                fields += self._option(field, options[field.name])
        return self._table(table.slots, fields)

    def _option(self, field: Field, value: Any) -> list[tuple[int, str, Any]]:
        if field.kind == "pair":
            kind = "i32 or 1" if field.default == 1 else "i32"
            return [(slot, kind, v) for slot, v in zip(field.slots, value, strict=True)]
        (slot,) = field.slots
        if field.kind in WORDS:
            return [(slot, "i8", WORDS[field.kind].index(value))]
        if field.kind == "ints":
            return [(slot, "offset", self._array(value, "int32"))]
        if field.kind == "text":
            return [(slot, "offset", self.b.CreateString(value))]
        return [(slot, field.kind, value)]


_Prepend = Callable[[flatbuffers.Builder, int, Any], None]
_PREPEND: Mapping[str, _Prepend] = MappingProxyType(
    {
        "i8": lambda b, slot, value: b.PrependInt8Slot(slot, value, 0),
        "u8": lambda b, slot, value: b.PrependUint8Slot(slot, value, 0),
        "bool": lambda b, slot, value: b.PrependBoolSlot(slot, value, False),
        "i32": lambda b, slot, value: b.PrependInt32Slot(slot, value, 0),
        "i32 or 1": lambda b, slot, value: b.PrependInt32Slot(slot, value, 1),
        "version": lambda b, slot, value: b.PrependInt32Slot(slot, value, 1),
        "u32": lambda b, slot, value: b.PrependUint32Slot(slot, value, 0),
        "f32": lambda b, slot, value: b.PrependFloat32Slot(slot, value, 0.0),
        "offset": lambda b, slot, value: b.PrependUOffsetTRelativeSlot(slot, value, 0),
    }
)


def _version(op: Op, graph: Network) -> int:
    dtypes = [graph.tensors[i].dtype for i in (*op.inputs, *op.outputs) if i >= 0]
    return _INT8_VERSIONS.get(op.kind, 1) if "int8" in dtypes else 1

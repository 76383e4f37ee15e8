"""Read a .tflite file into a Network, without TensorFlow."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from studio.core.errors import InputError
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.lower.tflite.check import check_network
from studio.lower.tflite.flat import Flat, Table
from studio.lower.tflite.options import ARENA_PLAN, CUSTOM, DTYPES, KINDS, ONLINE, TABLES, WORDS, Field

IDENTIFIER = b"TFL3"
_LARGEST_FILE = 1 << 30
_PLACEHOLDER = 127
_PLAN_HEAD = 3


def read_tflite(source: str | Path | bytes, name: str = "") -> Network:
    """Read a .tflite file (a path, or its bytes) as a Network; subgraphs after the first go into `subgraphs`.

    Operators whose options the studio does not know keep their schema name and shapes; custom ones are named
    "custom:<name>". The network is called `name`, or else after the file, or after its first subgraph.
    Raises InputError naming the file where it cannot be read, is damaged or contradicts itself.
    """
    where = name or ("the model" if isinstance(source, bytes) else Path(source).name)
    data = source if isinstance(source, bytes) else _load(Path(source))
    if not name and not isinstance(source, bytes):
        name = Path(source).stem
    return _Model(Flat(data, where)).network(name)


def _load(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError("the file is larger than 1 GiB", where=str(path), hint="this is no model for a microcontroller")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read it: {error.strerror}", where=str(path), hint="check the path") from error


class _Model:
    """The tables that all subgraphs share."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        if flat.data[4:8] != IDENTIFIER:
            flat.fail("it is empty" if not flat.data else "its identifier is not TFL3")
        self.root = flat.root()
        self.kinds = self.root.map(1, self._kind)
        self.buffers = self.root.map(4, self._buffer)

    def network(self, name: str) -> Network:
        graphs = list(self.root.tables(2))
        if not graphs:
            self.flat.fail("it holds no subgraph")
        first, *rest = (_Subgraph(self, table).network() for table in graphs)
        offsets = self._arena_plan(len(first.tensors) + sum(len(graph.tensors) for graph in rest))
        network = Network(name or first.name or "model", first.tensors, first.ops, first.inputs, first.outputs, tuple(rest), offsets)
        check_network(network, self.flat.where)
        return network

    def _arena_plan(self, tensors: int) -> tuple[int, ...]:
        """Return the arena's offsets that the metadata holds: three words that say how many, then one for each tensor."""
        found: tuple[int, ...] = ()
        for entry in self.root.tables(6):
            if entry.text(0) == ARENA_PLAN:
                found = self._words(self._listed(entry.scalar(1, "u32")))
        offsets = found[_PLAN_HEAD:]
        if found and (len(found) < _PLAN_HEAD or found[_PLAN_HEAD - 1] != tensors or len(offsets) < tensors or min(offsets) < ONLINE):
            raise InputError(
                f"its plan of the arena ({ARENA_PLAN} in the metadata) does not fit its {tensors} tensors",
                where=self.flat.where,
                hint="export it again without that metadata; TensorFlow Lite Micro refuses it too",
            )
        return offsets[:tensors]

    def _listed(self, buffer: int) -> bytes:
        return self.buffers[buffer] if buffer < len(self.buffers) else self.flat.fail("its metadata names a buffer that is not there")

    @staticmethod
    def _words(data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(data) // 4}i", data[: len(data) // 4 * 4])

    def _kind(self, table: Table) -> str:
        code = table.scalar(3, "i32")
        old = table.scalar(0, "i8")
        code = old if code == 0 or (code == _PLACEHOLDER and old < _PLACEHOLDER) else code
        if code == CUSTOM:
            return f"custom:{table.text(1)}"
        if not 0 <= code < len(KINDS):
            return f"builtin_{code}"
        return KINDS[code]

    def _buffer(self, table: Table) -> bytes:
        offset, size = table.scalar(1, "u64"), table.scalar(2, "u64")
        if offset > 1:
            start = self.flat.span(offset, size, 1)
            return self.flat.data[start : start + size]
        return table.bytes(0)


class _Subgraph:
    """One subgraph being read."""

    def __init__(self, model: _Model, table: Table) -> None:
        self.model = model
        self.flat = model.flat
        self.table = table
        self.tensors: tuple[Tensor, ...] = table.map(0, self._tensor)

    def network(self) -> Network:
        return Network(
            self.table.text(4),
            self.tensors,
            self.table.map(3, self._op),
            self._indices(self.table, 1, lowest=0),
            self._indices(self.table, 2, lowest=0),
        )

    def _indices(self, table: Table, slot: int, lowest: int) -> tuple[int, ...]:
        indices = table.numbers(slot, "i32")
        if any(not lowest <= i < len(self.tensors) for i in indices):
            self.flat.fail("an operator or subgraph names a tensor that is not there")
        return indices

    def _tensor(self, table: Table) -> Tensor:
        name, shape, number = table.text(3), table.numbers(0, "i32"), table.scalar(1, "i8")
        if not 0 <= number < len(DTYPES):
            self._fail_tensor(name, f"has the unknown data type {number}")
        if any(d < 0 for d in shape):
            self._fail_tensor(name, f"has no fixed shape: {list(shape)}")
        if table.table(6) is not None:
            self._fail_tensor(name, "is stored sparse, which no runtime here reads")
        quant = self._quant(name, table.table(4), len(shape))
        tensor = Tensor(name, shape, DTYPES[number], quant, variable=bool(table.scalar(5, "bool")))
        return self._with_data(tensor, table.scalar(2, "u32"))

    def _with_data(self, tensor: Tensor, buffer: int) -> Tensor:
        if buffer >= len(self.model.buffers):
            self._fail_tensor(tensor.name, "names a buffer that is not there")
        data = self.model.buffers[buffer]
        if not data:
            return tensor
        if tensor.dtype != "string" and len(data) != tensor.nbytes:
            self._fail_tensor(tensor.name, f"needs {tensor.nbytes} bytes and its buffer holds {len(data)}")
        return msgspec.structs.replace(tensor, constant=True, data=data)

    def _quant(self, name: str, table: Table | None, rank: int) -> Quantisation | None:
        scale = table.numbers(2, "f32") if table else ()
        if not table or not scale:
            return None
        zero_point = table.numbers(3, "i64") or (0,) * len(scale)
        if len(zero_point) != len(scale):
            self._fail_tensor(name, f"has {len(scale)} scales but {len(zero_point)} zero points")
        # A bias has one axis; some converters wrote that of its weights there.
        return Quantisation(scale, zero_point, table.scalar(6, "i32") if rank > 1 else 0)

    def _op(self, table: Table) -> Op:
        index = table.scalar(0, "u32")
        if index >= len(self.model.kinds):
            self.flat.fail("an operator has a code that is not there")
        kind = self.model.kinds[index]
        options = self._custom(table) if kind.startswith("custom:") else self._options(kind, table)
        intermediates = self._indices(table, 8, lowest=0)
        if intermediates:
            options["intermediates"] = intermediates
        return Op(kind, self._indices(table, 1, lowest=-1), self._indices(table, 2, lowest=0), options)

    def _custom(self, table: Table) -> dict[str, Any]:
        data = table.bytes(5)
        return {"custom_options": data} if data else {}

    def _options(self, kind: str, table: Table) -> dict[str, Any]:
        spec = TABLES.get(kind)
        if spec is None:
            return {}
        given = table.table(4)
        if given is not None and table.scalar(3, "u8") != spec.number:
            self.flat.fail(f"{kind} has options of another operator")
        options = {f.name: self._option(f, given) for f in spec.fields}
        return {f.name: options[f.name] for f in spec.fields if not f.odd or options[f.name] != f.default}

    def _option(self, field: Field, table: Table | None) -> Any:
        if table is None:
            return (field.default,) * 2 if field.kind == "pair" else field.default
        if field.kind == "pair":
            return tuple(table.scalar(s, "i32", field.default) for s in field.slots)
        (slot,) = field.slots
        if field.kind in WORDS:
            return self._word(field, table.scalar(slot, "i8"))
        if field.kind == "ints":
            return table.numbers(slot, "i32")
        if field.kind == "text":
            return table.text(slot)
        return table.scalar(slot, field.kind, field.default)

    def _word(self, field: Field, number: int) -> str:
        words = WORDS[field.kind]
        if not 0 <= number < len(words):
            self.flat.fail(f"{field.name} {number} is unknown")
        return words[number]

    def _fail_tensor(self, name: str, reason: str) -> NoReturn:
        raise InputError(
            f"tensor {name[:80]!r} {reason}",
            where=self.flat.where,
            hint="export the model again with fixed shapes and plain int8 or float data",
        )

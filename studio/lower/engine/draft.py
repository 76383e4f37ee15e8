"""A kernel call before memory is planned: what it reads and writes, its scratch, its constants."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import NoReturn

import msgspec
import numpy as np

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Quantisation, Tensor
from studio.core.program import ConstArray, ConstRecord
from studio.lower.engine.rows import Rows
from studio.lower.engine.variables import Variables

POINTER_BYTES = 4
_FIELD_BYTES = {"int8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "int64_t": 8}
_LARGEST = {"int8_t": 127, "int16_t": 32767, "int32_t": 2**31 - 1}


class Operand(msgspec.Struct, frozen=True):
    """A pointer that a call takes: a tensor, some bytes into it."""

    tensor: int
    offset: int = 0


SCRATCH = Operand(-1)


class Draft(msgspec.Struct, frozen=True):
    """A call: its arguments are operands or C text; `shares` lists the inputs that its output may lie over.

    Such an output begins where the input does, or, where it is larger, ends there: the call reads each part before it writes over it.

    `rows` says how the call works on a band of rows, where it can; `chain` holds the calls that a stream's driver runs.
    """

    kernel: str
    args: tuple[Operand | str, ...]
    reads: tuple[int, ...]
    writes: int
    dims: Mapping[str, int]
    op: int
    block: str
    scratch: int = 0
    shares: tuple[int, ...] = ()
    record: ConstRecord | None = None
    rows: Rows | None = None
    chain: "Chain | None" = None


class Stretch(msgspec.Struct, frozen=True):
    """A part of a stream's memory: the rows of a tensor, or (tensor -1) what its name says; `offset` is within the stream's scratch."""

    name: str
    offset: int
    size: int
    tensor: int = -1


class Layer(msgspec.Struct, frozen=True):
    """A call of a stream: where it reads, writes and works; `owner` and `keeper` as in StreamLayer."""

    draft: Draft
    rows: Rows
    source: Operand
    target: Operand
    scratch: Operand
    in_row: int
    out_row: int
    owner: int
    keeper: int


class Chain(msgspec.Struct, frozen=True):
    """The calls of a stream in order, and the memory it takes."""

    layers: tuple[Layer, ...]
    memory: tuple[Stretch, ...]


class Drafter:
    """Collects the calls and constants of a network, operator by operator."""

    def __init__(self, network: Network, variant: str) -> None:
        self.network = network
        self.variant = variant
        self.helium = variant == "helium"
        self.plain_int8 = True
        self.drafts: list[Draft] = []
        self.consts: list[ConstArray] = []
        self.aliases: list[tuple[int, int]] = []
        self.variables = Variables(network)
        self.first_values: dict[int, np.ndarray] = {}
        self.dtypes = ("int8",)
        self.take(0)

    def take(self, number: int) -> None:
        """Turn to the operator of this number."""
        self.number, self.op = number, self.network.ops[number]

    @property
    def dsp(self) -> bool:
        """Whether the operator at hand gets a DSP kernel: on a core with Helium where its data are not plain int8."""
        return self.variant == "dsp" or (self.helium and not self.plain_int8)

    @property
    def suffix(self) -> str:
        """What the names of such kernels end with."""
        return "_dsp" if self.dsp else ""

    def tensor(self, position: int) -> Tensor:
        """Return the operator's input at this position."""
        return self.network.tensors[self.op.inputs[position]]

    @property
    def out(self) -> Tensor:
        """The operator's output."""
        return self.network.tensors[self.op.outputs[0]]

    def refuse(self, reason: str) -> NoReturn:
        """Raise UnsupportedOperator for the operator at hand."""
        where = self.op.block or (self.out.name if self.op.outputs else self.op.kind)
        raise UnsupportedOperator(f"runtime c cannot run {self.op.kind}: {reason}", where=where, hint="export it for TFLM instead")

    def quant(self, tensor: Tensor) -> Quantisation:
        """Return the quantisation of an int8 tensor, or of another that the drafter takes; refuse others."""
        if tensor.dtype not in self.dtypes or tensor.quant is None:
            self.refuse(f"{tensor.name} is {tensor.dtype}; it must be quantised to {' or '.join(self.dtypes)}")
        return tensor.quant

    def activation(self, position: int) -> int:
        """Return the tensor number of an input that is computed, not constant."""
        if self.tensor(position).constant:
            self.refuse(f"{self.tensor(position).name} is constant")
        self.quant(self.tensor(position))
        return self.op.inputs[position]

    def const(self, what: str, ctype: str, count: int, pack: Callable[[], np.ndarray] | None, part: str = "weights") -> str:
        """Add a constant array and return its name; `pack` makes the values, or is None for an untrained network."""
        name = f"{self.op.kind}_{self.number}_{what}"
        size = _FIELD_BYTES[ctype]
        data = None if pack is None else np.ascontiguousarray(pack(), f"<i{size}").tobytes()
        self.consts.append(ConstArray(name, ctype, count, size, data, part))
        return name

    def record(self, ctype: str, pointers: Mapping[str, str], **fields: tuple[str, int]) -> ConstRecord:
        """Describe the struct with a call's sizes; a field is (C type, value)."""
        size = POINTER_BYTES * len(pointers)
        widest = POINTER_BYTES if pointers else 1
        for field, (kind, value) in fields.items():
            width = _FIELD_BYTES[kind]
            if abs(value) > _LARGEST[kind] + (value < 0):
                self.refuse(f"{field.replace('_', ' ')} = {value} is more than {_LARGEST[kind]}")
            size = -(-size // width) * width + width
            widest = max(widest, width)
        text = {**pointers, **{name: str(value) for name, (_, value) in fields.items()}}
        earlier = sum(1 for draft in self.drafts if draft.op == self.number and draft.record)
        name = f"{self.op.kind}_{self.number}" + (f"_{earlier}" if earlier else "")
        return ConstRecord(name, ctype, -(-size // widest) * widest, text)

    def _narrow(self, record: ConstRecord) -> bool:
        """Whether an activation's range is less than int8's; of a network without weights it is not known yet."""
        low, high = record.fields.get("low"), record.fields.get("high")
        return low is not None and high is not None and self.network.has_weights and (int(low) > -128 or int(high) < 127)

    def call(
        self,
        kernel: str,
        args: Sequence[Operand | str],
        dims: Mapping[str, int],
        scratch: int = 0,
        shares: tuple[int, ...] = (),
        record: ConstRecord | None = None,
        writes: int | None = None,
        rows: Rows | None = None,
    ) -> None:
        """Add a call of the operator at hand; it writes the operator's first output where `writes` names no other tensor."""
        reads = tuple(dict.fromkeys(a.tensor for a in args if isinstance(a, Operand) and a.tensor in self.op.inputs))
        text = (*args, f"&{record.name}") if record else tuple(args)
        written = self.op.outputs[0] if writes is None else writes
        if record is not None and self._narrow(record):
            dims = {**dims, "clamped": self.out.elements}
        draft = Draft(kernel, text, reads, written, dims, self.number, self.op.block, scratch, shares, record, rows)
        self.drafts.append(draft)


def halves(**values: int) -> dict[str, tuple[str, int]]:
    """Give fields the type int16_t."""
    return {name: ("int16_t", value) for name, value in values.items()}


def words(**values: int) -> dict[str, tuple[str, int]]:
    """Give fields the type int32_t."""
    return {name: ("int32_t", value) for name, value in values.items()}


def small(**values: int) -> dict[str, tuple[str, int]]:
    """Give fields the type int8_t."""
    return {name: ("int8_t", value) for name, value in values.items()}


def values(tensor: Tensor) -> np.ndarray:
    """Return a constant's values in its shape."""
    return np.frombuffer(tensor.data or b"", f"<i{tensor.nbytes // max(1, prod(tensor.shape))}").reshape(tensor.shape)

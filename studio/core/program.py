"""What runtime `c` will execute: kernel calls, constants and one arena, planned from the Network.

The gauges count a Program and the exporter prints it: one source for both.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from studio.core.network import Network


class ConstArray(msgspec.Struct, frozen=True):
    """A constant array in flash: C type and count; `data` (little-endian) is None for an untrained network."""

    name: str
    ctype: str
    count: int
    item_bytes: int
    data: bytes | None = None
    part: str = "weights"

    @property
    def nbytes(self) -> int:
        """Bytes in flash."""
        return self.count * self.item_bytes


class ConstRecord(msgspec.Struct, frozen=True):
    """A constant C struct in flash that holds a call's sizes: its fields, in order, as C text."""

    name: str
    ctype: str
    nbytes: int
    fields: Mapping[str, str]


class Buffer(msgspec.Struct, frozen=True):
    """A stretch of the arena: which tensor or scratch lives there, from call `first` to call `last` inclusive."""

    name: str
    offset: int
    size: int
    first: int
    last: int
    tensor: int = -1


class Call(msgspec.Struct, frozen=True):
    """One kernel call: the C function, its arguments as C text in order, and the sizes that its cost depends on.

    `op` indexes Network.ops (the first one, where operators were fused); `block` is the graph's block. `record`, where there
    is one, is handed by its address as the last argument. A call with `layers` is a stream's driver: it runs their calls, a band of
    rows at a time, and takes the table of the layers as its first argument, `stream`.
    """

    kernel: str
    args: tuple[str, ...]
    dims: Mapping[str, int]
    op: int
    block: str = ""
    record: ConstRecord | None = None
    stream: str = ""
    layers: tuple["StreamLayer", ...] = ()


class StreamLayer(msgspec.Struct, frozen=True):
    """How a stream runs one of its calls through the rows of its tensors.

    `adapter` is the function that runs the call's kernel on a band of rows, `sizes` what it is handed; input, output and scratch are
    C text, rows in bytes. A row of output sees `span` rows of input, `stride` further down each time, below `pad_top` rows of padding.
    `owner` is the layer whose memory the input is (-1: it is whole), `keeper` the one that reads the output last (-1: it is whole, or
    lies over the input).
    """

    call: Call
    adapter: str
    sizes: str
    input: str
    output: str
    scratch: str
    in_row: int
    out_row: int
    in_height: int
    out_height: int
    span: int
    stride: int
    pad_top: int
    owner: int
    keeper: int

    nbytes: ClassVar[int] = 5 * 4 + 2 * 4 + 5 * 2 + 2


class Program(msgspec.Struct, frozen=True, dict=True):
    """The engine's whole plan for one network and one core variant ("helium", "dsp" or "plain").

    `input_buffer` and `output_buffer` index `buffers`; `consts` are all arrays that the calls use. `sources` are the C files
    of the kernels and of what they share, relative to the runtime's folder. `init` are the calls that set the state of a streaming
    model, which lives in the arena from run to run, to its first values.
    """

    network: Network
    variant: str
    calls: tuple[Call, ...]
    consts: tuple[ConstArray, ...]
    buffers: tuple[Buffer, ...]
    arena_bytes: int
    input_buffer: int
    output_buffer: int
    sources: tuple[str, ...] = ()
    init: tuple[Call, ...] = ()
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def all_calls(self) -> tuple[Call, ...]:
        """The calls in order, behind each stream's driver those that it runs."""
        return tuple(call for outer in self.calls for call in (outer, *(layer.call for layer in outer.layers)))

    @property
    def kernels(self) -> tuple[str, ...]:
        """The kernels that are linked, each once, in the order of first use."""
        adapters = [layer.adapter for call in self.calls for layer in call.layers]
        return tuple(dict.fromkeys([*(c.kernel for c in (*self.all_calls, *self.init)), *adapters]))

    @property
    def const_bytes(self) -> int:
        """Bytes of all constants, the calls' records with them."""
        tables = sum(layer.nbytes for c in self.calls for layer in c.layers)
        return sum(c.nbytes for c in self.consts) + sum(c.record.nbytes for c in self.all_calls if c.record) + tables

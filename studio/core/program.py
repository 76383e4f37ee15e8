"""What runtime `c` will execute: kernel calls, constants and one arena, planned from the Network.

The gauges count a Program and the exporter prints it: one source for both.
"""

from collections.abc import Mapping
from typing import Any

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
    is one, is handed by its address as the last argument.
    """

    kernel: str
    args: tuple[str, ...]
    dims: Mapping[str, int]
    op: int
    block: str = ""
    record: ConstRecord | None = None


class Program(msgspec.Struct, frozen=True, dict=True):
    """The engine's whole plan for one network and one core variant ("dsp" or "plain").

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
    def kernels(self) -> tuple[str, ...]:
        """The kernels that are linked, each once, in the order of first use."""
        return tuple(dict.fromkeys(c.kernel for c in (*self.calls, *self.init)))

    @property
    def const_bytes(self) -> int:
        """Bytes of all constants, the calls' records with them."""
        return sum(c.nbytes for c in self.consts) + sum(c.record.nbytes for c in self.calls if c.record)

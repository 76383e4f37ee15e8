"""A bounds-checked reader of FlatBuffers (flatbuffers.dev, "Internals"), safe on hostile bytes.

Every offset is checked against the file, and the items of all vectors together against a budget, so that a few bytes
that are pointed to again and again cannot grow into gigabytes.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from studio.core.errors import InputError

_FORMATS = {
    "i8": struct.Struct("<b"),
    "u8": struct.Struct("<B"),
    "bool": struct.Struct("<?"),
    "u16": struct.Struct("<H"),
    "i32": struct.Struct("<i"),
    "u32": struct.Struct("<I"),
    "i64": struct.Struct("<q"),
    "u64": struct.Struct("<Q"),
    "f32": struct.Struct("<f"),
}
_ITEM_CODES = {"i32": "i", "u32": "I", "i64": "q", "f32": "f"}
_LONGEST_TEXT = 4096


class Flat:
    """The bytes of a file and what may still be read of its vectors; `where` names the file in errors."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self._budget = 16 * len(data) + 65536

    def fail(self, reason: str) -> NoReturn:
        """Raise InputError that names the file."""
        raise InputError(
            f"not a usable .tflite file: {reason}", where=self.where, hint="the file is damaged or cut off; fetch or export it again"
        )

    def scalar(self, kind: str, at: int) -> Any:
        """Read one number at a byte offset."""
        form = _FORMATS[kind]
        if at < 0 or at + form.size > len(self.data):
            self.fail("an offset points outside it")
        return form.unpack_from(self.data, at)[0]

    def span(self, at: int, count: int, item_bytes: int) -> int:
        """Check that `count` items lie inside the file and the budget; return where they begin."""
        size = count * item_bytes
        if at < 0 or at + size > len(self.data):
            self.fail("a list reaches past its end")
        self._budget -= size + 16
        if self._budget < 0:
            self.fail("its lists are larger than the file")
        return at

    def root(self) -> "Table":
        """Return the root table."""
        return Table(self, self.scalar("u32", 0))


class Table:
    """A table at a position; fields are named by their slot, the number in the schema's order."""

    __slots__ = ("flat", "pos", "slots", "vtable")

    def __init__(self, flat: Flat, pos: int) -> None:
        self.flat = flat
        self.pos = pos
        self.vtable = pos - flat.scalar("i32", pos)
        self.slots = (flat.scalar("u16", self.vtable) - 4) // 2

    def _at(self, slot: int) -> int:
        if slot >= self.slots:
            return 0
        offset = self.flat.scalar("u16", self.vtable + 4 + 2 * slot)
        return self.pos + offset if offset else 0

    def scalar(self, slot: int, kind: str, default: Any = 0) -> Any:
        """Read a number, or the default where it is left out."""
        at = self._at(slot)
        return self.flat.scalar(kind, at) if at else default

    def _follow(self, slot: int) -> int:
        at = self._at(slot)
        return at + self.flat.scalar("u32", at) if at else 0

    def table(self, slot: int) -> "Table | None":
        """Read a table, or None where it is left out."""
        at = self._follow(slot)
        return Table(self.flat, at) if at else None

    def _vector(self, slot: int, item_bytes: int) -> tuple[int, int]:
        at = self._follow(slot)
        if not at:
            return 0, 0
        count = self.flat.scalar("u32", at)
        return self.flat.span(at + 4, count, item_bytes), count

    def numbers(self, slot: int, kind: str) -> tuple[Any, ...]:
        """Read a vector of numbers; empty where it is left out."""
        at, count = self._vector(slot, _FORMATS[kind].size)
        return struct.unpack_from(f"<{count}{_ITEM_CODES[kind]}", self.flat.data, at)

    def bytes(self, slot: int) -> bytes:
        """Read a vector of bytes; empty where it is left out."""
        at, count = self._vector(slot, 1)
        return self.flat.data[at : at + count]

    def text(self, slot: int) -> str:
        """Read a string; bytes that are not UTF-8 are replaced."""
        return self.bytes(slot)[:_LONGEST_TEXT].decode("utf-8", "replace")

    def tables(self, slot: int) -> Iterator["Table"]:
        """Read a vector of tables."""
        at, count = self._vector(slot, 4)
        for item in range(at, at + 4 * count, 4):
            yield Table(self.flat, item + self.flat.scalar("u32", item))

    def map(self, slot: int, make: Callable[["Table"], Any]) -> tuple[Any, ...]:
        """Apply `make` to each table of a vector."""
        return tuple(make(t) for t in self.tables(slot))

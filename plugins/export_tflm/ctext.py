"""C text: identifiers, string literals that hold any label, arrays, tables of numbers."""

import re
import struct
from collections.abc import Sequence

from studio.api import ConstArray

_FORMATS = {
    "int8_t": "b",
    "uint8_t": "B",
    "int16_t": "h",
    "uint16_t": "H",
    "int32_t": "i",
    "uint32_t": "I",
    "int64_t": "q",
    "uint64_t": "Q",
    "float": "f",
}


def identifier(name: str) -> str:
    """Make a C identifier of a name; what is not ASCII falls out, and a name that vanishes becomes "model"."""
    kept = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    return kept if kept and not kept[0].isdigit() else f"model_{kept}".rstrip("_")


def string(text: str) -> str:
    """Write a string literal in plain ASCII; all but harmless characters become octal escapes of their UTF-8 bytes.

    Octal ones, since a hexadecimal escape would swallow digits behind it; "?" too, for it may begin a trigraph.
    """
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()) + '"'


def byte_rows(data: bytes, indent: str = "  ") -> str:
    """Write bytes in rows of twelve."""
    words = [f"0x{b:02x}" for b in data]
    return rows(words, 12, indent)


def rows(words: Sequence[str], width: int, indent: str = "  ") -> str:
    """Write words in rows with commas."""
    return "".join(f"{indent}{', '.join(words[i : i + width])},\n" for i in range(0, len(words), width))


def definition(const: ConstArray) -> str:
    """Write a constant array of the front end as C."""
    values = struct.unpack(f"<{const.count}{_FORMATS[const.ctype]}", const.data or b"")
    words = [_float(v) for v in values] if const.ctype == "float" else [str(v) for v in values]
    return f"const {const.ctype} {const.name}[{const.count}] = {{\n{rows(words, 8)}}};\n"


def _float(value: float) -> str:
    text = f"{value:.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"

"""How values become C text: arrays, strings, comments."""

from collections.abc import Iterable

import numpy as np

from studio.api import ConstArray, InputError

_DTYPES = {"int8_t": "<i1", "uint8_t": "<u1", "int16_t": "<i2", "uint16_t": "<u2", "int32_t": "<i4", "uint32_t": "<u4", "float": "<f4"}
_PLAIN = frozenset(chr(c) for c in range(32, 127)) - frozenset('"\\?')
PER_LINE = 16


def c_string(text: str) -> str:
    """Quote a text for C: UTF-8, all but plain ASCII as octal escapes of three digits, question marks escaped (no trigraphs)."""
    words = (char if char in _PLAIN else _escaped(char) for char in text)
    return '"' + "".join(words) + '"'


def _escaped(char: str) -> str:
    return f"\\{char}" if char in '"\\?' else "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogatepass"))


def comment(text: str) -> str:
    """Make any text harmless inside a C comment: printable ASCII, no comment marks, no backslash."""
    plain = text.encode("ascii", "replace").decode().replace("*/", "* /").replace("/*", "/ *").replace("\\", "/")
    return "".join(c if c.isprintable() else " " for c in plain)


def array(const: ConstArray, storage: str = "static ") -> str:
    """Define a constant array, 16 numbers a line; bytes start at a word so that kernels may load them by words."""
    if const.data is None:
        raise InputError(f"{const.name} has no values yet", hint="train the design, or let random weights stand in")
    values = np.frombuffer(const.data, _DTYPES[const.ctype])
    words = _float_words(values) if const.ctype == "float" else list(map(str, values.tolist()))
    aligned = "_Alignas(4) " if const.item_bytes < 4 else ""
    return f"{storage}{aligned}const {const.ctype} {const.name}[{const.count}] = {{\n{rows(words)}}};\n"


def rows(words: list[str], indent: str = "  ") -> str:
    """Lay words out in rows of 16."""
    return "".join(f"{indent}{', '.join(words[i : i + PER_LINE])},\n" for i in range(0, len(words), PER_LINE))


def _float_words(values: np.ndarray) -> list[str]:
    texts = (f"{v:.9g}" for v in values.tolist())
    return [f"{t}f" if any(c in t for c in ".en") else f"{t}.0f" for t in texts]


def block_comment(lines: Iterable[str]) -> str:
    """Frame lines as the header comment of a file."""
    first, *rest = [comment(line) for line in lines]
    if not rest:
        return f"/* {first} */\n"
    return f"/* {first}\n" + "".join(f" * {line}".rstrip() + "\n" for line in rest) + " */\n"

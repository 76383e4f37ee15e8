"""How values become C text: strings that hold any label, comments, arrays, the front end's two files."""

import re
import struct
from collections.abc import Iterable, Sequence

from studio.core.errors import InputError
from studio.core.program import ConstArray
from studio.core.protocols import FrontEndTables

_FORMATS = {"int8_t": "b", "uint8_t": "B", "int16_t": "h", "uint16_t": "H", "int32_t": "i", "uint32_t": "I", "int64_t": "q", "float": "f"}
_ESCAPED = frozenset('"\\?')
PER_LINE = 16


def c_string(text: str) -> str:
    """Write a string literal in plain ASCII; all but harmless characters become octal escapes of their UTF-8 bytes.

    Octal ones, since a hexadecimal escape would swallow digits behind it; "?" too, for it may begin a trigraph.
    """
    data = text.encode("utf-8", "surrogatepass")
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in _ESCAPED else f"\\{b:03o}" for b in data) + '"'


def c_identifier(name: str) -> str:
    """Make a C identifier of a name; what is not ASCII falls out, and a name that vanishes becomes "model"."""
    kept = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    return kept if kept and not kept[0].isdigit() else f"model_{kept}".rstrip("_")


def c_comment(text: str) -> str:
    """Make any text harmless inside a C comment: printable ASCII, no comment marks, no backslash, no trigraph."""
    plain = text.encode("ascii", "replace").decode().replace("\\", "/").replace("*/", "* /").replace("/*", "/ *")
    plain = re.sub(r"\?(?=\?)", "? ", plain)
    return "".join(c if c.isprintable() else " " for c in plain)


def c_header(lines: Iterable[str]) -> str:
    """Frame lines as the header comment of a file."""
    first, *rest = [c_comment(line) for line in lines]
    if not rest:
        return f"/* {first} */\n"
    return f"/* {first}\n" + "".join(f" * {line}".rstrip() + "\n" for line in rest) + " */\n"


def c_rows(words: Sequence[str], indent: str = "  ") -> str:
    """Lay words out in rows of 16 with commas."""
    return "".join(f"{indent}{', '.join(words[i : i + PER_LINE])},\n" for i in range(0, len(words), PER_LINE))


def c_float(value: float) -> str:
    """Write a float32 literal that reads back as the same number."""
    text = f"{value:.9g}"
    return f"{text}f" if any(c in text for c in ".en") else f"{text}.0f"


def c_array(const: ConstArray, storage: str = "static ") -> str:
    """Define a constant array; bytes start at a word, so that kernels may load them by words.

    Raises InputError where the array has no values yet.
    """
    if const.data is None:
        raise InputError(f"{const.name} has no values yet", hint="train the design, or let random weights stand in")
    values = struct.unpack(f"<{const.count}{_FORMATS[const.ctype]}", const.data)
    words = [c_float(v) for v in values] if const.ctype == "float" else [str(v) for v in values]
    aligned = "_Alignas(4) " if const.item_bytes < 4 else ""
    return f"{storage}{aligned}const {const.ctype} {const.name}[{const.count}] = {{\n{c_rows(words)}}};\n"


def frontend_config(tables: FrontEndTables) -> str:
    """Write frontend_config.h, which the front end's C includes."""
    lines = "".join(f"#define {name} {value}\n" for name, value in tables.defines.items())
    intro = c_header(["The front end's settings; the network input's quantisation is folded into scale and offset."])
    return f"{intro}#ifndef FRONTEND_CONFIG_H\n#define FRONTEND_CONFIG_H\n\n{lines}\n#endif\n"


def frontend_source(tables: FrontEndTables) -> str:
    """Write frontend_tables.c."""
    declared = "".join(f"extern const {c.ctype} {c.name}[{c.count}];\n" for c in tables.consts)
    intro = c_header(["The front end's tables; its arithmetic, frontend_float32.c or frontend_fixed.c, says what each holds."])
    return f"{intro}#include <stdint.h>\n\n{declared}\n" + "\n".join(c_array(c, storage="") for c in tables.consts)

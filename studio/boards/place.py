"""Where in a TOML file a key stands, for messages that name the line."""

import re
from pathlib import Path

_TABLE = re.compile(r"\s*\[+\s*([A-Za-z0-9_.\"-]+)\s*\]+")
_KEY = re.compile(r"\s*([A-Za-z0-9_\"-]+)\s*=")


def place(path: Path, field: str) -> str:
    """Return "file, line 7: table.key"; a key that is not written stands where its table does, and without a line where that is missing too."""
    line = line_of(_text(path), field)
    return f"{path}, line {line}: {field}" if line else f"{path}: {field}"


def line_of(text: str, field: str) -> int | None:
    """Return the line of a key such as "flash.size" or "flash_methods[1].options", counted from 1."""
    wanted = re.sub(r"\[\d+\]", "", field).split(".")
    number = next((int(n) for n in re.findall(r"\[(\d+)\]", field)), 0)
    table: list[str] = []
    seen: dict[str, int] = {}
    fallback = None
    for at, line in enumerate(text.splitlines(), 1):
        header, key = _TABLE.match(line), _KEY.match(line)
        if header:
            name = header[1].replace('"', "")
            seen[name] = seen.get(name, -1) + 1
            table = name.split(".")
            if table == wanted[: len(table)] and seen[name] == number:
                fallback = at
            if table == wanted and seen[name] == number:
                return at
        elif key and [*table, key[1].strip('"')] == wanted and (not table or seen[".".join(table)] == number):
            return at
        elif key and not table and key[1] == wanted[0]:
            fallback = at
    return fallback


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""

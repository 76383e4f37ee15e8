"""Where in a TOML file a key stands, for messages that name the line."""

import re
from pathlib import Path

import msgspec

from studio.core.errors import InputError

_TABLE = re.compile(r"\s*\[+\s*([A-Za-z0-9_.\"-]+)\s*\]+")
_KEY = re.compile(r"\s*([A-Za-z0-9_\"-]+)\s*=")


class BoardFileError(InputError):
    """A board file that is refused: `path`, `field` ("" for the whole file) and `line`, counted from 1, None where none can be named."""

    def __init__(
        self, message: str, *, hint: str = "", where: str = "", path: Path | None = None, field: str = "", line: int | None = None
    ) -> None:
        super().__init__(message, hint=hint, where=where)
        self.path, self.field, self.line = path, field, line


class Source(msgspec.Struct, frozen=True):
    """The text of a file, or of what would be that file."""

    path: Path
    text: str

    def refuse(self, field: str, message: str, hint: str = "", line: int | None = None) -> BoardFileError:
        """Return the error that names file, line and field; a key that is not written stands where its table does."""
        at = line_of(self.text, field) if line is None and field else line
        where = f"{self.path}, line {at}" if at else str(self.path)
        return BoardFileError(message, hint=hint, where=f"{where}: {field}" if field else where, path=self.path, field=field, line=at)


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

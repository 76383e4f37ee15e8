"""Advice that the user put away, kept with the project."""

from contextlib import suppress
from pathlib import Path

import msgspec

from studio.core.errors import InputError
from studio.storage.atomic import write_bytes

NAME = "advice.json"


class Dismissed:
    """The keys of advice that is not wanted. A broken file means none; a project's folder that may not be written remembers none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".studio" / NAME
        self.keys = self._read()

    def add(self, key: str) -> None:
        """Put one away."""
        self._keep(self.keys | {key})

    def clear(self) -> None:
        """Want them all again."""
        self._keep(frozenset())

    def _keep(self, keys: frozenset[str]) -> None:
        self.keys = keys
        if self._path.parent.is_dir():
            with suppress(InputError):
                write_bytes(self._path, msgspec.json.format(msgspec.json.encode(sorted(keys)), indent=1))

    def _read(self) -> frozenset[str]:
        try:
            return frozenset(msgspec.json.decode(self._path.read_bytes(), type=list[str]))
        except (OSError, msgspec.DecodeError):
            return frozenset()

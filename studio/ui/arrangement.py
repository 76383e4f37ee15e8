"""How the window is arranged: the room, the panels' sizes and what they show, kept with each project; a new one begins as the user had it last."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import shiboken6
from PySide6.QtWidgets import QSplitter

from studio.core.errors import InputError
from studio.storage.atomic import write_bytes
from studio.ui.settings import Settings

NAME = "window.json"
SETTING = "arrangement"
ROOM, NOTES = "room", "notes"


class Arrangement:
    """Reads leniently: what is broken or fits no more means the first arrangement. `room` is the one that is shown."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._splitters: dict[str, QSplitter] = {}
        self._path, self._own = _file(folder), _read(_file(folder))
        self.room = self._room(self._own) or self._room(self._last)
        self._notes = _notes(self._own) or _notes(self._last)

    def note(self, key: str, word: str) -> None:
        """Remember a choice of the user's."""
        self._notes = {**self._notes, key: word}

    def noted(self, key: str) -> str:
        """Return what was chosen last, "" for nothing."""
        return self._notes.get(key, "")

    def place(self, part: str, splitters: Mapping[str, QSplitter]) -> None:
        """Give splitters that stand in their first sizes those that are remembered, and remember theirs from now on."""
        self._splitters.update({f"{part}.{name}": splitter for name, splitter in splitters.items()})
        for key in (f"{part}.{name}" for name in splitters):
            self._resize(key, self._own) or self._resize(key, self._last)

    def follow(self, folder: Path) -> None:
        """Take the arrangement of another project; what it does not remember stays as it is."""
        self._path = _file(folder)
        self._own = _read(self._path)
        self.room = self._room(self._own) or self.room
        self._notes = {**self._notes, **_notes(self._own)}
        for key in self._splitters:
            self._resize(key, self._own)

    def keep(self) -> None:
        """Remember how it stands, for this project and for new ones; raise InputError where that fails.

        A project's folder that is gone or may not be written keeps nothing.
        """
        sizes = {key: splitter.sizes() for key, splitter in self._splitters.items() if shiboken6.isValid(splitter)}
        kept = {**sizes, ROOM: self.room, NOTES: self._notes}
        self._own = {**self._own, **kept}
        if self._path.parent.is_dir():
            with suppress(InputError):
                write_bytes(self._path, msgspec.json.format(msgspec.json.encode(self._own), indent=1))
        self._settings.set(SETTING, {**self._last, **kept})

    @property
    def _last(self) -> dict[str, Any]:
        stored = self._settings.get(SETTING)
        return stored if isinstance(stored, dict) else {}

    def _room(self, stored: Mapping[str, Any]) -> str:
        room = stored.get(ROOM)
        return room if isinstance(room, str) else ""

    def _resize(self, key: str, stored: Mapping[str, Any]) -> bool:
        splitter, sizes = self._splitters[key], stored.get(key)
        fits = isinstance(sizes, list) and all(isinstance(s, int) and s >= 0 for s in sizes) and any(sizes)
        if not fits or not shiboken6.isValid(splitter) or len(sizes) != splitter.count():
            return False
        splitter.setSizes(sizes)
        return True


def _notes(stored: Mapping[str, Any]) -> dict[str, str]:
    notes = stored.get(NOTES)
    return {k: v for k, v in notes.items() if isinstance(v, str)} if isinstance(notes, dict) else {}


def _file(folder: Path) -> Path:
    return folder / ".studio" / NAME


def _read(path: Path) -> dict[str, Any]:
    try:
        read = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    return read if isinstance(read, dict) else {}

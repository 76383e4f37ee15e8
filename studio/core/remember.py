"""Keep what was worked out for values that never change: with the value itself, or in a memory of bounded size."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_memories: list["Memory"] = []


def remembered(work: Callable[..., T], value: Any, *args: Any) -> T:
    """Return work(value, *args), worked out once for this very value and kept as long as it lives.

    `value` is a frozen struct that has a `__dict__`; `args` are hashable.
    """
    kept = value.__dict__
    key = (work, *args)
    if key not in kept:
        kept[key] = work(value, *args)
    return kept[key]


class Memory(dict[Any, Any]):
    """What was used lately, by its key: at least the last `limit` entries, at most twice as many. An absent key gives None.

    A key that holds identities is true only while their objects live: keep those in the entry.
    """

    __slots__ = ("_limit", "_older")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._older: dict[Any, Any] = {}
        _memories.append(self)

    def __missing__(self, key: Any) -> Any:
        found = self._older.get(key)
        return None if found is None else self.keep(key, found)

    def keep(self, key: Any, entry: T) -> T:
        """Keep an entry, which is not None, and return it."""
        if len(self) >= self._limit:
            self._older = dict(self)
            self.clear()
        self[key] = entry
        return entry


def forget() -> None:
    """Empty every memory: what is asked for next is worked out anew."""
    for memory in _memories:
        memory.clear()
        memory._older.clear()

"""One way to look things up by name: blocks, exporters, flashers, front ends."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from studio.core.errors import InputError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to things, each with its owner; a plugin's things go when it goes.

    A thing may be registered as a function that loads it at first use.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._loaders: dict[str, Callable[[], T]] = {}
        self._loaded: dict[str, T] = {}
        self._owners: dict[str, str] = {}

    def add(self, name: str, load: Callable[[], T], owner: str = "studio") -> None:
        """Register a loader; raise InputError where the name is taken."""
        if name in self._loaders:
            raise InputError(f"{self.what} {name!r} is registered twice", where=owner, hint=f"{self._owners[name]} has it already")
        self._loaders[name] = load
        self._owners[name] = owner

    def remove_owner(self, owner: str) -> None:
        """Forget all that this owner registered."""
        for name in [n for n, o in self._owners.items() if o == owner]:
            del self._loaders[name], self._owners[name]
            self._loaded.pop(name, None)

    def get(self, name: str) -> T:
        """Return the thing, loading it at first use; raise InputError with the known names where there is none."""
        if name not in self._loaded:
            if name not in self._loaders:
                raise InputError(f"there is no {self.what} {name!r}", hint="known: " + (", ".join(sorted(self._loaders)) or "none"))
            self._loaded[name] = self._loaders[name]()
        return self._loaded[name]

    def owner(self, name: str) -> str:
        """Return who registered the name."""
        return self._owners[name]

    def names(self) -> tuple[str, ...]:
        """Return the names in the order of registration."""
        return tuple(self._loaders)

    def __contains__(self, name: object) -> bool:
        return name in self._loaders

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)

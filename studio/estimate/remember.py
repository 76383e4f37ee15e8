"""Keep what was worked out for a value that cannot be hashed but never changes, by its identity."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_KEPT = 64
_memory: OrderedDict[tuple[Any, ...], tuple[Any, Any]] = OrderedDict()


def remembered(work: Callable[..., T], value: Any, *args: Any) -> T:
    """Return work(value, *args), worked out once for this very value; `args` must be hashable, `value` frozen."""
    key = (work, id(value), *args)
    if key in _memory:
        _memory.move_to_end(key)
        return _memory[key][1]
    result = work(value, *args)
    _memory[key] = (value, result)
    if len(_memory) > _KEPT:
        _memory.popitem(last=False)
    return result

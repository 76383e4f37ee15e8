"""What is watched while a region runs: how often each block ran, and accesses that a core cannot do."""

import contextlib
import ctypes
from typing import Any, NamedTuple, Protocol

import unicorn

_SLOTS = 1 << 16
_ALL = (1, 0)


class Seen(NamedTuple):
    """What was seen: times by (address, size) of each block, transfers of control elsewhere than to the next address.

    `misaligned` is the first address that was not a multiple of its access' size, and roughly from where; None where all were.
    """

    times: dict[tuple[int, int], int]
    jumps: int
    misaligned: tuple[int, int] | None = None


class Watcher(Protocol):
    """Watches from start to stop."""

    def start(self) -> None:
        """Put the hooks in place."""

    def stop(self) -> Seen:
        """Take them away."""


def make_watcher(cpu: unicorn.Uc, library: str | None, alignment: bool) -> Watcher:
    """Return a watcher with hooks in C from `library`, or else in Python; only the former sees misaligned accesses."""
    if library:
        # A cache on a disk that forbids execution, or a unicorn with another binding: slower, but right.
        with contextlib.suppress(OSError, ImportError, AttributeError):
            return NativeWatcher(cpu, library, alignment)
    return PythonWatcher(cpu)


class PythonWatcher:
    """Hooks in Python."""

    def __init__(self, cpu: unicorn.Uc) -> None:
        self._cpu = cpu
        self._hook = 0
        self._times: dict[tuple[int, int], int] = {}
        self._jumps = 0
        self._next = 0

    def start(self) -> None:
        """Put the hook in place."""
        self._times, self._jumps, self._next = {}, 0, 0
        self._hook = self._cpu.hook_add(unicorn.UC_HOOK_BLOCK, self._block)
        # Translated code keeps the hooks of its time.
        self._cpu.ctl_flush_tb()

    def stop(self) -> Seen:
        """Take it away."""
        self._cpu.hook_del(self._hook)
        self._cpu.ctl_flush_tb()
        return Seen(self._times, self._jumps)

    def _block(self, cpu: unicorn.Uc, address: int, size: int, _: Any) -> None:
        key = (address, size)
        self._times[key] = self._times.get(key, 0) + 1
        if address != self._next:
            self._jumps += 1
        self._next = address + size


class _Slot(ctypes.Structure):
    _fields_ = (("key", ctypes.c_uint64), ("times", ctypes.c_uint64))


class _Table(ctypes.Structure):
    """The table of watching.c."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("jumps", "next", "used", "misaligned", "misaligned_near")),
        ("slots", _Slot * _SLOTS),
    )


class NativeWatcher:
    """Hooks in C, which the emulator calls directly."""

    def __init__(self, cpu: unicorn.Uc, library: str, alignment: bool) -> None:
        from unicorn.unicorn_py3 import unicorn as binding

        self._cpu = cpu
        self._engine, self._calls = cpu._uch, binding.uclib
        hooks = ctypes.CDLL(library)
        self._functions = [(unicorn.UC_HOOK_BLOCK, hooks.watch_block)]
        if alignment:
            self._functions.append((unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, hooks.watch_access))
        self._table = _Table()
        self._handles: list[ctypes.c_size_t] = []

    def start(self) -> None:
        """Put the hooks in place."""
        ctypes.memset(ctypes.byref(self._table), 0, ctypes.sizeof(self._table))
        self._handles = [self._add(kind, function) for kind, function in self._functions]
        self._cpu.ctl_flush_tb()

    def _add(self, kind: int, function: Any) -> ctypes.c_size_t:
        # The binding's own hook_add takes Python functions only.
        handle = ctypes.c_size_t()
        pointer, data = ctypes.cast(function, ctypes.c_void_p), ctypes.cast(ctypes.byref(self._table), ctypes.c_void_p)
        status = self._calls.uc_hook_add(self._engine, ctypes.byref(handle), kind, pointer, data, *map(ctypes.c_uint64, _ALL))
        if status != unicorn.UC_ERR_OK:
            raise unicorn.UcError(status)
        return handle

    def stop(self) -> Seen:
        """Take them away."""
        for handle in self._handles:
            self._calls.uc_hook_del(self._engine, handle)
        self._cpu.ctl_flush_tb()
        table = self._table
        if table.used >= _SLOTS:
            raise RuntimeError(f"more than {_SLOTS // 2} blocks in one region")
        times = {(slot.key >> 20, slot.key & 0xF_FFFF): slot.times for slot in table.slots if slot.key}
        misaligned = (table.misaligned, table.misaligned_near) if table.misaligned else None
        return Seen(times, table.jumps, misaligned)

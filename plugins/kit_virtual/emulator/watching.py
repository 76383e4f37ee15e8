"""What is watched while a region runs: how often each block ran, and accesses that a core cannot do."""

import contextlib
import ctypes
from typing import Any, NamedTuple, Protocol

import unicorn

_SLOTS, _SITES = 1 << 16, 1 << 12
_ALL = (1, 0)


class Seen(NamedTuple):
    """What ran under each call that the watched function made.

    `times` is how often each block ran by (site, address, size), `jumps` the transfers of control elsewhere than to the next address.
    `sites` is where each call returns to, in the order of their first run; site 0 is all that runs under no call, the function's own
    code with it. `misaligned` is the first address that was not a multiple of its access' size, and roughly from where; None where all were.
    """

    times: dict[tuple[int, int, int], int]
    jumps: tuple[int, ...]
    sites: tuple[int, ...]
    misaligned: tuple[int, int] | None = None


class Watcher(Protocol):
    """Watches from start to stop."""

    def start(self) -> None:
        """Put the hooks in place."""

    def stop(self) -> Seen:
        """Take them away."""


def make_watcher(cpu: unicorn.Uc, library: str | None, alignment: bool, caller: tuple[int, int]) -> Watcher:
    """Return a watcher with hooks in C from `library`, or else in Python; only the former sees misaligned accesses.

    `caller` is where the function begins and ends whose calls are told apart; (0, 0) for none.
    """
    if library:
        # A cache on a disk that forbids execution, or a unicorn with another binding: slower, but right.
        with contextlib.suppress(OSError, ImportError, AttributeError):
            return NativeWatcher(cpu, library, alignment, caller)
    return PythonWatcher(cpu, caller)


class PythonWatcher:
    """Hooks in Python; watching.c says how it goes."""

    def __init__(self, cpu: unicorn.Uc, caller: tuple[int, int]) -> None:
        self._cpu = cpu
        self._caller = caller
        self._hook = 0

    def start(self) -> None:
        """Put the hook in place."""
        self._times: dict[tuple[int, int, int], int] = {}
        self._sites, self._jumps = [0], [0]
        self._next = self._site = self._leaves_to = 0
        self._inside = False
        self._hook = self._cpu.hook_add(unicorn.UC_HOOK_BLOCK, self._block)
        # Translated code keeps the hooks of its time.
        self._cpu.ctl_flush_tb()

    def stop(self) -> Seen:
        """Take it away."""
        self._cpu.hook_del(self._hook)
        self._cpu.ctl_flush_tb()
        return Seen(self._times, tuple(self._jumps), tuple(self._sites))

    def _block(self, cpu: unicorn.Uc, address: int, size: int, _: Any) -> None:
        self._follow(address)
        key = (self._site, address, size)
        self._times[key] = self._times.get(key, 0) + 1
        self._jumps[self._site] += address != self._next
        self._next = address + size

    def _follow(self, address: int) -> None:
        inside = self._caller[0] <= address < self._caller[1]
        if inside:
            if not self._inside and not self._site:
                self._leaves_to = self._next
            self._site = 0
        elif address == self._leaves_to:
            self._site = 0
        elif self._inside:
            self._site = self._site_of(self._next)
        self._inside = inside

    def _site_of(self, address: int) -> int:
        if address not in self._sites[1:]:
            self._sites.append(address)
            self._jumps.append(0)
        return self._sites.index(address, 1)


class _Slot(ctypes.Structure):
    _fields_ = (("key", ctypes.c_uint64), ("times", ctypes.c_uint64))


class _Table(ctypes.Structure):
    """The table of watching.c."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("next", "used", "misaligned", "misaligned_near")),
        *((name, ctypes.c_uint64) for name in ("low", "high", "leaves_to", "inside", "site", "site_count")),
        *((name, ctypes.c_uint64 * _SITES) for name in ("sites", "jumps")),
        ("slots", _Slot * _SLOTS),
    )


class NativeWatcher:
    """Hooks in C, which the emulator calls directly."""

    def __init__(self, cpu: unicorn.Uc, library: str, alignment: bool, caller: tuple[int, int]) -> None:
        from unicorn.unicorn_py3 import unicorn as binding

        self._cpu = cpu
        self._caller = caller
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
        self._table.low, self._table.high = self._caller
        self._table.site_count = 1
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
        if table.site_count >= _SITES:
            raise RuntimeError(f"more than {_SITES} calls in one region")
        times = {(s.key >> 52, s.key >> 20 & 0xFFFF_FFFF, s.key & 0xF_FFFF): s.times for s in table.slots if s.key}
        misaligned = (table.misaligned, table.misaligned_near) if table.misaligned else None
        count = table.site_count
        return Seen(times, tuple(table.jumps[:count]), tuple(table.sites[:count]), misaligned)

"""What is watched while a region runs: instructions and cycles, and accesses that a core cannot do."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import timing
import unicorn

_WATCHED_LONGEST = 12_000_000
"""Instructions of the longest region that is watched access by access: about 4 s."""


class Readable(Protocol):
    """Memory that can be read."""

    def read(self, address: int, count: int) -> bytes:
        """Read bytes."""


class Counter:
    """Counts the blocks between two marks, while its hook is in place."""

    def __init__(self, cpu: unicorn.Uc, memory: Readable, core: str) -> None:
        self._cpu = cpu
        self._memory = memory
        self._core = core if timing.can_estimate(core) else ""
        self._hook: int | None = None
        self._times: dict[tuple[int, int], int] = {}
        self._jumps = 0
        self._next = 0

    def start(self) -> None:
        """Count from here."""
        self._times, self._jumps = {}, 0
        self._hook = self._cpu.hook_add(unicorn.UC_HOOK_BLOCK, self._block)
        # Translated code keeps the hooks of its time.
        self._cpu.ctl_flush_tb()

    def stop(self, end: int) -> tuple[int, int | None]:
        """Return instructions and estimated cycles since the start; the block at `end` does not count."""
        self._cpu.hook_del(self._hook)
        self._cpu.ctl_flush_tb()
        self._hook = None
        blocks = [(self._memory.read(a, size), times) for (a, size), times in self._times.items() if a != end]
        instructions = sum(times * count_instructions(code) for code, times in blocks)
        return instructions, timing.estimate(self._core, blocks, self._jumps) if self._core else None

    @property
    def running(self) -> bool:
        """Whether the hook is in place."""
        return self._hook is not None

    def _block(self, cpu: unicorn.Uc, address: int, size: int, _: Any) -> None:
        key = (address, size)
        self._times[key] = self._times.get(key, 0) + 1
        if address != self._next:
            self._jumps += 1
        self._next = address + size


class Alignment:
    """Watches one pass of each region for accesses that an Armv6-M core faults on; the emulator itself would let them through.

    Watching is slow: it waits for a second pass, and leaves long regions alone.
    """

    def __init__(self, cpu: unicorn.Uc, report: Callable[[int], None]) -> None:
        self._cpu = cpu
        self._report = report
        self._watched: set[str] = set()
        self._hook: int | None = None

    def start(self, region: str, counts: Sequence[int]) -> None:
        """Watch from here, where the region is short and was never watched; `counts` are its passes so far."""
        if counts and counts[0] < _WATCHED_LONGEST and region not in self._watched:
            self._watched.add(region)
            self._hook = self._cpu.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, self._access)
            self._cpu.ctl_flush_tb()

    def stop(self) -> None:
        """Watch no longer."""
        if self._hook is not None:
            self._cpu.hook_del(self._hook)
            self._hook = None
            self._cpu.ctl_flush_tb()

    def _access(self, cpu: unicorn.Uc, access: int, address: int, size: int, value: int, _: Any) -> None:
        if address % size:
            self._report(address)


def count_instructions(code: bytes) -> int:
    """Count Thumb instructions; the first half-word says whether one has two (Armv7-M Architecture Reference Manual, A5.1)."""
    at = count = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 >= 0x1D else 2
        count += 1
    return count

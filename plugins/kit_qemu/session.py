"""One run of a program: its marks and calls counted, its ending put into words."""

import itertools
import os
import re
import struct
import subprocess
import time
from collections.abc import Mapping, Sequence

from studio.api import CallCount, Cancelled, Image, JobContext, KitRun, describe_fault, locate

from .machine import PAINT, Machine
from .stub import PC, SP, Gone
from .thumb import call_sites

TIMEOUT, FAULT = 124, 126
CALLER, RUN = "model_run", "run"
_MARK = re.compile(r"mark_(\w+)_begin")
_CFSR, _HFSR, _MMFAR, _BFAR = 0xE000_ED28, 0xE000_ED2C, 0xE000_ED34, 0xE000_ED38
_STACKED_PC = 24
_POLL_S = 0.1
_LAST_WORDS_S = 10.0


class Session:
    """Lets a program run from halt to halt: at its marks, at its kernel calls, where it leaves or faults."""

    def __init__(self, machine: Machine, image: Image, counted_passes: int) -> None:
        self._machine = machine
        self._image = image
        self._passes = counted_passes
        self._marks = _marks(image.symbols) if counted_passes > 0 else {}
        self._ends = {image.symbols[name] for name in ("console_exit", "Fault_Handler") if name in image.symbols}
        self._sites: frozenset[int] = frozenset()
        self._stops: set[int] = set()
        self._began = 0
        self._seen: list[tuple[int, int]] = []
        self._counts: dict[str, list[int]] = {}
        self._calls: list[list[int]] = []

    def run(self, timeout_s: float, context: JobContext) -> KitRun:
        """Run to the end. Only the counted passes are halted at each call; the others run free."""
        began = time.monotonic()
        try:
            code, fault = self._go(began + timeout_s, timeout_s, context)
            stack = self._stack_used()
        except Gone:
            (code, fault), stack = self._gone(), None
        seconds = time.monotonic() - began
        room = self._image.stack_top - self._image.stack_limit
        if stack is not None and stack >= room:
            fault = f"stack overflow: it needs more than its {room} bytes" + (f" ({fault})" if fault else "")
        output = (self._machine.folder / "output").read_bytes()
        return KitRun(output, code, self._counts, {}, stack, seconds, fault, _mean_calls(self._calls))

    def _go(self, deadline: float, timeout_s: float, context: JobContext) -> tuple[int, str]:
        """Return the exit code and the fault in words."""
        core = self._machine.core
        while True:
            self._set_stops()
            # It would halt at once where it stands.
            core.step()
            core.resume()
            if not self._wait(deadline, context):
                core.halt()
                return TIMEOUT, f"it did not finish within {timeout_s:g} s; at {locate(self._image.symbols, core.register(PC))}"
            at = core.register(PC)
            if at in self._marks:
                self._mark(*self._marks[at])
            elif at in self._sites:
                self._call(at)
            elif at == self._image.symbols.get("console_exit"):
                return core.register(0), ""
            else:
                return FAULT, self._fault()

    def _wait(self, deadline: float, context: JobContext) -> bool:
        while not self._machine.core.halted(_POLL_S):
            if context.cancelled:
                raise Cancelled("the kit was stopped")
            if time.monotonic() >= deadline:
                return False
            context.progress(self._read_share(), "running on the virtual kit")
        return True

    def _read_share(self) -> float:
        # The emulator reads by the same open file, so its place there is ours to see.
        handle = self._machine.input
        return os.lseek(handle, 0, os.SEEK_CUR) / max(1, os.fstat(handle).st_size)

    def _set_stops(self) -> None:
        """Halt at all places of interest, and nowhere else."""
        counted = {name for name, counts in self._counts.items() if len(counts) >= self._passes}
        marks = {address for address, (name, _) in self._marks.items() if name not in counted}
        wanted = marks | self._sites | self._ends
        for address in wanted - self._stops:
            self._machine.core.stop_at(address)
        for address in self._stops - wanted:
            self._machine.core.pass_by(address)
        self._stops = wanted

    def _mark(self, name: str, end: bool) -> None:
        now = self._machine.monitor.instructions()
        if not end:
            self._began, self._seen = now, []
            self._sites = self._calls_within() if name == RUN else frozenset()
            return
        self._sites = frozenset()
        self._counts.setdefault(name, []).append(now - self._began)
        if name == RUN:
            times = [*(time for _, time in self._seen), now]
            self._calls.append([after - before for before, after in itertools.pairwise(times)])

    def _call(self, site: int) -> None:
        # What is called in a loop counts as one call.
        if not self._seen or self._seen[-1][0] != site:
            self._seen.append((site, self._machine.monitor.instructions()))

    def _calls_within(self) -> frozenset[int]:
        start = self._image.symbols.get(CALLER)
        following = [a for a in self._image.symbols.values() if start is not None and a > start]
        if start is None or not following:
            return frozenset()
        return call_sites(self._machine.core.memory(start, min(following) - start), start)

    def _stack_used(self) -> int:
        limit, top = self._image.stack_limit, self._image.stack_top
        free = self._machine.monitor.save(limit, top - limit, self._machine.folder / "stack")
        return len(free.lstrip(bytes([PAINT])))

    def _fault(self) -> str:
        """Read the fault registers and the stacked program counter (Armv8-M Architecture Reference Manual, B3.19)."""
        core, image = self._machine.core, self._image
        frame = core.register(SP)
        words = describe_fault(*(core.word(register) for register in (_CFSR, _HFSR, _MMFAR, _BFAR)))
        if not image.stack_limit <= frame <= image.stack_top - 32:
            return f"{words}; the stack pointer was 0x{frame:08x}, outside the stack"
        (pc,) = struct.unpack("<I", core.memory(frame + _STACKED_PC, 4))
        return f"{words}; at {locate(image.symbols, pc)}"

    def _gone(self) -> tuple[int, str]:
        """Put into words why the emulator left: a program without the harness's exit, or a core beyond help."""
        try:
            code = self._machine.process.wait(_LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            return FAULT, "the emulator broke off the conversation"
        fatal = [line for line in self._machine.errors.read_text(errors="replace").splitlines() if "fatal" in line]
        if fatal:
            return FAULT, f"the core locked up ({fatal[-1].removeprefix('qemu: fatal: ')})"
        return (code, "") if code >= 0 else (FAULT, f"the emulator broke down (signal {-code})")


def _marks(symbols: Mapping[str, int]) -> dict[int, tuple[str, bool]]:
    found: dict[int, tuple[str, bool]] = {}
    for match in filter(None, map(_MARK.fullmatch, symbols)):
        ending = f"mark_{match[1]}_end"
        if ending in symbols:
            found |= {symbols[match[0]]: (match[1], False), symbols[ending]: (match[1], True)}
    return found


def _mean_calls(passes: Sequence[Sequence[int]]) -> tuple[CallCount, ...]:
    """Return the mean of some passes; () where they differ in the calls that they made."""
    if len({len(calls) for calls in passes}) != 1:
        return ()
    return tuple(CallCount(round(sum(counts) / len(counts))) for counts in zip(*passes, strict=True))

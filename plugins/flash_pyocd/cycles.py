"""Cycles between the program's marks, counted by the core itself (DWT CYCCNT) and read at hardware breakpoints."""

from typing import Any

_DEMCR, _TRACE_ENABLE = 0xE000_EDFC, 1 << 24
_DWT_CTRL, _DWT_CYCCNT = 0xE000_1000, 0xE000_1004
_NO_COUNTER, _COUNTER_ENABLE = 1 << 25, 1
_NOP_BYTES = 2


class CycleCounter:
    """Reads the counter at each mark for the first passes. A core without the counter, or short of breakpoints, counts nothing.

    The counter stands still while the core is halted, so neither the debugger nor the console shows in the counts.
    """

    def __init__(self, core: Any, regions: dict[str, tuple[int, int]], passes: int) -> None:
        self.cycles: dict[str, list[int]] = {}
        self._core = core
        self._passes = passes
        self._regions: dict[str, tuple[int, int]] = {}
        self._began = 0
        if passes > 0 and self._enable():
            self._regions = {name: marks for name, marks in regions.items() if all(core.set_breakpoint(a) for a in marks)}

    def _enable(self) -> bool:
        core = self._core
        core.write32(_DEMCR, core.read32(_DEMCR) | _TRACE_ENABLE)
        control = core.read32(_DWT_CTRL)
        if control == 0 or control & _NO_COUNTER:
            return False
        core.write32(_DWT_CTRL, control | _COUNTER_ENABLE)
        return True

    def at_mark(self) -> bool:
        """Take a reading where the core halted at a mark, and put it past; False where it halted elsewhere."""
        pc = self._core.read_core_register("pc")
        for name, (begin, end) in self._regions.items():
            if pc in (begin, end):
                self._read(name, pc == end)
                # A mark begins with a nop under the breakpoint.
                self._core.write_core_register("pc", pc + _NOP_BYTES)
                return True
        return False

    def _read(self, name: str, end: bool) -> None:
        now = self._core.read32(_DWT_CYCCNT)
        if not end:
            self._began = now
            return
        counted = self.cycles.setdefault(name, [])
        counted.append((now - self._began) & 0xFFFF_FFFF)
        if len(counted) >= self._passes:
            for address in self._regions[name]:
                self._core.remove_breakpoint(address)

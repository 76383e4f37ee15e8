"""A Cortex-M with flash, RAM and a debugger's console: nothing else answers on its bus."""

import re
import struct
import time
from pathlib import Path
from typing import Any

import tally
import timing
import unicorn
from console import APPLICATION_EXIT, Console, Exit
from unicorn import UcError, arm_const
from watching import make_watcher

PAINT = 0xA5
NOT_LEFT = 125
FAULT = 126
TIMEOUT = 124
_PAGE = 4096
_SYSTEM_CONTROL_SPACE = 0xE000_E000
_BREAKPOINT = 7
_SEMIHOSTING = b"\xab\xbe"
_THUMB_STATE = 1 << 24
_ALIGNED_CORES = ("cortex-m0", "cortex-m0plus")
_CPUS = {
    "cortex-m0": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm_const.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}
# SDIV and UDIV, encoding T1 (Armv7-M Architecture Reference Manual, A7.7.127 and A7.7.195).
_DIVISION = re.compile(rb"[\x90-\x9f\xb0-\xbf]\xfb[\xf0-\xff][\xf0-\xff]", re.S)
_CCR, _DIVISION_TRAP = 0xE000_ED14, 1 << 4
_REGISTERS = tuple(getattr(arm_const, f"UC_ARM_REG_{name}") for name in (*(f"R{n}" for n in range(13)), "SP", "LR", "PC"))
_EXCEPTIONS = {
    1: "undefined instruction",
    2: "supervisor call, which nothing answers",
    3: "bus error fetching an instruction",
    4: "bus error",
    _BREAKPOINT: "breakpoint",
    17: "floating-point instruction, but the FPU is off or missing",
    18: "not Thumb code: a call through a broken pointer",
    19: "stack overflow",
    22: "unaligned access",
}
_ACCESSES = {
    unicorn.UC_MEM_READ_UNMAPPED: "bus error reading",
    unicorn.UC_MEM_WRITE_UNMAPPED: "bus error writing",
    unicorn.UC_MEM_FETCH_UNMAPPED: "bus error fetching an instruction from",
    unicorn.UC_MEM_WRITE_PROT: "bus error writing to flash at",
    unicorn.UC_MEM_READ_PROT: "bus error reading",
    unicorn.UC_MEM_FETCH_PROT: "bus error fetching an instruction from",
}


class Memory:
    """The machine's memory as its bus shows it."""

    def __init__(self, cpu: unicorn.Uc) -> None:
        self._cpu = cpu

    def read(self, address: int, count: int) -> bytes:
        """Read bytes."""
        return bytes(self._cpu.mem_read(address, count)) if count else b""

    def write(self, address: int, data: bytes) -> None:
        """Write bytes."""
        if data:
            self._cpu.mem_write(address, data)


class Machine:
    """One run of a job from reset to its end; see flasher.py for the job's fields."""

    def __init__(self, job: dict[str, Any], console: Console) -> None:
        self._job = job
        self._console = console
        self._cpu = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._cpu.ctl_set_cpu_model(_CPUS[job["cpu"]])
        self._memory = Memory(self._cpu)
        self._watcher = make_watcher(self._cpu, job["watcher"], job["core"] in _ALIGNED_CORES, tuple(job["caller"]))
        self._watching = False
        self._marks = {address: (region, end) for region, pair in job["regions"].items() for end, address in enumerate(pair)}
        self._counts: dict[str, list[int]] = {}
        self._cycles: dict[str, list[int]] = {}
        self._calls: dict[str, list[list[tuple[int, int | None]]]] = {}
        self._reached: int | None = None
        self._resumed: int | None = None
        self._exit: int | None = None
        self._fault = ""
        self._fault_at: int | None = None
        self._error: BaseException | None = None
        self._build()

    def _build(self) -> None:
        (flash, flash_size), (ram, ram_size) = self._job["flash"], self._job["ram"]
        self._cpu.mem_map(flash, _pages(flash_size), unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        self._cpu.mem_map(ram, _pages(ram_size))
        self._cpu.mem_map(_SYSTEM_CONTROL_SPACE, _PAGE)
        bank = Path(self._job["bank"]).read_bytes()
        self._memory.write(flash, bank + b"\xff" * (flash_size - len(bank)))
        # RAM wakes up with anything in it: whatever counts on zeros there must fail.
        self._memory.write(ram, bytes([PAINT]) * ram_size)
        self._cpu.hook_add(unicorn.UC_HOOK_INTR, self._guarded(self._exception))
        self._cpu.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._invalid)
        for address in self._marks:
            self._cpu.hook_add(unicorn.UC_HOOK_BLOCK, self._mark, begin=address, end=address)
        for found in _DIVISION.finditer(bank):
            if found.start() % 2 == 0:
                address = flash + found.start()
                self._cpu.hook_add(unicorn.UC_HOOK_CODE, self._division, _REGISTERS[found[0][2] & 15], begin=address, end=address)

    def run(self) -> None:
        """Run from reset until the program leaves, faults, or its time is up."""
        deadline = time.monotonic() + self._job["timeout_s"]
        stack, start = struct.unpack("<II", self._memory.read(self._job["vectors"], 8))
        self._cpu.reg_write(arm_const.UC_ARM_REG_SP, stack)
        at = start | 1
        while True:
            left = deadline - time.monotonic()
            self._reached = None
            if left > 0:
                self._go(at, left)
            if self._exit is not None or self._fault:
                return
            if self._reached is None:
                self._give_up(deadline)
                return
            self._pass_mark(self._reached)
            if self._fault:
                return
            at = self._reached | 1

    def _go(self, at: int, seconds: float) -> None:
        try:
            self._cpu.emu_start(at, 0xFFFF_FFFE, timeout=int(seconds * 1e6) + 1)
        except UcError as error:
            self._fault = self._fault or f"hard fault: {self._words(error)}"
        if self._error is not None:
            raise self._error

    def _words(self, error: UcError) -> str:
        if error.errno != unicorn.UC_ERR_INSN_INVALID:
            return str(error)
        thumb = self._cpu.reg_read(arm_const.UC_ARM_REG_XPSR) & _THUMB_STATE
        return "undefined instruction" if thumb else "not Thumb code: a call through a broken pointer"

    def _give_up(self, deadline: float) -> None:
        late = time.monotonic() >= deadline
        self._fault = (
            f"it did not finish within {self._job['timeout_s']:g} s" if late else "the core sleeps, and nothing is there to wake it"
        )
        self._exit = TIMEOUT if late else NOT_LEFT

    def _pass_mark(self, address: int) -> None:
        region, end = self._marks[address]
        self._resumed = address
        if end and self._watching:
            self._watching = False
            self._count(region, address)
        elif not end and len(self._counts.get(region, ())) < self._job["counted_passes"]:
            self._watching = True
            self._watcher.start()

    def _count(self, region: str, end: int) -> None:
        seen = self._watcher.stop()
        parts = tally.parts(seen, self._job["caller"], end)
        core, read = self._job["core"], self._memory.read
        timed = timing.can_estimate(core)
        self._counts.setdefault(region, []).append(sum(tally.instructions(read, part) for part in parts))
        if timed:
            self._cycles.setdefault(region, []).append(tally.cycles(read, core, parts))
        if len(parts) > 1:
            calls = [(tally.instructions(read, part), tally.cycles(read, core, [part]) if timed else None) for part in parts[1:]]
            self._calls.setdefault(region, []).append(calls)
        if seen.misaligned:
            address, self._fault_at = seen.misaligned
            self._fault = f"hard fault: unaligned access to 0x{address:08x}, which {self._job['core']} cannot do"

    def _mark(self, cpu: unicorn.Uc, address: int, size: int, _: Any) -> None:
        # Going on from a mark meets it once more.
        if self._resumed == address:
            self._resumed = None
            return
        self._reached = address
        cpu.emu_stop()

    def _division(self, cpu: unicorn.Uc, address: int, size: int, divisor: int) -> None:
        """Trap a division by zero where the program asked for it, which the emulator does not know."""
        if cpu.reg_read(divisor) == 0 and self._memory.read(_CCR, 1)[0] & _DIVISION_TRAP:
            self._fault, self._fault_at = "hard fault: division by zero", address
            cpu.emu_stop()

    def _guarded(self, hook: Any) -> Any:
        def call(*args: Any) -> None:
            try:
                hook(*args)
            except UcError as error:
                self._fault = f"a console request with a broken pointer: {error}"
                self._cpu.emu_stop()
            except Exit as left:
                self._leave(left)
                self._cpu.emu_stop()
            except OSError as error:
                self._error = error
                self._cpu.emu_stop()

        return call

    def _exception(self, cpu: unicorn.Uc, number: int, _: Any) -> None:
        pc = cpu.reg_read(arm_const.UC_ARM_REG_PC)
        if number != _BREAKPOINT or self._memory.read(pc, 2) != _SEMIHOSTING:
            self._fault = f"hard fault: {_EXCEPTIONS.get(number, f'exception {number}')}"
            cpu.emu_stop()
            return
        operation, argument = cpu.reg_read(arm_const.UC_ARM_REG_R0), cpu.reg_read(arm_const.UC_ARM_REG_R1)
        answer = self._console.serve(operation, argument, self._memory)
        cpu.reg_write(arm_const.UC_ARM_REG_R0, answer & 0xFFFF_FFFF)
        cpu.reg_write(arm_const.UC_ARM_REG_PC, (pc + 2) | 1)

    def _leave(self, left: Exit) -> None:
        self._exit = left.code
        if left.reason != APPLICATION_EXIT:
            self._fault = f"the program gave up (reason 0x{left.reason:x})"

    def _invalid(self, cpu: unicorn.Uc, access: int, address: int, size: int, value: int, _: Any) -> bool:
        self._fault = f"hard fault: {_ACCESSES.get(access, 'bus error at')} 0x{address:08x}"
        return False

    def result(self) -> dict[str, Any]:
        """Return what the run came to, as plain values."""
        limit, top = self._job["stack"]
        free = self._memory.read(limit, top - limit)
        return {
            "exit_code": FAULT if self._exit is None else self._exit,
            "fault": self._fault,
            "instructions": self._counts,
            "cycles": self._cycles,
            "calls": self._calls,
            "stack": len(free.lstrip(bytes([PAINT]))),
            "pc": self._cpu.reg_read(arm_const.UC_ARM_REG_PC) if self._fault_at is None else self._fault_at,
            "lr": self._cpu.reg_read(arm_const.UC_ARM_REG_LR),
        }


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE

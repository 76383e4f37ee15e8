"""Flash and run boards through pyOCD: the program's words come back by semihosting, so a board needs no serial port."""

import re
import struct
import time
from collections.abc import Mapping
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from pyocd.core.target import Target
from pyocd.coresight.cortex_m import CortexM
from pyocd.flash.file_programmer import FileProgrammer

from studio.api import (
    Cancelled,
    CheckFailed,
    Image,
    InputError,
    JobContext,
    KitRun,
    Probe,
    TargetDevice,
    describe_fault,
    locate,
)

from . import probes
from .console import APPLICATION_EXIT, Agent, Console
from .cycles import CycleCounter

PAINT = 0xA5
PAINTED_MOST = 16 * 1024
TIMEOUT, FAULT = 124, 126
_CFSR, _HFSR, _MMFAR, _BFAR = 0xE000_ED28, 0xE000_ED2C, 0xE000_ED34, 0xE000_ED38
_STACKED_PC = 24
_POLL_S = 0.0005
_MARK = re.compile(r"mark_(\w+)_begin")


class PyocdFlasher:
    """The flasher of all boards with a debug probe."""

    id = probes.ID
    title = "Debug probe (pyOCD)"

    def supports(self, target: TargetDevice) -> bool:
        """Whether the target's record names a pyOCD target."""
        return probes.options(target) is not None

    def find(self) -> tuple[Probe, ...]:
        """List the debug probes that are plugged in."""
        return probes.find()

    def program(self, image: Image, target: TargetDevice, probe: str, context: JobContext) -> None:
        """Erase the sectors in use, write and read back."""
        segments = _segments(image)
        with probes.session(target, probe) as session:
            furthest = 0.0

            def progress(fraction: float) -> None:
                nonlocal furthest
                if context.cancelled:
                    raise Cancelled("programming was stopped: the board holds half a program", hint="program it again")
                # pyOCD starts anew for each step; a bar never goes back.
                furthest = max(furthest, 0.9 * fraction)
                context.progress(furthest, f"programming {target.name}")

            FileProgrammer(session, progress=progress).program(str(image.elf), file_format="elf")
            context.progress(0.9, f"verifying {target.name}")
            for address, data in segments:
                _verify(session.target, address, data, target)
        context.progress(1.0, f"programmed {target.name}")

    def run(
        self, image: Image, target: TargetDevice, probe: str, input: bytes, timeout_s: float, context: JobContext, counted_passes: int = 1
    ) -> KitRun:
        """Reset and run. `cycles` are the core's own count, memory waits included; instructions are not counted on silicon."""
        with probes.session(target, probe) as session:
            core = session.target.selected_core_or_raise
            core.reset_and_halt()
            _enter(core, image)
            painted = _paint(core, image)
            counter = CycleCounter(core, _regions(image.symbols), counted_passes)
            console = Console(input)
            agent = Agent(session.target.get_target_context(), console)
            started = time.monotonic()
            ending = _serve(core, agent, console, counter, started + timeout_s, context)
            seconds = time.monotonic() - started
            code, fault = _ending(core, agent, image, ending, timeout_s)
            stack = _stack_used(core, image, painted)
            if stack is not None and stack >= image.stack_top - image.stack_limit:
                fault = f"stack overflow: it needs more than its {image.stack_top - image.stack_limit} bytes" + (
                    f" ({fault})" if fault else ""
                )
            return KitRun(bytes(console.output), code, {}, counter.cycles, stack, seconds, fault)


def _segments(image: Image) -> list[tuple[int, bytes]]:
    try:
        with image.elf.open("rb") as file:
            return [(s["p_paddr"], s.data()) for s in ELFFile(file).iter_segments("PT_LOAD") if s["p_filesz"]]
    except (OSError, ELFError) as error:
        raise InputError(f"is no program ({error})", where=str(image.elf), hint="build it again") from error


def _verify(memory: Any, address: int, data: bytes, target: TargetDevice) -> None:
    if bytes(memory.read_memory_block8(address, len(data))) != data:
        hint = "program it again; if it stays, the flash may be worn or protected"
        raise CheckFailed(f"{target.name} reads back other bytes than were written from 0x{address:08x} on", where=target.id, hint=hint)


def _regions(symbols: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    names = [m[1] for m in map(_MARK.fullmatch, symbols) if m and f"mark_{m[1]}_end" in symbols]
    return {name: (symbols[f"mark_{name}_begin"], symbols[f"mark_{name}_end"]) for name in names}


def _enter(core: Any, image: Image) -> None:
    """Go to the program's own reset vector: a boot loader at the start of flash need not know of it."""
    stack, start = core.read_memory_block32(image.symbols["vectors"], 2)
    core.write_core_register("sp", stack)
    core.write_core_register("pc", start & ~1)


def _paint(core: Any, image: Image) -> int:
    """Fill the upper part of the free RAM, as much as a stack may need, and return its size."""
    size = min(image.stack_top - image.stack_limit, PAINTED_MOST)
    core.write_memory_block8(image.stack_top - size, bytes([PAINT]) * size)
    return size


def _stack_used(core: Any, image: Image, painted: int) -> int | None:
    left = bytes(core.read_memory_block8(image.stack_top - painted, painted))
    used = len(left.lstrip(bytes([PAINT])))
    room = image.stack_top - image.stack_limit
    return None if used == painted < room else used


def _serve(core: Any, agent: Agent, console: Console, counter: CycleCounter, deadline: float, context: JobContext) -> str:
    """Resume and answer requests until the program leaves: "left", "halted" where something else stopped it, "late"."""
    core.resume()
    while time.monotonic() < deadline:
        state = core.get_state()
        if state == Target.State.LOCKUP:
            core.halt()
            return "halted"
        if state != Target.State.HALTED:
            if context.cancelled:
                core.halt()
                raise Cancelled("the kit was stopped")
            time.sleep(_POLL_S)
            continue
        if not counter.at_mark() and not agent.check_and_handle_semihost_request():
            return "halted"
        if agent.left is not None:
            return "left"
        context.progress(console.read_share, "running on the board")
        if context.cancelled:
            raise Cancelled("the kit was stopped")
        core.resume()
    core.halt()
    return "late"


def _ending(core: Any, agent: Agent, image: Image, ending: str, timeout_s: float) -> tuple[int, str]:
    """Return the exit code and the fault in words."""
    if agent.left is not None:
        reason, code = agent.left
        if reason == APPLICATION_EXIT:
            return code, ""
        return FAULT, _fault(core, image, frame=code)
    if ending == "late":
        pc = core.read_core_register("pc")
        return TIMEOUT, f"it did not finish within {timeout_s:g} s; at {locate(image.symbols, pc)}"
    if core.read32(CortexM.DFSR) & CortexM.DFSR_VCATCH:
        return FAULT, _fault(core, image, frame=core.read_core_register("sp"))
    return FAULT, f"the core stopped; at {locate(image.symbols, core.read_core_register('pc'))}"


def _fault(core: Any, image: Image, frame: int) -> str:
    """Read the fault registers and the stacked program counter (Armv7-M Architecture Reference Manual, B1.5.6)."""
    words = describe_fault(*(core.read32(register) for register in (_CFSR, _HFSR, _MMFAR, _BFAR)))
    if not image.stack_limit <= frame <= image.stack_top - 32:
        return f"{words}; the stack pointer was 0x{frame:08x}, outside the stack"
    (pc,) = struct.unpack("<I", bytes(core.read_memory_block8(frame + _STACKED_PC, 4)))
    return f"{words}; at {locate(image.symbols, pc)}"


FLASHER = PyocdFlasher()

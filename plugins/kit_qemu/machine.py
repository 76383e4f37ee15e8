"""The emulator's process: how it is found, started and ended."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from studio.api import CheckFailed, Image, InputError, TargetDevice, ToolMissing

from .stub import PC, SP, XPSR, Debugger, Gone, Monitor

PROGRAM = "qemu-system-arm"
PAINT = 0xA5
MACHINES = {"cortex-m55": "mps3-an547"}
_START_S = 30.0
_STEP_S = 0.1
_THUMB_STATE = 1 << 24


@dataclass(frozen=True)
class Machine:
    """A core that is halted before its first instruction; `folder` is for its files, `input` what it reads from."""

    core: Debugger
    monitor: Monitor
    folder: Path
    input: int
    errors: Path
    process: "subprocess.Popen[bytes]"


def installed() -> bool:
    """Whether the emulator is on the PATH."""
    return shutil.which(PROGRAM) is not None


def require() -> str:
    """Return the emulator's path; raise ToolMissing with what to install."""
    found = shutil.which(PROGRAM)
    if found is None:
        hint = "on Debian and Ubuntu: apt-get install qemu-system-arm; or choose another virtual kit from `otolith boards`"
        raise ToolMissing(f"{PROGRAM} is not on the PATH", where=PROGRAM, hint=hint)
    return found


def machine_name(target: TargetDevice) -> str:
    """Return the emulator's machine for a target; raise InputError where it has none."""
    if target.core.id not in MACHINES:
        raise InputError(f"{target.core.name} is not emulated here", where=target.id, hint="choose a virtual kit from `otolith boards`")
    return MACHINES[target.core.id]


@contextlib.contextmanager
def started(bank: Path, image: Image, target: TargetDevice, input: bytes, folder: Path) -> Iterator[Machine]:
    """Start the emulator with what stands in flash, and kill it at the end; its console reads `input` and writes folder/output."""
    (folder / "input").write_bytes(input)
    # RAM wakes up with anything in it: whatever counts on zeros there must fail.
    (folder / "paint").write_bytes(bytes([PAINT]) * target.ram.size)
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(_listening()) for _ in range(2)]
        descriptor = os.open(folder / "input", os.O_RDONLY | getattr(os, "O_BINARY", 0))
        stack.callback(os.close, descriptor)
        output, errors = (stack.enter_context((folder / name).open("wb")) for name in ("output", "errors"))
        process = _start(_command(bank, target, [p.getsockname()[1] for p in ports]), descriptor, output, errors, folder)
        stack.callback(_end, process)
        try:
            lines = [stack.enter_context(_accept(port, process)) for port in ports]
            monitor = Monitor(lines[1])
            stack.callback(monitor.close)
            core = Debugger(lines[0])
            _reset(core, image)
        except Gone:
            raise _not_started(folder / "errors", target) from None
        yield Machine(core, monitor, folder, descriptor, folder / "errors", process)


def _command(bank: Path, target: TargetDevice, ports: list[int]) -> list[str]:
    command = [require(), "-machine", machine_name(target), "-nodefaults", "-nic", "none", "-display", "none", "-S"]
    # One nanosecond of its time for each instruction: that is how the emulator comes to count them.
    command += ["-icount", "shift=0", "-semihosting-config", "enable=on,target=native"]
    for file, memory in ((bank, target.flash), ("paint", target.ram)):
        command += ["-device", f"loader,file={str(file).replace(',', ',,')},addr=0x{memory.origin:x},force-raw=on"]
    for name, port in zip(("debugger", "monitor"), ports, strict=True):
        command += ["-chardev", f"socket,id={name},host=127.0.0.1,port={port},nodelay=on"]
    return [*command, "-gdb", "chardev:debugger", "-mon", "chardev=monitor,mode=control"]


def _listening() -> socket.socket:
    line = socket.create_server(("127.0.0.1", 0), backlog=1)
    line.settimeout(_STEP_S)
    return line


def _start(command: list[str], input: int, output: IO[bytes], errors: IO[bytes], folder: Path) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(command, stdin=input, stdout=output, stderr=errors, cwd=folder)
    except OSError as error:
        raise ToolMissing(f"cannot be started: {error.strerror}", where=command[0], hint="install it again") from error


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


def _accept(port: socket.socket, process: "subprocess.Popen[bytes]") -> socket.socket:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(TimeoutError):
            line, _ = port.accept()
            line.settimeout(None)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
    raise Gone


def _not_started(errors: Path, target: TargetDevice) -> CheckFailed:
    said = [line for line in errors.read_text(errors="replace").splitlines() if line.strip() and "warning" not in line]
    words = said[0] if said else "it is silent"
    return CheckFailed(f"{PROGRAM} does not start: {words}", where=target.id, hint=f"{machine_name(target)} needs QEMU 6.2 or newer")


def _reset(core: Debugger, image: Image) -> None:
    """Go to the program's own reset vector: the machine's lies elsewhere."""
    vectors = image.symbols["vectors"]
    core.set_register(XPSR, _THUMB_STATE)
    core.set_register(SP, core.word(vectors))
    core.set_register(PC, core.word(vectors + 4) & ~1)

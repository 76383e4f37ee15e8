"""Arm semihosting, the part that a program without files needs (Semihosting for AArch32 and AArch64, release 2.0)."""

import struct
from collections.abc import Callable
from typing import IO, Protocol

SYS_OPEN, SYS_CLOSE, SYS_WRITEC, SYS_WRITE0, SYS_WRITE, SYS_READ = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
SYS_READC, SYS_ISERROR, SYS_ISTTY, SYS_FLEN, SYS_ERRNO, SYS_EXIT, SYS_EXIT_EXTENDED = 0x07, 0x08, 0x09, 0x0C, 0x13, 0x18, 0x20
APPLICATION_EXIT = 0x20026
STDIN, STDOUT, STDERR = 1, 2, 3
FAILED = -1


class Memory(Protocol):
    """What the console needs of the machine: its memory."""

    def read(self, address: int, count: int) -> bytes:
        """Read bytes; raises where there is no memory."""

    def write(self, address: int, data: bytes) -> None:
        """Write bytes; raises where there is no memory."""


class Exit(Exception):
    """The program left: `reason` is APPLICATION_EXIT where it meant to."""

    def __init__(self, reason: int, code: int) -> None:
        super().__init__(reason, code)
        self.reason = reason
        self.code = code


class Console:
    """Serves requests from `input` and into `output`; standard error goes nowhere."""

    def __init__(self, input: bytes, output: IO[bytes], progress: Callable[[float], None]) -> None:
        self._input = memoryview(input)
        self._at = 0
        self._output = output
        self._progress = progress

    def serve(self, operation: int, argument: int, memory: Memory) -> int:
        """Do what is asked and return what goes into r0; raise Exit where the program leaves."""
        handler = _HANDLERS.get(operation)
        return handler(self, argument, memory) if handler else FAILED

    def _open(self, argument: int, memory: Memory) -> int:
        name, mode, length = _words(memory, argument, 3)
        if length != 3 or memory.read(name, 3) != b":tt":
            return FAILED
        return STDIN if mode < 4 else STDOUT if mode < 8 else STDERR

    def _read(self, argument: int, memory: Memory) -> int:
        handle, address, count = _words(memory, argument, 3)
        if handle != STDIN:
            return FAILED
        data = bytes(self._input[self._at : self._at + count])
        memory.write(address, data)
        self._at += len(data)
        self._progress(self._at / max(1, len(self._input)))
        return count - len(data)

    def _readc(self, argument: int, memory: Memory) -> int:
        self._at += 1
        return self._input[self._at - 1] if self._at <= len(self._input) else FAILED

    def _write(self, argument: int, memory: Memory) -> int:
        handle, address, count = _words(memory, argument, 3)
        if handle not in (STDOUT, STDERR):
            return count
        data = memory.read(address, count)
        if handle == STDOUT:
            self._output.write(data)
        return 0

    def _write0(self, argument: int, memory: Memory) -> int:
        return 0

    def _is_error(self, argument: int, memory: Memory) -> int:
        return int(_words(memory, argument, 1)[0] >= 0x8000_0000)

    def _length(self, argument: int, memory: Memory) -> int:
        return len(self._input) if _words(memory, argument, 1)[0] == STDIN else FAILED

    def _exit(self, argument: int, memory: Memory) -> int:
        raise Exit(argument, 0 if argument == APPLICATION_EXIT else 1)

    def _exit_extended(self, argument: int, memory: Memory) -> int:
        reason, code = _words(memory, argument, 2)
        raise Exit(reason, code)


def _words(memory: Memory, address: int, count: int) -> tuple[int, ...]:
    return struct.unpack(f"<{count}I", memory.read(address, 4 * count))


def _zero(console: Console, argument: int, memory: Memory) -> int:
    return 0


def _one(console: Console, argument: int, memory: Memory) -> int:
    return 1


_HANDLERS: dict[int, Callable[[Console, int, Memory], int]] = {
    SYS_OPEN: Console._open,
    SYS_CLOSE: _zero,
    SYS_WRITEC: Console._write0,
    SYS_WRITE0: Console._write0,
    SYS_WRITE: Console._write,
    SYS_READ: Console._read,
    SYS_READC: Console._readc,
    SYS_ISERROR: Console._is_error,
    SYS_ISTTY: _one,
    SYS_FLEN: Console._length,
    SYS_ERRNO: _zero,
    SYS_EXIT: Console._exit,
    SYS_EXIT_EXTENDED: Console._exit_extended,
}

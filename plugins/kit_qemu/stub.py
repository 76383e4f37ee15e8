"""The emulator's debugger port (GDB Remote Serial Protocol) and its monitor (QEMU Machine Protocol), as much as a kit needs."""

import json
import socket
import struct
from pathlib import Path
from typing import Any

SP, PC, XPSR = 13, 15, 25
_PACKET = 1024
_BREAK = b"\x03"


class Gone(Exception):
    """The emulator ended or broke off."""


class Debugger:
    """Halts, resumes and inspects the core. Methods raise Gone where the emulator ended."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._read = b""
        # The emulator takes single registers only from those who asked for their description.
        self._ask("qXfer:features:read:target.xml:0,ffb")

    def register(self, number: int) -> int:
        """Return a core register."""
        value: int = struct.unpack("<I", bytes.fromhex(self._ask(f"p{number:x}"))[:4])[0]
        return value

    def set_register(self, number: int, value: int) -> None:
        """Set a core register."""
        self._ask(f"P{number:x}={struct.pack('<I', value).hex()}")

    def memory(self, address: int, count: int) -> bytes:
        """Read memory; what cannot be read is left out at the end."""
        found = b""
        while len(found) < count:
            part = self._ask(f"m{address + len(found):x},{min(_PACKET, count - len(found)):x}")
            if part.startswith("E"):
                break
            found += bytes.fromhex(part)
        return found

    def word(self, address: int) -> int:
        """Read a word."""
        value: int = struct.unpack("<I", self.memory(address, 4))[0]
        return value

    def stop_at(self, address: int) -> None:
        """Halt the core before the instruction at this address."""
        self._ask(f"Z0,{address:x},2")

    def pass_by(self, address: int) -> None:
        """Halt no more at this address."""
        self._ask(f"z0,{address:x},2")

    def step(self) -> None:
        """Execute one instruction."""
        if not self._ask("s").startswith("T"):
            raise Gone

    def resume(self) -> None:
        """Let the core go; `halted` hears when it stops."""
        self._send("c")

    def halted(self, seconds: float) -> bool:
        """Wait so long for the core to halt after resume(), and say whether it did."""
        self._line.settimeout(seconds)
        try:
            answer = self._receive()
        except TimeoutError:
            return False
        finally:
            self._line.settimeout(None)
        if not answer.startswith("T"):
            raise Gone
        return True

    def halt(self) -> None:
        """Stop the core wherever it is."""
        self._put(_BREAK)
        self._receive()

    def _ask(self, request: str) -> str:
        self._send(request)
        return self._receive()

    def _send(self, request: str) -> None:
        data = request.encode()
        self._put(b"$" + data + b"#%02x" % (sum(data) & 0xFF))

    def _receive(self) -> str:
        while True:
            start = self._read.find(b"$")
            end = self._read.find(b"#", start)
            if 0 <= start < end and len(self._read) >= end + 3:
                answer, self._read = self._read[start + 1 : end].decode("latin-1"), self._read[end + 3 :]
                self._put(b"+")
                return answer
            try:
                more = self._line.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                raise Gone
            self._read += more

    def _put(self, data: bytes) -> None:
        try:
            self._line.sendall(data)
        except ConnectionError:
            raise Gone from None


class Monitor:
    """Asks the emulator itself. Methods raise Gone where it ended."""

    def __init__(self, line: socket.socket) -> None:
        self._lines = line.makefile("rw", encoding="utf-8")
        self._line()
        self._ask("qmp_capabilities")

    def instructions(self) -> int:
        """Return how many instructions the core has executed since reset."""
        count: int = self._ask("query-replay")["icount"]
        return count

    def save(self, address: int, count: int, path: Path) -> bytes:
        """Return memory by way of a file."""
        self._ask("memsave", val=address, size=count, filename=str(path))
        return path.read_bytes()

    def close(self) -> None:
        """Let go of the connection."""
        self._lines.close()

    def _ask(self, command: str, **arguments: Any) -> Any:
        try:
            self._lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            self._lines.flush()
        except (ConnectionError, ValueError):
            raise Gone from None
        while "return" not in (answer := json.loads(self._line())):
            if "error" in answer:
                raise Gone
        return answer["return"]

    def _line(self) -> str:
        try:
            line = self._lines.readline()
        except ConnectionError:
            line = ""
        if not line:
            raise Gone
        return line

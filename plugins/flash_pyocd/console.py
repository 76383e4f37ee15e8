"""The program's console: its input and output kept in memory, served by pyOCD's own semihosting agent."""

from typing import Any, ClassVar

from pyocd.debug import semihost
from pyocd.debug.semihost import SemihostAgent, SemihostingRequests, SemihostIOHandler

APPLICATION_EXIT = 0x20026


class Console(SemihostIOHandler):
    """Standard input from `input`, standard output into `output`; standard error and other files are refused or dropped."""

    def __init__(self, input: bytes) -> None:
        super().__init__()
        self._input = input
        self._at = 0
        self.output = bytearray()

    @property
    def read_share(self) -> float:
        """How much of the input was read, 0 to 1."""
        return self._at / max(1, len(self._input))

    def open(self, fnptr: int, fnlen: int, mode: str) -> int:
        """Open ":tt"; refuse real files, for the program must not touch this computer's."""
        special, _ = self._std_open(fnptr, fnlen, mode)
        return special if isinstance(special, int) else -1

    def close(self, fd: int) -> int:
        """Close nothing."""
        return 0

    def read(self, fd: int, ptr: int, length: int) -> int:
        """Hand over what is left of the input; returns how many bytes are missing."""
        data = self._input[self._at : self._at + length]
        self._at += len(data)
        if data:
            assert self.agent is not None
            self.agent.context.write_memory_block8(ptr, data)
        return length - len(data)

    def readc(self) -> int:
        """Hand over one byte, or -1 at the end."""
        self._at += 1
        return self._input[self._at - 1] if self._at <= len(self._input) else -1

    def write(self, fd: int, ptr: int, length: int) -> int:
        """Keep what goes to standard output."""
        if fd == semihost.STDOUT_FD and length:
            assert self.agent is not None
            self.output += self.agent.get_data(ptr, length)
        return 0

    def istty(self, fd: int) -> int:
        """Say that the console is one."""
        return 1


class Agent(SemihostAgent):
    """pyOCD's agent, which also hears the program leave; `left` is then (reason, code)."""

    left: tuple[int, int] | None = None

    def handle_sys_exit(self, args: int) -> int:
        """Take the reason itself as the argument."""
        self.left = (args, 0 if args == APPLICATION_EXIT else 1)
        return 0

    def handle_sys_exit_extended(self, args: int) -> int:
        """Read reason and code."""
        reason, code = self._get_args(args, 2)
        self.left = (reason, code)
        return 0

    def handle_sys_write0(self, args: int) -> int:
        """Drop text for people: the output is for the studio alone."""
        return 0

    _REQUEST_MAP: ClassVar[dict[int, Any]] = {
        **SemihostAgent._REQUEST_MAP,
        SemihostingRequests.SYS_EXIT: handle_sys_exit,
        SemihostingRequests.SYS_EXIT_EXTENDED: handle_sys_exit_extended,
        SemihostingRequests.SYS_WRITE0: handle_sys_write0,
    }

"""A processor fault of a Cortex-M in words."""

from bisect import bisect_right
from collections.abc import Mapping

_MMFAR_VALID, _BFAR_VALID = 1 << 7, 1 << 15
_CAUSES = (
    (0, "memory protection: an instruction was fetched from {address}"),
    (1, "memory protection: access to {address}"),
    (3, "memory protection while leaving an exception"),
    (4, "memory protection while entering an exception: the stack has left the RAM"),
    (8, "bus error fetching an instruction"),
    (9, "bus error at {address}"),
    (10, "bus error on a buffered write"),
    (11, "bus error while leaving an exception"),
    (12, "bus error while entering an exception: the stack has left the RAM"),
    (16, "undefined instruction"),
    (17, "not Thumb code: a call through a broken pointer"),
    (18, "broken return from an exception"),
    (19, "floating-point instruction, but the FPU is off or missing"),
    (20, "stack overflow"),
    (24, "unaligned access"),
    (25, "division by zero"),
)


def describe_fault(cfsr: int, hfsr: int = 0, mmfar: int = 0, bfar: int = 0) -> str:
    """Say in words what the fault status registers hold (Armv7-M Architecture Reference Manual, B3.2.15 to B3.2.18).

    A core without these registers (M0, M0+) reads them as 0 and gets "hard fault".
    """
    address = f"0x{mmfar:08x}" if cfsr & _MMFAR_VALID else f"0x{bfar:08x}" if cfsr & _BFAR_VALID else "an unknown address"
    causes = [text.format(address=address) for bit, text in _CAUSES if cfsr >> bit & 1]
    if hfsr & 2:
        causes.append("bus error reading the vector table")
    return "hard fault: " + ", ".join(causes) if causes else "hard fault"


def locate(symbols: Mapping[str, int], address: int) -> str:
    """Name an address by the symbol at or before it: "model_run+0x12", or "0x..." where none is near."""
    known = sorted((value, name) for name, value in symbols.items() if not name.startswith("__"))
    index = bisect_right(known, (address, "\U0010ffff")) - 1
    if index < 0 or address - known[index][0] > 0x10000:
        return f"0x{address:08x}"
    value, name = known[index]
    return f"{name}+0x{address - value:x}" if address > value else name

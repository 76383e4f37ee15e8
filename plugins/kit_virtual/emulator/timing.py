"""Cycles of a stretch of code, estimated from how often each block ran and the core's documented timings; memory never waits.

Cortex-M4 and M3: their Technical Reference Manuals, tables 3-1 (Arm 100166 and 100165). Cortex-M0 and M0+: tables 3-1 of
Arm DDI 0432 and DDI 0484, with the one-cycle multiplier. Arm gives no table for the M7 and M33: they take the M4's cycles
by the ratio of Arm's CoreMark per MHz (M4 3.42, M7 5.01, M33 4.02).
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple


class Timings(NamedTuple):
    """Cycles of what does not take one; `refill` is what a taken branch adds, `factor` scales the sum."""

    load: int = 2
    load_again: int = 1
    store: int = 1
    multiply_add: int = 1
    long_multiply: int = 1
    divide: int = 7
    float_add_multiply: int = 3
    float_divide: int = 14
    refill: int = 2
    factor: float = 1.0


_M4 = Timings()
_CORES = {
    "cortex-m0": Timings(load=2, load_again=2, store=2),
    "cortex-m0plus": Timings(load=2, load_again=2, store=2, refill=1),
    "cortex-m3": Timings(multiply_add=2, long_multiply=4),
    "cortex-m4": _M4,
    "cortex-m4f": _M4,
    "cortex-m7": _M4._replace(factor=3.42 / 5.01),
    "cortex-m33": _M4._replace(factor=3.42 / 4.02),
}


def can_estimate(core: str) -> bool:
    """Whether the core's timings are known and the disassembler is installed."""
    return core in _CORES and find_spec("capstone") is not None


def estimate(core: str, blocks: Iterable[tuple[bytes, int]], jumps: int) -> int:
    """Return the cycles of blocks (their code, how often they ran) with `jumps` transfers of control to another place."""
    timings = _CORES[core]
    total = sum(times * _block(timings, code) for code, times in blocks)
    return round((total + jumps * timings.refill) * timings.factor)


@lru_cache(maxsize=1)
def _disassembler() -> Any:
    import capstone

    made = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    # What it does not know costs one cycle, and does not end the block.
    made.skipdata = True
    return made


@lru_cache(maxsize=1 << 14)
def _block(timings: Timings, code: bytes) -> int:
    cycles, after_load = 0, False
    for _, _, mnemonic, operands in _disassembler().disasm_lite(code, 0):
        name = mnemonic.partition(".")[0]
        one_load = name.startswith("ldr") and not name.startswith("ldrd")
        cycles += timings.load_again if one_load and after_load else _cycles(timings, name, operands)
        after_load = one_load
    return cycles


def _cycles(timings: Timings, name: str, operands: str) -> int:
    for prefixes, cycles in (
        (("ldrd", "strd"), 3),
        (("ldr",), timings.load),
        (("str",), timings.store),
        (("vldr", "vstr"), 2),
        (("vdiv", "vsqrt"), timings.float_divide),
        (("vmla", "vmls", "vfma", "vfms", "vfnma", "vnml"), timings.float_add_multiply),
        (("sdiv", "udiv"), timings.divide),
        (("smull", "umull", "smlal", "umlal"), timings.long_multiply),
        (("mla", "mls"), timings.multiply_add),
        (("tbb", "tbh"), 2),
    ):
        if name.startswith(prefixes):
            return cycles
    if name.startswith(("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop")):
        return 1 + registers(operands)
    return 1


def registers(operands: str) -> int:
    """Count the registers of a list such as "{r4, r5-r7, lr}"."""
    return sum(_span(part.strip()) for part in operands.partition("{")[2].rstrip("} ").split(","))


def _span(part: str) -> int:
    first, dash, last = part.partition("-")
    return int(last.strip(" rsd")) - int(first.strip(" rsd")) + 1 if dash else 1

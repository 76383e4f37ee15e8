"""Find calls in Thumb code (Armv8-M Architecture Reference Manual: BL T1, B T2 and T4, BX T1, BLX T1)."""

import struct

_BX, _BLX, _BX_LR = 0x4700, 0x4780, 0x4770


def call_sites(code: bytes, start: int) -> frozenset[int]:
    """Return the addresses of the calls in a function's code, jumps out of it among them; `start` is its address."""
    halves = struct.unpack(f"<{len(code) // 2}H", code[: len(code) // 2 * 2])
    found, n = set(), 0
    while n < len(halves):
        wide = halves[n] >> 11 in (0b11101, 0b11110, 0b11111) and n + 1 < len(halves)
        calls = _wide(halves[n], halves[n + 1], n, len(halves)) if wide else _narrow(halves[n], n, len(halves))
        if calls:
            found.add(start + 2 * n)
        n += 2 if wide else 1
    return frozenset(found)


def _wide(first: int, second: int, at: int, count: int) -> bool:
    if first >> 11 != 0b11110 or second & 0x9000 != 0x9000:
        return False
    if second & 0x4000:
        return True
    # B T4: J1 and J2 say where the two bits below the sign differ from it.
    sign = first >> 10 & 1
    high = (sign ^ (second >> 13 & 1) ^ 1) << 1 | (sign ^ (second >> 11 & 1) ^ 1)
    offset = (high << 21 | (first & 0x3FF) << 11 | (second & 0x7FF)) - (sign << 23)
    return not 0 <= at + 2 + offset < count


def _narrow(half: int, at: int, count: int) -> bool:
    if half >> 11 == 0b11100:
        offset = (half & 0x3FF) - (half & 0x400)
        return not 0 <= at + 2 + offset < count
    return half & 0xFF87 == _BLX or (half & 0xFF87 == _BX and half != _BX_LR)

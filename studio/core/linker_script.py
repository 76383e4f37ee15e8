"""The linker script of a bare program for a board."""

import re

from studio.core.places import shipped
from studio.core.target import TargetDevice

STACK_LEAST = 1024
"""Bytes of RAM that must be left for the stack, or the program does not count as fitting."""


def linker_script(target: TargetDevice) -> str:
    """Fill the linker template with the target's memories, less what the base firmware keeps and the least stack."""
    flash, ram = target.flash, target.ram
    values = {
        "NAME": target.id,
        "FLASH_ORIGIN": hex(flash.origin + flash.reserved),
        "FLASH_LENGTH": hex(flash.free),
        "RAM_ORIGIN": hex(ram.origin + ram.reserved),
        "RAM_LENGTH": hex(max(0, ram.free - STACK_LEAST)),
        "STACK_TOP": hex(ram.origin + ram.size),
    }
    template = (shipped("board_support") / "runtime" / "link" / "kit.ld.in").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda m: values[m[1]], template)

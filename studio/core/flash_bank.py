"""The flash memory of a virtual kit: a file that outlives the program which wrote it."""

import hashlib
import os
import struct
import tempfile
from pathlib import Path

from studio.core.errors import CheckFailed, InputError
from studio.core.places import cache
from studio.core.protocols import Image
from studio.core.target import TargetDevice
from studio.core.units import format_size

KEPT = 64
_LOADABLE = 1


def contents(image: Image, target: TargetDevice) -> bytes:
    """Return what flash holds from its start once the image is programmed; erased bytes are 0xFF.

    Raises InputError where the file is no 32-bit ELF or does not lie in the target's flash.
    """
    bank = bytearray()
    for address, data in _segments(image.elf):
        start = address - target.flash.origin
        if start < target.flash.reserved or start + len(data) > target.flash.size:
            hint = f"its flash has {format_size(target.flash.free)} from 0x{target.flash.origin + target.flash.reserved:08x}: build for {target.id}"
            raise InputError(f"0x{address:08x} is not in the flash of {target.name}", where=str(image.elf), hint=hint)
        bank.extend(b"\xff" * (start + len(data) - len(bank)))
        bank[start : start + len(data)] = data
    return bytes(bank)


def _segments(elf: Path) -> list[tuple[int, bytes]]:
    """Read the loadable segments: physical address and bytes (ELF specification, figures 1-3 and 2-1)."""
    try:
        data = elf.read_bytes()
        if data[:5] != b"\x7fELF\x01":
            raise InputError("is no program (no 32-bit ELF file)", where=str(elf), hint="build it again")
        (table,) = struct.unpack_from("<I", data, 28)
        size, count = struct.unpack_from("<HH", data, 42)
        found = []
        for n in range(count):
            kind, offset, _, address, stored = struct.unpack_from("<5I", data, table + n * size)
            if kind == _LOADABLE and stored:
                found.append((address, data[offset : offset + stored]))
    except OSError as e:
        raise InputError(f"cannot be read: {e.strerror}", where=str(elf), hint="build it again") from e
    except struct.error as e:
        raise InputError("is cut short", where=str(elf), hint="build it again") from e
    return found


def write(image: Image, target: TargetDevice) -> None:
    """Program the bank and verify it."""
    data, path = contents(image, target), _path(image, target)
    path.parent.mkdir(parents=True, exist_ok=True)
    _prune(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    if path.read_bytes() != data:
        raise CheckFailed(f"{target.name} reads back other bytes than were written", where=str(path), hint="is the disk full or broken?")


def programmed(image: Image, target: TargetDevice) -> Path:
    """Return the bank's file; raise CheckFailed where the kit holds nothing or another program."""
    path = _path(image, target)
    if not path.is_file():
        raise CheckFailed(f"{target.name} is empty", where=target.id, hint="program it first")
    if path.read_bytes() != contents(image, target):
        raise CheckFailed(f"{target.name} holds an older program than {image.elf.name}", where=target.id, hint="program it again")
    return path


def _path(image: Image, target: TargetDevice) -> Path:
    # A bank for each program's file: two validations side by side must not overwrite each other's kit.
    key = hashlib.sha256(str(image.elf.resolve()).encode()).hexdigest()[:16]
    return cache() / "kits" / f"{target.id}-{key}.bin"


def _prune(folder: Path) -> None:
    banks = sorted(folder.glob("*.bin"), key=_last_used)
    for path in banks[: -KEPT or None]:
        path.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    # Another process may take the file away meanwhile.
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0

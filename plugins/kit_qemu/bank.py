"""The flash memory of a kit: a file that outlives the program which wrote it."""

import hashlib
import os
import tempfile
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from studio.api import CheckFailed, Image, InputError, TargetDevice, cache, format_size

KEPT = 64


def contents(image: Image, target: TargetDevice) -> bytes:
    """Return what flash holds from its start once the image is programmed; erased bytes are 0xFF.

    Raises InputError where the file is no ELF or does not lie in the target's flash.
    """
    bank, flash = bytearray(), target.flash
    for address, data in _segments(image):
        start = address - flash.origin
        if start < flash.reserved or start + len(data) > flash.size:
            hint = f"its flash has {format_size(flash.free)} from 0x{flash.origin + flash.reserved:08x}: build for {target.id}"
            raise InputError(f"0x{address:08x} is not in the flash of {target.name}", where=str(image.elf), hint=hint)
        bank.extend(b"\xff" * (start + len(data) - len(bank)))
        bank[start : start + len(data)] = data
    return bytes(bank)


def _segments(image: Image) -> list[tuple[int, bytes]]:
    try:
        with image.elf.open("rb") as file:
            return [(s["p_paddr"], s.data()) for s in ELFFile(file).iter_segments("PT_LOAD") if s["p_filesz"]]
    except (OSError, ELFError) as error:
        raise InputError(f"is no program ({error})", where=str(image.elf), hint="build it again") from error


def write(image: Image, target: TargetDevice) -> None:
    """Program the kit and verify it."""
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
    """Return the file of what is in flash; raise CheckFailed where the kit holds nothing or another program."""
    path = _path(image, target)
    if not path.is_file():
        raise CheckFailed(f"{target.name} is empty", where=target.id, hint="program it first")
    if path.read_bytes() != contents(image, target):
        raise CheckFailed(f"{target.name} holds an older program than {image.elf.name}", where=target.id, hint="program it again")
    return path


def _path(image: Image, target: TargetDevice) -> Path:
    # One for each program's file: two validations side by side must not overwrite each other's kit.
    key = hashlib.sha256(str(image.elf.resolve()).encode()).hexdigest()[:16]
    return cache() / "kits" / f"{target.id}-{key}.qemu"


def _prune(folder: Path) -> None:
    banks = sorted(folder.glob("*.qemu"), key=_last_used)
    for path in banks[: -KEPT or None]:
        path.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    # Another process may take the file away meanwhile.
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0

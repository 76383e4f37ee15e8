"""A linked program's flash and RAM by what takes them: the model's constants, its kernels, the front end, and the rest."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from elftools.elf.elffile import ELFFile

from studio.core.protocols import Image

WEIGHTS, KERNELS, FRONT_END, ARENA, APPLICATION = "weights and tables", "kernels", "front end", "arena", "application"
_SOFTWARE = "the compiler's own"
_FRONT_END_PARTS = frozenset(["front end", "front end code", "front end tables"])
# How names of sources and functions begin, by what they belong to.
_BEGINNINGS: Mapping[str, str] = MappingProxyType(
    {"ot_": KERNELS, "model.": KERNELS, "model_": KERNELS, "frontend": FRONT_END, "compiler_rt": _SOFTWARE, "__": _SOFTWARE}
)


class Parts(msgspec.Struct, frozen=True):
    """Bytes by part; the parts of each sum to what the image says."""

    flash: Mapping[str, int]
    ram: Mapping[str, int]


class _Symbol(msgspec.Struct, frozen=True):
    """A function or an object of the program; `file` is the source of a local one."""

    name: str
    address: int
    size: int
    function: bool
    file: str


def planned_parts(parts: Mapping[str, int]) -> dict[str, int]:
    """Sum a gauge's parts in the groups that a linked program lets tell apart."""
    found: dict[str, int] = {}
    for name, size in parts.items():
        group = FRONT_END if name in _FRONT_END_PARTS else name if name in (KERNELS, ARENA, APPLICATION) else WEIGHTS
        found[group] = found.get(group, 0) + size
    return found


def program_parts(image: Image, frontend: bool, kernel_functions: Collection[str]) -> Parts:
    """Read a linked program's parts.

    `kernel_functions` names the compiler's own routines that the kernels call; others are the front end's, where there is one. What no
    symbol covers (vectors, what the linker fills up) is the application's.
    """
    flash, ram = {}, {}
    for symbol in _symbols(image.elf):
        part = _part(symbol, frontend, kernel_functions)
        parts = ram if image.symbols["__bss_start"] <= symbol.address < image.symbols["__bss_end"] else flash
        parts[part] = parts.get(part, 0) + symbol.size
    return Parts(_whole(flash, image.flash_bytes), _whole(ram, image.ram_bytes))


def _whole(parts: dict[str, int], total: int) -> dict[str, int]:
    known = {name: size for name, size in parts.items() if name != APPLICATION}
    return {**known, APPLICATION: total - sum(known.values())}


def _part(symbol: _Symbol, frontend: bool, kernel_functions: Collection[str]) -> str:
    if symbol.name == "arena":
        return ARENA
    if symbol.name in kernel_functions:
        return KERNELS
    if symbol.file == "model.c" and not symbol.function:
        return WEIGHTS
    part = next((part for start, part in _BEGINNINGS.items() if (symbol.file or symbol.name).startswith(start)), APPLICATION)
    return part if part != _SOFTWARE else FRONT_END if frontend else APPLICATION


def _symbols(path: Path) -> Iterator[_Symbol]:
    """Yield every function and object once: those with two names by the first."""
    seen: set[int] = set()
    file_name = ""
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        for s in table.iter_symbols() if table else ():
            kind, local = s["st_info"]["type"], s["st_info"]["bind"] == "STB_LOCAL"
            if kind == "STT_FILE":
                file_name = s.name
            elif kind in ("STT_FUNC", "STT_OBJECT") and s["st_size"] and s["st_value"] not in seen:
                seen.add(s["st_value"])
                yield _Symbol(s.name, s["st_value"], s["st_size"], kind == "STT_FUNC", file_name if local else "")

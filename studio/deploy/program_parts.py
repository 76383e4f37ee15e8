"""A linked program's flash and RAM by what takes them: the model's constants, its kernels, the front end, and the rest."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from elftools.elf.elffile import ELFFile

from studio.core.program import Program
from studio.core.protocols import Image

ARENA, KERNELS, RECORDS, FRONT_END, CODE, TABLES, APPLICATION = (
    "arena",
    "kernels",
    "layer sizes",
    "front end",
    "front end code",
    "front end tables",
    "application",
)
_COMPILERS = "the compiler's own"
# How names of sources and functions begin, by what they belong to.
_BEGINNINGS: Mapping[str, str] = MappingProxyType(
    {"ot_": KERNELS, "model.": KERNELS, "model_": KERNELS, "frontend": FRONT_END, "compiler_rt": _COMPILERS, "__": _COMPILERS}
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


def program_parts(image: Image, program: Program, frontend: bool, kernel_functions: Collection[str]) -> Parts:
    """Read the parts of a linked program, under the names that the gauges give them.

    `kernel_functions` names the compiler's own routines that the kernels call; others are the front end's, where there is one. What no
    symbol covers (vectors, what the linker fills up) is the application's, and so is what the harness does for a front end, which the
    gauges count as the front end's code.
    """
    flash, ram = {}, {}
    constants = {const.name: const.part for const in program.consts}
    for symbol in _symbols(image.elf):
        owner = _owner(symbol, frontend, kernel_functions)
        if image.symbols["__bss_start"] <= symbol.address < image.symbols["__bss_end"]:
            part, parts = ARENA if symbol.name == "arena" else owner, ram
        else:
            part, parts = _in_flash(symbol, owner, constants), flash
        parts[part] = parts.get(part, 0) + symbol.size
    return Parts(_whole(flash, image.flash_bytes), _whole(ram, image.ram_bytes))


def _in_flash(symbol: _Symbol, owner: str, constants: Mapping[str, str]) -> str:
    """Tell code from constants, and the model's constants from each other."""
    if owner == FRONT_END:
        return CODE if symbol.function or not _begins(symbol, "frontend") else TABLES
    if symbol.file == "model.c" and not symbol.function:
        return constants.get(symbol.name, RECORDS)
    return owner


def _whole(parts: dict[str, int], total: int) -> dict[str, int]:
    known = {name: size for name, size in parts.items() if name != APPLICATION}
    return {**known, APPLICATION: total - sum(known.values())}


def _owner(symbol: _Symbol, frontend: bool, kernel_functions: Collection[str]) -> str:
    if symbol.name in kernel_functions:
        return KERNELS
    owner = next((owner for start, owner in _BEGINNINGS.items() if _begins(symbol, start)), APPLICATION)
    return owner if owner != _COMPILERS else FRONT_END if frontend else APPLICATION


def _begins(symbol: _Symbol, start: str) -> bool:
    return (symbol.file or symbol.name).startswith(start)


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

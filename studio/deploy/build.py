"""Compile and link generated C with the harness into a program for a kit."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import msgspec
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from studio.core.errors import InputError, StudioError
from studio.core.linker_script import linker_script
from studio.core.places import cache, shipped
from studio.core.protocols import Image, JobContext
from studio.core.target import TargetDevice
from studio.core.units import format_size
from studio.deploy.objects import Unit, compiled, in_use, object_path
from studio.deploy.toolchain import Toolchain, find_toolchain, run

_OVERFLOW = re.compile(r"region [`'](FLASH|RAM)'.*overflowed by (\d+) bytes")
_COMPILE_ERROR = re.compile(r"^(?P<file>[^\n]+?):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<words>.+)$", re.M)
_LINK_ERROR = re.compile(r"^.*?(?P<words>(?:undefined|duplicate|multiple definition|cannot) .+)$|^.*?error: (?P<other>.+)$", re.M)
_COMPILE_S, _LINK_S = 300, 600


def build(
    sources: Path,
    target: TargetDevice,
    toolchain: str | Toolchain,
    out: Path,
    frontend: bool,
    context: JobContext | None = None,
) -> Image:
    """Build all C files under `sources`, or of an exported folder those in its src/, with the harness into out/firmware.elf.

    `toolchain` is a compiler's name, or one that was found. `frontend` says whether the sources have a front end, so that the harness takes clips. Objects are kept in the cache by
    content: a second build compiles only what changed. Raises ToolMissing without a compiler, InputError where the program is
    too large for the target, StudioError with the compiler's first words (the rest is in the cache's build.log).
    """
    tools = find_toolchain(toolchain, target.core) if isinstance(toolchain, str) else toolchain
    out.mkdir(parents=True, exist_ok=True)
    units = _units(sources, tools, frontend)
    objects = _compile(units, tools, out, context)
    return link(objects, target, tools, out, context)


def _units(sources: Path, tools: Toolchain, frontend: bool) -> list[Unit]:
    app = shipped("board_support") / "runtime" / "app"
    root = sources / "src" if (sources / "src").is_dir() else sources
    files = sorted(root.rglob("*.c"))
    if not files:
        raise InputError("holds no C files", where=str(sources), hint="export the design first")
    includes = (*dict.fromkeys(h.parent for h in sorted(root.rglob("*.h"))), app)
    # The harness is small rather than fast: it must not blur what the model costs.
    defines = ("-DHARNESS_FRONTEND",) if frontend else ()
    return [
        *(Unit(f, (*tools.compile_flags, "-O2"), includes) for f in files),
        *(Unit(f, (*tools.compile_flags, "-Os", *defines), includes) for f in sorted(app.glob("*.c"))),
    ]


def _compile(units: Sequence[Unit], tools: Toolchain, out: Path, context: JobContext | None) -> list[Path]:
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(_compile_one, unit, tools, out, context) for unit in units]
        try:
            return [f.result() for f in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _compile_one(unit: Unit, tools: Toolchain, out: Path, context: JobContext | None) -> Path:
    made = object_path(unit, tools.version)
    if in_use(made):
        return made
    with compiled(made) as fresh:
        command = (
            *tools.command,
            *unit.flags,
            *(f"-I{i.resolve()}" for i in unit.includes),
            "-c",
            str(unit.source.resolve()),
            "-o",
            str(fresh),
        )
        code, said = run(command, out, tools.environment, _COMPILE_S, context)
        if code:
            raise _failure(said, command, out, "the C code does not compile")
    return made


def link(objects: Sequence[Path], target: TargetDevice, tools: Toolchain, out: Path, context: JobContext | None = None) -> Image:
    """Link objects into out/firmware.elf for the target's memories and read what came of it."""
    (out / "kit.ld").write_text(linker_script(target), encoding="utf-8")
    command = (*tools.command, *tools.link_flags, "-T", "kit.ld", *map(str, objects), *tools.libraries, "-o", "firmware.elf")
    code, said = run(command, out, tools.environment, _LINK_S, context)
    if code:
        _check_fits(said, target)
        raise _failure(said, command, out, "the program does not link")
    return read_image(out / "firmware.elf", target, tools.version)


def _check_fits(said: str, target: TargetDevice) -> None:
    excess: dict[str, int] = {}
    for region, amount in _OVERFLOW.findall(said):
        excess[region] = max(excess.get(region, 0), int(amount))
    if excess:
        parts = [f"{'flash' if r == 'FLASH' else r}: {format_size(n)} too much" for r, n in excess.items()]
        hint = f"{target.name} has {format_size(target.flash.free)} flash and {format_size(target.ram.free)} RAM for it"
        raise InputError(
            f"{', '.join(parts)} on {target.name}", where=target.id, hint=f"{hint}; make the design smaller or choose another board"
        )


def _failure(said: str, command: Sequence[str], out: Path, what: str) -> StudioError:
    # Not beside the program: that folder is often a temporary one.
    log = cache() / "build.log"
    log.write_text(" ".join(command) + "\n\n" + said, encoding="utf-8")
    hint = f"all that the compiler said: {log}"
    if match := _COMPILE_ERROR.search(said):
        return StudioError(f"{what}: {match['words']}", where=f"{Path(match['file']).name} line {match['line']}", hint=hint)
    if match := _LINK_ERROR.search(said):
        return StudioError(f"{what}: {match['words'] or match['other']}", where=str(out), hint=hint)
    first = next((line.strip() for line in said.splitlines() if line.strip()), "the compiler said nothing")
    return StudioError(f"{what}: {first}", where=str(out), hint=hint)


class _Section(msgspec.Struct, frozen=True):
    name: str
    size: int


def read_image(elf: Path, target: TargetDevice, compiler: str) -> Image:
    """Read symbols and sizes from a linked program; raise InputError where the file is none of ours."""
    try:
        with elf.open("rb") as file:
            symbols, sections = _read_elf(file)
        return Image(
            elf=elf,
            symbols=symbols,
            flash_bytes=symbols["__flash_end"] - target.flash.origin - target.flash.reserved,
            ram_bytes=symbols["__bss_end"] - target.ram.origin - target.ram.reserved,
            stack_top=symbols["__stack_top"],
            stack_limit=symbols["__stack_limit"],
            compiler=compiler,
            sections={s.name: s.size for s in sections},
        )
    except (OSError, ELFError, KeyError) as e:
        raise InputError(f"is no program that the studio linked ({e})", where=str(elf), hint="build it again") from e


def _read_elf(file: BinaryIO) -> tuple[dict[str, int], list[_Section]]:
    elf = ELFFile(file)
    sections = [_Section(s.name, s["sh_size"]) for s in elf.iter_sections() if s["sh_flags"] & 2]
    table = elf.get_section_by_name(".symtab")
    symbols: dict[str, int] = {}
    for s in table.iter_symbols() if table else ():
        if not s.name or s.name.startswith("$") or s["st_info"]["type"] in ("STT_FILE", "STT_SECTION"):
            continue
        name = s.name if s.name not in symbols else f"{s.name}.{len(symbols)}"
        symbols[name] = s["st_value"] & ~1 if s["st_info"]["type"] == "STT_FUNC" else s["st_value"]
    return symbols, sections

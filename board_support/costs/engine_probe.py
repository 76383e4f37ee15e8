"""Count what each kernel call of a built model costs on an emulated core: instructions, and cycles by the core's timings.

model_run is called by itself, without the harness; a call's blocks are those between two blocks of model_run.
"""

import importlib.util
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from types import ModuleType

import msgspec
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const

from studio.core.places import shipped
from studio.core.protocols import Image
from studio.core.target import TargetDevice

_CPUS = {
    "cortex-m0": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm_const.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}
_MIB = 1 << 20
_RETURN = 0x0800_0000  # an address that nothing else uses: model_run returns there
_PAINT = 0xA5
_DEEPEST = 4096  # bytes of stack that are watched


class CallCount(msgspec.Struct, frozen=True):
    """What one call cost, per function its instructions and cycles in it, and its stack below model_run's."""

    instructions: int
    cycles: int
    functions: Mapping[str, tuple[int, int]]
    stack_bytes: int = 0


class Counts(msgspec.Struct, frozen=True):
    """The calls in their order, model_run's own instructions and stack, and the bytes of stack that it took in all.

    `last_stack_bytes` is what was left of its own in the last call.
    """

    calls: tuple[CallCount, ...]
    own: CallCount
    stack_bytes: int
    last_stack_bytes: int


class Sizes(msgspec.Struct, frozen=True):
    """Bytes of each function and of each constant, by symbol."""

    code: Mapping[str, int]
    data: Mapping[str, int]


def sizes(image: Image) -> Sizes:
    """Read the sizes of an image's symbols."""
    code: dict[str, int] = {}
    data: dict[str, int] = {}
    for symbol in _symbols(image):
        place = code if symbol["st_info"]["type"] == "STT_FUNC" else data
        if symbol["st_size"]:
            place[symbol.name] = place.get(symbol.name, 0) + symbol["st_size"]
    return Sizes(code, data)


def count(image: Image, target: TargetDevice, timed: bool = True, given: bytes = b"", offset: int = 0) -> Counts:
    """Run model_run once and count; `timed` asks for cycles as well.

    The input is zeros, or what is `given`, `offset` bytes into the arena: on cores without an FPU the cost of floats depends on it.
    """
    cpu = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    cpu.ctl_set_cpu_model(_CPUS[target.core.unicorn_cpu])
    _load(cpu, image, target)
    functions = sorted((s["st_value"] & ~1, s["st_size"], s.name) for s in _symbols(image) if s["st_info"]["type"] == "STT_FUNC")
    start = image.symbols["model_run"]
    size = next(s for a, s, n in functions if n == "model_run")
    if given:
        cpu.mem_write(next(s["st_value"] for s in _symbols(image) if s.name == "arena") + offset, given)
    blocks: list[Counter[tuple[int, int]]] = [Counter()]
    own: Counter[tuple[int, int]] = Counter()
    jumps: list[Counter[int]] = [Counter()]
    depths: list[int] = []
    entries: list[int] = []
    stack = _Stack(cpu, image)
    expected = 0
    inside = True

    def block(cpu: unicorn.Uc, address: int, size_: int, _: object) -> None:
        nonlocal inside, expected
        outside = not start <= address < start + size
        if outside and inside:
            blocks.append(Counter())
            jumps.append(Counter())
            entries.append(image.stack_top - cpu.reg_read(arm_const.UC_ARM_REG_SP))
        if not outside and not inside:
            depths.append(stack.used())
        inside = not outside
        jumps[-1][address] += address != expected
        expected = address + size_
        (blocks[-1] if outside else own)[(address, size_)] += 1

    cpu.hook_add(unicorn.UC_HOOK_BLOCK, block)
    cpu.reg_write(arm_const.UC_ARM_REG_SP, image.stack_top)
    cpu.reg_write(arm_const.UC_ARM_REG_LR, _RETURN | 1)
    cpu.emu_start(start | 1, _RETURN)
    if not inside:  # the last call took the place of model_run's own return
        depths.append(stack.used())
    timing = _timing() if timed else None
    names = [a for a, _, _ in functions]

    def total(counted: Counter[tuple[int, int]], taken: Counter[int], depth: int) -> CallCount:
        found: defaultdict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for (address, length), times in counted.items():
            found[functions[bisect_right(names, address) - 1][2]][address, length] = times
        costs = {name: cost(blocks, taken) for name, blocks in found.items()}
        instructions, cycles = (sum(column) for column in zip((0, 0), *costs.values(), strict=True))
        return CallCount(instructions, cycles, costs, depth)

    def cost(blocks: Counter[tuple[int, int]], taken: Counter[int]) -> tuple[int, int]:
        codes = [(bytes(cpu.mem_read(*block)), times) for block, times in blocks.items()]
        jumped = sum(taken[address] for address, _ in blocks)
        cycles = timing.estimate(target.core.unicorn_cpu, codes, jumped) if timing else 0
        return sum(times * _instructions(code) for code, times in codes), cycles

    own_depths = [max(0, depth - entry) for depth, entry in zip(depths, entries, strict=True)]
    calls = tuple(map(total, blocks[1:], jumps[1:], own_depths))
    return Counts(calls, total(own, jumps[0], max(entries, default=0)), max(depths, default=0), entries[-1])


class _Stack:
    """The stack's low-water mark since it was last asked for."""

    def __init__(self, cpu: unicorn.Uc, image: Image) -> None:
        self._cpu, self._top = cpu, image.stack_top
        self._size = min(_DEEPEST, image.stack_top - image.stack_limit)
        self._paint()

    def used(self) -> int:
        """Return the bytes in use at the deepest point, and start anew."""
        held = bytes(self._cpu.mem_read(self._top - self._size, self._size))
        used = self._size - next((i for i, b in enumerate(held) if b != _PAINT), self._size)
        self._paint()
        return used

    def _paint(self) -> None:
        pointer = self._cpu.reg_read(arm_const.UC_ARM_REG_SP)
        below = min(self._size, pointer - (self._top - self._size)) if pointer else self._size
        self._cpu.mem_write(self._top - self._size, bytes([_PAINT]) * below)


def _symbols(image: Image) -> list:
    with image.elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return [s for s in table.iter_symbols() if s.name and not s.name.startswith("$")] if table else []


def _load(cpu: unicorn.Uc, image: Image, target: TargetDevice) -> None:
    for region in (target.flash, target.ram):
        base = region.origin // _MIB * _MIB
        cpu.mem_map(base, -(-(region.origin - base + region.size) // _MIB) * _MIB)
    if not target.flash.origin <= _RETURN < target.flash.origin + target.flash.size:
        cpu.mem_map(_RETURN, 4096)
    cpu.mem_map(0xE000_E000, 4096)
    cpu.mem_write(0xE000_ED88, (0xF << 20).to_bytes(4, "little"))
    with image.elf.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            if segment["p_filesz"]:
                cpu.mem_write(segment["p_paddr"], segment.data())


def _instructions(code: bytes) -> int:
    at = found = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 >= 0x1D else 2
        found += 1
    return found


def _timing() -> ModuleType:
    path = shipped("plugins") / "kit_virtual" / "emulator" / "timing.py"
    spec = importlib.util.spec_from_file_location("kit_timing", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""A board's sheet: every number of it in words, where it comes from, and which file gives it."""

from pathlib import Path

import msgspec

from studio.boards import Catalogue
from studio.boards.draft import address
from studio.boards.merge import chain_of, merged_values
from studio.core.target import MemoryRegion, TargetDevice
from studio.core.units import format_current, format_size

NO_SOURCE = "no source yet"


class SheetRow(msgspec.Struct, frozen=True):
    """A number: its section, what it is, its value in words, its source, and the id of the core, SoC or board whose file gives it."""

    section: str
    name: str
    value: str
    source: str = ""
    given_by: str = ""


def chain_words(board: TargetDevice, catalogue: Catalogue) -> str:
    """Name the files that make a board, itself first: "pico > rp2040 > cortex-m0plus"."""
    return " > ".join([record.id for _, record in chain_of(board.id, catalogue.cores, catalogue.devices)] + [board.core.id])


def file_of(id: str, catalogue: Catalogue) -> Path:
    """Return a board's own file."""
    return catalogue.devices[id][0].path


def sheet(board: TargetDevice, catalogue: Catalogue) -> tuple[SheetRow, ...]:
    """Return all that is known of a board."""
    origin = merged_values(chain_of(board.id, catalogue.cores, catalogue.devices)).origin
    rows = (*_processor(board), *_memory("Flash", board.flash, board), *_memory("RAM", board.ram, board), *_power(board), *_rest(board))
    keys = {"Clock": "clock", "Flash wait states": "flash_wait_states", "Caches": "caches", "Programmed by": "flash_methods"}

    def giver(row: SheetRow) -> str:
        if row.name == "Core":
            return board.core.id
        key = keys.get(row.name) or ("power" if row.section == "Power" else row.name.lower().replace(",", "").split()[0])
        return origin[key].path.stem if key in origin else ""

    return tuple(msgspec.structs.replace(row, given_by=giver(row)) for row in rows)


def _processor(board: TargetDevice) -> tuple[SheetRow, ...]:
    core = board.core
    counted = {None: "measured tables of its own", "": "no measured tables: for orientation"}.get(core.costs, f"counted as {core.costs}")
    waits = "code in serial flash, behind a cache" if board.xip else str(board.flash_wait_states)
    return (
        SheetRow("Processor", "Core", core.name, counted),
        SheetRow("Processor", "Clock", f"{board.clock_hz / 1e6:g} MHz", board.source_of("clock")),
        SheetRow("Processor", "Flash wait states", waits, board.source_of("flash_wait_states")),
        *((SheetRow("Processor", "Caches", board.caches),) if board.caches else ()),
    )


def _memory(name: str, region: MemoryRegion, board: TargetDevice) -> tuple[SheetRow, ...]:
    source = board.source_of(name.lower())
    reserved = (SheetRow("Memory", f"{name}, kept by base firmware", format_size(region.reserved), source),) if region.reserved else ()
    return (
        SheetRow("Memory", name, format_size(region.size), source),
        *reserved,
        SheetRow("Memory", f"{name} starts at", address(region.origin), source),
    )


def _power(board: TargetDevice) -> tuple[SheetRow, ...]:
    power = board.power
    if power is None:
        return (
            SheetRow("Power", "Currents", "a virtual kit draws none" if board.virtual else "unknown", "" if board.virtual else NO_SOURCE),
        )
    asleep = "unknown" if power.sleep_a is None else format_current(power.sleep_a)
    return (
        SheetRow("Power", "Supply voltage", f"{power.supply_v:g} V", board.source_of("supply")),
        SheetRow("Power", "Current awake", format_current(power.active_a), board.source_of("active")),
        SheetRow("Power", "Current asleep", asleep, board.source_of("sleep")),
        SheetRow("Power", "Regulator", power.regulator or "unknown", board.source_of("regulator")),
    )


def _rest(board: TargetDevice) -> tuple[SheetRow, ...]:
    ways = ", ".join(" as ".join(filter(None, (m.flasher, str(m.options.get("target", ""))))) for m in board.flash_methods)
    microphone = (SheetRow("Programming", "Microphone", board.audio_input, board.source_of("audio_input")),) if board.audio_input else ()
    return (SheetRow("Programming", "Programmed by", ways or "nothing from here: export the code"), *microphone)

"""`otolith boards`: the targets that the studio knows."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "boards",
        "list the boards and virtual kits",
        """
otolith boards
otolith boards nrf52840dk
otolith boards --json""",
    )
    made.add_argument("id", nargs="*", help="boards to show whole, with the source of each number")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the boards with what the gauges use, and where the numbers come from."""
    from studio.cli.terminal import print_json, table
    from studio.core.units import format_size
    from studio.deploy.boards import known_board, known_boards

    boards = {id: known_board(id) for id in args.id} if args.id else known_boards()
    if args.json:
        print_json({"boards": list(boards.values())})
        return 0
    if args.id:
        print("\n\n".join(_whole(b) for b in boards.values()))
        return 0
    rows = [
        (
            b.id,
            b.name,
            b.core.name,
            f"{b.clock_hz / 1e6:g} MHz",
            format_size(b.flash.size),
            format_size(b.ram.size),
            ", ".join(m.flasher for m in b.flash_methods) or "-",
        )
        for b in boards.values()
    ]
    print(table(rows, ("id", "board", "core", "clock", "flash", "RAM", "programmed by"), (3, 4, 5)))
    return 0


def _whole(board: Any) -> str:
    from studio.cli.terminal import table
    from studio.core.units import format_size

    power = board.power
    asleep = "unknown" if power is None or power.sleep_a is None else f"{power.sleep_a * 1e6:g} uA"
    rows = [
        ("core", board.core.name, "" if board.core.costs is None else f"counted as {board.core.costs or 'nothing: no tables'}"),
        ("clock", f"{board.clock_hz / 1e6:g} MHz", board.sources.get("clock", "")),
        ("flash", format_size(board.flash.size), board.sources.get("flash", "")),
        ("RAM", format_size(board.ram.size), board.sources.get("ram", "")),
        ("wait states", "serial flash" if board.xip else str(board.flash_wait_states), board.sources.get("flash_wait_states", "")),
        *([("caches", board.caches, "")] if board.caches else []),
        *(
            [("power", f"{power.active_a * 1e3:.3g} mA at {power.supply_v:g} V, asleep {asleep}", board.sources.get("power", ""))]
            if power
            else [("power", "unknown", "no source yet")]
        ),
        *([("regulator", power.regulator, "")] if power and power.regulator else []),
    ]
    return f"{board.name} ({board.id}), {board.soc}, {board.vendor}\n" + table(rows, ("", "", "source"), ())

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
otolith boards --json""",
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the boards with what the gauges use, and where the numbers come from."""
    from studio.boards import load_boards
    from studio.cli.terminal import print_json, table
    from studio.core.units import format_size

    boards = load_boards()
    if args.json:
        print_json({"boards": list(boards.values())})
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

"""`otolith plugins`: what is plugged in, and what is wrong with it."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "plugins",
        "list the plugins with their state",
        """
otolith plugins
otolith plugins --json""",
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the plugins, what they contribute, and the reason where one cannot be used."""
    from studio.cli.terminal import print_json, table
    from studio.plugin import load_plugins

    records = load_plugins().records
    if args.json:
        print_json({"plugins": list(records)})
        return 0
    rows = [(r.id, r.version, r.state, ", ".join(f"{c.kind} {c.id}" for c in r.contributions), r.reason) for r in records]
    print(table(rows, ("plugin", "version", "state", "contributes", "reason")))
    return 0

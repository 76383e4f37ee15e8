"""`otolith check-plugin`: hold a plugin's folder against the rules."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "check-plugin",
        "check a plugin's manifest, imports and contributions",
        """
otolith check-plugin plugins/export_c
otolith check-plugin my_plugin --json""",
    )
    made.add_argument("folder", metavar="DIR", help="the folder with plugin.toml")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the conformance checks; exit 1 where one fails."""
    from studio.cli.terminal import print_json
    from studio.testing.check_plugin import check_plugin

    findings = check_plugin(Path(args.folder))
    if args.json:
        print_json({"folder": args.folder, "findings": findings})
    elif findings:
        for finding in findings:
            print(f"{args.folder}: {finding}")
    else:
        print(f"{args.folder}: all checks hold")
    return 1 if findings else 0

"""`otolith evaluate`: accuracy of the trained project on its test clips, float and int8."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "evaluate",
        "measure a trained project on its test clips, float and int8",
        """
otolith evaluate words
otolith evaluate words --json""",
    )
    made.add_argument("project", metavar="PROJECT", help="the project's folder")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate in a child process and print."""
    from studio.cli.terminal import print_json, run_job
    from studio.cli.train import print_accuracy

    result = run_job("studio.ml.evaluate:run", {"project": args.project}, args.json)
    if args.json:
        print_json(result)
    else:
        print_accuracy(result)
    return 0

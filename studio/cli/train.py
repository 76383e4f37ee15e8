"""`otolith train`: train a project on this machine."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "train",
        "train a project, convert it to int8, and compare both on the test clips (Ctrl+C keeps the best so far)",
        """
otolith train words
otolith train words --epochs 50
otolith train words --epochs 5 --json""",
    )
    made.add_argument("project", metavar="PROJECT", help="the project's folder")
    made.add_argument("--epochs", type=int, metavar="N", help="epochs (default: the project's recipe)")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train in a child process and print what came out."""
    from studio.cli.terminal import print_json, run_job

    result = run_job("studio.ml.train:run", {"project": args.project, "epochs": args.epochs}, args.json)
    if args.json:
        print_json(result)
    else:
        print_accuracy(result)
        print(f"run: {result['run']}")
        print(f"next: otolith validate {args.project} --target virtual-m4")
    return 0


def print_accuracy(result: dict[str, Any]) -> None:
    """Print float and int8 accuracy and the int8 confusion matrix."""
    from studio.cli.terminal import table

    print(
        f"test clips: {result['test_clips']}   float: {result['float_accuracy']:.1%}   int8: {result['int8_accuracy']:.1%} ({result['engine']})"
    )
    labels = result["labels"]
    if len(labels) <= 20:
        rows = [(label, *row) for label, row in zip(labels, result["int8_confusion"], strict=True)]
        print("\nint8: row is the label, column what was heard")
        print(table(rows, ("", *(label[:6] for label in labels)), tuple(range(1, len(labels) + 1))))

"""`otolith export`: write a design for a runtime."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "export",
        "write a project or model as C, or for TensorFlow Lite Micro",
        """
otolith export words --with export_c --out words_c
otolith export model.tflite --with export_tflm --out model_tflm
otolith plugins                                          lists the exporters""",
    )
    made.add_argument("subject", metavar="PROJECT|MODEL.tflite", help="a project's folder or a .tflite file")
    made.add_argument("--with", dest="exporter", metavar="EXPORTER", required=True, help="export_c, export_tflm or a plugin's")
    made.add_argument("--out", metavar="DIR", required=True, help="the folder to write, new or empty")
    made.add_argument("--target", default=None, metavar="ID", help="the board whose core the code is for (default: the project's first)")
    made.add_argument("--runtime", default="c", metavar="ID", help="c, or c-small: the same in the least RAM (default: c)")
    made.add_argument("--force", action="store_true", help="replace what an earlier export left in the folder")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export in a child process and list the files."""
    from studio.cli.terminal import print_json, run_job

    job = {
        "path": args.subject,
        "exporter": args.exporter,
        "out": args.out,
        "target": args.target,
        "force": args.force,
        "runtime": args.runtime,
    }
    result = run_job("studio.deploy.export:run", job, args.json)
    if args.json:
        print_json(result)
        return 0
    state = "trained" if result["trained"] else "untrained, with random weights: train it before you ship it"
    print(f"{args.out}: {len(result['files'])} files for {result['target']} ({state})")
    for name in result["files"]:
        print(f"  {name}")
    return 0

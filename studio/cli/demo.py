"""`otolith demo`: the whole path on the sample, from sound to a kit that proves the numbers."""

import argparse
import time
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "demo",
        "train the keywords sample, build it for a virtual kit, and prove its figures there",
        """
otolith demo
otolith demo --out /tmp/words --epochs 10
otolith demo --target virtual-m7 --json""",
    )
    made.add_argument("--out", metavar="DIR", help="where the project goes (default: otolith-demo, or the next free name)")
    made.add_argument("--epochs", type=int, help="epochs of training (default: the sample's recipe)")
    made.add_argument("--target", default="virtual-m4", help="the kit (default: virtual-m4)")
    made.add_argument("--inputs", type=int, default=100, help="clips to run through the kit (default: 100)")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Copy the sample, train, validate, print the table."""
    from studio.cli.terminal import Progress, print_json, run_job
    from studio.deploy.boards import known_board
    from studio.storage.folder import ProjectFolder

    known_board(args.target)
    started = time.monotonic()
    folder = _free_folder(args.out)
    progress = Progress(args.json)
    progress.line(f"copying the sample to {folder}") if not args.json else None
    ProjectFolder.copy_sample("keywords", folder)
    trained = run_job("studio.ml.train:run", {"project": str(folder), "epochs": args.epochs}, args.json)
    checked = run_job(
        "studio.deploy.validate:run", {"path": str(folder), "target": args.target, "runtime": "c", "inputs": args.inputs}, args.json
    )
    result = {"project": str(folder), "train": trained, "validate": checked, "seconds": round(time.monotonic() - started, 1)}
    if args.json:
        print_json(result)
    else:
        print(_table(folder, trained, checked, result["seconds"]))
    return 0 if checked["mismatching_inputs"] == 0 else 1


def _free_folder(given: str | None) -> Path:
    if given:
        return Path(given)
    number, folder = 1, Path("otolith-demo")
    while folder.exists():
        number += 1
        folder = Path(f"otolith-demo-{number}")
    return folder


def _table(folder: Path, trained: dict[str, Any], checked: dict[str, Any], seconds: float) -> str:
    from studio.cli.terminal import format_seconds, table
    from studio.core.units import format_count, format_size

    estimate = checked["estimate"]
    latency = estimate["latency_ms"]
    accuracy = (
        ("accuracy, float", f"{trained['float_accuracy']:.1%}", f"{trained['test_clips']} test clips of voices never heard in training"),
        ("accuracy, int8", f"{trained['int8_accuracy']:.1%}", f"the same clips, {trained['engine']}"),
        ("accuracy, kit", f"{checked['accuracy']:.1%}", f"{checked['inputs']} test clips, features and network on {checked['target']}"),
    )
    cost = (
        ("MACs", format_count(checked["macs"]), "-"),
        ("flash", format_size(estimate["flash_bytes"]), format_size(checked["flash_bytes"])),
        ("RAM", format_size(estimate["ram_bytes"]), format_size(checked["ram_bytes"])),
        ("stack", format_size(estimate["stack_bytes"]), format_size(checked["stack_bytes"])),
        ("instructions, network", format_count(estimate["instructions"]), format_count(checked["instructions"])),
        ("instructions, front end", format_count(estimate["frontend_instructions"]), format_count(checked["frontend_instructions"])),
    )
    band = f"latency: {latency['value']:.0f} ms ({latency['low']:.0f} to {latency['high']:.0f}), estimated, front end and network together"
    equal = checked["inputs"] - checked["mismatching_inputs"]
    return "\n".join(
        (
            "",
            table(accuracy),
            "",
            table(cost, ("", "estimate", "kit"), (1, 2)),
            "",
            band,
            f"kit outputs equal: {equal}/{checked['inputs']}",
            f"project: {folder}   took {format_seconds(seconds)}",
        )
    )

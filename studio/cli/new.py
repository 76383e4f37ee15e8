"""`otolith new`: a project from recordings."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "new",
        "make a project from a folder of recordings",
        """
otolith new words --from recordings/                                      a folder per class
otolith new digits --from fsdd/ --pattern '{label}_{speaker}_{index}.wav' --split test:index=0-4
otolith new digits --from fsdd/ --pattern '{label}_{speaker}_{index}.wav' --split speaker --seed 7""",
    )
    made.add_argument("folder", metavar="DIR", help="the project's folder, new or empty")
    made.add_argument("--from", dest="source", metavar="FOLDER", required=True, help="where the recordings are (WAV or FLAC)")
    made.add_argument("--pattern", help="how file names tell label, speaker and more: '{label}_{speaker}_{index}.wav'")
    made.add_argument(
        "--split", default="random", help="random, speaker (whole speakers are held out), or test:FIELD=VALUES such as test:index=0-4"
    )
    made.add_argument("--seed", type=int, default=1, help="the seed of the split (default: 1)")
    made.add_argument("--name", help="the project's name (default: the folder's)")
    made.add_argument("--reference", action="store_true", help="leave the recordings where they are instead of copying them")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the project and say what came in."""
    from studio.cli.terminal import Progress, print_json, table
    from studio.storage.new import create_from_folder

    progress = Progress(args.json)
    dest = Path(args.folder)
    folder, report = create_from_folder(
        dest,
        Path(args.source),
        name=args.name or dest.resolve().name,
        pattern=args.pattern,
        split=args.split,
        seed=args.seed,
        reference=args.reference,
        progress=lambda fraction, message: progress.show(fraction, message),
    )
    progress.clear()
    if args.json:
        print_json({"project": str(folder.path), "labels": folder.project.labels, "report": report})
        return 0
    print(f"{folder.path}: {report.clips} clips, {len(folder.project.labels)} labels")
    print(table([(k, v) for k, v in report.splits.items()], ("split", "clips"), (1,)))
    for path, reason in report.problems[:10]:
        print(f"left out: {path}: {reason}")
    if len(report.problems) > 10:
        print(f"... and {len(report.problems) - 10} more; --json lists all")
    print(f"next: otolith train {folder.path}")
    return 0

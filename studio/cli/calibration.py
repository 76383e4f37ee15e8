"""`otolith calibration`: how well estimated times hold against published ones."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "calibration",
        "hold the estimated times against published ones, each chip predicted from the others",
        """
otolith calibration
otolith calibration --rows
otolith calibration --json""",
    )
    made.add_argument("--rows", action="store_true", help="list every published time with its prediction and source")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Predict every chip from the others and print the score."""
    from studio.boards import shipped_boards
    from studio.cli.terminal import print_json
    from studio.estimate.calibrate import evaluate, leave_one_chip_out, rows

    boards = shipped_boards()
    scores = evaluate(boards)
    made = leave_one_chip_out(rows(boards)) if args.rows or args.json else ()
    if args.json:
        print_json({"scores": scores, "rows": [_plain(p) for p in made]})
    else:
        print(_text(scores, made))
    return 0


def _plain(p: Any) -> dict[str, Any]:
    system = p.row.system
    return {
        "model": p.row.model,
        "board": system.board,
        "chip": system.chip,
        "engine": system.engine,
        "published_ms": p.published,
        "ms": p.ms,
        "low": p.low,
        "high": p.high,
        "source": system.source,
    }


def _text(scores: Any, made: Any) -> str:
    from studio.cli.terminal import table

    head = "Published times of one inference, each chip predicted from the others (leave one out):"
    lines = [
        (name, str(s.rows), str(s.chips), f"{s.median_error:.1%}", f"{s.coverage:.1%}", f"+-{s.width:.1%}") for name, s in scores.items()
    ]
    parts = [head, "", table(lines, ("engines", "n", "chips", "median error", "in band", "median width"), (1, 2, 3, 4, 5))]
    if made:
        rows = [
            (
                p.row.model,
                p.row.system.board,
                p.row.system.engine,
                f"{p.published:.4g} ms",
                f"{p.ms:.3g}",
                f"{p.low:.3g}-{p.high:.3g}",
                "" if p.covered else "outside",
                p.row.system.source,
            )
            for p in made
        ]
        parts += ["", table(rows, ("model", "board", "engine", "published", "predicted", "band", "", "source"), (3, 4, 5))]
    known = 'The gauges of c and tflm do not know the engine\'s own speed: their bands are those of the rows "engine unknown".'
    return "\n".join([*parts, "", known, "Runtime c is not yet measured on silicon."])

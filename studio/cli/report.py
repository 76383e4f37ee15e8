"""`otolith report`: what a design costs, target by target and runtime by runtime; on the screen, and as a design review in a file."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "report",
        "show MACs, flash, RAM, latency and energy of a project or model on each target",
        """
otolith report words
otolith report model.tflite --target nrf52840dk --target pico --runtime c --runtime tflm
otolith report words --battery "1200 mAh" --battery-voltage "3.7 V"
otolith report model.keras --json
otolith report words --advice
otolith report words --refine                            what the compiler and TFLM's own allocator make of it
otolith report words --out review.html                   a design review; .pdf, .md and .json too
otolith validate words --target virtual-m4 --json > kit.json; otolith report words --out review.pdf --validation kit.json""",
    )
    made.add_argument("subject", metavar="PROJECT|MODEL", help="a project's folder, a .tflite or a .keras file")
    made.add_argument(
        "--target", action="append", metavar="ID", help="a board from `otolith boards`; may be repeated (default: the project's)"
    )
    made.add_argument(
        "--runtime",
        action="append",
        metavar="ID",
        help="c, c-small, tflm, tflm-ref or x-cube-ai; may be repeated (default: all that the board can have)",
    )
    made.add_argument("--battery", metavar="CHARGE", help='the battery, as in "220 mAh" (default: the project\'s, else that of a CR2032)')
    made.add_argument("--battery-voltage", metavar="VOLTS", help="its voltage while it is drained (default: the project's, else 3 V)")
    made.add_argument("--advice", action="store_true", help="tell what would make a project's design smaller or faster, and by how much")
    made.add_argument(
        "--refine", action="store_true", help="compile the engine and run TFLM's allocator too, and tell by how much the plans are off"
    )
    made.add_argument("--toolchain", default="zig", choices=("zig", "gcc"), help="the compiler of --refine (default: zig)")
    made.add_argument("--out", metavar="FILE", help="write a design review too: FILE ends in .html, .pdf, .md or .json")
    made.add_argument("--force", action="store_true", help="replace FILE where it is there already")
    made.add_argument(
        "--validation",
        action="append",
        metavar="FILE",
        help="what `otolith validate --json` printed, for the review to show the kit's figures; may be repeated",
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Estimate and print; write the review where one is asked for."""
    from studio.cli.advice import advice_json, advice_text, find_advice
    from studio.cli.refined import refine, refined_text
    from studio.cli.terminal import print_json
    from studio.deploy.boards import known_board
    from studio.deploy.review_file import plans_for, read_battery
    from studio.deploy.subject import load_subject
    from studio.estimate.counts import figures
    from studio.estimate.report import as_json, check_runtime, report_all, runtimes_for

    review = _review_job(args)
    subject = load_subject(Path(args.subject))
    ids = args.target or (subject.project.targets if subject.project else ("virtual-m4",))
    targets = [known_board(i) for i in dict.fromkeys(ids)]
    chosen = [check_runtime(r) for r in dict.fromkeys(args.runtime or ())]
    interval = subject.project.interval_ms if subject.project else 1000.0
    model = figures(subject.network)
    file_bytes = len(subject.tflite) if subject.tflite else None
    energy = plans_for(subject.project, [t.id for t in targets], read_battery(args.battery, args.battery_voltage))
    reports = tuple(
        made
        for target in targets
        for made in report_all(subject.network, [target], chosen or runtimes_for(target), subject.frontend, interval, file_bytes, energy)
    )
    advised = find_advice(subject, targets, chosen) if args.advice else None
    refined = refine(args.subject, [t.id for t in targets], chosen, args.toolchain, args.json) if args.refine else None
    if args.json:
        extra = ({} if advised is None else {"advice": advice_json(advised)}) | ({} if refined is None else {"refined": refined})
        print_json(as_json(model, reports) | extra)
    else:
        own = "\n".join(f"your own figures on {target}: {plan.words}" for target, plan in energy.items() if plan.own)
        parts = (_text(subject, model, reports), own, advised and advice_text(advised), refined and refined_text(refined))
        print("\n\n".join(filter(None, parts)))
    if review:
        _write_review(review, args.json)
    return 0


def _review_job(args: argparse.Namespace) -> dict[str, Any]:
    """Return what the job that writes the review gets, {} where none is asked for; refuse early what it would refuse late."""
    from studio.core.errors import InputError
    from studio.deploy.review_file import check_out, read_battery, read_validations

    if args.out is None:
        if args.validation:
            raise InputError("it belongs into a review", where="--validation", hint="name the review's file with --out")
        return {}
    return {
        "path": args.subject,
        "out": str(check_out(args.out, args.force)),
        "force": args.force,
        "targets": args.target,
        "runtimes": args.runtime,
        "energy": read_battery(args.battery, args.battery_voltage),
        "validations": [read_validations(Path(name)) for name in args.validation or ()],
    }


def _write_review(job: dict[str, Any], quiet: bool) -> None:
    from studio.cli.terminal import run_job
    from studio.deploy.review_file import entry_for

    written = run_job(entry_for(job["out"]), job, quiet)
    if not quiet:
        print(f"\n{written['out']}: {written['bytes']:,} bytes")


def _text(subject: Any, model: Any, reports: Any) -> str:
    from studio.cli.terminal import table
    from studio.core.units import format_count, format_size
    from studio.estimate.counts import unverified_macc

    doubts = ", ".join(unverified_macc(subject.network))
    state = "trained" if subject.trained else "untrained"
    head = (
        f"{model.model} ({state}): {format_count(model.macs)} MACs ({format_count(model.macc_st)} in ST's convention"
        f"{', unverified for ' + doubts if doubts else ''}), "
        f"{format_count(model.parameters)} parameters, {format_size(model.weights_bytes)} of weights"
    )
    rows = [
        (
            r.target,
            r.runtime,
            format_size(r.flash.total) if r.flash.parts else "-",
            format_size(r.ram.total) if r.ram.parts else "-",
            f"{r.latency_ms.value:.3g} ms",
            f"{r.latency_ms.low:.3g}-{r.latency_ms.high:.3g}",
            f"{r.energy_uj:.3g} uJ" if r.energy_uj is not None else "-",
            f"{r.day.awake_j + r.day.asleep_j:.3g} J" if r.day else "-",
            f"{r.day.battery_days:.3g} d" if r.day else "-",
            r.limits,
        )
        for r in reports
    ]
    header = ("target", "runtime", "flash", "RAM", "latency", "band", "energy", "a day", "battery", "verdict")
    issues = dict.fromkeys(f"{i.severity}: {i.where}: {i.message}" for r in reports for i in r.issues)
    return "\n".join((head, "", table(rows, header, (2, 3, 4, 5, 6, 7, 8)), *(["", *issues] if issues else [])))

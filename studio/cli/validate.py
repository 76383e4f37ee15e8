"""`otolith validate`: build what stands there, run it on a kit, and hold estimate and oracle against it."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "validate",
        "prove a project's or model's figures and outputs on a kit, trained or not",
        """
otolith validate words --target virtual-m4
otolith validate words --target virtual-m0 --inputs 5
otolith validate model.tflite --target virtual-m4 --inputs 100 --json""",
    )
    made.add_argument("subject", metavar="PROJECT|MODEL.tflite", help="a project's folder or a .tflite file")
    made.add_argument("--target", required=True, metavar="ID", help="a kit from `otolith boards`")
    made.add_argument("--runtime", default="c", help="c, or c-small: the same in the least RAM (default: c)")
    made.add_argument("--inputs", type=int, default=20, metavar="N", help="clips or random inputs to run (default: 20)")
    made.add_argument("--seed", type=int, default=1, help="the seed of random weights and inputs (default: 1)")
    made.add_argument("--toolchain", default="zig", choices=("zig", "gcc"), help="the compiler (default: zig)")
    made.add_argument("--probe", default="", metavar="ID", help="which probe, for a board of silicon")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Validate in a child process; exit 1 where an output differs from the oracle's."""
    from studio.cli.terminal import print_json, run_job
    from studio.deploy.boards import known_board

    known_board(args.target)
    job = {
        "path": args.subject,
        "target": args.target,
        "runtime": args.runtime,
        "inputs": args.inputs,
        "seed": args.seed,
        "toolchain": args.toolchain,
        "probe": args.probe,
    }
    result = run_job("studio.deploy.validate:run", job, args.json)
    if args.json:
        print_json(result)
    else:
        print(_text(result))
    return 0 if result["mismatching_inputs"] == 0 else 1


def _text(result: dict[str, Any]) -> str:
    from studio.cli.terminal import table

    estimate = result["estimate"]
    rows = [_row(name, estimate[key], result[key]) for name, key in _FIGURES if result[key] is not None]
    state = "trained" if result["trained"] else "untrained, random weights"
    lines = [
        f"{result['model']} ({state}) on {result['target']}, {result['compiler']}",
        "",
        table(rows, ("", "estimate", "kit", "difference"), (1, 2, 3)),
        "",
    ]
    if result["operators"]:
        lines += [_operators(result), ""]
    if result["run_ms"] is not None:
        lines.append(f"time of the network on {result['target']}: {result['run_ms']:.2f} ms ({_time_source(result)})")
    if result["feature_mismatch_share"] is not None:
        share, step = result["feature_mismatch_share"], result["feature_max_difference"]
        lines.append(f"features, kit against host: {share:.4%} of the values differ, by at most {step} step{'s' if step != 1 else ''}")
    equal = result["inputs"] - result["mismatching_inputs"]
    worst = f", worst difference {result['max_difference']}" if result["mismatching_inputs"] else ""
    lines.append(f"kit outputs equal: {equal}/{result['inputs']} (against {result['oracle']}{worst})")
    return "\n".join(lines)


def _operators(result: dict[str, Any]) -> str:
    """Lay out the operators; their sum leaves out the few instructions around the calls."""
    from studio.cli.terminal import table
    from studio.deploy.counts import OPERATOR_COLUMNS, operator_rows

    return table(operator_rows(result["operators"]), OPERATOR_COLUMNS, (2, 3, 4, 5))


def _time_source(result: dict[str, Any]) -> str:
    from studio.deploy.boards import known_board

    target = known_board(result["target"])
    if not target.virtual:
        return "measured"
    states = target.flash_wait_states
    return f"an estimate: cycles by the core's documented timings, {target.clock_hz / 1e6:g} MHz, {states} wait state{'s' * (states != 1)}"


_FIGURES = (
    ("flash, bytes", "flash_bytes"),
    ("RAM, bytes", "ram_bytes"),
    ("stack, bytes", "stack_bytes"),
    ("instructions, network", "instructions"),
    ("instructions, front end", "frontend_instructions"),
)


def _row(name: str, estimate: int, kit: int) -> tuple[str, str, str, str]:
    difference = f"{(estimate - kit) / kit:+.1%}" if kit else "-"
    return name, f"{estimate:,}", f"{kit:,}", "exact" if estimate == kit else difference

"""`otolith flash`: build a design, program a kit with it, and hear it answer."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "flash",
        "build a project or model, program a virtual kit or a board on a probe, and run it there",
        """
otolith flash words --target virtual-m4
otolith flash words --target b-l475e-iot01a
otolith flash model.tflite --target nrf52840dk --probe 000683759358""",
    )
    made.add_argument("subject", metavar="PROJECT|MODEL.tflite", help="a project's folder or a .tflite file")
    made.add_argument("--target", required=True, metavar="ID", help="a board from `otolith boards`")
    made.add_argument("--probe", default="", metavar="ID", help="which probe, where several are plugged in")
    made.add_argument("--runtime", default="c", metavar="ID", help="c, or c-small: the same in the least RAM (default: c)")
    made.add_argument("--toolchain", default="zig", choices=("zig", "gcc"), help="the compiler (default: zig)")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build, program, run; print what the kit said."""
    from studio.cli.terminal import print_json, run_job
    from studio.core.units import format_size
    from studio.deploy.boards import known_board

    known_board(args.target)
    job = {"path": args.subject, "target": args.target, "probe": args.probe, "toolchain": args.toolchain, "runtime": args.runtime}
    result = run_job("studio.deploy.flash:run", job, args.json)
    if args.json:
        print_json(result)
    else:
        sizes = f"flash {format_size(result['flash_bytes'])}, RAM {format_size(result['ram_bytes'])}"
        print(f"{result['target']}: programmed by {result['flasher']}, {sizes}, {result['compiler']}")
        print(f"golden vectors equal: {result['golden_equal']}/{result['golden']}")
    return 0 if result["golden_equal"] == result["golden"] else 1

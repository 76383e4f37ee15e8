"""Parse the command line, run one command, and turn every error into one clear message."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from studio import __version__
from studio.core.errors import StudioError

COMMANDS = (
    "demo",
    "new",
    "report",
    "features",
    "train",
    "evaluate",
    "export",
    "flash",
    "validate",
    "boards",
    "calibration",
    "plugins",
    "check-plugin",
)

EPILOG = """examples:
  otolith                                          the window, on the last project or the sample
  otolith words                                    the window on the project in words/
  otolith demo                                     sound to kit in one go, on the sample
  otolith new words --from recordings/             a project from a folder per word
  otolith report words --target pico               what the design costs on a board
  otolith validate model.tflite --target virtual-m4

exit codes: 0 done, 1 a check failed, 2 bad input, 3 a tool is missing"""


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="otolith",
        description="Design audio neural networks that run on microcontrollers, and prove what they cost.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"otolith {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"studio.cli.{name.replace('-', '_')}").add(commands)
    return top


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help: str, examples: str
) -> argparse.ArgumentParser:
    """Add a command with its help, its examples and --json."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--json", action="store_true", help="print the result as JSON, and no progress")
    return made


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    top = parser()
    try:
        args = top.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if not args.command:
        top.print_help()
        return 0
    try:
        return _guarded(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _guarded(args: argparse.Namespace) -> int:
    try:
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except StudioError as error:
        return _fail(args, error.message, error.hint, error.where, error.exit_code)
    except KeyboardInterrupt:
        return _fail(args, "stopped", "what was finished before is kept", "", 1)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _fail(args, error.strerror or str(error), _way_out(error), str(error.filename or ""), 2)


def _way_out(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "free some space on that disk and run the command again; nothing half-written was left"
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return "choose a folder that you may write to"
    return "check the path"


def _fail(args: argparse.Namespace, message: str, hint: str, where: str, code: int) -> int:
    if args.json:
        from studio.cli.terminal import print_json

        print_json({"error": {"message": message, "hint": hint, "where": where, "exit_code": code}})
    place = f"{where}: " if where else ""
    print(f"otolith {args.command}: {place}{message}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)
    return code

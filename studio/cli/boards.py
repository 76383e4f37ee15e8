"""`otolith boards`: the targets that the studio knows, and the user's own files of them."""

import argparse
import sys
from pathlib import Path
from typing import Any

CHECK, FOLDER, SCHEMA = "check", "folder", "schema"


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "boards",
        "list the boards and virtual kits, or check a board's file",
        """
otolith boards
otolith boards nrf52840dk
otolith boards --json
otolith boards check my-board.toml
otolith boards folder
otolith boards schema > schema.json""",
    )
    made.add_argument(
        "id",
        nargs="*",
        help="boards to show whole, with the source of each number; or: check FILE..., folder (where your own lie), schema (for editors)",
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the boards with what the gauges use, and where the numbers come from; or do what the first word says."""
    words = {CHECK: _check, FOLDER: _folder, SCHEMA: _schema}
    if args.id and args.id[0] in words:
        return words[args.id[0]](args)
    return _show(args) if args.id else _list(args)


def _check(args: argparse.Namespace) -> int:
    """Say of each file what board it makes, or with its line why it would be refused; exit 2 where one would."""
    from studio.boards import BoardFileError
    from studio.cli.terminal import print_json
    from studio.core.errors import InputError
    from studio.deploy.boards import known_catalogue
    from studio.deploy.own_boards import check_file

    if not args.id[1:]:
        raise InputError("no file is named", where=CHECK, hint="otolith boards check FILE...")
    found = known_catalogue()
    said = []
    for name in args.id[1:]:
        try:
            said.append({"file": name, "board": check_file(Path(name), found).id})
        except BoardFileError as error:
            said.append({"file": name, "line": error.line, "field": error.field, "message": error.message, "hint": error.hint})
            if not args.json:
                _refuse(error)
        else:
            if not args.json:
                print(f"{name}: {said[-1]['board']}, no fault")
    if args.json:
        print_json({"files": said})
    return 2 if any("message" in each for each in said) else 0


def _folder(args: argparse.Namespace) -> int:
    """Print where the user's own boards lie."""
    from studio.boards import own_folder
    from studio.cli.terminal import print_json

    print_json({"folder": str(own_folder())}) if args.json else print(own_folder())
    return 0


def _schema(_args: argparse.Namespace) -> int:
    """Print the JSON schema of the files."""
    import json

    from studio.boards.records import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0


def _show(args: argparse.Namespace) -> int:
    from studio.cli.terminal import print_json
    from studio.deploy.boards import known_board, known_catalogue

    boards = [known_board(id) for id in dict.fromkeys(args.id)]
    if args.json:
        print_json({"boards": boards})
        return 0
    found = known_catalogue()
    print("\n\n".join(_whole(b, found) for b in boards))
    return 0


def _list(args: argparse.Namespace) -> int:
    """List every board that is accepted; exit 2 where a file is refused."""
    from studio.boards import BoardFileError
    from studio.cli.terminal import print_json, table
    from studio.core.units import format_size
    from studio.deploy.boards import known_boards

    wrong: list[BoardFileError] = []
    boards = known_boards(wrong=wrong)
    if args.json:
        print_json({"boards": list(boards.values()), "refused": [str(error) for error in wrong]})
        return 2 if wrong else 0
    rows = [
        (
            b.id,
            b.name,
            b.core.name,
            f"{b.clock_hz / 1e6:g} MHz",
            format_size(b.flash.size),
            format_size(b.ram.size),
            ", ".join(m.flasher for m in b.flash_methods) or "-",
        )
        for b in boards.values()
    ]
    print(table(rows, ("id", "board", "core", "clock", "flash", "RAM", "programmed by"), (3, 4, 5)))
    for error in wrong:
        _refuse(error)
    return 2 if wrong else 0


def _refuse(error: Any) -> None:
    print(f"otolith boards: {error}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)


def _whole(board: Any, found: Any) -> str:
    from studio.cli.terminal import table
    from studio.deploy.board_sheet import chain_words, file_of, sheet

    rows = [(row.name, row.value, row.given_by, row.source) for row in sheet(board, found)]
    head = f"{board.name} ({board.id}), {board.soc}, {board.vendor}"
    return "\n".join((head, f"{chain_words(board, found)}; {file_of(board.id, found)}", table(rows, ("", "", "given by", "source"), ())))

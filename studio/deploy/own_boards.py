"""The user's own boards: one TOML file each, written whole, never over somebody else's changes."""

from pathlib import Path

from studio.boards import Catalogue, Source, own_folder
from studio.boards.draft import ID_TAKEN, Values, board_toml, inherited_values
from studio.boards.read import load_text
from studio.core.target import TargetDevice
from studio.storage.atomic import write_error, write_text


def is_own(path: Path) -> bool:
    """Whether a file lies in the user's folder of boards."""
    return path.parent == own_folder()


def own_boards(catalogue: Catalogue) -> dict[str, Path]:
    """Return the files of the user's boards that are accepted, by id."""
    return {id: source.path for id, (source, _) in catalogue.devices.items() if is_own(source.path) and id in catalogue.boards}


def save_board(id: str, values: Values, catalogue: Catalogue, old: str = "") -> Path:
    """Write a board into the user's folder and return its file; `old` is the text that the form began with, "" for a new board.

    Raises BoardFileError, and writes nothing, where it would be refused, where the file was changed meanwhile, or is there already.
    """
    path = own_folder() / f"{id}.toml"
    inherited = inherited_values(catalogue.inherited(values.get("extends", "")))
    source = Source(path, board_toml(id, values, inherited, old))
    if id in ID_TAKEN:
        raise source.refuse("id", f"{id!r} is a word of `otolith boards`", "give it another id")
    catalogue.check(source)
    if path.exists() and load_text(path).text != old:
        said = "it was changed meanwhile" if old else "there is a file of this name"
        raise source.refuse("", said, "close the form, look at the file, and open it again" if old else "give the board another id")
    write_text(path, source.text)
    return path


def delete_board(id: str) -> Source:
    """Remove a board of the user's and return what its file held, for `restore_board`; raise InputError where that fails."""
    path = own_folder() / f"{id}.toml"
    held = load_text(path)
    try:
        path.unlink()
    except OSError as error:
        raise write_error(path, error) from error
    return held


def restore_board(held: Source) -> None:
    """Write back what was deleted; raise BoardFileError where there is a file of that name again."""
    if held.path.exists():
        raise held.refuse("", "there is a file of this name again")
    write_text(held.path, held.text)


def leaning_on(id: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Name the boards that extend this one, and would be refused without it."""
    return tuple(other for other, (_, record) in catalogue.devices.items() if record.extends == id)


def check_file(path: Path, catalogue: Catalogue) -> TargetDevice:
    """Return the board that a file anywhere would make here; raise BoardFileError with its line where it would be refused."""
    return catalogue.check(load_text(path))


def make_folder() -> Path:
    """Return the folder of the user's boards, made where it is not there yet; raise InputError where that fails."""
    folder = own_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    return folder

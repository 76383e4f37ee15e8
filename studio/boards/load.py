"""All boards: those that ship, those of plugins, and the user's own, each file read once and again where it changed."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from studio.boards.merge import Cores, Devices, Merged, chain_of, merge, merged_values
from studio.boards.place import BoardFileError, Source
from studio.boards.read import F, load_text, parse
from studio.boards.records import CoreFile, DeviceFile
from studio.core.errors import InputError
from studio.core.places import home, shipped
from studio.core.target import TargetDevice


class Catalogue(msgspec.Struct, frozen=True):
    """Every record, the boards that can be made of them, and why the other added files are refused."""

    cores: Cores
    devices: Devices
    boards: Mapping[str, TargetDevice]
    errors: tuple[BoardFileError, ...]

    def board(self, id: str) -> TargetDevice:
        """Return the board of this id.

        Raises InputError with the known ids where there is none, and the file's own error where it is there and wrong.
        """
        if id in self.boards:
            return self.boards[id]
        for error in self.errors:
            if error.path is not None and error.path.stem == id:
                raise error
        raise InputError(f"there is no board {id!r}", where=id, hint="known: " + ", ".join(sorted(self.boards)))

    def check(self, source: Source) -> TargetDevice:
        """Return the board of a file's text, which need not be on disk yet; raise BoardFileError where it would be refused."""
        others = {id: (of, record) for id, (of, record) in self.devices.items() if of.path != source.path}
        record = _added(source, others)
        return merge(record.id, self.cores, {**others, record.id: (source, record)})

    def inherited(self, id: str) -> Merged:
        """Return what a file that extends this core, SoC or board takes from it; raise BoardFileError where a link is missing."""
        return Merged({}, {}, {}) if id in self.cores else merged_values(chain_of(id, self.cores, self.devices))


def own_folder() -> Path:
    """Return the folder of the user's own boards; it need not exist."""
    return home() / "boards"


def catalogue(extra: Iterable[Path] = ()) -> Catalogue:
    """Return all records and boards: the shipped ones, those of `extra` files, and those of the user's folder."""
    support, own = shipped("board_support"), own_folder()
    added = (*extra, *(sorted(own.glob("*.toml")) if own.is_dir() else ()))
    files = tuple((str(p), _stamp(p)) for p in (*sorted(support.rglob("*.toml")), *added))
    return _read_all(str(support), tuple(map(str, added)), files)


def load_boards(extra: Iterable[Path] = (), wrong: list[BoardFileError] | None = None) -> dict[str, TargetDevice]:
    """Return all boards by id: the shipped ones, those of `extra` files (plugins add them), and those in the user's own "boards" folder.

    An added board may extend any shipped core, SoC or board; one whose id is taken is an error. A wrong file is left out and its error
    appended to `wrong`; without that list it is raised. The error names file, line and field.
    """
    found = catalogue(extra)
    if wrong is not None:
        wrong.extend(found.errors)
    elif found.errors:
        raise found.errors[0]
    return dict(found.boards)


def shipped_boards() -> dict[str, TargetDevice]:
    """Return the boards that ship with the studio, by id."""
    support = shipped("board_support")
    return dict(_read_all(str(support), (), tuple((str(p), _stamp(p)) for p in sorted(support.rglob("*.toml")))).boards)


def board(id: str) -> TargetDevice:
    """Return the shipped board of this id, or the user's own; plugins' boards are known to `studio.deploy.boards` alone."""
    return catalogue().board(id)


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes with a file: its time and its size; (0, 0) where it is gone."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _read_all(support: str, added: tuple[str, ...], files: tuple[tuple[str, tuple[int, int]], ...]) -> Catalogue:
    cores = _read_folder(Path(support, "cores"), CoreFile)
    devices = {**_read_folder(Path(support, "socs"), DeviceFile), **_read_folder(Path(support, "boards"), DeviceFile)}
    boards = {id: merge(id, cores, devices) for id, (source, _) in devices.items() if source.path.parent.name == "boards"}
    errors: list[BoardFileError] = []
    mine = []
    for path in map(Path, added):
        try:
            source = load_text(path)
            record = _added(source, devices)
        except BoardFileError as error:
            errors.append(error)
        else:
            devices[record.id] = (source, record)
            mine.append(record.id)
    for id in mine:
        try:
            boards[id] = merge(id, cores, devices)
        except BoardFileError as error:
            errors.append(_of_file(error, devices[id][0]))
    return Catalogue(cores, devices, boards, tuple(errors))


def _of_file(error: BoardFileError, source: Source) -> BoardFileError:
    """Say which file is left out where the fault stands in another one, which it extends."""
    if error.path == source.path:
        return error
    return source.refuse("extends", f"what it extends is refused: {error}", error.hint)


def _added(source: Source, devices: Devices) -> DeviceFile:
    record = parse(source, DeviceFile)
    if record.id in devices:
        taken = devices[record.id][0].path
        raise source.refuse(
            "id",
            f"there is a board {record.id!r} already, {taken}; the studio ships it or another file adds it",
            "give yours another id",
        )
    return record


def _read_folder(folder: Path, kind: type[F]) -> dict[str, tuple[Source, F]]:
    if not folder.is_dir():
        return {}
    read = ((source, parse(source, kind)) for source in map(load_text, sorted(folder.glob("*.toml"))))
    return {record.id: (source, record) for source, record in read}

"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from studio.core.errors import InputError


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file by way of a temporary one beside it; the old file stays whole where that fails.

    Raises InputError for a full disk, a read-only folder and the like.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    _sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace a UTF-8 file; line ends are written as they are."""
    write_bytes(path, text.encode("utf-8"))


def write_error(path: Path, error: OSError) -> InputError:
    """Say in words why a file or folder could not be written."""
    error = _first_reason(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError("the disk is full; nothing was changed", where=str(path), hint="free some space and try again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return InputError(
            "it may not be written; nothing was changed", where=str(path), hint="choose another folder or change its permissions"
        )
    return InputError(
        f"it cannot be written: {error.strerror or error}; nothing was changed", where=str(path), hint="choose another folder"
    )


def _first_reason(error: OSError) -> OSError:
    """Return why the first file of a tree could not be copied, which shutil only tells in text; other errors as they are."""
    found = re.search(r"\[Errno (\d+)\] ([^:'\"]+)", str(error)) if isinstance(error, shutil.Error) else None
    return OSError(int(found[1]), found[2]) if found else error


def folder_gone(path: Path) -> InputError:
    """Say that a project's folder is no longer where it was, and what saves the design that is still open."""
    return InputError(
        "the project's folder is gone: it was deleted or moved",
        where=str(path),
        hint="put it back, or keep the design with File > Save as in another folder",
    )


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def new_folder(dest: Path) -> Iterator[Path]:
    """Yield a folder to fill, which becomes `dest` at the end; whatever goes wrong, nothing of it is left.

    Raises InputError where `dest` exists and is not an empty folder, or cannot be written.
    """
    dest = dest.absolute()
    refuse_occupied(dest)
    part = dest.with_name(f".{dest.name}.{secrets.token_hex(4)}.part")
    made = _missing_parents(dest)
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise write_error(dest, error) from error
    done = False
    try:
        yield part
        if dest.is_dir():
            dest.rmdir()
        part.replace(dest)
        done = True
    except OSError as error:
        raise write_error(dest, error) from error
    finally:
        if not done:
            shutil.rmtree(part, ignore_errors=True)
            for folder in made:
                with contextlib.suppress(OSError):
                    folder.rmdir()


def refuse_occupied(dest: Path) -> None:
    """Raise InputError where `dest` exists and is not an empty folder."""
    if dest.is_dir():
        if any(dest.iterdir()):
            raise InputError("the folder is not empty", where=str(dest), hint="choose a new or an empty folder")
    elif dest.exists() or dest.is_symlink():
        raise InputError("there is a file of this name", where=str(dest), hint="choose a new or an empty folder")


def _missing_parents(dest: Path) -> list[Path]:
    """List the folders above `dest` that do not exist yet, innermost first."""
    return [p for p in dest.parents if not p.exists()]

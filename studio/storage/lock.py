"""One writer at a time: a lock that the operating system drops when its process ends."""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from studio.core.errors import ProjectLocked
from studio.storage.atomic import write_error

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FAR = 1 << 30


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file; raise ProjectLocked naming the process that has it.

    The file tells who holds it. Since the lock belongs to the open file, that of a process that died holds nobody up.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    except OSError as error:
        raise write_error(path, error) from error
    with file:
        if not _try_lock(file):
            raise ProjectLocked(
                f"the project is open in another process ({_holder(file)})", where=str(path.parent.parent), hint="close it there first"
            )
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
            file.flush()
            _unlock(file)


def _try_lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_UN)


def _holder(file: BinaryIO) -> str:
    try:
        file.seek(0)
        holder = json.loads(file.read())
        return f"process {holder['pid']} on {holder['host']}"
    except (ValueError, KeyError, TypeError, OSError):
        return "unknown"

"""The folder of an export: what stands in it, whether it was changed since, and putting a new one in its place whole."""

import contextlib
import hashlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from studio.core.errors import InputError
from studio.storage.atomic import new_folder, write_error

RECORD = "otolith-export.json"


class ExportRecord(msgspec.Struct, frozen=True):
    """What an export was made of, and its files with their SHA-256: by it a later export knows what it may replace."""

    studio: str
    exporter: str
    model: str
    digest: str
    trained: bool
    target: str
    files: dict[str, str]
    schema: int = 1


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def earlier_export(out: Path, force: bool) -> ExportRecord | None:
    """Return the record of the export that `out` holds, or None where it is new or empty; raise InputError where it may not be replaced."""
    if out.exists() and not out.is_dir():
        raise InputError("there is a file of this name", where=str(out), hint="choose a new folder")
    if not out.is_dir() or not any(out.iterdir()):
        return None
    try:
        record = msgspec.json.decode((out / RECORD).read_bytes(), type=ExportRecord)
    except (OSError, msgspec.DecodeError):
        hint = "choose a new or an empty folder, or that of an earlier export"
        raise InputError("the folder is not empty and holds no export", where=str(out), hint=hint) from None
    changed = _changed(out, record)
    if changed and not force:
        hint = "--force replaces it, or choose another folder"
        raise InputError(f"the export there was changed since: {', '.join(changed[:5])}", where=str(out), hint=hint)
    return record


def changed_export(out: Path) -> tuple[str, ...]:
    """Name the files of the export in `out` that were changed since it was made; () where there is none, or nothing was."""
    try:
        record = msgspec.json.decode((out / RECORD).read_bytes(), type=ExportRecord)
    except (OSError, msgspec.DecodeError):
        return ()
    return tuple(_changed(out, record))


def _changed(out: Path, record: ExportRecord) -> list[str]:
    return [name for name, known in record.files.items() if not (out / name).is_file() or file_hash(out / name) != known]


@contextlib.contextmanager
def place(out: Path, earlier: ExportRecord | None) -> Iterator[Path]:
    """Yield a folder to fill, which becomes `out` at the end, in place of an earlier export."""
    if earlier is None:
        with new_folder(out) as folder:
            yield folder
        return
    fresh = _beside(out)
    try:
        with new_folder(fresh) as folder:
            yield folder
        _replace(out, fresh, earlier)
    except OSError as error:
        raise write_error(out, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _beside(out: Path) -> Path:
    return out.absolute().with_name(f".{out.absolute().name}.{secrets.token_hex(4)}.part")


def _replace(out: Path, fresh: Path, earlier: ExportRecord) -> None:
    """Swap the folders; what no export made moves over first, so that the swap itself is one step."""
    ours = {*earlier.files, RECORD}
    for path in sorted(p for p in out.rglob("*") if not p.is_dir()):
        name = path.relative_to(out)
        if name.as_posix() not in ours and not (fresh / name).exists():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, fresh / name, follow_symlinks=False)
    old = _beside(out)
    out.replace(old)
    try:
        fresh.replace(out)
    except OSError:
        old.replace(out)
        raise
    shutil.rmtree(old, ignore_errors=True)

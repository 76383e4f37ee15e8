"""weights/: tensors named by the hash of their content, and an index of what they are."""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from studio.core.errors import InputError
from studio.core.project import SCHEMA
from studio.storage.atomic import write_bytes, write_error, write_text
from studio.storage.reading import convert, migrate, read_bytes, read_json

INDEX = "index.json"
_FILE = re.compile(r"[0-9a-f]{32}\.npy")


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which design the weights were trained for, and the file of each."""

    design: str
    weights: dict[str, str]


def write_weights(folder: Path, weights: Mapping[str, np.ndarray], design: str) -> None:
    """Write tensors by name ("conv2d_1/kernel"), then the index, then drop what no index names."""
    files = {}
    for name in sorted(weights):
        data = _npy(weights[name])
        files[name] = f"{hashlib.sha256(data).hexdigest()[:32]}.npy"
        if not (folder / files[name]).exists():
            write_bytes(folder / files[name], data)
    lines = ",\n".join(f"{json.dumps(k, ensure_ascii=False)}: {json.dumps(v)}" for k, v in files.items())
    write_text(folder / INDEX, f'{{"schema": {SCHEMA}, "design": {json.dumps(design)}, "weights": {{\n{lines}\n}}}}\n')
    try:
        for path in folder.glob("*.npy"):
            if path.name not in files.values():
                path.unlink()
    except OSError as error:
        raise write_error(folder, error) from error


def _npy(array: np.ndarray) -> bytes:
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a weight of {array.dtype}")
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array) if array.ndim else array, allow_pickle=False)
    return buffer.getvalue()


def read_weights(folder: Path) -> dict[str, np.ndarray] | None:
    """Return the tensors by name, or None where there are none; raise InputError for a damaged or foreign file."""
    index = _read_index(folder)
    return None if index is None else {name: _read_tensor(folder, name, file) for name, file in index.weights.items()}


def read_design(folder: Path) -> str:
    """Return the digest of the design that the weights belong to, "" where there are none."""
    index = _read_index(folder)
    return "" if index is None else index.design


def _read_index(folder: Path) -> _Index | None:
    path = folder / INDEX
    return convert(migrate(read_json(path), path), _Index, path) if path.exists() else None


def _read_tensor(folder: Path, name: str, file: str) -> np.ndarray:
    path = folder / file
    if not _FILE.fullmatch(file):
        raise InputError(f"{file!r} is no tensor's file name", where=f"{folder / INDEX}: {name}", hint="train again")
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest()[:32] != path.stem:
        raise InputError("the file is damaged: its content has another hash than its name", where=str(path), hint="train again")
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError) as error:
        raise InputError(f"this is no tensor: {error}", where=str(path), hint="train again") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise InputError("this is no tensor of numbers", where=str(path), hint="train again")
    return array

"""What a parent and its child process say to each other: the job, the events, and their JSON."""

import math
import re
from pathlib import Path
from typing import Any

import msgspec

from studio.core import errors
from studio.core.errors import InputError, JobFailed, StudioError

SCHEMA = 1
_ENTRY = re.compile(r"studio(\.[A-Za-z_]\w*)+:[A-Za-z_]\w*", re.ASCII)


class JobSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job: the function to call, as "studio.package.module:function", and its arguments, which JSON must carry.

    The function is called as function(args, context) and returns a dict that JSON can carry.
    """

    entry: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    name: str = ""
    schema: int = SCHEMA


class Started(msgspec.Struct, frozen=True, tag="started", tag_field="event"):
    """The child runs."""

    name: str
    pid: int


class Progress(msgspec.Struct, frozen=True, tag="progress", tag_field="event"):
    """How far the work is, 0 to 1."""

    fraction: float
    message: str
    seconds_left: float | None = None


class Metric(msgspec.Struct, frozen=True, tag="metric", tag_field="event"):
    """One row of figures; None stands for a number that is not finite."""

    name: str
    values: dict[str, float | None]


class Log(msgspec.Struct, frozen=True, tag="log", tag_field="event"):
    """A line for the log."""

    text: str


class Artifact(msgspec.Struct, frozen=True, tag="artifact", tag_field="event"):
    """A file that is ready."""

    kind: str
    path: str


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="event"):
    """The work ended with an error; `kind` is its class in studio.core.errors."""

    kind: str
    message: str
    hint: str = ""
    where: str = ""
    exit_code: int = 1
    traceback: str = ""


class Done(msgspec.Struct, frozen=True, tag="done", tag_field="event"):
    """The work ended well."""

    result: dict[str, Any]


Event = Started | Progress | Metric | Log | Artifact | Failed | Done
_decoder = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Write an event as one line; numpy scalars, arrays and paths become plain JSON."""
    return msgspec.json.encode(event, enc_hook=_plain) + b"\n"


def decode_event(line: bytes) -> Event:
    """Read a line; what is no event is a Log of its text."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Log(line.decode("utf-8", "replace").rstrip())


def encode_spec(spec: JobSpec) -> bytes:
    """Write a job as one line, without its end; raise InputError where the arguments cannot be JSON."""
    check_entry(spec.entry)
    try:
        return msgspec.json.encode(spec, enc_hook=_plain)
    except TypeError as error:
        raise InputError(f"the arguments of {spec.name or spec.entry} are no JSON: {error}", where="args") from error


def write_spec(spec: JobSpec, path: Path) -> None:
    """Write the job's file; raise InputError where the arguments cannot be JSON."""
    path.write_bytes(encode_spec(spec))


def decode_spec(data: bytes, where: str = "") -> JobSpec:
    """Read a job; raise InputError where it is none or names an entry outside the studio."""
    try:
        spec = msgspec.json.decode(data, type=JobSpec)
    except msgspec.DecodeError as error:
        raise InputError(f"this is no job: {error}", where=where) from error
    if spec.schema != SCHEMA:
        raise InputError(f"schema = {spec.schema} is not known", where=where, hint=f"this studio knows schema {SCHEMA}")
    check_entry(spec.entry, where)
    return spec


def read_spec(path: Path) -> JobSpec:
    """Read a job's file; raise InputError where it is none or names an entry outside the studio."""
    try:
        return decode_spec(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"this is no job: {error}", where=str(path)) from error


def check_entry(entry: str, where: str = "") -> None:
    """Raise InputError where the entry is not "module:function" inside the studio's own package."""
    if not _ENTRY.fullmatch(entry):
        raise InputError(f"{entry!r} is no entry of the studio", where=where, hint='entries look like "studio.package.module:function"')


def failure(error: StudioError, traceback: str = "") -> Failed:
    """Say an error as an event."""
    text = getattr(error, "traceback", "") or traceback
    return Failed(type(error).__name__, error.message, error.hint, error.where, error.exit_code, text)


def to_error(failed: Failed) -> StudioError:
    """Make the error again that the child met; an unknown class becomes the nearest one of the same exit code."""
    found = getattr(errors, failed.kind, None)
    if isinstance(found, type) and issubclass(found, JobFailed):
        return found(failed.message, hint=failed.hint, where=failed.where, traceback=failed.traceback)
    if isinstance(found, type) and issubclass(found, StudioError):
        return found(failed.message, hint=failed.hint, where=failed.where)
    nearest = {1: errors.CheckFailed, 3: errors.ToolMissing}.get(failed.exit_code, InputError)
    return nearest(failed.message, hint=failed.hint, where=failed.where)


def finite(value: float) -> float | None:
    """Return the number, or None where JSON cannot carry it."""
    return float(value) if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")

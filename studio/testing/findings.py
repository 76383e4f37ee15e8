"""What a check found wrong."""

import inspect
from typing import Any

import msgspec

from studio.core.errors import StudioError


class Finding(msgspec.Struct, frozen=True):
    """A rule that does not hold: where, what, and the way out."""

    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


def from_error(error: StudioError, where: str) -> Finding:
    """Say an error as a finding."""
    return Finding(error.where or where, error.message, error.hint)


def protocol_findings(thing: Any, protocol: type, where: str) -> list[Finding]:
    """Hold an object against a Protocol: every attribute is there, every method takes what it will be given."""
    found = [
        Finding(where, f"it has no attribute {name}", f"{protocol.__name__} in studio.api has it")
        for name in getattr(protocol, "__annotations__", {})
        if not hasattr(thing, name)
    ]
    for name, method in vars(protocol).items():
        if not name.startswith("_") and inspect.isfunction(method):
            found += _method_findings(thing, name, method, where)
    return found


def _method_findings(thing: Any, name: str, wanted: Any, where: str) -> list[Finding]:
    has = getattr(thing, name, None)
    if not callable(has):
        return [Finding(where, f"it has no method {name}()", "studio.api shows its Protocol")]
    parameters = list(inspect.signature(wanted).parameters)[1:]
    try:
        inspect.signature(has).bind(*parameters)
    except TypeError as error:
        return [Finding(where, f"{name}() does not take ({', '.join(parameters)}): {error}")]
    except ValueError:
        return []  # no signature, as of functions written in C: calling it will tell
    return []

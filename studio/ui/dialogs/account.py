"""An error in words: what is shown of it, and all that is copied."""

import platform
import traceback

import msgspec
from PySide6.QtCore import qVersion

from studio import __version__
from studio.core.errors import Cancelled, CheckFailed, JobFailed, PluginFailed, StudioError, ToolMissing

_UNEXPECTED = "Something went wrong in the studio"
_TITLES: tuple[tuple[type[StudioError], str], ...] = (
    (PluginFailed, "A plugin failed"),
    (ToolMissing, "Something that this needs is missing"),
    (CheckFailed, "A check did not hold"),
    (Cancelled, "Stopped"),
    (JobFailed, "The work ended without a result"),
)


class Account(msgspec.Struct, frozen=True):
    """What is said of one error; equal accounts are the same error. `expected` where the studio knows what went wrong."""

    title: str
    message: str
    where: str = ""
    hint: str = ""
    details: str = ""
    expected: bool = True

    @property
    def text(self) -> str:
        """All of it as plain text, with the versions that whoever reads it will ask for."""
        return "\n".join(filter(None, (self.title, self.place_and_message, self.hint, self.details, versions())))

    @property
    def place_and_message(self) -> str:
        """The message behind its place, as a terminal shows it."""
        return f"{self.where}: {self.message}" if self.where else self.message


def account(error: object) -> Account:
    """Say any error in words."""
    if isinstance(error, StudioError):
        details = str(getattr(error, "traceback", "")).strip()
        return Account(_title(error), error.message, error.where, error.hint, details)
    if isinstance(error, BaseException):
        trace = "".join(traceback.format_exception(error)).strip()
        hint = "Your design is not touched. Copy this and report it; if it stays, save and start the studio anew."
        return Account(_UNEXPECTED, f"{type(error).__name__}: {error}", "", hint, trace, expected=False)
    return Account(_UNEXPECTED, str(error), expected=False)


def _title(error: StudioError) -> str:
    return next((title for kind, title in _TITLES if isinstance(error, kind)), "That cannot be done")


def versions() -> str:
    """Name the versions of the studio and of what it stands on."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"Otolith Studio {__version__}, Python {platform.python_version()}, Qt {qVersion()}, {system}"

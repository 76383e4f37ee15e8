"""Debug probes: finding them, opening a session with one, and what their failures mean."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyocd.core import exceptions
from pyocd.core.helpers import ConnectHelper
from pyocd.core.session import Session
from pyocd.debug.svd.loader import SVDFile
from pyocd.probe.debug_probe import DebugProbe

from studio.api import CheckFailed, InputError, Probe, StudioError, TargetDevice, ToolMissing

ID = "flash_pyocd"
_PASSED_ON = ("frequency", "connect_mode", "chip_erase", "reset_type")


def options(target: TargetDevice) -> dict[str, Any] | None:
    """Return what the target's record says for pyOCD, or None where it does not name it."""
    return next((dict(m.options) for m in target.flash_methods if m.flasher == ID and "target" in m.options), None)


def find() -> tuple[Probe, ...]:
    """List the probes that are plugged in, without waiting for one."""
    return tuple(Probe(p.unique_id, p.description) for p in _connected())


def _connected() -> list[DebugProbe]:
    try:
        return list(ConnectHelper.get_all_connected_probes(blocking=False))
    except exceptions.Error as error:
        raise ToolMissing(f"the debug probes cannot be listed: {error}", where=ID, hint="is libusb installed?") from error


def choose(probe: str) -> DebugProbe:
    """Return the probe of this id, or the only one; raise ToolMissing where there is none, InputError where there are several."""
    found = _connected()
    if not found:
        hint = "plug in the board; on Linux pyOCD's udev rules give access to it; or choose a virtual kit"
        raise ToolMissing("no debug probe is plugged in", where=ID, hint=hint)
    listed = ", ".join(f"{p.unique_id} ({p.description})" for p in found)
    wanted = [p for p in found if probe in ("", p.unique_id)]
    if not wanted:
        raise InputError(f"there is no probe {probe!r}", where="--probe", hint=f"plugged in: {listed}")
    if len(wanted) > 1:
        raise InputError("several debug probes are plugged in", where="--probe", hint=f"choose one with --probe: {listed}")
    return wanted[0]


@contextlib.contextmanager
def session(target: TargetDevice, probe: str) -> Iterator[Session]:
    """Open a session with the target halted; whatever goes wrong inside becomes an error in the user's words."""
    given = options(target)
    if given is None:
        raise InputError(
            f"{target.name} names no pyOCD target", where=target.id, hint='add flash_methods with options = { target = "..." }'
        )
    name = str(given["target"])
    with errors(target, name), _open(choose(probe), name, {k: v for k, v in given.items() if k in _PASSED_ON}) as opened:
        yield opened


def _open(probe: DebugProbe, name: str, given: dict[str, Any]) -> Session:
    # pyOCD enters its project folder and runs a script that lies there: give it one of ours, and go back.
    folder = Path.cwd()
    settings = {"connect_mode": "halt", "chip_erase": "sector", "no_config": True, "project_dir": str(Path(__file__).parent)}
    try:
        with _without_register_descriptions():
            return Session(probe, target_override=name, options={**settings, **given})
    finally:
        os.chdir(folder)


@contextlib.contextmanager
def _without_register_descriptions() -> Iterator[None]:
    # They serve a debugger's windows; pyOCD would parse megabytes of them in a thread and leave their file open.
    known = SVDFile.__dict__["from_builtin"]
    SVDFile.from_builtin = staticmethod(lambda name: None)
    try:
        yield
    finally:
        SVDFile.from_builtin = known


@contextlib.contextmanager
def errors(target: TargetDevice, name: str) -> Iterator[None]:
    """Turn pyOCD's errors into the studio's."""
    try:
        yield
    except exceptions.TargetSupportError as error:
        hint = f"run once, with the internet: pyocd pack install {name}"
        raise ToolMissing(f"pyOCD does not know {name!r} without a pack", where=target.id, hint=hint) from error
    except exceptions.ProbeError as error:
        raise _gone(error) from error
    except exceptions.FlashFailure as error:
        hint = "is the flash write-protected? A mass erase with `pyocd erase --chip` frees most chips"
        raise CheckFailed(f"programming failed: {error}", where=target.id, hint=hint) from error
    except exceptions.TransferError as error:
        hint = "check power and cable; a lower frequency in the board's flash_methods may help"
        raise CheckFailed(f"the chip does not answer: {error}", where=target.id, hint=hint) from error
    except exceptions.Error as error:
        raise CheckFailed(f"pyOCD: {error}", where=target.id, hint="try again after unplugging the board") from error
    except OSError as error:
        raise _gone(error) from error


def _gone(error: Exception) -> StudioError:
    return CheckFailed(f"the probe went away ({error})", where=ID, hint="check the cable, plug it in again and repeat")

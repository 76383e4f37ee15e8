"""What is plugged in, asked of every flasher in a process of its own: a probe's library may be slow, or fail."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from studio.core.errors import StudioError
from studio.core.protocols import JobContext, Probe
from studio.plugin import Plugins, load_plugins

INTERVAL_S = 2.0
_STEP_S = 0.1


class Found(msgspec.Struct, frozen=True):
    """What a flasher found, or why it cannot look."""

    flasher: str
    title: str
    probes: tuple[Probe, ...] = ()
    problem: str = ""


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: returns what is plugged in now, by flasher: {id: Found as plain values}."""
    plugins = load_plugins()
    return {name: msgspec.to_builtins(look(plugins, name)) for name in plugins.flashers}


def watch(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: looks every two seconds until it is cancelled; each log line is a Found as JSON, said whenever it changed."""
    plugins = load_plugins()
    said: dict[str, Found] = {}
    while not context.cancelled:
        for name in plugins.flashers:
            found = look(plugins, name)
            if said.get(name) != found and not context.cancelled:
                said[name] = found
                context.log(msgspec.json.encode(found).decode())
        _wait(context)
    return {}


def look(plugins: Plugins, name: str) -> Found:
    """Ask one flasher what is plugged in; never raises for it."""
    try:
        flasher = plugins.flashers.get(name)
        return Found(name, flasher.title, tuple(flasher.find()))
    except StudioError as error:
        return Found(name, name, problem=f"{error.message}; {error.hint}" if error.hint else error.message)


def _wait(context: JobContext) -> None:
    until = time.monotonic() + INTERVAL_S
    while time.monotonic() < until and not context.cancelled:
        time.sleep(_STEP_S)

"""What plugins were found, in which state each is, and what they contribute."""

from pathlib import Path
from typing import Literal

import msgspec

from studio.core.block import Block
from studio.core.errors import InputError, PluginFailed, StudioError
from studio.core.protocols import Exporter, Flasher
from studio.core.registry import Registry
from studio.plugin.discovery import Origin
from studio.plugin.manifest import Contribution, Manifest

State = Literal["ready", "unavailable", "disabled", "failed"]


class PluginRecord(msgspec.Struct, eq=False):
    """A plugin that was found.

    `state`: "ready"; "unavailable" where a module that it requires is missing or it wants another studio; "disabled" once it
    raised (see `traceback`); "failed" where it could not be accepted at all. `reason` says why in one line, `hint` the way out.
    """

    id: str
    folder: str
    origin: Origin
    name: str = ""
    version: str = ""
    description: str = ""
    licence: str = ""
    contributions: tuple[Contribution, ...] = ()
    state: State = "ready"
    reason: str = ""
    hint: str = ""
    traceback: str = ""

    def describe(self, manifest: Manifest) -> None:
        """Take over what the manifest says."""
        info = manifest.plugin
        self.id, self.name, self.version = info.id, info.name, info.version
        self.description, self.licence, self.contributions = info.description, info.licence, manifest.contributions

    def set_state(self, state: State, reason: str, hint: str = "", traceback: str = "") -> None:
        """Leave the state "ready"."""
        self.state, self.reason, self.hint, self.traceback = state, reason, hint, traceback

    def reject(self, error: StudioError) -> None:
        """Note why this plugin is not accepted."""
        self.set_state("failed", str(error), error.hint)

    def disable(self, reason: str, traceback: str) -> None:
        """Switch the plugin off until the next start."""
        self.set_state("disabled", reason, "it is switched off until the next start; the traceback is for its author", traceback)

    def check(self) -> None:
        """Raise PluginFailed where the plugin is switched off."""
        if self.state == "disabled":
            raise PluginFailed(
                f"the plugin {self.id} is switched off: {self.reason}", where=self.id, hint="start anew", traceback=self.traceback
            )


class Plugins:
    """All plugins and one registry for each kind of thing they add; boards are paths of TOML files."""

    def __init__(self, blocks: Registry[Block] | None = None) -> None:
        self.records: list[PluginRecord] = []
        self.exporters: Registry[Exporter] = Registry("exporter")
        self.flashers: Registry[Flasher] = Registry("flasher")
        self.blocks: Registry[Block] = blocks if blocks is not None else Registry("block")
        self.boards: Registry[Path] = Registry("board")

    def registry(self, kind: str) -> Registry:
        """Return the registry of a kind of contribution."""
        return {"exporter": self.exporters, "flasher": self.flashers, "block": self.blocks, "board": self.boards}[kind]

    def record(self, plugin: str) -> PluginRecord:
        """Return the accepted plugin of this id, else a rejected one; raise InputError where there is none."""
        same = sorted((r for r in self.records if r.id == plugin), key=lambda r: r.state == "failed")
        if not same:
            known = ", ".join(sorted({r.id for r in self.records})) or "none"
            raise InputError(f"there is no plugin {plugin!r}", hint=f"known: {known}")
        return same[0]

    def note_failure(self, error: StudioError) -> None:
        """Switch a plugin off that failed in a child process."""
        if isinstance(error, PluginFailed) and any(r.id == error.where for r in self.records):
            self.record(error.where).disable(error.message, error.traceback)

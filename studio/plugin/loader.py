"""Accept plugins by their manifests and register what they add, importing nothing before its first use."""

import functools
import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from studio.api import API_VERSION
from studio.core.block import Block
from studio.core.errors import InputError, StudioError, ToolMissing
from studio.core.registry import Registry
from studio.plugin.discovery import Source, discover
from studio.plugin.isolation import Guarded, guarded, import_object
from studio.plugin.manifest import Contribution, Manifest, api_accepts, read_manifest
from studio.plugin.plugins import PluginRecord, Plugins


def load_plugins(sources: Iterable[Source] | None = None, blocks: Registry[Block] | None = None) -> Plugins:
    """Find the plugins (or take these sources) and register what they add; `blocks` is a registry to add blocks to.

    Never raises for a plugin: each has a record with its state and the reason.
    """
    plugins = Plugins(blocks)
    for source in discover() if sources is None else sources:
        record = PluginRecord(source.folder.name, str(source.folder), source.origin)
        try:
            _accept(plugins, record, source.folder)
        except StudioError as error:
            record.reject(error)
        plugins.records.append(record)
    return plugins


def _accept(plugins: Plugins, record: PluginRecord, folder: Path) -> None:
    manifest = read_manifest(folder)
    record.describe(manifest)
    _refuse_clash(plugins, record)
    load = _loader(record, manifest)
    for contribution in manifest.contributions:
        try:
            plugins.registry(contribution.kind).add(contribution.id, functools.partial(load, contribution), owner=record.id)
        except InputError:
            for kind in ("exporter", "flasher", "block", "board"):
                plugins.registry(kind).remove_owner(record.id)
            raise


def _refuse_clash(plugins: Plugins, record: PluginRecord) -> None:
    for other in plugins.records:
        if other.id == record.id and other.state != "failed":
            raise InputError(
                f"the id {record.id!r} is taken by the plugin in {other.folder}", where=record.folder, hint="remove one of the two"
            )


def _loader(record: PluginRecord, manifest: Manifest) -> Callable[[Contribution], Any]:
    """Return what loads a contribution: really, or by raising why it cannot be had."""
    info = manifest.plugin
    if not api_accepts(info.api, API_VERSION):
        hint = "install a release of the plugin that was made for this studio"
        error: StudioError = InputError(f"made for studio API {info.api}, this is {API_VERSION}", where=record.id, hint=hint)
        record.set_state("unavailable", error.message, hint)
        return functools.partial(_refuse, error)
    missing = missing_modules(manifest)
    if missing:
        hint = "python -m pip install " + " ".join(missing.values())
        error = ToolMissing(f"needs the Python module{'s' * (len(missing) > 1)} {', '.join(missing)}", where=record.id, hint=hint)
        record.set_state("unavailable", error.message, hint)
        return functools.partial(_refuse, error)
    return functools.partial(_load, record)


def missing_modules(manifest: Manifest) -> dict[str, str]:
    """Return the required modules that are not installed, each with its name on PyPI; nothing is imported."""
    return {m: package for m, package in manifest.plugin.modules.items() if importlib.util.find_spec(m) is None}


def _refuse(error: StudioError, contribution: Contribution) -> Any:
    raise type(error)(error.message, where=error.where, hint=error.hint)


def _load(record: PluginRecord, contribution: Contribution) -> Any:
    if contribution.kind == "board":
        return Path(record.folder) / contribution.file
    record.check()
    thing = guarded(record.id, lambda: import_object(record.id, Path(record.folder), contribution.object), record.disable)
    return Guarded(thing, record.id, record.check, record.disable)

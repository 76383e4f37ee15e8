"""A plugin's modules under a name of their own, and a guard around its objects.

The package of plugin `x` is imported as `studio_plugins.x` from its folder; sys.path is left as it is, so no plugin
can hide another's modules, or ours.
"""

import functools
import importlib
import importlib.util
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.core.errors import PluginFailed, StudioError
from studio.jobs.border import as_studio_error, is_surroundings

NAMESPACE = "studio_plugins"

OnFailure = Callable[[str, str], None]


def import_object(plugin: str, folder: Path, reference: str) -> Any:
    """Import "plugin.module:NAME" from the plugin's folder; whatever its code raises comes through."""
    path, _, name = reference.partition(":")
    _ensure_package(plugin, folder)
    try:
        return getattr(importlib.import_module(f"{NAMESPACE}.{path}"), name)
    except BaseException:
        forget(plugin)
        raise


def forget(plugin: str) -> None:
    """Drop the plugin's modules, so that a later import starts anew."""
    own = f"{NAMESPACE}.{plugin}"
    for name in [n for n in sys.modules if n == own or n.startswith(own + ".")]:
        del sys.modules[name]


def _ensure_package(plugin: str, folder: Path) -> None:
    if NAMESPACE not in sys.modules:
        root = types.ModuleType(NAMESPACE)
        root.__path__ = []
        sys.modules[NAMESPACE] = root
    name = f"{NAMESPACE}.{plugin}"
    if name in sys.modules and list(sys.modules[name].__path__) == [str(folder)]:
        return
    forget(plugin)
    _make_package(name, folder)


def _make_package(name: str, folder: Path) -> None:
    init = folder / "__init__.py"
    if not init.is_file():
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
        return
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def guarded(plugin: str, call: Callable[[], Any], on_failure: OnFailure) -> Any:
    """Call a plugin's code. A StudioError passes; anything else goes to `on_failure` and becomes PluginFailed."""
    try:
        return call()
    except StudioError:
        raise
    except Exception as error:  # the border of plugins: whatever one does, the rest goes on
        if is_surroundings(error):
            raise as_studio_error(error) from error
        text = traceback.format_exc()
        on_failure(f"{type(error).__name__}: {error}", text)
        raise PluginFailed(
            f"the plugin {plugin} failed: {type(error).__name__}: {error}",
            where=plugin,
            hint="it is switched off until the next start; the traceback is for its author",
            traceback=text,
        ) from error


class Guarded:
    """A plugin's object, each of whose methods is called through the guard."""

    def __init__(self, thing: Any, plugin: str, check: Callable[[], None], on_failure: OnFailure) -> None:
        self._thing = thing
        self._plugin = plugin
        self._check = check
        self._on_failure = on_failure

    @property
    def unguarded(self) -> Any:
        """The object itself."""
        return self._thing

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        return functools.partial(self._call, value) if callable(value) else value

    def _call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._check()
        return guarded(self._plugin, lambda: method(*args, **kwargs), self._on_failure)

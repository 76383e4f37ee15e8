"""Hold a plugin's folder against the rules: manifest, imports, contributions."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.boards.read import read_file
from studio.boards.records import DeviceFile
from studio.core.block import Block
from studio.core.errors import StudioError
from studio.plugin import Contribution, Manifest, Plugins, load_plugins, read_manifest
from studio.plugin.discovery import Source
from studio.plugin.isolation import Guarded
from studio.testing.check_exporter import check_exporter
from studio.testing.check_flasher import check_flasher
from studio.testing.findings import Finding, from_error, protocol_findings


def check_plugin(folder: Path) -> list[Finding]:
    """Check a plugin; [] where all rules hold. Its code is run, in this process."""
    try:
        manifest = read_manifest(folder)
    except StudioError as error:
        return [from_error(error, str(folder))]
    found = check_imports(folder, manifest)
    plugins = load_plugins([Source(folder, "path")])
    record = plugins.records[0]
    if record.state != "ready":
        return [*found, Finding(record.id, record.reason, record.hint)]
    for contribution in manifest.contributions:
        found += _check_contribution(plugins, contribution)
    return found


def check_imports(folder: Path, manifest: Manifest) -> list[Finding]:
    """Read the plugin's Python files: they may import the standard library, studio.api, what `requires` and `optional` name, and their own."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        where = path.relative_to(folder).as_posix()
        try:
            tree = ast.parse(path.read_text("utf-8"), filename=str(path))
        except (SyntaxError, ValueError) as error:
            found.append(Finding(where, f"this is no Python: {error}"))
            continue
        for line, module in _imports(tree):
            if not _allowed(module, path, manifest):
                found.append(Finding(f"{where}:{line}", f"it imports {module}", _way_out(module)))
    return found


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the absolute imports; `from studio import api` counts as studio.api."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module == "studio":
                yield from ((node.lineno, f"studio.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def _allowed(module: str, path: Path, manifest: Manifest) -> bool:
    top = module.partition(".")[0]
    if top == "studio":
        return module == "studio.api"
    info = manifest.plugin
    return top in sys.stdlib_module_names or top in (*info.modules, *info.optional) or _is_beside(top, path.parent)


def _is_beside(module: str, folder: Path) -> bool:
    """A folder with __main__.py is a program of its own, started by its path: its files import each other by name."""
    return (folder / "__main__.py").is_file() and ((folder / f"{module}.py").is_file() or (folder / module).is_dir())


def _way_out(module: str) -> str:
    if module.partition(".")[0] == "studio":
        return "plugins import studio.api only"
    return f"add it to `requires`, or write a relative import where {module} is your own"


def _check_contribution(plugins: Plugins, contribution: Contribution) -> list[Finding]:
    where = f"{contribution.kind} {contribution.id}"
    try:
        thing = plugins.registry(contribution.kind).get(contribution.id)
        if isinstance(thing, Guarded):
            thing = thing.unguarded
        return _identity(thing, contribution, where) + _check_thing(thing, contribution.kind, where)
    except StudioError as error:
        return [from_error(error, where)]
    except Exception as error:  # noqa: BLE001 - the border of plugins: a check reports, it does not fall over
        return [Finding(where, f"it raised {type(error).__name__}: {error}", "raise a StudioError of studio.api with a way out")]


def _identity(thing: Any, contribution: Contribution, where: str) -> list[Finding]:
    if contribution.kind == "board":
        return []
    name = getattr(thing, "kind" if contribution.kind == "block" else "id", None)
    return [] if name == contribution.id else [Finding(where, f"the object calls itself {name!r}", "let the manifest say the same")]


def _check_thing(thing: Any, kind: str, where: str) -> list[Finding]:
    if kind == "exporter":
        return check_exporter(thing)
    if kind == "flasher":
        return check_flasher(thing)
    if kind == "block":
        return protocol_findings(thing, Block, where) or _check_block(thing)
    read_file(thing, DeviceFile)
    return []


def _check_block(block: Block) -> list[Finding]:
    """The part that needs no Keras; check_block() does the rest where Keras is at hand."""
    from studio.testing.block_check import check_parameters

    check_parameters(block)
    return []

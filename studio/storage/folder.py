"""A project's folder: open, save, and what lies beside the design."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

from studio.blocks import registry
from studio.core.block import Block
from studio.core.errors import InputError
from studio.core.library import Library
from studio.core.places import shipped
from studio.core.project import SCHEMA, Project, design_digest
from studio.core.registry import Registry
from studio.storage import graph_file, project_file, runs, tables, weights
from studio.storage.atomic import folder_gone, new_folder, write_error, write_text
from studio.storage.lock import lock
from studio.storage.reading import migrate, read_bytes, read_json, read_text

LAYOUT = "layout.json"
_IGNORED = "/runs/\n/build/\n/.studio/\n"
_NOT_COPIED = ("runs", "build", ".studio")
_RECORDINGS = "data/recordings"

Positions = Mapping[str, tuple[float, float]]


def _elsewhere(library: Library, all_referenced: bool) -> Library:
    """Name referenced files, or all, by their whole paths, which hold in another folder too."""
    recordings = (
        msgspec.structs.replace(r, path=str(library.file(r).absolute()), reference=True) if r.reference or all_referenced else r
        for r in library.recordings
    )
    return msgspec.structs.replace(library, recordings=tuple(recordings))


def _link(source: str, copy: str) -> None:
    """Link a file; copy it where it lies on another disk or belongs to somebody else."""
    try:
        os.link(source, copy)
    except OSError:
        shutil.copyfile(source, copy)


class ProjectFolder:
    """A folder with a project in it; `project` is what was last read or saved."""

    def __init__(self, path: Path, project: Project, blocks: Registry[Block]) -> None:
        self.path = path
        self.project = project
        self._blocks = blocks
        self._locked = False

    @classmethod
    def open(cls, path: Path, blocks: Registry[Block] | None = None) -> Self:
        """Read a project strictly; writes nothing. Raises InputError naming file and field, or block."""
        blocks = registry() if blocks is None else blocks
        if not path.is_dir():
            what = "this is a file, not a project's folder" if path.exists() else "there is no such folder"
            raise InputError(what, where=str(path), hint="make a project with: otolith new DIR --from FOLDER")
        graph = graph_file.read_graph(path / graph_file.NAME, blocks)
        return cls(path, project_file.read_project(path / project_file.NAME, graph), blocks)

    @classmethod
    def create(cls, path: Path, project: Project, library: Library | None = None, blocks: Registry[Block] | None = None) -> Self:
        """Make a project in a new or empty folder: all of it, or nothing."""
        blocks = registry() if blocks is None else blocks
        with new_folder(path) as part:
            cls(part, project, blocks).write(project, library)
        return cls(path, project, blocks)

    @classmethod
    def copy_sample(cls, name: str, path: Path, link: bool = False) -> Self:
        """Copy a project that ships with the studio into a new or empty folder.

        With `link` the recordings are links to the shipped ones where the disk has that, which takes a tenth of the time, until
        own_recordings() makes copies of them.
        """
        samples = shipped("resources") / "samples"
        source = samples / name
        if not (source / project_file.NAME).is_file():
            known = ", ".join(sorted(p.parent.name for p in samples.glob(f"*/{project_file.NAME}"))) or "none"
            raise InputError(f"there is no sample {name!r}", where="sample", hint=f"samples: {known}")
        ignored = shutil.ignore_patterns(*_NOT_COPIED, "__pycache__", *(("recordings",) if link else ()))
        with new_folder(path) as part:
            shutil.copytree(source, part, dirs_exist_ok=True, ignore=ignored, copy_function=shutil.copyfile)  # times and rights stay behind
            if link:
                shutil.copytree(source / _RECORDINGS, part / _RECORDINGS, copy_function=_link)
            (part / ".gitignore").write_text(_IGNORED, encoding="utf-8", newline="")  # like the copies, not synced: that waits for the disk
        return cls.open(path)

    def own_recordings(self) -> None:
        """Put a copy in the place of each recording that is a link to another file; each is whole at any time.

        Raises InputError where the disk is full, say: the rest stay links.
        """
        for path in sorted((self.path / _RECORDINGS).rglob("*")):
            if path.is_file() and path.stat().st_nlink > 1:
                part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
                try:
                    try:
                        shutil.copyfile(path, part)
                        part.replace(path)
                    finally:
                        part.unlink(missing_ok=True)
                except OSError as error:
                    raise write_error(path, error) from error

    def copy_to(
        self, path: Path, project: Project, library: Library | None = None, positions: Positions | None = None, link: bool = False
    ) -> Self:
        """Copy everything but exports to a new or empty folder, with these values in place of the saved ones: all of it, or nothing.

        Where this folder is gone meanwhile the copy holds these values alone.

        With `link` the copy is a passing one, for a job to read: recordings stay where they are, of past runs only the newest of this
        very design comes along, and nothing else that lies in the folder.
        """
        library = self.library() if library is None else library
        positions = self.layout() if positions is None else positions
        if path.absolute().is_relative_to(self.path.absolute()):
            raise InputError("a copy cannot lie inside of what it copies", where=str(path), hint="choose a folder beside it")
        with new_folder(path) as part:
            for item in self._copied(link):
                shutil.copytree(item, part / item.name) if item.is_dir() else shutil.copy2(item, part / item.name)
            copy = type(self)(part, project, self._blocks)
            copy.write(project, _elsewhere(library, link))
            copy.save_layout(positions)
            run = self.latest_run(design_digest(project)) if link else None
            if run is not None:
                shutil.copytree(run, part / "runs" / run.name)
        return type(self)(path, project, self._blocks)

    def _copied(self, link: bool) -> Sequence[Path]:
        """List what a copy takes as it is: all but what can be made again; for a passing one the weights alone."""
        if not self.path.is_dir():
            return ()
        left = ("build", ".studio", "__pycache__")
        items = sorted(i for i in self.path.iterdir() if i.name not in left and not i.name.endswith(".part"))
        return [i for i in items if i.name == "weights"] if link else items

    def stamps(self) -> dict[str, str]:
        """Return the digest of each file that saving writes; a file that is not there has none. Raises InputError where the folder is gone."""
        self._check_there()
        names = (project_file.NAME, graph_file.NAME, LAYOUT, f"data/{tables.RECORDINGS}", f"data/{tables.SEGMENTS}")
        return {n: hashlib.sha256(read_bytes(self.path / n)).hexdigest() for n in names if (self.path / n).exists()}

    def write(self, project: Project, library: Library | None = None) -> None:
        """Write everything anew, without a lock: for a folder that nobody else knows yet."""
        write_text(self.path / ".gitignore", _IGNORED)
        self._save_design(project)
        self._save_tables(library or Library())

    def save(self, project: Project) -> None:
        """Save the design; hand edits and comments in project.toml stay. Raises InputError, and then nothing is lost."""
        self._check_there()
        with self.locked():
            self._save_design(project)

    def library(self) -> Library:
        """Read the recordings and segments."""
        return tables.read_library(self.path / "data")

    def save_library(self, library: Library) -> None:
        """Save the recordings' and segments' tables."""
        self._check_there()
        with self.locked():
            self._save_tables(library)

    def weights(self) -> dict[str, np.ndarray] | None:
        """Return the stored weights by name, or None where there are none."""
        return weights.read_weights(self.path / "weights")

    def weights_design(self) -> str:
        """Return the digest of the design that the weights were trained for, "" where there are none."""
        return weights.read_design(self.path / "weights")

    def save_weights(self, values: Mapping[str, np.ndarray], design: str = "") -> None:
        """Store weights, and the digest of the design they were trained for."""
        weights.write_weights(self.path / "weights", values, design)

    def new_run(self) -> Path:
        """Make the folder of the next run; write_run() in it makes it count."""
        return runs.new_run(self.path / "runs")

    def runs(self) -> Sequence[runs.Run]:
        """List the finished runs, oldest first."""
        return runs.list_runs(self.path / "runs")

    def latest_run(self, design: str) -> Path | None:
        """Return the folder of the newest finished run of this design (see design_digest), or None."""
        return runs.latest_run(self.path / "runs", design)

    def layout(self) -> dict[str, tuple[float, float]]:
        """Return where blocks stand on the canvas; empty where nothing was stored."""
        path = self.path / LAYOUT
        if not path.exists():
            return {}
        stored = migrate(read_json(path), path).get("blocks")
        try:
            return {str(k): (float(x), float(y)) for k, (x, y) in stored.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError("a position is two numbers", where=str(path), hint="remove the file: blocks are then laid out anew") from error

    def save_layout(self, positions: Positions) -> None:
        """Store where blocks stand."""
        lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(list(positions[k]))}" for k in sorted(positions))
        write_text(self.path / LAYOUT, f'{{"schema": {SCHEMA}, "blocks": {{\n{lines}\n}}}}\n')

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from saving meanwhile; raise InputError where one does."""
        if self._locked:
            yield
            return
        with lock(self.path / ".studio" / "lock"):
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    def _check_there(self) -> None:
        """A project's folder that was deleted is not made anew: without its recordings it would look whole."""
        if not self.path.is_dir():
            raise folder_gone(self.path)

    def _save_design(self, project: Project) -> None:
        """Render both files before writing one, so that a value that cannot be stored changes neither."""
        toml_path, graph_path = self.path / project_file.NAME, self.path / graph_file.NAME
        project_file.check_stored(project, toml_path)
        old_toml, old_graph = (read_text(p) if p.exists() else None for p in (toml_path, graph_path))
        toml = project_file.project_toml(project, old_toml)
        graph = graph_file.graph_json(project.graph, old_graph)
        if graph != old_graph:
            write_text(graph_path, graph)
        if toml != old_toml:
            try:
                write_text(toml_path, toml)
            except InputError:
                if old_graph is not None and graph != old_graph:
                    write_text(graph_path, old_graph)
                raise
        self.project = project

    def _save_tables(self, library: Library) -> None:
        data = self.path / "data"
        try:
            (data / "recordings").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(data, error) from error
        write_text(data / tables.RECORDINGS, tables.recordings_csv(library.recordings))
        write_text(data / tables.SEGMENTS, tables.segments_csv(library.segments))

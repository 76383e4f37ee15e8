"""Which project the window opens: the sample, one that was open before, a copy of one that is open elsewhere."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

from studio.blocks import registry
from studio.core.block import Block
from studio.core.errors import ProjectLocked, StudioError
from studio.core.places import home
from studio.core.registry import Registry
from studio.storage.folder import ProjectFolder
from studio.storage.project_file import NAME as PROJECT_FILE
from studio.ui import theme
from studio.ui.questions import ask
from studio.ui.session import Session
from studio.ui.settings import Settings

SAMPLE_NAME = "keywords"
RECENT = 10
OWN_MS = 3000
COPY, OTHER, SAMPLE = "Open a copy", "Open another…", "Open the sample"
COPY_HELP = "A copy holds what was last saved."


def free_name(folder: Path) -> Path:
    """Return the folder's path, or the next free one with a number behind."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def fresh_sample(link: bool = False) -> Path:
    """Copy the sample into the user's folder under the next free name; with `link` its recordings are links for now."""
    return ProjectFolder.copy_sample(SAMPLE_NAME, free_name(home() / "projects" / SAMPLE_NAME), link).path


def copy_beside(folder: Path, blocks: Registry[Block]) -> Path:
    """Copy a project, as it was last saved, to a new folder beside it."""
    opened = ProjectFolder.open(folder, blocks)
    return opened.copy_to(free_name(folder.with_name(f"{folder.name}-copy")), opened.project).path


def recent(settings: Settings) -> list[Path]:
    """List the projects that were open before and are still there, the last one first."""
    stored = settings.get("recent")
    known = [Path(r) for r in stored if isinstance(r, str)] if isinstance(stored, list) else []
    return [r for r in known if (r / PROJECT_FILE).is_file()]


def remember(settings: Settings, folder: Path) -> None:
    """Put a project at the head of those that were open before; raise InputError where that cannot be kept."""
    folder = folder.absolute()
    settings.set("recent", [str(r) for r in (folder, *(r for r in recent(settings) if not _same(r, folder)))][:RECENT])
    settings.set("last_project", str(folder))


def first_session(settings: Settings, wanted: Path | None = None) -> tuple[Session | None, StudioError | None]:
    """Open what is wanted, else the last project, else the sample with the reason why it is not the last project.

    Returns no session where the user wants none. Raises InputError where the wanted one cannot be opened.
    """
    stored = settings.get("last_project")
    last = Path(stored) if isinstance(stored, str) and (Path(stored) / PROJECT_FILE).is_file() else None
    folder = wanted or last
    if folder is None:
        return _sample_session(settings), None
    try:
        return Session(folder, settings), None
    except ProjectLocked as error:
        return _instead_of(folder, error, settings), None
    except StudioError as error:
        if wanted:
            raise
        return _sample_session(settings), error


def _instead_of(folder: Path, error: ProjectLocked, settings: Settings) -> Session | None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.style(app)
    chosen = ask(None, "Otolith Studio", f"{folder.name}: {error.message}.", (COPY, SAMPLE), "Quit", COPY_HELP)
    if chosen == COPY:
        return Session(copy_beside(folder, registry()), settings)
    return _sample_session(settings) if chosen == SAMPLE else None


def _sample_session(settings: Settings) -> Session:
    """Go on with the sample that was copied before, unless it is open elsewhere or broken."""
    known = home() / "projects" / SAMPLE_NAME
    if (known / PROJECT_FILE).is_file():
        with suppress(StudioError):
            return Session(known, settings)
    session = Session(fresh_sample(link=True), settings)
    QTimer.singleShot(OWN_MS, session, partial(_own_recordings, session.document.folder))
    return session


def _own_recordings(folder: ProjectFolder) -> None:
    """Make the linked recordings copies, beside the window; where that fails they stay links, which serve as well."""

    def work() -> None:
        with suppress(StudioError):
            folder.own_recordings()

    QThreadPool.globalInstance().start(work)


def _same(a: Path, b: Path) -> bool:
    return os.path.normcase(a.absolute()) == os.path.normcase(b.absolute())

"""The design report: asked for in the window, written by a process of its own, opened where the user likes."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from studio.core.errors import Cancelled, StudioError
from studio.deploy.review_file import FORMATS, entry_for
from studio.ui.dismissed import Dismissed
from studio.ui.jobs import Job
from studio.ui.questions import ask
from studio.ui.session import Session

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow

OPEN, FOLDER = "Open it", "Show the folder"
_FILTERS: Mapping[str, str] = {f"{name} (*{suffix})": suffix for suffix, name in FORMATS.items()}


def write_report(window: "MainWindow") -> Job | None:
    """Ask for a file and start the job that writes the report; None where there is nothing to do."""
    session = window.session
    if session.gauges.stale:
        session.told.emit(f"no report: the graph is not complete: {session.gauges.stale}")
        return None
    out = _ask_place(window)
    return None if out is None else start_report(window, out)


def start_report(window: "MainWindow", out: Path) -> Job | None:
    """Write the report on the design as it stands to a file, which is replaced; say where it could not be begun."""
    session = window.session
    try:
        entry = entry_for(out)
    except StudioError as error:
        window.commands.show_error(error)
        return None
    job = session.jobs.start(entry, {"out": str(out), **_wanted(session)}, f"Report {out.name}")
    window.tell(f"writing {out.name}")
    job.done.connect(lambda _: _offer(window, out))
    job.failed.connect(partial(_failed, window))
    return job


def _wanted(session: Session) -> dict[str, Any]:
    """Return the design as it stands, its targets, and what kits said of it: a kit that stands in for a target is shown too."""
    project, gauges = session.document.project, session.gauges
    kits = {target: dict(v) for target, v in gauges.kit.items() if target in gauges.boards and v["model"] == project.name}
    targets = [id for id in dict.fromkeys((*project.targets, *kits)) if id in gauges.boards]
    return {
        "path": str(session.document.path),
        "project": msgspec.to_builtins(project),
        "force": True,
        "targets": targets,
        "advised": {id: session.settings.runtime_of(id) for id in targets},
        "put_away": sorted(Dismissed(session.document.path).keys),
        "validations": list(kits.values()),
    }


def _ask_place(window: "MainWindow") -> Path | None:
    folder = window.session.document.path
    default = folder.parent / f"{folder.name} review.html"
    chosen, kind = QFileDialog.getSaveFileName(window, "Write a design report", str(default), ";;".join(_FILTERS))
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix.lower() in FORMATS:
        return path
    path = path.with_name(path.name + _FILTERS.get(kind, ".html"))
    return path if not path.exists() or ask(window, "Replace it?", f"{path.name} is there already.", ("Replace it",)) else None


def _offer(window: "MainWindow", out: Path) -> None:
    window.tell(f"wrote {out}")
    chosen = ask(window, "The report is written", f"{out.name} is in {out.parent}.", (OPEN, FOLDER), "Close")
    if chosen:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(out if chosen == OPEN else out.parent)))


def _failed(window: "MainWindow", error: StudioError) -> None:
    if not isinstance(error, Cancelled):
        window.commands.show_error(error)

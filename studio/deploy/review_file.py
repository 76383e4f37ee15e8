"""Write a design review to a file, in the format that its name says."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from studio.core.energy import EnergyPlan, changed_plan
from studio.core.errors import Cancelled, InputError
from studio.core.project import Project
from studio.core.protocols import JobContext
from studio.core.units import parse_quantity
from studio.deploy.boards import known_board
from studio.deploy.review import Review, read_validation, review
from studio.deploy.review_html import write_html
from studio.deploy.review_json import write_json
from studio.deploy.review_markdown import write_markdown
from studio.deploy.review_words import pages
from studio.deploy.subject import Subject, known_blocks, load_subject, project_subject
from studio.estimate.report import check_runtime
from studio.storage.atomic import write_bytes
from studio.storage.folder import ProjectFolder
from studio.storage.journal import canonical

HERE, PDF = "studio.deploy.review_file:run", "studio.ui.review_pdf:run"
FORMATS: Mapping[str, str] = {".html": "HTML", ".pdf": "PDF", ".md": "Markdown", ".json": "JSON"}
DEFAULT_TARGET = "virtual-m4"
_WRITERS: Mapping[str, Callable[[Review], bytes]] = {
    ".html": lambda r: write_html(pages(r)),
    ".md": lambda r: write_markdown(pages(r)),
    ".json": write_json,
}


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry for all formats but PDF: path, out, force, targets, runtimes, energy, validations; returns out and bytes.

    `advised` names the runtime that advice is sought for on a target, `put_away` the advice that is not wanted.
    `energy` holds figures that count for every target over those of the project: battery_mah, battery_v.
    `project`, a Project as plain values, stands for the one that the folder at `path` holds: the design as it is being edited.
    """
    out = check_out(args["out"], bool(args.get("force")))
    return write(out, _WRITERS[out.suffix.lower()](make_review(args, context)), context)


def entry_for(out: str | Path) -> str:
    """Return the job entry that writes this file; PDF needs Qt. Raises InputError for a name that says no format."""
    return PDF if _format(Path(out)) == ".pdf" else HERE


def check_out(out: str | Path, force: bool) -> Path:
    """Return the file to write; raise InputError where its name says no format, or where it is there already and not to be replaced."""
    path = Path(out)
    _format(path)
    if path.is_dir():
        raise InputError("there is a folder of this name", where=str(path), hint="give a file's name")
    if path.exists() and not force:
        raise InputError("there is a file of this name", where=str(path), hint="choose another name, or replace it with --force")
    return path


def make_review(args: Mapping[str, Any], context: JobContext) -> Review:
    """Read the subject that a job names and review it."""
    context.progress(0.05, "reading the design")
    subject = _subject(args)
    ids = args.get("targets") or (subject.project.targets if subject.project else ()) or (DEFAULT_TARGET,)
    targets = [known_board(i) for i in dict.fromkeys(ids)]
    runtimes = [check_runtime(r) for r in dict.fromkeys(args.get("runtimes") or ())]
    validations = [read_validation(v, str(args["path"])) for v in args.get("validations", ())]
    energy = plans_for(subject.project, ids, args.get("energy") or {})
    context.progress(0.2, "working out the figures")
    return review(subject, targets, time.time(), runtimes, energy, validations, args.get("advised"), frozenset(args.get("put_away") or ()))


def _subject(args: Mapping[str, Any]) -> Subject:
    path = Path(args["path"])
    if "project" not in args:
        return load_subject(path)
    blocks = known_blocks()
    project = canonical(msgspec.convert(args["project"], Project), blocks)
    return project_subject(ProjectFolder(path, project, blocks))


def write(out: Path, data: bytes, context: JobContext) -> dict[str, Any]:
    """Write the finished file, whole or not at all; return out and bytes."""
    if context.cancelled:
        raise Cancelled("the report was cancelled")
    context.progress(0.9, "writing the report")
    write_bytes(out, data)
    context.progress(1.0, "written")
    context.artifact("report", out)
    return {"out": str(out), "bytes": len(data)}


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError("its name says no format", where=str(path), hint="end it in " + ", ".join(FORMATS))
    return suffix


def read_battery(charge: str | None, voltage: str | None) -> dict[str, float]:
    """Read a battery as the command line names it, as figures of a plan; {} where it names none."""
    said: dict[str, float] = {}
    if charge is not None:
        said["battery_mah"] = parse_quantity(charge, "charge", "--battery")
    if voltage is not None:
        said["battery_v"] = parse_quantity(voltage, "voltage", "--battery-voltage")
    return said


def plans_for(project: Project | None, targets: Iterable[str], changes: Mapping[str, float]) -> dict[str, EnergyPlan]:
    """Return the user's own figures of each target's energy: the project's, and over them those that count for all."""
    plans = {id: project.plan(id) if project else EnergyPlan() for id in targets}
    return {id: changed_plan(plan, dict(changes), id) for id, plan in plans.items()}


def read_validations(path: Path) -> object:
    """Read a file of what `otolith validate --json` printed."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"it cannot be read: {error}", where=str(path), hint="otolith validate ... --json > FILE writes one") from error

"""Hold an exporter against its promises, on a small real network whose labels are as awkward as labels get."""

import tempfile
from pathlib import Path

from studio.blocks import registry
from studio.blocks.templates import tiny_graph
from studio.boards import board
from studio.core.errors import StudioError, UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.core.project import Project
from studio.core.protocols import Exporter, ExportJob
from studio.deploy.export import assemble
from studio.deploy.subject import Subject, with_random_weights
from studio.jobs import QuietContext
from studio.lower.graph import lower_graph
from studio.testing.findings import Finding, from_error, protocol_findings

LABELS = ('say "hi"', "back\\slash??/", "你好", "two words", "100%d\\n", "it's", "*/ x", "_unknown_")
C_SUFFIXES = (".c", ".h", ".cc", ".cpp", ".hpp")


def check_exporter(exporter: Exporter, job: ExportJob | None = None) -> list[Finding]:
    """Export a small project and hold what was written against the rules; [] where all hold.

    The files exist, lie in the folder and are all named; C files are plain ASCII; the same design gives the same bytes.
    """
    where = f"exporter {getattr(exporter, 'id', '?')}"
    found = protocol_findings(exporter, Exporter, where)
    if found:
        return found
    job = job or tiny_job()
    with tempfile.TemporaryDirectory(prefix="otolith-check-") as scratch:
        first, second = Path(scratch, "one"), Path(scratch, "two")
        try:
            found = _export(exporter, job, first, where) or _export(exporter, job, second, where)
        except UnsupportedOperator as error:
            return [from_error(error, where)] if not job.unsupported else []
        except StudioError as error:
            return [from_error(error, where)]
        return found or _contents(first, second, where)


def tiny_job(labels: tuple[str, ...] = LABELS, target: str = "virtual-m4") -> ExportJob:
    """Make an export job of a small network with random weights, a front end and these labels."""
    frontend = FrontEnd(clip_samples=8000, mels=20, window=480, hop=480)
    project = Project("tiny", labels, frontend, tiny_graph(frontend.shape, len(labels)))
    network = lower_graph(project.graph, registry(), frontend.shape, name="tiny")
    subject = Subject("tiny", network, labels, False, Path("tiny"), frontend, project)
    return assemble(with_random_weights(subject, 1), board(target), QuietContext())


def _export(exporter: Exporter, job: ExportJob, out: Path, where: str) -> list[Finding]:
    out.mkdir()
    files = exporter.export(job, out, QuietContext())
    if not isinstance(files, tuple) or not all(isinstance(f, Path) for f in files):
        return [Finding(where, "export() does not return a tuple of paths")]
    named = {f.resolve() for f in files}
    written = {f.resolve() for f in out.rglob("*") if f.is_file()}
    found = [Finding(where, f"{f.name} is named but was not written in the folder") for f in sorted(named - written)]
    found += [Finding(where, f"{f.name} was written but is not named") for f in sorted(written - named)]
    return found if files or found else [Finding(where, "it wrote no file")]


def _contents(first: Path, second: Path, where: str) -> list[Finding]:
    found = []
    for path in sorted(p for p in first.rglob("*") if p.is_file()):
        name, data = path.relative_to(first), path.read_bytes()
        twin = second / name
        if not twin.is_file() or twin.read_bytes() != data:
            found.append(Finding(where, f"{name} differs between two exports of one design", "leave out times, paths and random numbers"))
        if path.suffix in C_SUFFIXES and not data.isascii():
            found.append(Finding(where, f"{name} is not plain ASCII", "escape labels and names"))
        if path.suffix in C_SUFFIXES and b"??/" in data:
            found.append(Finding(where, f"{name} holds a trigraph", "escape ? in labels"))
    return found

"""A new project from a folder of recordings."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.errors import Cancelled, InputError
from studio.core.issue import Issue
from studio.core.library import SPLITS, Library, Recording, Segment
from studio.core.project import Project
from studio.core.protocols import JobContext
from studio.data.audio import file_sha256, read_clip
from studio.data.dataset import load_dataset
from studio.data.defaults import measure_normalisation, suggest_frontend
from studio.data.health import check_clips, check_library
from studio.data.importers import Found, Problem, label_order, scan_folder, shown
from studio.data.splits import Item, assign_splits, parse_split
from studio.storage.atomic import new_folder, refuse_occupied, write_error
from studio.storage.folder import ProjectFolder
from studio.storage.names import safe_name

Progress = Callable[[float, str], None]


class ImportReport(msgspec.Struct, frozen=True):
    """What came in: clips in all, by split and by label, files left out with reasons, and remarks on the clips."""

    clips: int
    splits: dict[str, int]
    labels: dict[str, int]
    problems: tuple[Problem, ...]
    issues: tuple[Issue, ...]


def create_from_folder(
    dest: Path,
    source: Path,
    name: str = "",
    pattern: str | None = None,
    split: str = "random",
    seed: int = 1,
    reference: bool = False,
    progress: Progress | None = None,
) -> tuple[ProjectFolder, ImportReport]:
    """Make a project in a new or empty folder from recordings; files that cannot be read are left out and reported.

    `pattern` and `split` as scan_folder and parse_split take them. With `reference` the recordings stay where they are. Whatever goes
    wrong, or is raised by `progress`, nothing half-made stays behind. Raises InputError.
    """
    progress = progress or (lambda fraction, message: None)
    rule = parse_split(split)
    refuse_occupied(dest)
    scan = scan_folder(source, pattern)
    readable, problems = _probe(source, scan.found, progress)
    problems = [*scan.problems, *problems]
    if not readable:
        first = problems[0]
        raise InputError("none of the audio files can be read", where=str(source), hint=f"{first.path}: {first.reason}")
    _refuse_one_label(source, [f for f, _ in readable])
    splits = assign_splits([_item(f, r) for f, r in readable], rule, seed)
    with new_folder(dest) as part:
        recordings = _place([r for _, r in readable], [f for f, _ in readable], part / "data" / "recordings", reference, progress)
        segments = tuple(Segment(r.id, 0, r.frames, f.label, s) for r, (f, _), s in zip(recordings, readable, splits, strict=True))
        library = Library(recordings, segments, part / "data" / "recordings")
        project, issues = _design(name or dest.absolute().name, library, progress)
        progress(0.98, "writing the project")
        ProjectFolder(part, project, registry()).write(project, library)
    counts = library.counts()
    report = ImportReport(
        len(segments),
        {s: sum(c[s] for c in counts.values()) for s in SPLITS},
        {label: sum(counts[label].values()) for label in project.labels},
        tuple(problems),
        issues,
    )
    return ProjectFolder.open(dest), report


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry: dest, source, name, pattern, split, seed, reference; returns path, labels and the ImportReport as plain values."""

    def progress(fraction: float, message: str) -> None:
        if context.cancelled:
            raise Cancelled("the project was not made; nothing is left of it")
        context.progress(fraction, message)

    folder, report = create_from_folder(
        Path(args["dest"]),
        Path(args["source"]),
        name=args.get("name", ""),
        pattern=args.get("pattern") or None,
        split=args.get("split", "random"),
        seed=int(args.get("seed", 1)),
        reference=bool(args.get("reference", False)),
        progress=progress,
    )
    return {"path": str(folder.path), "labels": list(folder.project.labels), "report": msgspec.to_builtins(report)}


def _refuse_one_label(source: Path, found: Sequence[Found]) -> None:
    labels = {f.label for f in found}
    if len(labels) == 1:
        message = f"all {len(found)} recordings have one label, {labels.pop()!r}; a network tells two or more apart"
        hint = f"put each label's files in a folder of its name, or use --pattern; the first file is {found[0].path.name!r}"
        raise InputError(message, where=str(source), hint=hint)


def _probe(source: Path, found: Sequence[Found], progress: Progress) -> tuple[list[tuple[Found, Recording]], list[Problem]]:
    """Decode every file; return the good ones with what is known of them, and the bad ones with the reason."""
    good, bad = [], []
    for i, file in enumerate(found):
        if i % 64 == 0:
            progress(0.4 * i / len(found), f"reading {len(found)} files")
        try:
            good.append((file, read_recording(source, file)))
        except InputError as error:
            bad.append(Problem(shown(file.path.relative_to(source)), error.message))
    return good, bad


def read_recording(source: Path, file: Found) -> Recording:
    """Decode a file and return what is known of it, as a reference without an id; raise InputError where it cannot be read."""
    clip = read_clip(file.path)
    return Recording(
        id="",
        path=str(file.path.resolve()),
        sha256=file_sha256(file.path),
        rate=clip.rate,
        frames=len(clip.samples),
        channels=clip.channels,
        speaker=file.speaker,
        device=file.device,
        group=file.group,
        source=source.name,
        reference=True,
        fields=file.fields,
    )


def _item(file: Found, recording: Recording) -> Item:
    return Item(file.label, recording.sha256, file.speaker, file.group, file.split, file.fields)


def _place(
    recordings: Sequence[Recording], found: Sequence[Found], folder: Path, reference: bool, progress: Progress
) -> tuple[Recording, ...]:
    """Give every recording its id and, unless it stays where it is, a copy as it was recorded."""
    placed, ids, names = [], set(), set()
    for i, (recording, file) in enumerate(zip(recordings, found, strict=True)):
        stem = f"{safe_name(file.label)}/{safe_name(file.path.stem)}"
        id = _free(stem, "", ids)
        path = recording.path
        if not reference:
            path = _free(stem, file.path.suffix.lower(), names)
            _copy(file.path, folder / path)
        placed.append(msgspec.structs.replace(recording, id=id, path=path, reference=reference))
        if i % 64 == 0:
            progress(0.4 + 0.2 * i / len(found), f"placing {len(found)} files")
    return tuple(placed)


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    """Return a name not taken yet, also where case does not count, and take it."""
    name, number = stem + suffix, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}{suffix}"
    taken.add(name.casefold())
    return name


def _copy(source: Path, dest: Path) -> None:
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, dest)
    except OSError as error:
        raise write_error(dest, error) from error


def _design(name: str, library: Library, progress: Progress) -> tuple[Project, tuple[Issue, ...]]:
    """Choose front end and graph for the recordings."""
    labels = label_order(s.label for s in library.segments)
    project = Project(name, labels, suggest_frontend(library))
    dataset = load_dataset(library, project, progress=lambda fraction, message: progress(0.6 + 0.3 * fraction, message))
    progress(0.92, "measuring levels")
    frontend = measure_normalisation(dataset, project.frontend)
    project = msgspec.structs.replace(project, frontend=frontend, graph=default_graph(frontend.shape, len(labels)))
    return project, (*check_library(library), *check_clips(dataset))

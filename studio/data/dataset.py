"""All clips of a project at the front end's rate and length, as the kit would get them."""

import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from studio.core.errors import InputError
from studio.core.library import Library, Recording, Segment
from studio.core.places import cache as user_cache
from studio.core.project import Project
from studio.data.audio import Clip, file_sha256, fit, from_pcm, read_clip, resample, to_pcm

ARITHMETIC = 1
KEPT = 8

Progress = Callable[[float, str], None]


class Dataset(msgspec.Struct, frozen=True, eq=False):
    """Clips in the order of the library's segments.

    `pcm` float32 (n, clip_samples), each value an int16 sample / 32768; `labels` int64 (n,) index `label_names`; `split` (n,) of
    "train", "validation", "test"; `ids` name recording and segment, `speakers` who spoke ("" where unknown).
    """

    pcm: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    label_names: tuple[str, ...]

    def rows(self, split: str) -> np.ndarray:
        """Return the indices of the clips in a split."""
        return np.flatnonzero(self.split == split)


def load_dataset(library: Library, project: Project, cache: Path | None = None, progress: Progress | None = None) -> Dataset:
    """Decode, mix down, resample, fit and quantise every segment whose label the project has.

    Decoded clips are kept under `cache` (the user's by default) by what they are made of. Raises InputError naming the file that
    is missing, broken or no longer the one that was added; whatever `progress` raises stops the work.
    """
    segments = [s for s in library.segments if s.label in project.labels]
    if not segments:
        raise InputError(
            "the project has no recordings", where=project.name, hint="make a project with recordings: otolith new DIR --from FOLDER"
        )
    store = (user_cache() if cache is None else cache) / "clips" / f"{_key(library, segments, project)}.npy"
    pcm = _read_store(store, (len(segments), project.frontend.clip_samples))
    if pcm is None:
        pcm = _decode(library, segments, project, progress or _quiet)
        _write_store(store, pcm)
    position = {label: i for i, label in enumerate(project.labels)}
    return Dataset(
        from_pcm(pcm),
        np.array([position[s.label] for s in segments], np.int64),
        np.array([s.split for s in segments], "<U10"),
        tuple(_segment_id(library, s) for s in segments),
        tuple(library.by_id[s.recording].speaker for s in segments),
        project.labels,
    )


def _quiet(fraction: float, message: str) -> None:
    pass


def _segment_id(library: Library, segment: Segment) -> str:
    whole = segment.start == 0 and segment.end == library.by_id[segment.recording].frames
    return segment.recording if whole else f"{segment.recording}@{segment.start}"


def _key(library: Library, segments: list[Segment], project: Project) -> str:
    fe = project.frontend
    made_of = [(library.by_id[s.recording].sha256, s.start, s.end) for s in segments]
    return hashlib.sha256(msgspec.json.encode((ARITHMETIC, fe.sample_rate, fe.clip_samples, made_of))).hexdigest()[:32]


def _decode(library: Library, segments: list[Segment], project: Project, progress: Progress) -> np.ndarray:
    fe = project.frontend
    pcm = np.zeros((len(segments), fe.clip_samples), np.int16)
    opened: tuple[str, Clip | None] = ("", None)
    for i, segment in enumerate(segments):
        if segment.recording != opened[0] or opened[1] is None:
            opened = (segment.recording, _read_recording(library, library.by_id[segment.recording]))
        part = opened[1].samples[segment.start : segment.end]
        pcm[i] = to_pcm(fit(resample(part, opened[1].rate, fe.sample_rate), fe.clip_samples))
        if i % 64 == 0:
            progress(i / len(segments), f"preparing {len(segments)} clips")
    return pcm


def _read_recording(library: Library, recording: Recording) -> Clip:
    path = library.file(recording)
    clip = read_clip(path)
    if file_sha256(path) != recording.sha256:
        hint = "put the file back as it was, or add it again"
        raise InputError("the file is not the one that was added: its SHA-256 differs", where=str(path), hint=hint)
    return clip


def _read_store(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """Return kept clips, or None where there are none that can be used."""
    try:
        pcm = np.load(path, allow_pickle=False)
        os.utime(path)
    except (OSError, ValueError, EOFError):
        return None
    return pcm if pcm.shape == shape and pcm.dtype == np.int16 else None


def _write_store(path: Path, pcm: np.ndarray) -> None:
    """Keep clips for the next time; a full or read-only disk only costs that time."""
    buffer = io.BytesIO()
    np.save(buffer, pcm, allow_pickle=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getbuffer())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            return
        _forget_old(path.parent)
    except OSError:
        return


def _forget_old(folder: Path) -> None:
    stored = sorted(folder.glob("*.npy"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in stored[KEPT:]:
        path.unlink(missing_ok=True)

"""What is wrong with recordings before anything is trained on them."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from studio.core.issue import Issue
from studio.core.library import Library
from studio.data.dataset import Dataset

SHORTEST_S = 0.05
LONGEST_S = 60.0
CLIPPED_SHARE = 0.002
SILENT_PEAK = 1e-3


def check_library(library: Library) -> tuple[Issue, ...]:
    """Check durations, and files that occur twice; reads no audio."""
    return (*_check_durations(library), *_check_twins(library))


def check_clips(dataset: Dataset) -> tuple[Issue, ...]:
    """Check decoded clips for clipping and silence (a background label may be silent)."""
    peaks = np.abs(dataset.pcm).max(axis=1)
    clipped = (np.abs(dataset.pcm) >= 32767 / 32768).mean(axis=1)
    found = (
        check_level(id, dataset.label_names[label], float(peak), float(share))
        for id, label, peak, share in zip(dataset.ids, dataset.labels, peaks, clipped, strict=True)
    )
    return tuple(i for issues in found for i in issues)


def check_level(id: str, label: str, peak: float, clipped: float) -> tuple[Issue, ...]:
    """Check a clip's peak (full scale is 1) and the share of its samples that are clipped."""
    if clipped > CLIPPED_SHARE:
        return (Issue("data.clipped", "warning", id, f"{clipped:.1%} of its samples are clipped: record it at a lower gain"),)
    if peak < SILENT_PEAK and not _may_be_silent(label):
        return (Issue("data.silent", "warning", id, "it is silent: record it again or give it a background label"),)
    return ()


def check_labels(library: Library, labels: Sequence[str]) -> tuple[Issue, ...]:
    """Warn of labels that are marked in recordings and that the project does not have."""
    unknown = Counter(s.label for s in library.segments if s.label not in labels)
    issues = []
    for label, count in unknown.items():
        near = difflib.get_close_matches(label, labels, 1)
        way = f"did you mean {near[0]!r}?" if near else "add it to labels, or leave these clips out"
        issues.append(Issue("data.label", "warning", label, f"{count} clips bear this label, which the project does not have; {way}"))
    return tuple(issues)


def _may_be_silent(label: str) -> bool:
    return any(word in label.casefold() for word in ("background", "silence", "noise"))


def _check_durations(library: Library) -> Iterator[Issue]:
    """Warn of recordings too short to hold a word, and advise on ones that hold many."""
    for recording in library.recordings:
        if recording.seconds < SHORTEST_S:
            yield Issue("data.short", "warning", recording.id, f"it lasts only {recording.seconds * 1000:.0f} ms")
        elif recording.seconds > LONGEST_S:
            message = f"it lasts {recording.seconds:.0f} s, of which only the loudest part is used: cut it into clips"
            yield Issue("data.long", "advice", recording.id, message)


def _check_twins(library: Library) -> Iterator[Issue]:
    """Warn of files that are there twice: worst, in training and in the test."""
    split = {s.recording: s.split for s in library.segments}
    label = {s.recording: s.label for s in library.segments}
    twins = defaultdict(list)
    for recording in library.recordings:
        twins[recording.sha256].append(recording.id)
    for ids in twins.values():
        if len(ids) < 2:
            continue
        others = ", ".join(ids[1:4]) + (" ..." if len(ids) > 4 else "")
        if len({split.get(i) for i in ids}) > 1:
            yield Issue("data.leak", "warning", ids[0], f"the same file stands in two parts of the split: {others}")
        elif len({label.get(i) for i in ids}) > 1:
            yield Issue("data.contradiction", "warning", ids[0], f"the same file has two labels: {others}")
        else:
            yield Issue("data.twin", "advice", ids[0], f"the same file is there again: {others}")

import numpy as np

from studio.core.library import Library, Recording, Segment
from studio.data.dataset import Dataset
from studio.data.health import check_clips, check_labels, check_library


def _library(*rows):
    recordings = tuple(Recording(id, id, sha, 1000, frames) for id, sha, frames, _, _ in rows)
    return Library(recordings, tuple(Segment(id, 0, frames, label, split) for id, _, frames, label, split in rows))


def _ids(issues):
    return [(i.id, i.where) for i in issues]


def test_a_sound_library_has_no_issue():
    assert check_library(_library(("a", "1", 1000, "yes", "train"), ("b", "2", 1000, "no", "test"))) == ()


def test_durations():
    library = _library(("a", "1", 20, "yes", "train"), ("b", "2", 90_000, "no", "train"))
    assert _ids(check_library(library)) == [("data.short", "a"), ("data.long", "b")]


def test_twins_leaks_and_contradictions():
    library = _library(
        ("a", "1", 900, "yes", "train"),
        ("b", "1", 900, "yes", "train"),
        ("c", "2", 900, "yes", "train"),
        ("d", "2", 900, "yes", "test"),
        ("e", "3", 900, "yes", "train"),
        ("f", "3", 900, "no", "train"),
    )
    assert _ids(check_library(library)) == [("data.twin", "a"), ("data.leak", "c"), ("data.contradiction", "e")]


def test_labels_that_the_project_lacks():
    library = _library(("a", "1", 900, "yes", "train"), ("b", "2", 900, "yess", "train"), ("c", "3", 900, "stop", "test"))
    issues = check_labels(library, ("yes", "no"))
    assert _ids(issues) == [("data.label", "yess"), ("data.label", "stop")]
    assert "'yes'" in issues[0].message


def test_clipping_and_silence():
    pcm = np.zeros((4, 1000), np.float32)
    pcm[0] = 0.1
    pcm[1] = np.clip(2 * np.sin(np.arange(1000)), -1, 32767 / 32768)
    data = Dataset(pcm, np.array([0, 0, 0, 1]), np.full(4, "train"), tuple("abcd"), ("",) * 4, ("yes", "background"))
    assert _ids(check_clips(data)) == [("data.clipped", "b"), ("data.silent", "c")]

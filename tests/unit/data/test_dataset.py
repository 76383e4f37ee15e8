import numpy as np
import pytest

from studio.core.errors import Cancelled, InputError
from studio.core.frontend import FrontEnd
from studio.core.library import Library, Recording, Segment
from studio.core.project import Project
from studio.data import dataset as module
from studio.data.audio import file_sha256, read_clip
from studio.data.dataset import load_dataset

FRONT_END = FrontEnd(sample_rate=8000, clip_samples=2400, window=240, hop=160, fft=256, high_hz=3800.0)
PROJECT = Project("p", ("no", "yes"), FRONT_END)


@pytest.fixture
def library(write, tmp_path, tone) -> Library:
    files = {
        "yes/a": write("in/yes/a.wav", subtype="PCM_16"),
        "no/b": write("in/no/b.flac", np.stack([tone(0.5, 16000), tone(0.5, 16000, 900)], 1), rate=16000),
        "no/c": write("in/no/c.wav", tone(0.1)),
    }
    recordings = []
    for id, path in files.items():
        clip = read_clip(path)
        recordings.append(
            Recording(id, path.relative_to(tmp_path / "in").as_posix(), file_sha256(path), clip.rate, len(clip.samples), speaker=id[:2])
        )
    splits = ("train", "test", "validation")
    segments = [Segment(r.id, 0, r.frames, r.id.split("/")[0], s) for r, s in zip(recordings, splits, strict=True)]
    return Library(tuple(recordings), tuple(segments), tmp_path / "in")


def test_clips_come_at_the_front_ends_rate_and_length(library):
    data = load_dataset(library, PROJECT)
    assert data.pcm.shape == (3, 2400)
    assert data.pcm.dtype == np.float32
    assert data.labels.tolist() == [1, 0, 0]
    assert data.split.tolist() == ["train", "test", "validation"]
    assert data.ids == ("yes/a", "no/b", "no/c")
    assert data.speakers == ("ye", "no", "no")
    assert data.rows("test").tolist() == [1]


def test_values_are_the_kits_int16_samples(library, tmp_path):
    data = load_dataset(library, PROJECT)
    assert np.array_equal(data.pcm * 32768, np.rint(data.pcm * 32768))
    assert np.array_equal(data.pcm[0], read_clip(tmp_path / "in/yes/a.wav").samples)


def test_the_second_time_comes_from_the_cache_and_is_the_same(library, tmp_path, monkeypatch):
    first = load_dataset(library, PROJECT, tmp_path / "kept")
    monkeypatch.setattr(module, "read_clip", lambda path: pytest.fail("decoded again"))
    assert np.array_equal(load_dataset(library, PROJECT, tmp_path / "kept").pcm, first.pcm)


def test_another_rate_or_a_damaged_cache_is_decoded_anew(library, tmp_path):
    kept = tmp_path / "kept"
    first = load_dataset(library, PROJECT, kept)
    (stored,) = (kept / "clips").iterdir()
    stored.write_bytes(stored.read_bytes()[:500])
    assert np.array_equal(load_dataset(library, PROJECT, kept).pcm, first.pcm)
    other = Project("p", ("no", "yes"), FrontEnd())
    assert load_dataset(library, other, kept).pcm.shape == (3, 16000)


def test_old_clips_are_forgotten(library, tmp_path):
    for length in range(2400, 2400 + module.KEPT + 4):
        load_dataset(library, Project("p", ("no", "yes"), FrontEnd(sample_rate=8000, clip_samples=length)), tmp_path / "kept")
    assert len(list((tmp_path / "kept" / "clips").iterdir())) == module.KEPT


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(library, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    assert load_dataset(library, PROJECT, blocked).pcm.shape == (3, 2400)


def test_segments_of_other_labels_are_left_out_and_parts_are_named(library):
    assert load_dataset(library, Project("p", ("yes",), FRONT_END)).ids == ("yes/a",)
    part = Library(library.recordings, (Segment("no/b", 1600, 4800, "no", "train"),), library.folder)
    data = load_dataset(part, PROJECT)
    assert data.ids == ("no/b@1600",)
    assert np.count_nonzero(data.pcm) == pytest.approx(1600, abs=20)


def test_a_changed_or_missing_file_is_named(library, tmp_path, write):
    write("in/no/c.wav")
    with pytest.raises(InputError, match="not the one that was added") as caught:
        load_dataset(library, PROJECT)
    assert caught.value.where.endswith("c.wav")
    (tmp_path / "in/no/c.wav").unlink()
    with pytest.raises(InputError, match="no such file"):
        load_dataset(library, PROJECT)


def test_no_recordings_and_a_cancelled_read(library):
    with pytest.raises(InputError, match="no recordings"):
        load_dataset(Library(), PROJECT)

    def cancel(fraction, message):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        load_dataset(library, PROJECT, progress=cancel)

from collections import Counter, defaultdict

import numpy as np
import pytest
import soundfile

from studio.core.places import shipped
from studio.data.dataset import load_dataset
from studio.data.defaults import measure_normalisation
from studio.data.health import check_clips, check_library
from studio.storage.folder import ProjectFolder

WORDS = {"yes", "no", "up", "down", "left", "right", "stop", "go"}


@pytest.fixture(scope="module")
def sample() -> ProjectFolder:
    return ProjectFolder.open(shipped("resources") / "samples" / "keywords")


def test_labels_and_size(sample):
    library = sample.library()
    assert set(sample.project.labels) == WORDS | {"unknown", "background"}
    assert len(library.recordings) >= 600
    assert sum(library.file(r).stat().st_size for r in library.recordings) < 8_000_000
    counts = Counter(s.label for s in library.segments)
    assert max(counts.values()) < 2 * min(counts.values())


def test_every_clip_is_a_second_of_16_khz_flac(sample):
    library = sample.library()
    for recording in library.recordings:
        info = soundfile.info(library.file(recording))
        assert (info.samplerate, info.frames, info.channels, info.format, info.subtype) == (16000, 16000, 1, "FLAC", "PCM_16")
        assert recording.source == "synthetic"


def test_no_voice_variant_is_in_two_parts(sample):
    library = sample.library()
    where = defaultdict(set)
    for segment in library.segments:
        variant = library.by_id[segment.recording].speaker.rsplit("-", 1)[-1] if segment.label != "background" else segment.recording
        where[variant].add(segment.split)
    assert all(len(splits) == 1 for splits in where.values())
    tests = Counter(s.label for s in library.segments if s.split == "test")
    assert sum(tests.values()) >= 100
    assert set(tests) == set(sample.project.labels)


def test_words_lie_within_their_clips_and_are_clean(sample):
    data = load_dataset(sample.library(), sample.project)
    background = data.label_names.index("background")
    for pcm, label in zip(data.pcm, data.labels, strict=True):
        if label == background:
            continue
        first, last = np.flatnonzero(pcm)[[0, -1]]
        assert first > 0
        assert last < 15999
        assert last - first > 1600
    assert check_clips(data) == ()
    assert check_library(sample.library()) == ()
    measured = measure_normalisation(data, sample.project.frontend)
    assert measured.mean_db == pytest.approx(sample.project.frontend.mean_db, abs=0.1)
    assert measured.std_db == pytest.approx(sample.project.frontend.std_db, abs=0.1)

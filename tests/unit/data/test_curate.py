from collections import Counter
from hashlib import sha256

from studio.core.library import Library, Recording, Segment
from studio.data import curate


def library():
    recordings = tuple(Recording(f"r{i}", f"r{i}.wav", f"{i:064x}", 16000, 32000) for i in range(3))
    segments = (
        Segment("r0", 0, 100, "yes", "train"),
        Segment("r1", 0, 100, "no", "test"),
        Segment("r1", 100, 200, "yes", "train"),
        Segment("r2", 0, 100, "no", "train"),
    )
    return Library(recordings, segments)


def test_the_rule_shares_files_out_and_stays_by_its_word():
    hashes = [sha256(str(i).encode()).hexdigest() for i in range(5000)]
    counts = Counter(map(curate.split_of, hashes))
    assert 0.77 < counts["train"] / 5000 < 0.83
    assert 0.08 < counts["validation"] / 5000 < 0.12
    assert 0.08 < counts["test"] / 5000 < 0.12
    assert [curate.split_of(h) for h in hashes[:50]] == [curate.split_of(h) for h in hashes[:50]]


def test_removing_a_clip_keeps_a_recording_that_has_another():
    left = curate.remove(library(), (0, 1))
    assert [r.id for r in left.recordings] == ["r1", "r2"]
    assert [(s.recording, s.start) for s in left.segments] == [("r1", 100), ("r2", 0)]


def test_labels_and_parts_change_alone():
    before = library()
    after = curate.resplit(curate.relabel(before, (1, 3), "yes"), (3,), "validation")
    assert [s.label for s in after.segments] == ["yes"] * 4
    assert [s.split for s in after.segments] == ["train", "test", "train", "validation"]
    assert after.recordings is before.recordings
    assert before == library()


def test_adding_appends():
    more = Recording("r9", "r9.wav", "f" * 64, 8000, 10)
    after = curate.add(library(), (more,), (Segment("r9", 0, 10, "yes", "test"),))
    assert after.recordings[-1] is more and after.segments[-1].recording == "r9"
    assert len(after.segments) == 5

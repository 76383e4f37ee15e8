import msgspec
import numpy as np
import pytest
import soundfile

from studio.core.errors import Cancelled, InputError
from studio.jobs.context import QuietContext
from studio.storage.importing import Gain, run


def wav(path, seed, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, 1600), rate, subtype="PCM_16")
    return path


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "clips"
    for i in range(3):
        wav(folder / "yes" / f"a{i}.wav", i)
    wav(folder / "new word" / "b.wav", 9, 8000)
    (folder / "yes" / "notes.txt").write_text("x")
    (folder / "yes" / "broken.wav").write_bytes(b"RIFF")
    return folder


def args(tmp_path, source, gain=None):
    recordings = gain.recordings if gain else ()
    return {
        "path": str(tmp_path / "project"),
        "source": str(source),
        "ids": [r.id for r in recordings],
        "sha256": [r.sha256 for r in recordings],
    }


def imported(arguments, context=None):
    return msgspec.convert(run(arguments, context or QuietContext()), Gain)


def test_a_folder_comes_in_whole(tmp_path, source):
    gain = imported(args(tmp_path, source))
    assert sorted((s.label, s.recording) for s in gain.segments) == [
        ("new word", "new word/b"),
        ("yes", "yes/a0"),
        ("yes", "yes/a1"),
        ("yes", "yes/a2"),
    ]
    for recording in gain.recordings:
        assert (tmp_path / "project" / "data" / "recordings" / recording.path).is_file()
    assert sorted(p.path for p in gain.problems) == ["yes/broken.wav", "yes/notes.txt"]


def test_what_is_there_already_is_not_copied_again(tmp_path, source):
    first = imported(args(tmp_path, source))
    wav(source / "yes" / "a9.wav", 77)
    second = imported(args(tmp_path, source, first))
    assert second.known == 4 and [r.id for r in second.recordings] == ["yes/a9"]


def test_a_name_that_is_taken_gets_a_number(tmp_path, source):
    imported(args(tmp_path, source))
    other = tmp_path / "others"
    wav(other / "yes" / "A0.wav", 55)
    gain = imported(args(tmp_path, other))
    assert gain.recordings[0].id == "yes/A0-2"


def test_a_cancelled_import_leaves_nothing(tmp_path, source):
    class Impatient(QuietContext):
        steps = 0

        @property
        def cancelled(self):
            self.steps += 1
            return self.steps > 2

    with pytest.raises(Cancelled):
        run(args(tmp_path, source), Impatient())
    recordings = tmp_path / "project" / "data" / "recordings"
    assert not [p for p in recordings.rglob("*") if p.is_file()]


def test_a_folder_of_broken_files_is_refused(tmp_path):
    folder = tmp_path / "bad"
    (folder / "yes").mkdir(parents=True)
    (folder / "yes" / "x.wav").write_bytes(b"RIFF")
    with pytest.raises(InputError, match="none of the audio files"):
        run(args(tmp_path, folder), QuietContext())


def test_a_place_that_cannot_be_written_is_said_and_nothing_stays(tmp_path, source):
    recordings = tmp_path / "project" / "data" / "recordings"
    recordings.mkdir(parents=True)
    (recordings / "yes").write_text("a file in the place of the folder")
    with pytest.raises(InputError, match="cannot be written"):
        run(args(tmp_path, source), QuietContext())
    assert [p.name for p in recordings.rglob("*")] == ["yes"]

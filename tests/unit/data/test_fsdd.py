import time
from collections import Counter

import pytest

from studio.data.importers import scan_folder
from studio.data.splits import parse_split
from studio.storage.new import create_from_folder

pytestmark = pytest.mark.data


def test_official_split(data_folder, tmp_path):
    start = time.perf_counter()
    folder, report = create_from_folder(
        tmp_path / "digits",
        data_folder / "fsdd" / "recordings",
        pattern="{label}_{speaker}_{index}.wav",
        split="test:index=0-4",
        reference=True,
    )
    assert time.perf_counter() - start < 60
    assert (report.clips, report.problems) == (3000, ())
    assert report.splits == {"train": 2400, "validation": 300, "test": 300}
    assert folder.project.labels == tuple("0123456789")
    assert folder.project.frontend.sample_rate == 8000
    library = folder.library()
    assert all(r.reference for r in library.recordings)
    tests = [library.by_id[s.recording] for s in library.segments if s.split == "test"]
    assert Counter(r.speaker for r in tests) == dict.fromkeys(("george", "jackson", "lucas", "nicolas", "theo", "yweweler"), 50)
    assert {r.fields["index"] for r in tests} == set("01234")


def test_speakers_are_read(data_folder):
    scan = scan_folder(data_folder / "fsdd" / "recordings", "{label}_{speaker}_{index}.wav")
    assert Counter(f.speaker for f in scan.found)["theo"] == 500
    assert parse_split("test:speaker=theo").values == {"theo"}

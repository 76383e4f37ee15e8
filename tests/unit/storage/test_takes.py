import hashlib
from datetime import datetime

import pytest

from studio.core.errors import InputError
from studio.core.library import Library
from studio.data.curate import add
from studio.storage.takes import Origin, store_take, sweep

WHEN = datetime(2026, 3, 4, 5, 6, 7)


def test_a_take_lies_under_its_label_by_date_and_is_never_overwritten(tmp_path):
    library = Library(folder=tmp_path)
    first = store_take(library, b"one", 16000, 1, Origin("yes", "ann", "mic"), WHEN)
    second = store_take(library, b"two", 16000, 1, Origin("yes"), WHEN)
    assert first.path == "yes/2026-03-04_05-06-07_1.wav" and second.path == "yes/2026-03-04_05-06-07_2.wav"
    assert (tmp_path / first.path).read_bytes() == b"one"
    assert first.sha256 == hashlib.sha256(b"one").hexdigest()
    assert (first.speaker, first.device, first.source, first.reference) == ("ann", "mic", "recorded", False)


def test_an_id_of_the_library_is_not_taken_twice(tmp_path):
    library = Library(folder=tmp_path)
    first = store_take(library, b"one", 16000, 1, Origin("Yes"), WHEN)
    (tmp_path / first.path).unlink()
    second = store_take(add(library, (first,), ()), b"two", 16000, 1, Origin("yes"), WHEN)
    assert second.id != first.id and second.id.endswith("_2")


def test_a_label_becomes_a_safe_folder(tmp_path):
    taken = store_take(Library(folder=tmp_path), b"x", 16000, 1, Origin("a/b: ü?"), WHEN)
    assert taken.path.startswith("a_b_ ü_/")


def test_where_it_cannot_be_written_nothing_is_left(tmp_path):
    (tmp_path / "yes").write_text("a file in the place of the folder")
    with pytest.raises(InputError):
        store_take(Library(folder=tmp_path), b"x", 16000, 1, Origin("yes"), WHEN)
    assert [p.name for p in tmp_path.rglob("*")] == ["yes"]


def test_sweeping_removes_only_what_this_session_recorded_and_nobody_names(tmp_path):
    library = Library(folder=tmp_path)
    kept, gone = (store_take(library, b"x", 16000, 1, Origin(label), WHEN) for label in ("kept", "gone"))
    (tmp_path / "other.wav").write_bytes(b"by hand")
    sweep({kept.path, gone.path}, add(library, (kept,), ()))
    assert (tmp_path / kept.path).exists() and (tmp_path / "other.wav").exists()
    assert not (tmp_path / gone.path).exists()

import os
import sys
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.data.importers import label_order, scan_folder


def _found(scan):
    return {f.path.name: (f.label, f.speaker, f.split) for f in scan.found}


def test_a_folder_per_class(write, tmp_path):
    for name in ("yes/a.wav", "yes/b.flac", 'say "no"/c.wav', "开灯 now/d.OGG"):
        write(f"in/{name}") if not name.endswith("OGG") else write(f"in/{name}", format="OGG", subtype="VORBIS")
    scan = scan_folder(tmp_path / "in")
    assert _found(scan) == {
        "a.wav": ("yes", "", ""),
        "b.flac": ("yes", "", ""),
        "c.wav": ('say "no"', "", ""),
        "d.OGG": ("开灯 now", "", ""),
    }
    assert scan.problems == ()


def test_what_is_no_recording_is_told_and_left_out(write, tmp_path):
    write("in/yes/a.wav")
    write("in/top.wav")
    write("in/yes/deeper/b.wav")
    write("in/.hidden/c.wav")
    write("in/yes/.d.wav")
    (tmp_path / "in/yes/notes.txt").write_text("x")
    (tmp_path / "in/README").write_text("x")
    bad = tmp_path / "in" / "two\nlines"
    bad.mkdir()
    scan = scan_folder(tmp_path / "in")
    assert list(_found(scan)) == ["a.wav"]
    assert {p.path for p in scan.problems} == {"top.wav", "yes/deeper", "yes/notes.txt", "README", "two\nlines"}
    assert all(reason for _, reason in scan.problems)


def test_split_folders_are_honoured(write, tmp_path):
    for name in ("Train/yes/a.wav", "val/yes/b.wav", "testing/yes/c.wav", "Train/no/d.wav"):
        write(f"in/{name}")
    splits = {name: split for name, (_, _, split) in _found(scan_folder(tmp_path / "in")).items()}
    assert splits == {"a.wav": "train", "b.wav": "validation", "c.wav": "test", "d.wav": "train"}


def test_a_class_may_be_called_test(write, tmp_path):
    write("in/test/a.wav")
    write("in/train/b.wav")
    assert {f.label for f in scan_folder(tmp_path / "in").found} == {"test", "train"}


def test_pattern_gives_speaker_group_split_and_other_fields(write, tmp_path):
    write("in/mic1/test/theo_yes_03.wav")
    write("in/other.wav")
    scan = scan_folder(tmp_path / "in", "{device}/{split}/{speaker}_{label}_{index}.wav")
    (found,) = scan.found
    assert (found.label, found.speaker, found.device, found.split, found.fields) == ("yes", "theo", "mic1", "test", {"index": "03"})
    assert [p.path for p in scan.problems] == ["other.wav"]


def test_nothing_that_matches_shows_what_is_there(write, tmp_path):
    write("in/0_george_0.wav")
    with pytest.raises(InputError) as caught:
        scan_folder(tmp_path / "in", "{label}-{speaker}.wav")
    assert "0_george_0.wav" in caught.value.hint
    with pytest.raises(InputError) as caught:
        scan_folder(tmp_path / "in")
    assert "--pattern" in caught.value.hint
    assert "0_george_0.wav" in caught.value.hint


def test_missing_empty_and_file(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name, words in (("gone", "no such folder"), ("empty", "no audio files"), ("file", "not a folder")):
        with pytest.raises(InputError) as caught:
            scan_folder(tmp_path / name)
        assert words in caught.value.message
        assert caught.value.where.endswith(name)


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_that_are_no_unicode_are_told(write, tmp_path):
    write("in/yes/a.wav")
    for name in (b"\xff.wav", b"..."):
        Path(os.fsdecode(os.fsencode(tmp_path / "in" / "yes") + b"/" + name)).touch()
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/\xe4")).mkdir()
    for pattern in (None, "{label}/{x}.wav"):
        scan = scan_folder(tmp_path / "in", pattern)
        assert [f.path.name for f in scan.found] == ["a.wav"]
        assert "yes/?.wav" in {p.path for p in scan.problems}
        assert all(p.path.encode() for p in scan.problems)


def test_label_order_is_natural_with_unknown_and_background_last():
    given = ["unknown", "10", "2", "b", "_background_noise_", "A", "1"]
    assert label_order(given) == ("1", "2", "10", "A", "b", "_background_noise_", "unknown")

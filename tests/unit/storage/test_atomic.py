import errno
import os
from pathlib import Path

import pytest

from studio.core.errors import Cancelled, InputError
from studio.storage.atomic import new_folder, write_bytes, write_text


def _left(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    write_text(path, "eins\n")
    write_text(path, "zwei 二\n")
    assert path.read_bytes() == "zwei 二\n".encode()
    assert _left(path.parent) == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "may not be written"),
        (errno.EACCES, "may not be written"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch, number, words):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match=words) as caught:
        write_bytes(path, b"new")
    assert caught.value.where == str(path)
    assert caught.value.hint
    assert path.read_text() == "old"
    assert _left(tmp_path) == ["a.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_really_full_device(tmp_path, monkeypatch):
    plain = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, mode="r": plain(Path("/dev/full"), mode) if self.name.endswith(".part") else plain(self, mode)
    )
    with pytest.raises(InputError, match="disk is full"):
        write_bytes(tmp_path / "a.txt", b"x" * 10)


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "a.txt", b"x")


@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled("stopped"), ValueError])
def test_a_new_folder_is_there_wholly_or_not_at_all(tmp_path, error):
    with pytest.raises(BaseException), new_folder(tmp_path / "up" / "new") as part:  # noqa: B017
        (part / "a").write_text("x")
        raise error
    assert _left(tmp_path) == []
    with new_folder(tmp_path / "up" / "new") as part:
        (part / "a").write_text("x")
    assert _left(tmp_path / "up") == ["new"]
    assert (tmp_path / "up/new/a").read_text() == "x"


def test_an_empty_folder_is_taken_and_a_full_one_refused(tmp_path):
    dest = tmp_path / "dest"
    dest.mkdir()
    with new_folder(dest) as part:
        (part / "a").touch()
    with pytest.raises(InputError, match="not empty"), new_folder(dest):
        pytest.fail("entered")
    with pytest.raises(InputError, match="file of this name"), new_folder(dest / "a"):
        pytest.fail("entered")
    assert _left(dest) == ["a"]

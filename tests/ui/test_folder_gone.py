"""The project's folder is deleted or moved while it is open: the window says so, and the design is not lost."""

import shutil
import sys

import pytest

from studio.core.edits import SetFrontEnd
from studio.core.errors import InputError
from studio.storage.folder import ProjectFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no file that is open")


def mels(count):
    return SetFrontEnd({"mels": count})


def test_the_next_edit_says_that_it_is_not_protected_and_what_to_do(window, session):
    shutil.rmtree(session.document.path)
    session.document.push(mels(31))
    assert session.document.project.frontend.mels == 31
    assert window.status_line.unprotected.isVisible()
    said = window.status_line.currentMessage()
    assert "not protected" in said
    assert "the project's folder is gone" in said
    assert "Save as" in said
    assert not session.document.path.exists(), "half a project in its place would look whole"


def test_a_folder_that_is_put_back_protects_again(window, session, tmp_path):
    path = session.document.path
    path.rename(tmp_path / "elsewhere")
    session.document.push(mels(31))
    assert session.document.problem
    (tmp_path / "elsewhere").rename(path)
    session.document.push(mels(32))
    assert session.document.problem == ""
    assert not window.status_line.unprotected.isVisible()
    assert b'"mels":32' in (path / ".studio" / "journal.jsonl").read_bytes()


def test_a_deleted_journal_alone_is_written_anew(session):
    shutil.rmtree(session.document.path / ".studio")
    session.document.push(mels(31))
    assert session.document.problem == ""
    assert b'"mels":31' in (session.document.path / ".studio" / "journal.jsonl").read_bytes()


def test_saving_refuses_and_save_as_keeps_design_and_tables(window, session, tmp_path):
    path, clips = session.document.path, len(session.document.library.segments)
    session.document.push(mels(31))
    shutil.rmtree(path)
    with pytest.raises(InputError, match="folder is gone"):
        session.document.save()
    assert not session.document.is_saved
    assert not path.exists()
    window.commands.save_to(tmp_path / "kept")
    assert session.document.path == tmp_path / "kept"
    kept = ProjectFolder.open(tmp_path / "kept")
    assert kept.project.frontend.mels == 31
    assert len(kept.library().segments) == clips


def test_coming_back_to_the_window_tells_it(window, session, qtbot):
    shutil.rmtree(session.document.path)
    window.session.attempt(window._tell_changed_on_disk)
    assert "the project's folder is gone" in window.status_line.currentMessage()

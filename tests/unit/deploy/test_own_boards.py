"""The user's own boards: saved whole, refused with their reason, deleted and brought back; known to every caller."""

import json
import re
from pathlib import Path

import pytest

import studio
from studio.boards import BoardFileError, own_folder
from studio.cli.app import run as otolith
from studio.core.errors import InputError
from studio.deploy import flash, validate
from studio.deploy.boards import known_board, known_boards, known_catalogue
from studio.deploy.own_boards import delete_board, leaning_on, own_boards, restore_board, save_board
from studio.jobs import QuietContext

VALUES = {"name": "Mine", "extends": "nrf52840dk", "ram.size": "64 KiB", "sources.ram": "a smaller chip"}
WRONG = 'schema = 1\nid = "wrong"\nname = "Wrong"\nextends = "nrf52840"\nclock = "0 MHz"\n'


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path))


def write_wrong():
    own_folder().mkdir(parents=True, exist_ok=True)
    path = own_folder() / "wrong.toml"
    path.write_text(WRONG)
    return path


def test_a_saved_board_is_known_at_once_and_its_file_is_one():
    path = save_board("mine", VALUES, known_catalogue())
    assert path == own_folder() / "mine.toml" and [p.name for p in own_folder().iterdir()] == ["mine.toml"]
    assert known_board("mine").ram.size == 64 * 1024
    assert own_boards(known_catalogue()) == {"mine": path}


def test_a_wrong_board_is_not_written():
    with pytest.raises(BoardFileError, match="source"):
        save_board("mine", {**VALUES, "sources.ram": ""}, known_catalogue())
    assert not own_folder().exists()


def test_nothing_is_written_over_what_somebody_else_wrote():
    path = save_board("mine", VALUES, known_catalogue())
    with pytest.raises(BoardFileError, match="file of this name"):
        save_board("mine", VALUES, known_catalogue())
    old = path.read_text()
    path.write_text(f"# by hand\n{old}")
    with pytest.raises(BoardFileError, match="changed meanwhile"):
        save_board("mine", {**VALUES, "name": "Other"}, known_catalogue(), old)
    assert path.read_text().startswith("# by hand")
    save_board("mine", {**VALUES, "name": "Other"}, known_catalogue(), path.read_text())
    assert known_board("mine").name == "Other" and path.read_text().startswith("# by hand")


def test_words_of_the_command_are_no_ids():
    with pytest.raises(InputError, match="otolith boards"):
        save_board("check", VALUES, known_catalogue())


def test_a_deleted_board_comes_back_as_it_was():
    path = save_board("mine", VALUES, known_catalogue())
    text = path.read_text()
    held = delete_board("mine")
    assert "mine" not in known_boards()
    restore_board(held)
    assert path.read_text() == text and "mine" in known_boards()
    with pytest.raises(BoardFileError):
        restore_board(held)


def test_what_is_based_on_a_board_is_named_and_refused_without_it():
    save_board("mine", VALUES, known_catalogue())
    save_board("other", {"name": "Other", "extends": "mine"}, known_catalogue())
    assert leaning_on("mine", known_catalogue()) == ("other",)
    delete_board("mine")
    wrong = []
    known_boards(wrong=wrong)
    assert [(e.path.stem, e.field, e.line) for e in wrong] == [("other", "extends", 4)]


def test_one_wrong_file_keeps_no_other_board_away_and_is_named_when_asked_for():
    write_wrong()
    save_board("mine", VALUES, known_catalogue())
    assert known_board("mine").name == "Mine" and known_board("pico").virtual is False
    with pytest.raises(BoardFileError, match=r"line 5: clock: it must be above 0"):
        known_board("wrong")
    with pytest.raises(InputError, match="no board 'nowhere'"):
        known_board("nowhere")


def test_a_board_that_extends_a_wrong_one_says_whose_fault_it_is():
    write_wrong()
    (own_folder() / "zz.toml").write_text('schema = 1\nid = "zz"\nname = "zz"\nextends = "wrong"\n')
    wrong = []
    known_boards(wrong=wrong)
    assert [e.path.stem for e in wrong] == ["wrong", "zz"]
    assert "what it extends is refused" in wrong[1].message and "line 5: clock" in wrong[1].message


def test_the_command_checks_a_file_anywhere(tmp_path, capsys):
    good = tmp_path / "collar.toml"
    good.write_text('schema = 1\nid = "collar"\nname = "Collar"\nextends = "pico"\n')
    assert otolith(["boards", "check", str(good)]) == 0
    assert "collar, no fault" in capsys.readouterr().out
    assert otolith(["boards", "check", str(good), str(write_wrong())]) == 2
    assert "wrong.toml, line 5: clock: it must be above 0" in capsys.readouterr().err
    assert otolith(["boards", "check", str(write_wrong()), "--json"]) == 2
    (said,) = json.loads(capsys.readouterr().out)["files"]
    assert (said["line"], said["field"]) == (5, "clock")


def test_the_command_lists_the_users_boards_and_what_is_refused(capsys):
    write_wrong()
    save_board("mine", VALUES, known_catalogue())
    assert otolith(["boards"]) == 2
    out = capsys.readouterr()
    assert "mine" in out.out and "nrf52840dk" in out.out and "otolith boards: " in out.err and "line 5" in out.err
    assert otolith(["boards", "mine"]) == 0
    shown = capsys.readouterr().out
    assert "a smaller chip" in shown and "mine > nrf52840dk > nrf52840 > cortex-m4f" in shown
    assert otolith(["boards", "folder"]) == 0
    assert capsys.readouterr().out.strip() == str(own_folder())


TINY = 'schema = 1\nid = "tiny"\nname = "Tiny"\nextends = "virtual-m4"\n[ram]\norigin = 0x2000_0000\nsize = "1 KiB"\n[sources]\nram = "a test"\n'


def by_hand():
    own_folder().mkdir()
    (own_folder() / "tiny.toml").write_text(TINY)


def by_plugin():
    folder = own_folder().parent / "plugins" / "bits"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(
        'schema = 1\n[plugin]\nid = "bits"\nname = "Bits"\nversion = "1"\napi = ">=1.0,<2"\n'
        '[[contributions]]\nkind = "board"\nid = "tiny"\nfile = "tiny.toml"\n'
    )
    (folder / "tiny.toml").write_text(TINY)


@pytest.mark.parametrize("add", [by_hand, by_plugin])
def test_every_job_and_command_knows_boards_that_were_added(add, project_folder, capsys):
    add()
    path = str(project_folder.path)
    for run in (flash.run, validate.run):
        with pytest.raises(InputError, match=r"RAM|fit"):
            run({"path": path, "target": "tiny"}, QuietContext())
    assert otolith(["report", path, "--target", "tiny", "--runtime", "c"]) == 0
    assert "RAM: needs" in capsys.readouterr().out
    assert otolith(["boards", "tiny"]) == 0 and "1.0 KiB" in capsys.readouterr().out
    assert otolith(["validate", path, "--target", "nowhere"]) == 2 and "tiny" in capsys.readouterr().err


def test_nobody_looks_boards_up_on_their_own():
    """`studio.boards` knows no plugins: whoever takes a board's id from a user asks `studio.deploy.boards`."""
    root = Path(studio.__file__).parent
    allowed = {"deploy/boards.py", "cli/calibration.py", "testing/check_exporter.py"}
    found = {
        p.relative_to(root).as_posix()
        for p in root.rglob("*.py")
        if p.parent.name != "boards"
        and re.search(r"from studio\.boards import .*\b(board|catalogue|load_boards|shipped_boards)\b", p.read_text())
    }
    assert found == allowed

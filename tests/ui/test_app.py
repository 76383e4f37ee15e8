import os
import signal
import subprocess
import sys
import time

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from studio.core.errors import InputError
from studio.core.places import home
from studio.storage.folder import ProjectFolder
from studio.ui import app as studio_app
from studio.ui import opening
from studio.ui.dialogs.error import ErrorDialog
from studio.ui.main_window import MainWindow
from studio.ui.screen import first_size
from studio.ui.session import Session
from studio.ui.settings import Settings

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


@pytest.fixture
def start(app):
    """Start sessions as the window does; all are closed at the end."""
    made = []

    def start_(wanted=None):
        session, problem = opening.first_session(Settings(), wanted)
        if session is not None:
            made.append(session)
        return session, problem

    yield start_
    for session in made:
        session.document.close(discard=True)


def answer(verb):
    """Press a button of the next question as soon as it is there."""

    def press():
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, press)
            return
        next(b for b in box.buttons() if b.text() == verb).click()

    QTimer.singleShot(0, press)


def test_the_first_start_opens_the_sample_and_the_next_one_the_same(start):
    session, problem = start()
    assert problem is None
    assert session.document.path == home() / "projects" / "keywords"
    session.document.close()
    again, _ = start()
    assert again.document.path == session.document.path
    assert [p.name for p in (home() / "projects").iterdir()] == ["keywords"]


def test_a_later_start_opens_the_last_project(start, sample):
    opening.remember(Settings(), sample)
    session, problem = start()
    assert problem is None
    assert session.document.path == sample


def test_a_last_project_that_is_gone_is_passed_over_and_a_broken_one_is_said(start, sample):
    opening.remember(Settings(), sample)
    (sample / "project.toml").write_text("name = ")
    session, problem = start()
    assert session.document.path == home() / "projects" / "keywords"
    assert "project.toml" in str(problem)
    session.document.close()
    (sample / "project.toml").unlink()
    assert start()[1] is None


def test_a_wanted_project_that_cannot_be_opened_is_an_error(start, tmp_path):
    with pytest.raises(InputError):
        start(tmp_path)


@pytest.mark.parametrize(("verb", "opens"), [("Open a copy", "keywords-copy"), ("Open the sample", "keywords"), ("Quit", None)])
def test_a_last_project_that_is_open_elsewhere_is_asked_about(start, sample, verb, opens):
    with ProjectFolder.open(sample).locked():
        opening.remember(Settings(), sample)
        answer(verb)
        session, _ = start()
        assert (session.document.path.name if session else None) == opens
        assert session is None or session.document.path != sample


def test_recent_projects_are_those_still_there_each_once(sample, tmp_path):
    settings = Settings()
    for name in ("a", "b"):
        ProjectFolder.copy_sample("keywords", tmp_path / name)
    for folder in (sample, tmp_path / "a", tmp_path / "b", tmp_path / "gone", sample):
        opening.remember(settings, folder)
    assert opening.recent(Settings()) == [sample, tmp_path / "b", tmp_path / "a"]


@pytest.fixture
def hooked(window):
    """The window with the hook for what nobody caught."""
    before = sys.excepthook
    studio_app._install_hook(window)
    yield window
    sys.excepthook = before


def dialogs(window):
    return [d for d in window.findChildren(ErrorDialog) if d.isVisible()]


def test_what_nobody_caught_is_shown_once_and_the_window_lives(hooked, capsys):
    for _ in range(3):
        sys.excepthook(ValueError, ValueError("a bug of ours"), None)
    assert len(dialogs(hooked)) == 1
    assert hooked.isVisible()
    assert "a bug of ours" in capsys.readouterr().err
    dialogs(hooked)[0].close()


def test_a_fault_in_showing_a_fault_makes_no_loop(hooked, capsys, monkeypatch):
    calls = []

    def show_error(error):
        calls.append(error)
        sys.excepthook(TypeError, TypeError("cannot even show it"), None)

    monkeypatch.setattr(hooked.commands, "show_error", show_error)
    sys.excepthook(ValueError, ValueError("first"), None)
    assert len(calls) == 1
    assert "cannot even show it" in capsys.readouterr().err


def run(*arguments, seconds=60, **environment):
    cleared = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    wanted = {**cleared, "PYTHONPATH": os.pathsep.join(sys.path), "OTOLITH_HOME": str(home()), **environment}
    return subprocess.run([sys.executable, "-m", "studio", *arguments], env=wanted, capture_output=True, text=True, timeout=seconds)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there is a screen a matter of the environment")
@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        ((), {}, "neither DISPLAY nor WAYLAND_DISPLAY"),
        (("window",), {}, "neither DISPLAY nor WAYLAND_DISPLAY"),
        ((), {"QT_QPA_PLATFORM": "nonsense"}, "nonsense"),
        ((), {"DISPLAY": ":9753"}, ""),
        ((), {"DISPLAY": "", "WAYLAND_DISPLAY": "nowhere", "XDG_RUNTIME_DIR": "/tmp"}, ""),
    ],
)
def test_where_there_is_no_screen_it_says_what_to_do(arguments, environment, word):
    done = run(*arguments, **environment)
    assert done.returncode == 2, "neither an abort nor a start"
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 4, "nothing of Qt's own"
    assert word in lines[0]
    assert "otolith demo" in lines[1]
    assert "xvfb-run otolith" in lines[2]
    assert "QT_QPA_PLATFORM=offscreen" in lines[2]
    assert "libxcb-cursor0" in lines[3]
    assert not done.stdout


@pytest.mark.parametrize(
    ("room", "size"),
    [
        ((1024, 700), (1024, 700)),
        ((1280, 800), (1280, 800)),
        ((1366, 768), (1280, 768)),
        ((1920, 1080), (1536, 864)),
        ((2560, 1400), (1920, 1080)),
        ((5120, 2880), (1920, 1080)),
    ],
)
def test_the_first_window_takes_most_of_the_screen(room, size):
    assert first_size(*room) == size


def test_a_window_opens_in_its_first_size_and_later_as_it_was_left(session, qtbot):
    window = MainWindow(session)
    room = window.screen().availableGeometry()
    assert (window.width(), window.height()) == first_size(room.width(), room.height())
    window.resize(640, 600)
    kept = window.size()
    window.close_now()
    assert MainWindow(session).size() == kept


def test_a_folder_that_is_no_project_is_said_in_the_terminal(tmp_path):
    done = run(str(tmp_path), QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2
    assert "model.json" in done.stderr


def test_commands_come_before_folders_of_their_name(tmp_path, monkeypatch):
    (tmp_path / "boards").mkdir()
    monkeypatch.chdir(tmp_path)
    done = run("boards", "--help")
    assert done.returncode == 0
    assert "usage: otolith boards" in done.stdout


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_the_window_and_keeps_what_is_unsaved(sample, number, session):
    session.document.close(discard=True)
    driver = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from pathlib import Path\n"
        "from studio.core.edits import SetFrontEnd\n"
        "from studio.ui import app\n"
        "make = app._window\n"
        "def edited(session, problem):\n"
        "    window = make(session, problem)\n"
        "    session.document.push(SetFrontEnd({'mels': 33}))\n"
        "    QTimer.singleShot(200, lambda: print('ready', flush=True))\n"
        "    return window\n"
        "app._window = edited\n"
        f"sys.exit(app.run(['otolith'], Path({str(sample)!r})))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OTOLITH_HOME": str(home())}
    window = subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert window.stdout.readline() == "ready\n"
    time.sleep(0.2)
    window.send_signal(number)
    _, err = window.communicate(timeout=20)
    assert window.returncode == 0, err
    again = Session(sample, Settings())
    assert again.document.project.frontend.mels == 33
    assert opening.recent(Settings())[0] == sample
    again.document.close(discard=True)

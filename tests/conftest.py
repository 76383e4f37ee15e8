"""What every test gets: its own settings, and no thread, process or open file left behind."""

import os
import threading
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
DATA = os.environ.get("OTOLITH_TEST_DATA")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory, monkeypatch):
    """Give each test its own settings folder; the build cache is shared, for a cold compiler takes a minute."""
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def no_leaks():
    """Fail a test that leaves a thread or a child process behind."""
    before = set(threading.enumerate())
    children = _children()
    yield
    left = [t for t in set(threading.enumerate()) - before if t.is_alive() and not t.daemon]
    assert not left, f"threads left behind: {left}"
    assert _children() <= children, f"child processes left behind: {_children() - children}"


def _children() -> set[str]:
    tasks = Path("/proc/self/task")
    if not tasks.exists():
        return set()
    found: set[str] = set()
    for task in tasks.iterdir():
        try:
            found |= set((task / "children").read_text().split())
        except OSError:
            continue
    return found


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real recordings and models: skip where OTOLITH_TEST_DATA is not set, fail where it is and lacks them."""
    if not DATA:
        pytest.skip("OTOLITH_TEST_DATA is not set")
    folder = Path(DATA)
    assert (folder / "models").is_dir(), f"OTOLITH_TEST_DATA={DATA} holds no models/"
    return folder

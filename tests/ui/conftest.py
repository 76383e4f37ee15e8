"""What every test of the window gets: an application without a screen, a session on a fresh copy of the sample, a window."""

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QGraphicsView

from studio.storage.folder import ProjectFolder
from studio.ui import theme
from studio.ui.main_window import MainWindow
from studio.ui.session import Session
from studio.ui.settings import Settings

_PLOTS: list[QGraphicsView] = []  # made and destroyed in a loop, pyqtgraph's crash the interpreter's end: they live as long as it does


@pytest.fixture
def app(qapp):
    """The application in its dark theme."""
    if theme.theme().mode != "dark" or not qapp.styleSheet():
        theme.apply(qapp, "dark")
    yield qapp
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def whole_sample(tmp_path_factory):
    """A copy of the sample whose recordings the tests' copies share."""
    return ProjectFolder.copy_sample("keywords", tmp_path_factory.mktemp("sample") / "keywords").path


@pytest.fixture
def sample(whole_sample, tmp_path):
    """The folder of a fresh copy of the sample project; its recordings are links."""

    def link(source, copy):
        if "recordings" in source:
            os.link(source, copy)
        else:
            shutil.copyfile(source, copy)

    return shutil.copytree(whole_sample, tmp_path / "keywords", copy_function=link)


@pytest.fixture
def session(app, sample):
    """A session on a fresh copy of the sample; what a test leaves unsaved or running is dropped."""
    made = Session(sample, Settings())
    yield made
    made.jobs.stop_all()
    made.document.close(discard=True)


@pytest.fixture
def window(session, qtbot):
    """The window at 1280x800 on the sample, shown."""
    made = MainWindow(session)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    session.document.undo_stack.setClean()
    made.close()
    for plot in made.findChildren(QGraphicsView):
        if type(plot).__module__.startswith("pyqtgraph"):
            plot.setParent(None)
            _PLOTS.append(plot)
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

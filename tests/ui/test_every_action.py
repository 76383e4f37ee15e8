"""Every action once, by its QAction, from every room, with dialogs closed as they come; rubbish dropped; Tab through every room."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from studio.ui.actions import ACTIONS
from studio.ui.main_window import FIRST_ROOM, ROOMS

LEAVING = ("quit",)
ANYWHERE_ALIKE = ("File", "Train", "Kit", "Help")
NO = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def closer(window, monkeypatch):
    """Close every dialog and menu a moment after it came; remember what they were called."""
    seen = []

    def close() -> None:
        for top in QApplication.topLevelWidgets():
            if top is not window and top.isVisible():
                seen.append(type(top).__name__)
                top.reject() if isinstance(top, QDialog) else top.close()

    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: seen.append(url.toString()))
    timer = QTimer(interval=60)
    timer.timeout.connect(close)
    timer.start()
    yield seen
    timer.stop()


@pytest.mark.parametrize("room", [r.id for r in ROOMS])
def test_every_action_does_something_or_says_why(window, qtbot, closer, room):
    erred = []
    window.session.erred.connect(erred.append)
    for action in ACTIONS:
        if action.id in LEAVING or (room != FIRST_ROOM and action.menu in ANYWHERE_ALIKE):
            continue
        window.show_room(room)
        window.actions_by_id[action.id].trigger()
        QTest.qWait(20)
        window.session.jobs.stop_all()
        QTest.qWait(20)
    assert not [e for e in erred if e.__class__.__name__ == "JobFailed"]
    assert closer
    assert window.isVisible()


def drop(window, *names):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(n)) for n in names])
    at, action, left = QPoint(600, 400), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(at, action, data, left, NO)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(at), action, data, left, NO))
    return enter.isAccepted()


def test_rubbish_that_is_dropped_is_refused_in_words(window, tmp_path, qtbot, closer):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "broken.tflite").write_bytes(b"TFL3 no model at all")
    (tmp_path / "empty.tflite").write_bytes(b"")
    (tmp_path / "folder.tflite").mkdir()
    assert not drop(window, tmp_path / "notes.txt")
    names = [tmp_path / n for n in ("broken.tflite", "empty.tflite", "folder.tflite", "missing.tflite")]
    assert drop(window, *names)
    qtbot.waitUntil(lambda: len(window.targets.files) == len(names), timeout=10_000)
    assert not window.session.jobs.running()
    for card in list(window.targets.files):
        window.targets.close_file(card)


@pytest.mark.parametrize("room", [r.id for r in ROOMS])
def test_tab_walks_through_every_room_and_comes_back(window, qtbot, room):
    window.show_room(room)
    QTest.qWait(300)
    window.activateWindow()
    first = window.top_bar.search_button
    first.setFocus(Qt.FocusReason.TabFocusReason)
    walked: list[QWidget] = []
    for _ in range(400):
        focused = QApplication.focusWidget()
        assert focused is not None and focused.isVisible(), f"the focus got lost behind {walked[-1:]}"
        if walked and focused is first:
            break
        walked.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert walked and QApplication.focusWidget() is first, "Tab never comes back"
    inside = [w for w in walked if window.room(room).isAncestorOf(w)]
    beside = [w for w in walked if window.targets.isAncestorOf(w)]
    assert inside and beside and walked.index(inside[-1]) < walked.index(beside[0])
    nameless = [f"{type(w).__name__} {w.objectName()}" for w in walked if not (w.accessibleName() or getattr(w, "text", lambda: "")())]
    assert not nameless

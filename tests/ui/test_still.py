"""A label whose new texts do not move the window, and which still gets the room that it needs."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.ui.widgets.still import Still


class Requests(QObject):
    """Counts the times that a widget's layout was asked to count anew."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.fixture
def shown(qtbot):
    """A window 200 px wide with a wrapped label in a Still, and one that was hidden before."""
    window, label, hidden = QWidget(), QLabel("12 ms"), QLabel("nothing")
    hidden.hide()
    column = QVBoxLayout(window)
    for each in (label, hidden):
        each.setWordWrap(True)
        column.addWidget(Still(each))
    column.addStretch(1)
    qtbot.addWidget(window)
    window.resize(200, 200)
    window.show()
    qtbot.waitExposed(window)
    return window, label, hidden


def test_a_label_is_seen_and_a_hidden_one_takes_no_room(shown):
    _, label, hidden = shown
    assert label.isVisible()
    assert label.height() >= label.fontMetrics().height()
    assert not hidden.isVisible()
    assert hidden.parentWidget().height() == 0


def test_a_text_of_the_same_height_asks_for_no_layout(shown, qapp):
    window, label, _ = shown
    qapp.processEvents()
    requests = Requests()
    window.installEventFilter(requests)
    label.setText("13 ms")
    qapp.processEvents()
    assert requests.count == 0


def test_a_longer_text_and_a_shown_label_get_their_room(shown, qtbot):
    _, label, hidden = shown
    line = label.height()
    label.setText("too large: RAM by 24.1 KiB; one inference takes 2 intervals and then some more")
    hidden.show()
    qtbot.waitUntil(lambda: label.height() >= 2 * line)
    qtbot.waitUntil(lambda: hidden.parentWidget().height() >= line)

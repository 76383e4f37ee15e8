"""The garbage collector rests while the user edits."""

import gc
import time

import pytest

from studio.core.edits import SetFrontEnd
from studio.ui import idle


@pytest.fixture
def collector(session, monkeypatch):
    monkeypatch.setattr(idle, "PERIOD_MS", 20)
    monkeypatch.setattr(idle, "REST_S", 0.3)
    made = idle.IdleCollector(session.gauges, session)
    yield made
    made.stop()
    assert gc.isenabled()


class Loop:
    """Refers to itself, so that only the collector frees it."""

    alive = 0

    def __init__(self) -> None:
        self.me = self
        Loop.alive += 1

    def __del__(self) -> None:
        Loop.alive -= 1


def test_it_collects_at_rest_and_not_while_edits_come(collector, session, qtbot):
    assert not gc.isenabled()
    Loop()
    until = time.monotonic() + 0.5
    mels = 30
    while time.monotonic() < until:
        mels = 61 - mels
        session.document.push(SetFrontEnd({"mels": mels}))
        qtbot.wait(30)
        assert Loop.alive == 1
    qtbot.waitUntil(lambda: Loop.alive == 0, timeout=5000)

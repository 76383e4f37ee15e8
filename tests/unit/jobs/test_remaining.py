import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.jobs.remaining import SecondsLeft


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_steady_pace_is_exact():
    clock = Clock()
    left = SecondsLeft(clock)
    for second in range(1, 6):
        clock.now = second
        value = left.update(second / 10)
    assert value == pytest.approx(5.0)
    clock.now = 10
    assert left.update(1.0) == 0.0


def test_slow_start_is_forgotten():
    clock = Clock()
    left = SecondsLeft(clock)
    clock.now = 20
    left.update(0.01)
    for step in range(1, 21):
        clock.now = 20 + step
        value = left.update(0.01 + step * 0.04)
    assert value == pytest.approx(0.19 / 0.04, rel=0.05)


def test_no_guess_at_first_and_after_a_restart():
    clock = Clock()
    left = SecondsLeft(clock)
    assert left.update(0.0) is None
    clock.now = 0.1
    assert left.update(0.5) is None
    clock.now = 5
    assert left.update(0.1) is None


@example([(5e-324, 2.0)])
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), max_size=20))
def test_never_negative(steps):
    clock = Clock()
    left = SecondsLeft(clock)
    for fraction, pause in steps:
        clock.now += pause
        value = left.update(fraction)
        assert value is None or value >= 0

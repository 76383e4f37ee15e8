import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.audio.ring import Ring


@given(st.integers(1, 40), st.lists(st.integers(0, 90), max_size=12), st.data())
def test_any_window_is_what_was_written_last(capacity, blocks, data):
    ring, all_samples = Ring(capacity), np.arange(1, 1 + sum(blocks), dtype=np.float32)
    at = 0
    for size in blocks:
        ring.write(all_samples[at : at + size])
        at += size
    until = data.draw(st.integers(max(0, at - capacity), at))
    count = data.draw(st.integers(0, capacity - (at - until)))
    expected = np.concatenate((np.zeros(capacity, np.float32), all_samples))[capacity + until - count : capacity + until]
    assert ring.written == at
    assert np.array_equal(ring.window(count, until), expected)


def test_a_window_is_a_view_that_costs_no_copy():
    ring = Ring(8)
    ring.write(np.arange(13, dtype=np.float32))
    window = ring.window(8)
    assert window.base is not None and not window.flags.owndata
    assert window.tolist() == list(range(5, 13))


@pytest.mark.parametrize(("count", "until"), [(9, None), (1, 21), (1, 11), (5, 15), (-1, None)])
def test_samples_that_are_not_there_are_refused(count, until):
    ring = Ring(8)
    ring.write(np.zeros(20, np.float32))
    with pytest.raises(IndexError):
        ring.window(count, until)


def test_a_ring_holds_something():
    with pytest.raises(ValueError, match="at least one"):
        Ring(0)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from studio.audio.level import FLOOR_DB, SILENCE, Outline, envelope, level
from studio.audio.ring import Ring

clips = arrays(np.float32, st.integers(1, 200), elements=st.floats(-1, 1, width=32))


def test_a_sine_has_its_levels():
    sine = 0.5 * np.sin(2 * np.pi * np.arange(16000) / 160).astype(np.float32)
    measured = level(sine)
    assert measured.peak_db == pytest.approx(-6.02, abs=0.01)
    assert measured.rms_db == pytest.approx(-9.03, abs=0.01)
    assert not measured.clipped


def test_full_scale_is_clipped_and_silence_is_finite():
    assert level(np.array([0.1, -1.0], np.float32)).clipped
    assert level(np.zeros(10, np.float32)).rms_db == FLOOR_DB
    assert level(np.zeros(0, np.float32)) == SILENCE


@given(clips, st.integers(1, 300))
def test_an_envelope_bounds_the_samples_and_loses_no_peak(samples, columns):
    made = envelope(samples, columns)
    assert made.shape == (columns, 2)
    assert (made[:, 0] <= made[:, 1]).all()
    assert made[:, 0].min() == samples.min() and made[:, 1].max() == samples.max()


@given(st.lists(st.integers(0, 50), max_size=10), st.integers(1, 7))
def test_an_outline_made_bit_by_bit_is_that_of_the_whole(blocks, step):
    whole = np.sin(np.arange(sum(blocks)) ** 2).astype(np.float32)
    ring, outline, at = Ring(64), Outline(8, step), 0
    for size in blocks:
        ring.write(whole[at : at + size])
        at += size
        until = at // step * step
        outline.push(ring.window(outline.wanted(at), until), at)
    columns = at // step
    expected = whole[: columns * step].reshape(columns, step)[-8:]
    if columns:
        assert np.array_equal(outline.columns[-len(expected) :, 0], expected.min(axis=1))
        assert np.array_equal(outline.columns[-len(expected) :, 1], expected.max(axis=1))

import time

import numpy as np
import pytest

from studio.core.project import Augmentation
from studio.data.augment import augment, background_clips
from studio.data.dataset import Dataset

STILL = Augmentation(noise_probability=0.0, gain_db=(0.0, 0.0), shift_ms=0.0)
RNG = np.random.default_rng


def _clips(count=8, length=4000, peak=0.3):
    pcm = RNG(5).uniform(-peak, peak, (count, length))
    return (np.rint(pcm * 32768) / 32768).astype(np.float32)


def test_nothing_asked_changes_nothing():
    assert np.array_equal(augment(_clips(), STILL, RNG(0)), _clips())


def test_the_seed_decides_and_the_input_stays():
    clips = _clips()
    before = clips.copy()
    recipe = Augmentation()
    assert np.array_equal(augment(clips, recipe, RNG(1)), augment(clips, recipe, RNG(1)))
    assert not np.array_equal(augment(clips, recipe, RNG(1)), augment(clips, recipe, RNG(2)))
    assert np.array_equal(clips, before)


def test_values_stay_int16_samples_even_when_loud():
    out = augment(_clips(peak=0.99), Augmentation(gain_db=(6.0, 6.0)), RNG(0))
    assert out.dtype == np.float32
    assert np.array_equal(out * 32768, np.rint(out * 32768))
    assert out.max() == 32767 / 32768
    assert out.min() == -1.0


def test_shift_moves_and_fills_with_silence():
    recipe = Augmentation(noise_probability=0.0, gain_db=(0.0, 0.0), shift_ms=50.0)
    clips = _clips(64)
    out = augment(clips, recipe, RNG(0), rate=16000)
    shifts = []
    for clip, moved in zip(clips, out, strict=True):
        shift = next(
            s for s in range(-800, 801) if np.array_equal(moved[max(0, s) : 4000 + min(0, s)], clip[max(0, -s) : 4000 - max(0, s)])
        )
        assert not moved[: max(0, shift)].any()
        assert not moved[4000 + min(0, shift) :].any()
        shifts.append(shift)
    assert min(shifts) < -400
    assert max(shifts) > 400


def test_gain_is_in_decibels():
    out = augment(_clips(), Augmentation(noise_probability=0.0, gain_db=(-6.0206, -6.0206), shift_ms=0.0), RNG(0))
    np.testing.assert_allclose(out, _clips() / 2, atol=1 / 32768)


@pytest.mark.parametrize("backgrounds", [None, _clips(3, peak=0.001)])
def test_noise_has_the_asked_ratio(backgrounds):
    clips = _clips(length=16000)
    out = augment(
        clips, Augmentation(1.0, (10.0, 10.0), (0.0, 0.0), 0.0), RNG(0), backgrounds if backgrounds is None else np.tile(backgrounds, 4)
    )
    ratio = 10 * np.log10((clips**2).mean(1) / ((out - clips) ** 2).mean(1))
    np.testing.assert_allclose(ratio, 10.0, atol=0.1)


def test_silent_clips_get_faint_noise_and_silent_backgrounds_none():
    silent = np.zeros((4, 4000), np.float32)
    recipe = Augmentation(1.0, (0.0, 0.0), (0.0, 0.0), 0.0)
    faint = augment(silent, recipe, RNG(0))
    assert 0 < np.abs(faint).max() < 1e-3
    assert not augment(silent, recipe, RNG(0), silent).any()


def test_backgrounds_are_the_training_clips_of_that_label():
    split = np.array(["train", "test", "train", "train"])
    data = Dataset(_clips(4), np.array([0, 1, 1, 0]), split, tuple("abcd"), ("",) * 4, ("yes", "Background"))
    assert np.array_equal(background_clips(data), _clips(4)[2:3])
    none = Dataset(_clips(4), np.array([0, 1, 1, 0]), split, tuple("abcd"), ("",) * 4, ("yes", "no"))
    assert background_clips(none).shape == (0, 4000)


def test_an_epoch_is_fast():
    clips = _clips(500, 16000)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        augment(clips, Augmentation(), RNG(0))
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1.0

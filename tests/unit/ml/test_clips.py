"""Checks before a training, and what an epoch hears."""

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.project import Project, Recipe
from studio.data.dataset import Dataset
from studio.ml.clips import Clips, check_dataset

PROJECT = Project("p", ("a", "b", "background"))


def dataset(labels, split=None, names=("a", "b", "background")) -> Dataset:
    rng = np.random.default_rng(0)
    n = len(labels)
    pcm = rng.integers(-3000, 3000, (n, 16000)).astype(np.float32) / 32768
    split = np.array(split or ["train"] * (n - 1) + ["test"], "<U10")
    return Dataset(pcm, np.array(labels), split, tuple(map(str, range(n))), ("",) * n, names)


def test_too_little_to_learn_from_is_told_with_advice():
    check_dataset(dataset([0, 0, 1, 1, 2, 2, 0]))
    for data, words in (
        (dataset([0, 0, 0], names=("a",)), "1 label to tell apart"),
        (dataset([0, 0, 1, 2, 2, 0]), "fewer than 2 training clips of b"),
        (dataset([0, 0, 1, 1, 2, 2], ["train"] * 6), "no test clips"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            check_dataset(data)
        assert caught.value.hint


def test_an_epoch_is_drawn_from_seed_and_number():
    labels = [0, 1, 2] * 4
    clips = Clips(PROJECT, Recipe(seed=5), dataset(labels))
    features, heard = clips.epoch(2)
    assert features.shape == (11, *PROJECT.frontend.shape)
    assert sorted(heard) == sorted(labels[:-1])
    again, heard_again = clips.epoch(2)
    assert np.array_equal(features, again)
    assert np.array_equal(heard, heard_again)
    assert not np.array_equal(features, clips.epoch(3)[0])
    assert not np.array_equal(features, Clips(PROJECT, Recipe(seed=6), clips.dataset).epoch(2)[0])


def test_plain_clips_are_as_they_are_and_calibration_sees_every_label():
    clips = Clips(PROJECT, Recipe(), dataset([0, 1, 2] * 200))
    features, labels = clips.plain("test")
    assert features.shape[0] == labels.shape[0] == 1
    assert clips.calibration().shape == (200, *PROJECT.frontend.shape)

"""The training loop: it learns, keeps the best epoch, stops when told, and says when it diverges."""

import numpy as np
import pytest

from studio.core.errors import Cancelled, InputError
from studio.core.project import Recipe

pytest.importorskip("keras")

from studio.blocks import registry
from studio.blocks.templates import chain
from studio.ml import fit, keras_model

SHAPE = (6, 4, 1)
GRAPH = chain((("flatten", {}), ("dense", {"units": 8, "activation": "relu"}), ("dense", {"units": 3}), ("softmax", {})))


class Blobs:
    """Three clouds of points; noise on the labels of late epochs makes the model worse again."""

    def __init__(self, spoil_from: int = 10**9) -> None:
        rng = np.random.default_rng(1)
        self.labels = np.tile([0, 1, 2], 20)
        self.features = rng.normal(0, 0.3, (60, *SHAPE)).astype(np.float32) + self.labels[:, None, None, None].astype(np.float32) - 1
        self.spoil_from = spoil_from

    def epoch(self, number):
        labels = self.labels if number < self.spoil_from else (self.labels + 1) % 3
        return self.features, labels

    def plain(self, split):
        return self.features, self.labels


class Watcher:
    def __init__(self, stop_after_batches: int = 10**9) -> None:
        self.rows, self.shares, self.left = [], [], []
        self._stop = stop_after_batches

    @property
    def cancelled(self):
        return len(self.shares) >= self._stop

    def progress(self, fraction, message, seconds_left=None):
        self.shares.append(fraction)
        self.left.append(seconds_left)

    def epoch(self, row):
        self.rows.append(row)


def model():
    fit.keras.utils.set_random_seed(4)
    return keras_model.build(GRAPH, registry(), SHAPE)


def test_it_learns_and_says_how_far_it_is():
    watcher, made = Watcher(), model()
    done = fit.fit(made, Blobs(), Recipe(epochs=12, batch=16, learning_rate=0.05), False, watcher)
    assert (done.epochs, done.cancelled, len(watcher.rows)) == (12, False, 12)
    assert watcher.rows[-1]["loss"] < 0.3 * watcher.rows[0]["loss"]
    assert watcher.rows[-1]["val_accuracy"] > 0.95
    assert (fit.predict(made, Blobs().features).argmax(-1) == Blobs().labels).mean() > 0.95
    assert watcher.shares == sorted(watcher.shares)
    assert watcher.shares[-1] == 1.0
    assert watcher.left[0] is None
    assert watcher.left[-1] >= 0


def test_the_best_epoch_is_kept():
    watcher, made = Watcher(), model()
    done = fit.fit(made, Blobs(spoil_from=6), Recipe(epochs=12, batch=16, learning_rate=0.05), False, watcher)
    assert done.best_epoch <= 6
    best = max(watcher.rows, key=lambda r: (r["val_accuracy"], -r["val_loss"]))
    assert best["epoch"] == done.best_epoch
    assert watcher.rows[-1]["val_accuracy"] < best["val_accuracy"]
    heard = fit.predict(made, Blobs().features).argmax(-1)
    assert (heard == Blobs().labels).mean() == pytest.approx(best["val_accuracy"])


def test_a_cancel_keeps_the_best_so_far():
    watcher = Watcher(stop_after_batches=4 * 2 + 1)
    done = fit.fit(model(), Blobs(), Recipe(epochs=50, batch=16, learning_rate=0.05), False, watcher)
    assert done.cancelled
    assert (done.epochs, len(watcher.shares)) == (2, 9)


def test_a_cancel_before_the_first_epoch_leaves_nothing():
    with pytest.raises(Cancelled, match="before its first epoch"):
        fit.fit(model(), Blobs(), Recipe(epochs=5, batch=16), False, Watcher(stop_after_batches=1))


def test_a_training_that_diverges_is_told():
    blobs = Blobs()
    blobs.features = blobs.features * np.float32(np.nan)
    made = keras_model.build(chain((("flatten", {}), ("dense", {"units": 3}), ("softmax", {}))), registry(), SHAPE)
    with pytest.raises(InputError, match="diverged in epoch 1") as caught:
        fit.fit(made, blobs, Recipe(epochs=3), False, Watcher())
    assert "learning rate" in caught.value.hint


def test_weights_round_trip_by_block():
    made = model()
    weights = keras_model.get_weights(made)
    assert {k: v.shape for k, v in weights.items()} == {
        "dense_1/kernel": (24, 8),
        "dense_1/bias": (8,),
        "dense_2/kernel": (8, 3),
        "dense_2/bias": (3,),
    }
    other = {k: v + 1 for k, v in weights.items()}
    keras_model.set_weights(made, other)
    assert all(np.array_equal(v, other[k]) for k, v in keras_model.get_weights(made).items())
    for broken in ({}, {**weights, "dense_1/bias": np.zeros(7, np.float32)}):
        with pytest.raises(InputError, match="dense_1"):
            keras_model.set_weights(made, broken)

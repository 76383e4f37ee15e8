"""The training loop: Adam with a cosine decay, best epoch kept, the same seed the same weights."""

import math
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Protocol

import keras
import msgspec
import numpy as np
import tensorflow as tf

from studio.blocks.keras_graph import get_weights, set_weights
from studio.core.errors import Cancelled, InputError
from studio.core.project import Recipe

EVALUATION_BATCH = 256
CLOSING_S = 5.0

Row = dict[str, float]


class Source(Protocol):
    """Where features and labels come from."""

    def epoch(self, number: int) -> tuple[np.ndarray, np.ndarray]: ...

    def plain(self, split: str) -> tuple[np.ndarray, np.ndarray]: ...


class Watcher(Protocol):
    """Who hears of the training and may stop it."""

    @property
    def cancelled(self) -> bool: ...

    def progress(self, fraction: float, message: str, seconds_left: float | None = None) -> None: ...

    def epoch(self, row: Row) -> None: ...


class Fit(msgspec.Struct, frozen=True):
    """What a training gave: the epochs that were finished, the best of them (from 1), and each one's figures."""

    epochs: int
    best_epoch: int
    history: tuple[Row, ...]
    cancelled: bool


class Trainer:
    """A model with its optimizer; the steps are compiled once."""

    def __init__(self, model: keras.Model, recipe: Recipe, steps: int, logits: bool) -> None:
        self.model = model
        loss = keras.losses.CategoricalCrossentropy(from_logits=logits, label_smoothing=recipe.label_smoothing)
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(recipe.learning_rate, max(1, steps)))
        optimizer.build(model.trainable_variables)
        inputs = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
        targets = tf.TensorSpec((None, model.output_shape[-1]), tf.float32)
        plain = keras.losses.CategoricalCrossentropy(from_logits=logits)

        @tf.function(input_signature=(inputs, targets))
        def step(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                outputs = model(x, training=True)
                value = loss(y, outputs)
            variables = model.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))
            return value, _hits(y, outputs)

        @tf.function(input_signature=(inputs, targets))
        def judge(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            outputs = model(x, training=False)
            return plain(y, outputs), _hits(y, outputs)

        self._step, self._judge = step, judge

    def train(self, features: np.ndarray, labels: np.ndarray, batch: int, on_batch: Callable[[float], bool]) -> Row | None:
        """Train on all clips once; `on_batch` hears the share done and says whether to go on. None where it said no."""
        targets = self._targets(labels)
        parts = np.array_split(np.arange(len(labels)), max(1, math.ceil(len(labels) / batch)))
        sums = np.zeros(2)
        for number, part in enumerate(parts):
            value, hits = self._step(features[part], targets[part])
            sums += float(value) * len(part), float(hits)
            if not on_batch((number + 1) / len(parts)) and number + 1 < len(parts):
                return None
        return {"loss": float(sums[0]) / len(labels), "accuracy": float(sums[1]) / len(labels)}

    def judge(self, features: np.ndarray, labels: np.ndarray) -> Row:
        """Return loss and accuracy on clips, without training."""
        targets = self._targets(labels)
        sums = np.zeros(2)
        for start in range(0, len(labels), EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            value, hits = self._judge(features[part], targets[part])
            sums += float(value) * len(labels[part]), float(hits)
        return {"val_loss": float(sums[0]) / len(labels), "val_accuracy": float(sums[1]) / len(labels)}

    def _targets(self, labels: np.ndarray) -> np.ndarray:
        return np.eye(self.model.output_shape[-1], dtype=np.float32)[labels]


def _hits(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    same = tf.equal(tf.argmax(targets, axis=-1), tf.argmax(outputs, axis=-1))
    return tf.reduce_sum(tf.cast(same, tf.float32))


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and let TensorFlow compute in a fixed order."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def fit(model: keras.Model, source: Source, recipe: Recipe, logits: bool, watcher: Watcher) -> Fit:
    """Train for the recipe's epochs and leave the best epoch's weights in the model.

    The best epoch has the highest validation accuracy, then the lowest validation loss; without validation clips it is the last
    one. A cancel ends the training at the batch at hand and keeps the best so far; before the first epoch's end there is none, and
    Cancelled is raised. Raises InputError where the loss is not finite any more.
    """
    validation = source.plain("validation")
    features, labels = source.epoch(0)
    trainer = Trainer(model, recipe, recipe.epochs * math.ceil(len(labels) / recipe.batch), logits)
    history: list[Row] = []
    best: tuple[float, ...] = ()
    best_epoch, weights = 0, {}
    clock = _Clock(recipe.epochs)
    for number in range(recipe.epochs):
        if number:
            features, labels = source.epoch(number)
        row = trainer.train(features, labels, recipe.batch, clock.batch_watcher(number, watcher))
        if row is None:
            break
        row = _checked({"epoch": number + 1, **row, **(trainer.judge(*validation) if len(validation[1]) else {})})
        history.append(row)
        watcher.epoch(row)
        clock.epoch_done()
        score = (row["val_accuracy"], -row["val_loss"]) if "val_loss" in row else (float(number),)
        if score > best:
            best, best_epoch, weights = score, number + 1, get_weights(model)
        if watcher.cancelled:
            break
    if not weights:
        raise Cancelled("the training was stopped before its first epoch was done", hint="nothing was changed")
    set_weights(model, weights)
    return Fit(len(history), best_epoch, tuple(history), len(history) < recipe.epochs)


def _checked(row: Row) -> Row:
    if not all(math.isfinite(v) for v in row.values()):
        raise InputError(
            f"the training diverged in epoch {row['epoch']:.0f}: the loss is not finite",
            where="recipe.learning_rate",
            hint="lower the learning rate, or put batch normalisation behind the convolutions",
        )
    return row


class _Clock:
    """Knows how long epochs take, and so how long the rest will."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._took: list[float] = []
        self._started = time.monotonic()

    def epoch_done(self) -> None:
        now = time.monotonic()
        self._took.append(now - self._started)
        self._started = now

    def batch_watcher(self, epoch: int, watcher: Watcher) -> Callable[[float], bool]:
        def on_batch(share: float) -> bool:
            done = (epoch + share) / self._epochs
            watcher.progress(done, f"epoch {epoch + 1} of {self._epochs}", self._seconds_left(self._epochs - epoch - share))
            return not watcher.cancelled

        return on_batch

    def _seconds_left(self, epochs: float) -> float | None:
        """Estimate from the epochs that are done; the first one also compiles, so it counts only while it is alone."""
        if not self._took:
            return None
        return epochs * median(self._recent()) + CLOSING_S

    def _recent(self) -> Sequence[float]:
        return self._took[1:][-5:] or self._took


def predict(model: keras.Model, features: np.ndarray) -> np.ndarray:
    """Return the model's outputs (n, labels) for features (n, frames, mels, 1)."""
    run = tf.function(lambda x: model(x, training=False), input_signature=(tf.TensorSpec((None, *model.input_shape[1:]), tf.float32),))
    parts = [run(features[i : i + EVALUATION_BATCH]).numpy() for i in range(0, len(features), EVALUATION_BATCH)]
    return np.concatenate(parts)

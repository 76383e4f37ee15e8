"""The clips of a project as a training needs them, checked before TensorFlow starts."""

from collections import Counter

import msgspec
import numpy as np

from studio.core.errors import InputError
from studio.core.library import Segment
from studio.core.project import Project, Recipe
from studio.data.augment import augment, background_clips
from studio.data.dataset import Dataset
from studio.dsp.log_mel import features_batch

CALIBRATION_CLIPS = 200


def check_dataset(dataset: Dataset) -> None:
    """Raise InputError where there is too little to learn from or to judge by."""
    names = dataset.label_names
    if len(names) < 2:
        raise InputError(f"there is {len(names)} label to tell apart", where="labels", hint="add recordings of at least one other label")
    rows = dataset.rows("train")
    counts = Counter(dataset.labels[rows].tolist())
    few = [name for i, name in enumerate(names) if counts[i] < 2]
    if few:
        raise InputError(
            f"fewer than 2 training clips of {', '.join(few)}", where="data", hint="add recordings, or take the label out of labels"
        )
    if not len(dataset.rows("test")):
        raise InputError("there are no test clips to judge by", where="data", hint='set "test" in the split column of data/segments.csv')


class Clips(msgspec.Struct, frozen=True, eq=False):
    """A data set under a project's front end and recipe; `segments` are its clips in the same order."""

    project: Project
    recipe: Recipe
    dataset: Dataset
    segments: tuple[Segment, ...] = ()

    def epoch(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return features (n, frames, mels, 1) and labels of the training clips, augmented and shuffled by seed and epoch."""
        rng = np.random.default_rng((self.recipe.seed, number))
        rows = rng.permutation(self.dataset.rows("train"))
        rate = self.project.frontend.sample_rate
        pcm = augment(self.dataset.pcm[rows], self.recipe.augmentation, rng, background_clips(self.dataset), rate)
        return features_batch(self.project.frontend, pcm), self.dataset.labels[rows]

    def plain(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return features and labels of a split as they are."""
        rows = self.dataset.rows(split)
        return features_batch(self.project.frontend, self.dataset.pcm[rows]), self.dataset.labels[rows]

    def calibration(self) -> np.ndarray:
        """Return features of training clips spread over all labels: half as they are, half as an epoch hears them."""
        rng = np.random.default_rng(self.recipe.seed)
        rows = self.dataset.rows("train")
        order = rows[np.argsort(self.dataset.labels[rows], kind="stable")]
        chosen = order[np.linspace(0, len(order) - 1, min(CALIBRATION_CLIPS, len(order))).astype(int)]
        pcm = self.dataset.pcm[chosen]
        heard = augment(pcm[1::2], self.recipe.augmentation, rng, background_clips(self.dataset), self.project.frontend.sample_rate)
        return features_batch(self.project.frontend, np.concatenate([pcm[::2], heard]))

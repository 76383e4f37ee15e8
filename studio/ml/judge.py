"""The float and the int8 model on the same test clips."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from studio.core.network import Network
from studio.ml import fit, int8_model
from studio.ml.accuracy import judgement
from studio.ml.clips import Clips
from studio.storage.predictions import Prediction

_DIGITS = 6


def judge(
    model: keras.Model, network: Network, tflite: bytes, clips: Clips, on_share: Callable[[float], None]
) -> tuple[dict[str, Any], tuple[Prediction, ...]]:
    """Return accuracies, confusion matrices and recall of both models, and what each heard in each clip.

    `on_share` hears the share of clips done.
    """
    features, truth = clips.plain("test")
    said_float = fit.predict(model, features)
    raw, engine = int8_model.hear(network, tflite, clips.project.frontend, features, on_share)
    heard_float, heard_int8 = said_float.argmax(-1), raw.argmax(-1)
    judged = judgement(clips.project.labels, truth, heard_float, heard_int8, engine)
    return judged, _predictions(clips, truth, said_float, raw, network)


def _predictions(clips: Clips, truth: np.ndarray, said_float: np.ndarray, raw: np.ndarray, network: Network) -> tuple[Prediction, ...]:
    """Name each test clip by its place in the recordings, so that it is found again when the library has changed."""
    quant = network.output.quant
    said_int8 = (raw.astype(np.float64) - quant.zero_point[0]) * quant.scale[0]
    labels = clips.project.labels
    rows = clips.dataset.rows("test") if clips.segments else ()
    return tuple(
        Prediction(
            recording=segment.recording,
            start=segment.start,
            end=segment.end,
            label=labels[truth[i]],
            float_heard=labels[said_float[i].argmax()],
            int8_heard=labels[raw[i].argmax()],
            float_scores=tuple(said_float[i].astype(np.float64).round(_DIGITS).tolist()),
            int8_scores=tuple(said_int8[i].round(_DIGITS).tolist()),
        )
        for i, segment in enumerate(clips.segments[r] for r in rows)
    )

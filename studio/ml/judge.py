"""The float and the int8 model on the same test clips."""

from collections.abc import Callable
from typing import Any

import keras

from studio.core.network import Network
from studio.ml import fit, int8_model
from studio.ml.accuracy import judgement
from studio.ml.clips import Clips


def judge(model: keras.Model, network: Network, tflite: bytes, clips: Clips, on_share: Callable[[float], None]) -> dict[str, Any]:
    """Return accuracies, confusion matrices and recall of both models; `on_share` hears the share of clips done."""
    features, truth = clips.plain("test")
    heard_float = fit.predict(model, features).argmax(-1)
    heard_int8, engine = int8_model.hear(network, tflite, clips.project.frontend, features, on_share)
    return judgement(clips.project.labels, truth, heard_float, heard_int8.argmax(-1), engine)

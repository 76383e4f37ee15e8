"""A front end that suits the recordings, measured from them."""

import math

import msgspec
import numpy as np

from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.library import Library
from studio.data.audio import next_power_of_two
from studio.data.dataset import Dataset

RATE = 16000
STEP_S = 0.1
LONGEST_S = 1.0
MEASURED_CLIPS = 500


def suggest_frontend(library: Library) -> FrontEnd:
    """Choose rate and clip length from the recordings, the rest as speech wants it.

    The rate is 16 kHz, or the recordings' lowest where that is less. The clip holds 95 % of the segments whole, in steps of 0.1 s, up
    to 1 s. Window 30 ms, hop 20 ms, 40 mels (fewer below 8 kHz) up to 7600 Hz or 95 % of half the rate.
    """
    if not library.segments:
        raise InputError("there are no recordings to choose a front end by", where="data")
    rate = max(1000, min(RATE, *(r.rate for r in library.recordings)))
    seconds = [(s.end - s.start) / library.by_id[s.recording].rate for s in library.segments]
    length = math.ceil(float(np.percentile(seconds, 95)) / STEP_S - 1e-6) * STEP_S
    window = round(0.030 * rate)
    fft = max(32, next_power_of_two(window))
    return FrontEnd(
        sample_rate=rate,
        clip_samples=round(min(max(length, STEP_S), LONGEST_S) * rate),
        window=window,
        hop=round(0.020 * rate),
        fft=fft,
        mels=min(40, (fft // 2 + 1) // 3),
        high_hz=min(7600.0, 0.95 * rate / 2),
    )


def measure_normalisation(dataset: Dataset, frontend: FrontEnd) -> FrontEnd:
    """Set the front end's mean and standard deviation in dB from (at most 500 of) the training clips."""
    from studio.dsp.log_mel import features

    plain = msgspec.structs.replace(frontend, normalisation="none")
    rows = dataset.rows("train")
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MEASURED_CLIPS)).astype(int)]
    values = np.stack([features(plain, dataset.pcm[i]) for i in chosen])
    mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    return msgspec.structs.replace(frontend, normalisation="fixed", mean_db=round(mean, 2), std_db=round(max(deviation, 1.0), 2))

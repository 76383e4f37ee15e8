import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.frontend import FrontEnd, check_frontend
from studio.core.library import Library, Recording, Segment
from studio.data.dataset import Dataset
from studio.data.defaults import measure_normalisation, suggest_frontend
from studio.dsp.log_mel import features


def _library(rate, seconds):
    recordings = tuple(Recording(str(i), str(i), str(i), rate, round(s * rate)) for i, s in enumerate(seconds))
    return Library(recordings, tuple(Segment(r.id, 0, r.frames, "yes", "train") for r in recordings))


@pytest.mark.parametrize(
    ("rate", "seconds", "expected"),
    [
        (16000, [1.0] * 10, (16000, 16000, 480, 320, 512, 7600.0)),
        (44100, [3.0] * 10, (16000, 16000, 480, 320, 512, 7600.0)),
        (8000, [0.3] * 9 + [0.64] * 9, (8000, 5600, 240, 160, 256, 3800.0)),
        (8000, [0.5] * 99 + [9.0], (8000, 4000, 240, 160, 256, 3800.0)),
        (11025, [0.01], (11025, 1102, 331, 220, 512, 0.95 * 11025 / 2)),
    ],
)
def test_front_end_suits_the_recordings(rate, seconds, expected):
    fe = suggest_frontend(_library(rate, seconds))
    assert (fe.sample_rate, fe.clip_samples, fe.window, fe.hop, fe.fft, fe.high_hz) == expected
    check_frontend(fe)


@pytest.mark.parametrize("rate", [1000, 4000, 8000, 12000, 22050, 96000])
def test_every_rate_gives_a_valid_front_end(rate):
    fe = suggest_frontend(_library(rate, [0.5]))
    check_frontend(fe)


def test_no_recordings():
    with pytest.raises(InputError):
        suggest_frontend(Library())


def test_normalised_training_features_have_mean_0_and_deviation_1():
    rng = np.random.default_rng(0)
    pcm = (rng.standard_normal((40, 16000)) * rng.uniform(0.001, 0.2, (40, 1))).astype(np.float32)
    split = np.array(["train"] * 30 + ["test"] * 10)
    data = Dataset(pcm, np.zeros(40, np.int64), split, ("",) * 40, ("",) * 40, ("yes",))
    fe = measure_normalisation(data, FrontEnd(mean_db=7.0))
    values = np.stack([features(fe, clip) for clip in pcm[:30]])
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01

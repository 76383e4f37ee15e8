"""What training does to clips, drawn anew each epoch from a seeded generator."""

import numpy as np

from studio.core.project import Augmentation
from studio.data.audio import FULL_SCALE
from studio.data.dataset import Dataset

BACKGROUND_LABELS = ("background", "_background_noise_", "background_noise", "noise", "silence", "_silence_")
_POOL = 16
_SILENT_RMS = 1e-4


def background_clips(dataset: Dataset) -> np.ndarray:
    """Return the training clips (m, clip_samples) of the background label; m is 0 where the data has none."""
    names = {i for i, label in enumerate(dataset.label_names) if label.casefold() in BACKGROUND_LABELS}
    return dataset.pcm[(dataset.split == "train") & np.isin(dataset.labels, list(names))]


def augment(
    pcm: np.ndarray, augmentation: Augmentation, rng: np.random.Generator, backgrounds: np.ndarray | None = None, rate: int = 16000
) -> np.ndarray:
    """Return shifted, amplified and noisy copies of the clips (n, samples), float32, still int16 samples / 32768.

    Shift: up to `shift_ms` either way, silence moves in. Gain: uniform in dB. Noise: with `noise_probability`, a random background
    turned to a random start, else white or pink noise, at an SNR uniform in dB over the clip's mean power.
    """
    count, length = pcm.shape
    reach = min(length - 1, round(augmentation.shift_ms * rate / 1000))
    shifts = rng.integers(-reach, reach + 1, count)
    gains = _amplitude(rng.uniform(*augmentation.gain_db, count))
    noisy = rng.random(count) < augmentation.noise_probability
    snr = _amplitude(-rng.uniform(*augmentation.noise_snr_db, count))
    noises = backgrounds if backgrounds is not None and len(backgrounds) else _coloured_pool(length, rng)
    rows, turns = rng.integers(0, len(noises), count), rng.integers(0, length, count)
    levels = _rms(noises)
    out = np.zeros_like(pcm, np.float32)
    for i in range(count):
        _shift_into(out[i], pcm[i], int(shifts[i]))
        out[i] *= gains[i]
        if noisy[i] and levels[rows[i]] > 0:
            level = max(_SILENT_RMS, float(_rms(out[i])))
            _add_turned(out[i], noises[rows[i]] * np.float32(level * snr[i] / levels[rows[i]]), int(turns[i]))
    return _quantise(out)


def _amplitude(level_db: np.ndarray) -> np.ndarray:
    return (10 ** (level_db / 20)).astype(np.float32)


def _rms(samples: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...i,...i->...", samples, samples) / samples.shape[-1])


def _shift_into(out: np.ndarray, clip: np.ndarray, shift: int) -> None:
    if shift >= 0:
        out[shift:] = clip[: len(clip) - shift]
    else:
        out[:shift] = clip[-shift:]


def _add_turned(out: np.ndarray, noise: np.ndarray, turn: int) -> None:
    out[turn:] += noise[: len(noise) - turn]
    out[:turn] += noise[len(noise) - turn :]


def _coloured_pool(length: int, rng: np.random.Generator) -> np.ndarray:
    """Make white and pink noises of RMS 1 to draw from."""
    white = rng.standard_normal((_POOL, length), dtype=np.float32)
    spectrum = np.fft.rfft(white[_POOL // 2 :])
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.shape[1]), length / 400))
    white[_POOL // 2 :] = np.fft.irfft(spectrum, length)
    return white / _rms(white)[:, None]


def _quantise(samples: np.ndarray) -> np.ndarray:
    samples *= FULL_SCALE
    np.rint(samples, out=samples)
    np.clip(samples, -FULL_SCALE, FULL_SCALE - 1, out=samples)
    samples /= FULL_SCALE
    return samples

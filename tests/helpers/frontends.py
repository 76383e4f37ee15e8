"""Front ends of every kind, sounds for them, and what host and kit make of those."""

import numpy as np

from studio.core.frontend import FrontEnd
from studio.core.network import Quantisation
from studio.dsp.log_mel import features, quantise_features

DESIGNS = {
    "default": FrontEnd(),
    "8 kHz, radix-2 start, htk": FrontEnd(
        sample_rate=8000, clip_samples=8000, window=200, hop=80, fft=256, mels=20, low_hz=0, high_hz=4000, mel_scale="htk"
    ),
    "no norm, no normalisation, odd window": FrontEnd(
        window=401, hop=133, fft=512, mels=32, mel_norm="none", normalisation="none", reference=10.0, high_hz=8000
    ),
    "window fills the FFT": FrontEnd(window=1024, hop=512, fft=1024, mels=64, mel_scale="htk", mel_norm="none"),
    "many bands": FrontEnd(window=1200, hop=400, fft=2048, mels=128),
    "few bands, short FFT, gaps": FrontEnd(sample_rate=8000, clip_samples=6001, window=100, hop=171, fft=128, mels=10, high_hz=3999),
    "window under a quarter": FrontEnd(window=90, hop=64, fft=512, mels=40, clip_samples=4000),
    "smallest": FrontEnd(sample_rate=8000, clip_samples=1000, window=17, hop=5, fft=32, mels=4, low_hz=100, high_hz=3900),
    "longest": FrontEnd(sample_rate=48000, clip_samples=48000, window=5001, hop=4000, fft=8192, mels=80, high_hz=20000),
    "empty bands": FrontEnd(window=256, hop=256, fft=256, mels=100, low_hz=0),
    "band between two bins": FrontEnd(window=256, hop=256, fft=256, mels=3, low_hz=70, high_hz=80),
}


def quantisation_of(feats):
    """An input's quantisation that spans the features, as calibration would."""
    low, high = float(feats.min()), float(feats.max())
    scale = max(high - low, 1e-3) / 255
    return Quantisation((scale,), (round(-128 - low / scale),))


def speech_like(fe, seed=0):
    """Glides with harmonics in bursts over a little noise, at uneven loudness, as int16."""
    rng = np.random.default_rng(seed)
    t = np.arange(fe.clip_samples) / fe.sample_rate
    pitch = 140 + 60 * np.sin(2 * np.pi * 1.7 * t + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / fe.sample_rate
    voice = sum(np.sin(h * phase) / h for h in range(1, 12))
    envelope = np.clip(np.sin(2 * np.pi * 2.3 * t), 0, None) ** 2
    sound = 0.25 * voice * envelope + 0.003 * rng.standard_normal(t.size)
    return np.int16(np.clip(sound, -1, 0.9999) * 32768)


def push_in_pieces(kit, pcm, seed=1):
    rng, at, frames = np.random.default_rng(seed), 0, 0
    while at < pcm.size:
        count = int(rng.integers(0, 500))
        frames += kit.push(pcm[at : at + count])
        at += count
    return frames


def host_features(fe, pcm, quant):
    return quantise_features(fe, features(fe, pcm.astype(np.float32) / 32768), quant)

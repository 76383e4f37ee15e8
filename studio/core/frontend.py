"""The front end's value: how PCM becomes features, the same on the host and on the kit."""

import math
from typing import Any, Literal

import msgspec

from studio.core.errors import ParameterError
from studio.core.network import Quantisation

LOG_MEL_VERSION = 1
Arithmetic = Literal["float32", "fixed"]


class FrontEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log-mel front end, frames not centred: frame i covers samples [i*hop, i*hop + window).

    Each frame: PCM / 32768 times a periodic Hann window, zero-padded to `fft` points; power spectrum; mel
    filterbank (librosa's conventions for `mel_scale` and `mel_norm`); 10*log10(max(power, floor) / reference) in dB;
    then, where `normalisation` is "fixed", (dB - mean_db) / std_db. Features are (frames, mels, 1), float32.
    `arithmetic` says in which numbers the kit computes that, and training with it: float32 for cores with an FPU, fixed for those without.
    """

    kind: Literal["log_mel"] = "log_mel"
    version: int = LOG_MEL_VERSION
    arithmetic: Arithmetic = "float32"
    sample_rate: int = 16000
    clip_samples: int = 16000
    window: int = 480
    hop: int = 320
    fft: int = 512
    mels: int = 40
    low_hz: float = 20.0
    high_hz: float = 7600.0
    mel_scale: Literal["slaney", "htk"] = "slaney"
    mel_norm: Literal["slaney", "none"] = "slaney"
    floor: float = 1e-7
    reference: float = 1.0
    normalisation: Literal["none", "fixed"] = "fixed"
    mean_db: float = -40.0
    std_db: float = 20.0

    @property
    def frames(self) -> int:
        """Frames in a clip."""
        return 1 + (self.clip_samples - self.window) // self.hop

    @property
    def bins(self) -> int:
        """Bins of the power spectrum, 0 Hz to half the rate."""
        return self.fft // 2 + 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a clip's features: frames, mels, 1."""
        return (self.frames, self.mels, 1)

    @property
    def scale_offset(self) -> tuple[float, float]:
        """Scale and offset with which a feature is dB * scale + offset."""
        if self.normalisation == "none":
            return 1.0, 0.0
        return 1.0 / self.std_db, -self.mean_db / self.std_db


FRONT_END_KINDS = ("log_mel",)


def check_frontend(fe: FrontEnd) -> None:
    """Raise ParameterError naming the first field that makes no sense and the values it may take."""
    half = fe.sample_rate / 2
    rules = (
        ("version", fe.version == LOG_MEL_VERSION, f"this studio knows version {LOG_MEL_VERSION}"),
        ("sample_rate", 1000 <= fe.sample_rate <= 192_000, "1000 to 192000 Hz"),
        ("window", 16 <= fe.window <= fe.fft, f"16 samples to the FFT length, {fe.fft}"),
        ("fft", 32 <= fe.fft <= 8192 and fe.fft & (fe.fft - 1) == 0, "a power of two from 32 to 8192"),
        ("hop", 1 <= fe.hop <= fe.fft * 4, f"1 to {fe.fft * 4} samples"),
        ("clip_samples", fe.window <= fe.clip_samples <= 60 * fe.sample_rate, "at least a window, at most 60 s"),
        ("mels", 1 <= fe.mels <= min(256, fe.bins), f"1 to {min(256, fe.bins)}"),
        ("low_hz", 0 <= fe.low_hz < fe.high_hz, "from 0 Hz to below high_hz"),
        ("high_hz", fe.low_hz < fe.high_hz <= half, f"above low_hz, at most half the rate, {half:g} Hz"),
        ("floor", 1e-30 <= fe.floor <= 1e6, "1e-30 to 1e6"),
        ("reference", 1e-30 <= fe.reference <= 1e12, "1e-30 to 1e12"),
        ("std_db", 1e-3 <= fe.std_db <= 1e6, "0.001 to 1e6"),
        ("mean_db", abs(fe.mean_db) <= 1e6, "-1e6 to 1e6"),
        ("mean_db", fe.arithmetic == "float32" or abs(fe.mean_db) <= 1000, "-1000 to 1000 dB where the arithmetic is fixed"),
    )
    for field, holds, allowed in rules:
        if not holds:
            raise ParameterError(f"{field} = {getattr(fe, field)} is out of range", where="frontend", hint=f"allowed: {allowed}")


def with_rate(fe: FrontEnd, rate: int) -> dict[str, Any]:
    """Return the changes that set the sample rate and keep the times: window, hop and clip in ms, the highest band within half the rate."""

    def scaled(samples: int) -> int:
        return round(samples * rate / fe.sample_rate)

    window = max(16, scaled(fe.window))
    fft = 1 << max(5, math.ceil(math.log2(window)))
    high = min(fe.high_hz, 0.95 * rate / 2)
    return {
        "sample_rate": rate,
        "window": window,
        "hop": max(1, scaled(fe.hop)),
        "fft": fft,
        "clip_samples": max(window, scaled(fe.clip_samples)),
        "high_hz": high,
        "low_hz": min(fe.low_hz, high / 2),
        "mels": min(fe.mels, fft // 2 + 1),
    }


class FeatureQuantisation(msgspec.Struct, frozen=True):
    """How a feature becomes the network's int8 input: q = clamp(round(dB * scale + offset)), halves away from zero."""

    scale: float
    offset: float


def feature_quantisation(fe: FrontEnd, quant: Quantisation) -> FeatureQuantisation:
    """Join the normalisation and the input tensor's quantisation into one affine step."""
    scale, offset = fe.scale_offset
    return FeatureQuantisation(scale / quant.scale[0], offset / quant.scale[0] + quant.zero_point[0])

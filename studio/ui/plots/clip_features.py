"""The features of the shown sound, and how a kit's int8 sees them; a new mel setting starts from the kept power spectrogram."""

from threading import Lock

import msgspec
import numpy as np

from studio.core.frontend import FrontEnd
from studio.core.network import Quantisation
from studio.dsp.log_mel import features_from_power, power_spectrogram, quantise_features
from studio.dsp.mel import mel_edges
from studio.lower.int8 import affine

TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 4000, 8000, 16000)


class Sight(msgspec.Struct, frozen=True):
    """A quantisation of the features and where it comes from."""

    quant: Quantisation
    source: str


class Picture(msgspec.Struct, frozen=True, eq=False):
    """What is drawn: features float32 (frames, mels), as colours uint8 (mels, frames); int8 and the saturated share where a kit looks."""

    frontend: FrontEnd
    features: np.ndarray
    colours: np.ndarray
    kit: np.ndarray | None = None
    saturated: float = 0.0
    sight: Sight | None = None

    @property
    def seconds(self) -> tuple[float, float]:
        """Start and width of the picture on the time axis; each frame stands in the middle of the sound it looks at."""
        fe = self.frontend
        return (fe.window - fe.hop) / 2 / fe.sample_rate, len(self.features) * fe.hop / fe.sample_rate

    def at(self, seconds: float, band: float) -> str:
        """Say what stands at a place of the picture; "" outside it."""
        start, width = self.seconds
        frame, mel = int((seconds - start) / width * len(self.features)), int(band)
        if not (0 <= frame < len(self.features) and 0 <= mel < self.frontend.mels and seconds >= start and band >= 0):
            return ""
        value = float(self.features[frame, mel])
        parts = [f"{seconds:.3f} s", f"band {mel}, {written_hz(mel_edges(self.frontend)[mel + 1])}", f"{self.db(value):.1f} dB"]
        if self.frontend.normalisation == "fixed":
            parts.append(f"{value:.2f}")
        if self.kit is not None:
            parts.append(f"int8 {self.kit[frame, mel]}")
        return " · ".join(parts).replace("-", "−")

    def db(self, value: float) -> float:
        """Return a feature in dB."""
        scale, offset = self.frontend.scale_offset
        return (value - offset) / scale


class Spectra:
    """Features of one sound after another; the power spectrogram is kept while sound, window, hop, FFT and arithmetic stay."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._samples: np.ndarray | None = None
        self._key: tuple[int | str, ...] = ()
        self._power: np.ndarray | None = None

    def features(self, fe: FrontEnd, samples: np.ndarray) -> np.ndarray:
        """Return the features of a sound, float32 (frames, mels)."""
        key = (fe.window, fe.hop, fe.fft, fe.arithmetic)
        with self._lock:
            if self._power is None or self._samples is not samples or key != self._key:
                self._power = power_spectrogram(fe, samples)
                self._samples, self._key = samples, key
            power = self._power
        return features_from_power(fe, power)[..., 0]


def picture(fe: FrontEnd, features: np.ndarray, sight: Sight | None = None) -> Picture:
    """Return the picture of features: from the lowest value to the highest, or over the whole of int8 where a kit looks."""
    if sight is None:
        low, high = float(features.min()), float(features.max())
        scale = np.float32(255.0 / max(high - low, 1e-6))
        return Picture(fe, features, np.ascontiguousarray(((features - np.float32(low)) * scale).astype(np.uint8).T))
    kit = quantise_features(fe, features, sight.quant)
    steps = features * np.float32(1 / sight.quant.scale[0]) + np.float32(sight.quant.zero_point[0])
    saturated = float(np.mean((steps < -128.5) | (steps > 127.5)))
    colours = np.ascontiguousarray((kit.astype(np.int16) + 128).astype(np.uint8).T)
    return Picture(fe, features, colours, kit, saturated, sight)


def own_sight(features: np.ndarray) -> Sight:
    """Return the quantisation that fits these features alone, 0 exact."""
    low, high = min(0.0, float(features.min())), max(0.0, float(features.max()))
    return Sight(affine((low, high)), "this clip's own range")


def hz_ticks(fe: FrontEnd) -> list[tuple[float, str]]:
    """Return round frequencies and where they stand among the bands."""
    centres = mel_edges(fe)[1:-1]
    inside = [hz for hz in TICKS_HZ if centres[0] <= hz <= centres[-1]]
    places = np.interp(inside, centres, np.arange(fe.mels) + 0.5)
    kept: list[tuple[float, str]] = []
    for place, hz in zip(places, inside, strict=True):
        if not kept or place - kept[-1][0] >= fe.mels / 9:
            kept.append((float(place), f"{hz / 1000:g}k" if hz >= 1000 else f"{hz}"))
    return kept


def written_hz(hz: float) -> str:
    """Write a frequency: "840 Hz", "1.24 kHz"."""
    return f"{hz / 1000:.2f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"

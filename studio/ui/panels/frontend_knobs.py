"""The front end's knobs as data: what each shows, in which unit, and which fields it changes."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from studio.core.frontend import FrontEnd
from studio.ui.widgets.knob import Doubling, Linear, Scale
from studio.ui.widgets.number import Measure

Changes = dict[str, Any]
RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000)
_MS = Measure("ms", step=0.5, units={"s": 1000.0})
_HZ = Measure("Hz", step=50.0, digits=3, units={"kHz": 1000.0})
_DB = Measure("dB", digits=3)


class KnobSpec(msgspec.Struct, frozen=True):
    """A knob: `shown` gives its value in its unit, `changes` the fields for a new value, `limits` how far it goes as things stand."""

    field: str
    title: str
    help: str
    measure: Measure
    shown: Callable[[FrontEnd], float]
    changes: Callable[[FrontEnd, float], Changes]
    scale: Callable[[FrontEnd], Scale]
    limits: Callable[[FrontEnd], tuple[float, float]] = lambda _: (-math.inf, math.inf)
    words: Callable[[FrontEnd], str] = lambda _: ""


class ChoiceSpec(msgspec.Struct, frozen=True):
    """A knob with a few positions; `choices` maps what is shown to the field's value."""

    field: str
    title: str
    help: str
    choices: Mapping[str, Any]


def in_samples(fe: FrontEnd, ms: float) -> int:
    """Return a time in samples."""
    return round(ms * fe.sample_rate / 1000)


def in_ms(fe: FrontEnd, samples: int) -> float:
    """Return samples as a time in ms."""
    return samples * 1000 / fe.sample_rate


def _floor_db(fe: FrontEnd) -> float:
    return round(10 * math.log10(fe.floor), 3)


def _to_floor(_: FrontEnd, db: float) -> Changes:
    return {"floor": float(f"{10 ** (min(60.0, max(-300.0, db)) / 10):.6g}")}


def _simple(field: str) -> dict[str, Any]:
    return {
        "shown": lambda fe: getattr(fe, field),
        "changes": lambda _, value: {field: value},
        "words": lambda fe: f"{getattr(fe, field):g} dB",
    }


KNOBS = (
    KnobSpec(
        "window",
        "Window",
        "how much sound a frame looks at",
        _MS,
        lambda fe: in_ms(fe, fe.window),
        lambda fe, ms: {"window": in_samples(fe, ms)},
        lambda _: Linear(1, 64, 0.5),
        lambda fe: (in_ms(fe, 16), in_ms(fe, fe.fft)),
        lambda fe: f"{fe.window} samples",
    ),
    KnobSpec(
        "hop",
        "Hop",
        "time from one frame to the next",
        _MS,
        lambda fe: in_ms(fe, fe.hop),
        lambda fe, ms: {"hop": in_samples(fe, ms)},
        lambda _: Linear(1, 64, 0.5),
        lambda fe: (in_ms(fe, 1), in_ms(fe, 4 * fe.fft)),
        lambda fe: f"{fe.hop} samples",
    ),
    KnobSpec(
        "fft",
        "FFT",
        "points of the Fourier transform, a power of two not below the window",
        Measure(whole=True, doubles=True),
        lambda fe: fe.fft,
        lambda _, points: {"fft": points},
        lambda _: Doubling(64, 4096),
        lambda fe: (1 << max(5, math.ceil(math.log2(fe.window))), 8192),
        lambda fe: f"{fe.fft} points, {fe.sample_rate / fe.fft:.4g} Hz a bin",
    ),
    KnobSpec(
        "mels",
        "Mel bins",
        "bands of a frame, the height of the features",
        Measure(whole=True),
        lambda fe: fe.mels,
        lambda _, mels: {"mels": mels},
        lambda _: Linear(4, 128, 1),
        lambda fe: (1, min(256, fe.bins)),
        lambda fe: f"{fe.mels} bands",
    ),
    KnobSpec(
        "low_hz",
        "Low",
        "where the lowest band begins",
        Measure("Hz", step=10.0, digits=3, units={"kHz": 1000.0}),
        lambda fe: fe.low_hz,
        lambda _, hz: {"low_hz": float(hz)},
        lambda _: Linear(0, 2000, 10),
        lambda fe: (0, fe.high_hz - 1),
        lambda fe: f"{fe.low_hz:g} Hz",
    ),
    KnobSpec(
        "high_hz",
        "High",
        "where the highest band ends",
        _HZ,
        lambda fe: fe.high_hz,
        lambda _, hz: {"high_hz": float(hz)},
        lambda fe: Linear(500, 50 * (fe.sample_rate // 100), 50),
        lambda fe: (fe.low_hz + 1, fe.sample_rate / 2),
        lambda fe: f"{fe.high_hz:g} Hz",
    ),
    KnobSpec(
        "floor",
        "Floor",
        "bands weaker than this count as this; it hides noise",
        _DB,
        _floor_db,
        _to_floor,
        lambda _: Linear(-120, 0, 1),
        lambda _: (-300, 60),
        lambda fe: f"power {fe.floor:.3g}",
    ),
    KnobSpec(
        "mean_db",
        "Mean",
        "dB that become 0 when the features are normalised",
        _DB,
        **_simple("mean_db"),
        scale=lambda _: Linear(-120, 40, 1),
    ),
    KnobSpec(
        "std_db",
        "Spread",
        "dB that become 1 when the features are normalised",
        Measure("dB", step=0.5, digits=3),
        **_simple("std_db"),
        scale=lambda _: Linear(1, 60, 0.5),
        limits=lambda _: (1e-3, 1e6),
    ),
    KnobSpec(
        "clip_samples",
        "Clip",
        "how much sound the network hears at once",
        Measure("s", step=0.1),
        lambda fe: fe.clip_samples / fe.sample_rate,
        lambda fe, seconds: {"clip_samples": round(seconds * fe.sample_rate)},
        lambda _: Linear(0.2, 10, 0.1),
        lambda fe: (fe.window / fe.sample_rate, 60),
        lambda fe: f"{fe.clip_samples} samples",
    ),
)
CHOICES = (
    ChoiceSpec("sample_rate", "Rate", "samples a second that the kit records; times are kept", {f"{r / 1000:g} kHz": r for r in RATES}),
    ChoiceSpec("mel_scale", "Mel scale", "how bands are spaced over the frequencies", {"slaney": "slaney", "htk": "htk"}),
    ChoiceSpec("mel_norm", "Mel norm", "slaney: bands of equal area; none: of equal height", {"slaney": "slaney", "none": "none"}),
    ChoiceSpec(
        "normalisation",
        "Normalise",
        "fixed: subtract the mean, divide by the spread; none: dB as they are",
        {"fixed": "fixed", "none": "none"},
    ),
    ChoiceSpec(
        "arithmetic",
        "Arithmetic",
        "float32: for kits with an FPU; fixed: whole numbers, for kits without; training hears the same",
        {"float32": "float32", "fixed": "fixed"},
    ),
)
ORDER = (
    "window", "hop", "fft", "mels", "low_hz", "high_hz", "floor", "normalisation", "mean_db", "std_db",
    "mel_scale", "mel_norm", "clip_samples", "sample_rate", "arithmetic",
)  # fmt: skip

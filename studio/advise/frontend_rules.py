"""What makes listening cheaper: a smaller input, plainer arithmetic, fewer inferences.

The figures in the reasons are from J. Nordby, Environmental Sound Classification on Microcontrollers using CNNs (2019).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from studio.advise.advice import Candidate, Rule
from studio.advise.design import Design
from studio.core.edits import SetFrontEnd, SetInterval
from studio.core.frontend import FrontEnd, with_rate
from studio.core.target import TargetDevice
from studio.dsp.mel import empty_bands

_WHERE = "frontend"
_LEAST_MELS = 16
_LEAST_CLIP_S = 0.5
_SPEECH_HZ = 16000
_OVERLAP = 0.5
_LONGEST_HOP = 0.75


def _changed(fe: FrontEnd, changes: Mapping[str, Any], words: str) -> Iterator[Candidate]:
    """Yield the change, unless it leaves mel bands without a bin of the spectrum."""
    if len(empty_bands(msgspec.structs.replace(fe, **changes))) <= len(empty_bands(fe)):
        yield Candidate(_WHERE, words, (SetFrontEnd(changes),))


def _lower_rate(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    fe = design.project.frontend
    if fe.sample_rate > _SPEECH_HZ:
        words = f"{_SPEECH_HZ / 1000:g} kHz instead of {fe.sample_rate / 1000:g} kHz"
        yield from _changed(fe, with_rate(fe, _SPEECH_HZ), words)


def _fewer_mels(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    fe = design.project.frontend
    fewer = 8 * int(0.8 * fe.mels / 8)
    if fewer >= _LEAST_MELS:
        yield from _changed(fe, {"mels": fewer}, f"{fewer} mel bins instead of {fe.mels}")


def _longer_hop(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    fe = design.project.frontend
    ms = fe.sample_rate / 1000
    longer = min(round(_LONGEST_HOP * fe.window), round(int(1.5 * fe.hop / ms) * ms))
    if longer > fe.hop:
        yield from _changed(fe, {"hop": longer}, f"a frame every {longer / ms:.3g} ms instead of every {fe.hop / ms:.3g} ms")


def _shorter_clip(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    fe = design.project.frontend
    seconds = fe.clip_samples / fe.sample_rate
    shorter = int(0.8 * seconds * 20) / 20
    if shorter >= _LEAST_CLIP_S and round(shorter * fe.sample_rate) >= fe.window:
        yield from _changed(fe, {"clip_samples": round(shorter * fe.sample_rate)}, f"clips of {shorter:g} s instead of {seconds:.3g} s")


def _shorter_fft(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    fe = design.project.frontend
    if fe.window <= fe.fft // 2 and fe.mels <= fe.fft // 4 + 1:
        yield from _changed(fe, {"fft": fe.fft // 2}, f"FFT of {fe.fft // 2} points instead of {fe.fft}")


def _fixed_point(design: Design, targets: Sequence[TargetDevice]) -> Iterator[Candidate]:
    if design.project.frontend.arithmetic == "float32" and any(not t.core.fpu for t in targets):
        yield Candidate(_WHERE, "features in fixed-point arithmetic instead of float32", (SetFrontEnd({"arithmetic": "fixed"}),))


def _less_overlap(design: Design, _: Sequence[TargetDevice]) -> Iterator[Candidate]:
    fe, now = design.project.frontend, design.project.interval_ms
    longer = round((1 - _OVERLAP) * 1000 * fe.clip_samples / fe.sample_rate)
    if longer > now:
        yield Candidate("interval", f"an inference every {longer} ms instead of every {now:g} ms", (SetInterval(float(longer)),))


FRONT_END_RULES = (
    Rule(
        "fixed_point",
        "Fixed-point front end",
        "Without an FPU each float32 operation is a call of some twenty instructions or more.",
        _fixed_point,
    ),
    Rule(
        "fft",
        "An FFT no longer than needed",
        "The window fits the shorter FFT too: the longer one only interpolates the same spectrum.",
        _shorter_fft,
    ),
    Rule(
        "overlap",
        "Less overlap between inferences",
        "Voting over inferences that overlap by 10, 50 and 90 % reached 0.667, 0.675 and 0.676: half an overlap costs twice the work of none.",
        _less_overlap,
        retrain=False,
    ),
    Rule(
        "rate",
        "Lower sample rate",
        "22.05 kHz with 60 mel bins and 16 kHz with 30 both reached 72 %, in 81 and 43 ms.",
        _lower_rate,
    ),
    Rule(
        "mels",
        "Fewer mel bins",
        "Fewer bins make every map behind them smaller: 60 bins at 22.05 kHz and 30 at 16 kHz both reached 72 %.",
        _fewer_mels,
    ),
    Rule(
        "hop",
        "Longer hop",
        "Fewer frames make the features and every map behind them cheaper; windows that overlap by a quarter still hear every sample.",
        _longer_hop,
    ),
    Rule(
        "clip",
        "Shorter clip",
        "A shorter clip makes the features and every map cheaper, as long as what is to be heard fits into it.",
        _shorter_clip,
    ),
)

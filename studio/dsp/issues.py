"""What deserves a remark in a front end that is valid."""

from collections.abc import Iterable

from studio.core.edits import SetFrontEnd
from studio.core.frontend import FrontEnd
from studio.core.issue import Issue
from studio.core.target import TargetDevice
from studio.dsp.mel import empty_bands


def frontend_issues(fe: FrontEnd, targets: Iterable[TargetDevice] = ()) -> tuple[Issue, ...]:
    """Return the remarks on a front end and on how it suits the targets, each with the way out in its message."""
    return (*_empty_bands(fe), *_unheard_samples(fe), *_software_float(fe, targets))


def _empty_bands(fe: FrontEnd) -> tuple[Issue, ...]:
    empty = empty_bands(fe)
    if not empty:
        return ()
    bands = ", ".join(map(str, empty[:6])) + (" ..." if len(empty) > 6 else "")
    verb = "band catches" if len(empty) == 1 else "bands catch"
    return (
        Issue(
            "frontend.empty_band",
            "warning",
            "frontend.mels",
            f"{len(empty)} of {fe.mels} mel {verb} no bin of the spectrum and will always be at the floor ({bands}): "
            f"use fewer bands, a longer FFT than {fe.fft}, or a higher low_hz",
        ),
    )


def _unheard_samples(fe: FrontEnd) -> tuple[Issue, ...]:
    if fe.hop <= fe.window:
        return ()
    return (
        Issue(
            "frontend.gap",
            "advice",
            "frontend.hop",
            f"{fe.hop - fe.window} samples between two frames are never heard: use a hop of at most the window, {fe.window}",
        ),
    )


def _software_float(fe: FrontEnd, targets: Iterable[TargetDevice]) -> tuple[Issue, ...]:
    names = [t.name for t in targets if not t.core.fpu]
    if fe.arithmetic != "float32" or not names:
        return ()
    return (
        Issue(
            "frontend.software_float",
            "advice",
            "frontend.arithmetic",
            f"without an FPU float32 is computed in software, some twenty times as slow ({', '.join(names)}): use fixed arithmetic",
            SetFrontEnd({"arithmetic": "fixed"}),
        ),
    )

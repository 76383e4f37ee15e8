"""The C form of a front end: its tables, its constants, and the exact RAM of its state."""

from functools import lru_cache

import numpy as np

from studio.core.ctext import c_float
from studio.core.frontend import FrontEnd, feature_quantisation
from studio.core.network import Quantisation
from studio.core.program import ConstArray
from studio.core.protocols import FrontEndTables
from studio.dsp.log_mel import hann, quantise_features
from studio.dsp.mel import mel_segments

PART = "frontend"
_EXCESS = 2.0**32
_DB_PER_OCTAVE = 10.0 * np.log10(2.0)


def frontend_runtime_files() -> tuple[str, ...]:
    """Return the C files of the front end, relative to the runtime's folder."""
    return ("frontend/frontend.c", "frontend/frontend.h")


def frontend_tables(fe: FrontEnd, quant: Quantisation) -> FrontEndTables:
    """Return all that the generated C of a front end needs, the network input's quantisation folded in."""
    return FrontEndTables(frontend_consts(fe), _defines(fe, quant), frontend_runtime_files(), state_bytes(fe), quant)


@lru_cache(maxsize=64)
def frontend_consts(fe: FrontEnd) -> tuple[ConstArray, ...]:
    """Return the constant arrays in flash: half the window, a quarter sine, the bins' weights, bins a segment, the bands' norms."""
    segments = mel_segments(fe)
    rise = segments.rise if segments.rise.size else np.zeros(1, np.float32)
    return (
        _array("frontend_window", "float", _half_window(fe.window)),
        _array("frontend_sine", "float", _quarter_sine(fe.fft)),
        _array("frontend_rise", "float", rise),
        _array("frontend_count", "uint16_t", segments.counts),
        _array("frontend_norm", "float", segments.norm),
    )


def state_bytes(fe: FrontEnd) -> int:
    """Return the RAM of the front end's state: spectrum, two counters, PCM of a window, a clip's features; whole words."""
    spectrum, counters, history = 4 * (fe.fft + 2), 8, 2 * (fe.window + fe.window % 2)
    return -(-(spectrum + counters + history + fe.frames * fe.mels) // 4) * 4


def _half_window(length: int) -> np.ndarray:
    # One entry past the middle, so that a pair of samples never straddles the fold.
    return np.append(hann(length), np.float32(0))[: length // 2 + 2]


def _quarter_sine(points: int) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(points // 4 + 1) / points).astype(np.float32)


def _defines(fe: FrontEnd, quant: Quantisation) -> dict[str, str]:
    step = feature_quantisation(fe, quant)
    scale, offset = fe.scale_offset
    floor_db = 10.0 * np.log10(fe.floor / fe.reference)
    silence = quantise_features(fe, np.float32([floor_db * scale + offset]), quant)[0]
    return {
        "FE_SAMPLE_RATE": str(fe.sample_rate),
        "FE_CLIP_SAMPLES": str(fe.clip_samples),
        "FE_WINDOW": str(fe.window),
        "FE_HOP": str(fe.hop),
        "FE_FFT": str(fe.fft),
        "FE_MELS": str(fe.mels),
        "FE_FRAMES": str(fe.frames),
        "FE_FIRST_BIN": str(mel_segments(fe).first_bin),
        "FE_FLOOR": _float_literal(np.float32(fe.floor) * np.float32(_EXCESS)),
        "FE_SCALE": _float_literal(step.scale * _DB_PER_OCTAVE),
        "FE_OFFSET": _float_literal(step.offset - step.scale * 10.0 * np.log10(fe.reference)),
        "FE_SILENCE": f"({silence})",
    }


def _array(name: str, ctype: str, values: np.ndarray) -> ConstArray:
    little = values.astype(values.dtype.newbyteorder("<"))
    return ConstArray(name, ctype, values.size, values.itemsize, little.tobytes(), PART)


def _float_literal(value: float) -> str:
    return f"({c_float(float(np.float32(value)))})"

"""The C form of a front end: its tables, its constants, and the exact RAM of its state."""

from functools import lru_cache

import numpy as np

from studio.core.ctext import c_float
from studio.core.frontend import FrontEnd, feature_quantisation
from studio.core.network import Quantisation
from studio.core.program import ConstArray
from studio.core.protocols import FrontEndTables
from studio.dsp.fixed_plan import affine, band_tables, floor_log, log_table, scales, sine_table, twiddle_table, window_table
from studio.dsp.log_mel import hann, quantise_features
from studio.dsp.mel import mel_segments

PART = "frontend"
_EXCESS = 2.0**32
_DB_PER_OCTAVE = 10.0 * np.log10(2.0)
_FOLDER = "frontend"
_STREAM = ("frontend.c", "frontend.h", "frontend_state.h", "frontend_window.h")
_FRAME = {"float32": ("frontend_float32.c",), "fixed": ("frontend_fixed.c", "frontend_wide.h")}


def frontend_runtime_files(fe: FrontEnd) -> tuple[str, ...]:
    """Return the C files of a front end's arithmetic, relative to the runtime's folder."""
    return tuple(f"{_FOLDER}/{name}" for name in (*_STREAM, *_FRAME[fe.arithmetic]))


def frontend_tables(fe: FrontEnd, quant: Quantisation) -> FrontEndTables:
    """Return all that the generated C of a front end needs, the network input's quantisation folded in."""
    return FrontEndTables(frontend_consts(fe), _defines(fe, quant), frontend_runtime_files(fe), state_bytes(fe), quant)


@lru_cache(maxsize=64)
def frontend_consts(fe: FrontEnd) -> tuple[ConstArray, ...]:
    """Return the constant arrays in flash; the C file of the arithmetic says what each holds."""
    return _fixed_consts(fe) if fe.arithmetic == "fixed" else _float_consts(fe)


def state_bytes(fe: FrontEnd) -> int:
    """Return the RAM of the front end's state: spectrum, two counters, PCM of a window, a clip's features; whole words."""
    spectrum, counters, history = 4 * (fe.fft + 2), 8, 2 * (fe.window + fe.window % 2)
    return -(-(spectrum + counters + history + fe.frames * fe.mels) // 4) * 4


def _float_consts(fe: FrontEnd) -> tuple[ConstArray, ...]:
    segments = mel_segments(fe)
    return (
        _array("frontend_window", "float", _half_window(hann(fe.window))),
        _array("frontend_sine", "float", _quarter_sine(fe.fft)),
        _array("frontend_rise", "float", _not_empty(segments.rise)),
        _array("frontend_count", "uint16_t", segments.counts),
        _array("frontend_norm", "float", segments.norm),
    )


def _fixed_consts(fe: FrontEnd) -> tuple[ConstArray, ...]:
    bands = band_tables(fe)
    return (
        _array("frontend_window", "int16_t", _half_window(window_table(fe.window))),
        _array("frontend_turns", "int16_t", twiddle_table(fe.fft)),
        _array("frontend_sine", "int16_t", sine_table(fe.fft)),
        _array("frontend_rise", "uint16_t", _not_empty(bands.rise)),
        _array("frontend_count", "uint16_t", mel_segments(fe).counts),
        _array("frontend_norm", "uint16_t", bands.norm),
        _array("frontend_log", "uint16_t", log_table()),
    )


def _half_window(window: np.ndarray) -> np.ndarray:
    # One entry past the middle, so that a pair of samples never straddles the fold.
    return np.append(window, window.dtype.type(0))[: len(window) // 2 + 2]


def _quarter_sine(points: int) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(points // 4 + 1) / points).astype(np.float32)


def _not_empty(values: np.ndarray) -> np.ndarray:
    return values if values.size else np.zeros(1, values.dtype)


def _defines(fe: FrontEnd, quant: Quantisation) -> dict[str, str]:
    scale, offset = fe.scale_offset
    floor_db = 10.0 * np.log10(fe.floor / fe.reference)
    silence = quantise_features(fe, np.float32([floor_db * scale + offset]), quant)[0]
    return {
        "FE_FIXED": str(int(fe.arithmetic == "fixed")),
        "FE_SAMPLE_RATE": str(fe.sample_rate),
        "FE_CLIP_SAMPLES": str(fe.clip_samples),
        "FE_WINDOW": str(fe.window),
        "FE_HOP": str(fe.hop),
        "FE_FFT": str(fe.fft),
        "FE_MELS": str(fe.mels),
        "FE_FRAMES": str(fe.frames),
        "FE_FIRST_BIN": str(mel_segments(fe).first_bin),
        **(_fixed_defines(fe, quant) if fe.arithmetic == "fixed" else _float_defines(fe, quant)),
        "FE_SILENCE": f"({silence})",
    }


def _float_defines(fe: FrontEnd, quant: Quantisation) -> dict[str, str]:
    step = feature_quantisation(fe, quant)
    return {
        "FE_FLOOR": _float_literal(np.float32(fe.floor) * np.float32(_EXCESS)),
        "FE_SCALE": _float_literal(step.scale * _DB_PER_OCTAVE),
        "FE_OFFSET": _float_literal(step.offset - step.scale * 10.0 * np.log10(fe.reference)),
    }


def _fixed_defines(fe: FrontEnd, quant: Quantisation) -> dict[str, str]:
    plan, step = scales(fe.window, fe.fft), affine(fe, quant)
    return {
        "FE_INPUT_SHIFT": str(plan.input_shift),
        "FE_SPECTRUM_SHIFT": str(plan.spectrum_shift),
        "FE_LEAST_NORM": f"({band_tables(fe).least})",
        "FE_FLOOR": f"({floor_log(fe)})",
        "FE_SLOPE": str(step.slope),
        "FE_OFFSET": f"({step.offset})",
        "FE_SHIFT": str(step.shift),
    }


def _array(name: str, ctype: str, values: np.ndarray) -> ConstArray:
    little = values.astype(values.dtype.newbyteorder("<"))
    return ConstArray(name, ctype, values.size, values.itemsize, little.tobytes(), PART)


def _float_literal(value: float) -> str:
    return f"({c_float(float(np.float32(value)))})"

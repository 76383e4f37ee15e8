"""The C form of a front end: its tables, its constants, and the exact RAM of its state."""

from functools import lru_cache

import numpy as np

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


def config_header(tables: FrontEndTables) -> str:
    """Return the text of frontend_config.h."""
    lines = "".join(f"#define {name} {value}\n" for name, value in tables.defines.items())
    return f"#ifndef FRONTEND_CONFIG_H\n#define FRONTEND_CONFIG_H\n\n{lines}\n#endif\n"


def tables_source(tables: FrontEndTables) -> str:
    """Return the text of frontend_tables.c."""
    return "#include <stdint.h>\n\n" + "\n".join(_definition(c) for c in tables.consts)


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


def _definition(const: ConstArray) -> str:
    kinds = {"float": "<f4", "uint16_t": "<u2"}
    values = np.frombuffer(const.data or b"", kinds[const.ctype])
    words = [_float_literal(v) if const.ctype == "float" else str(v) for v in values]
    rows = "".join("  " + ", ".join(words[i : i + 8]) + ",\n" for i in range(0, len(words), 8))
    return f"const {const.ctype} {const.name}[{const.count}] = {{\n{rows}}};\n"


def _float_literal(value: float) -> str:
    text = f"{np.float32(value):.9g}"
    return f"({text}f)" if any(c in text for c in ".e") else f"({text}.0f)"

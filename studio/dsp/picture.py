"""Pictures of features as PNG files, written with nothing but zlib."""

import struct
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np

from studio.core.errors import InputError

_MAGMA = np.array(
    [
        (0, 0, 4),
        (28, 16, 68),
        (79, 18, 123),
        (129, 37, 129),
        (181, 54, 122),
        (229, 80, 100),
        (251, 135, 97),
        (254, 194, 135),
        (252, 253, 191),
    ],
    np.float64,
)
_WAVE_COLOUR, _WAVE_GROUND = (129, 37, 129), (250, 250, 250)
_WAVE_ROWS = 96


def write_png(path: Path, features: np.ndarray, samples: np.ndarray | None = None, pixels: int = 8) -> None:
    """Write features (frames, mels[, 1]) as a picture: time to the right, low bands at the bottom, the waveform on top.

    Each value takes `pixels` by `pixels`. Raises InputError where the file cannot be written.
    """
    picture = features_picture(features, pixels)
    if samples is not None:
        picture = np.concatenate([waveform_picture(samples, picture.shape[1]), picture])
    try:
        Path(path).write_bytes(png_bytes(picture))
    except OSError as error:
        raise InputError(
            f"cannot write the picture: {error.strerror}", where=str(path), hint="name a file in a folder you may write to"
        ) from error


def features_picture(features: np.ndarray, pixels: int = 8) -> np.ndarray:
    """Return features as colours, uint8 (mels * pixels, frames * pixels, 3), from the lowest value to the highest."""
    image = np.asarray(features, np.float64).reshape(features.shape[0], features.shape[1]).T[::-1]
    low, high = image.min(), image.max()
    return np.kron(magma((image - low) / max(high - low, 1e-9)), np.ones((pixels, pixels, 1), np.uint8))


def magma(values: np.ndarray) -> np.ndarray:
    """Colour values from 0 to 1: black, violet, orange to pale yellow; uint8 (..., 3)."""
    places = np.linspace(0, 1, len(_MAGMA))
    channels = [np.interp(values, places, _MAGMA[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def waveform_picture(samples: np.ndarray, width: int, rows: int = _WAVE_ROWS) -> np.ndarray:
    """Return the sound's extremes in each column, uint8 (rows, width, 3), full scale from edge to edge."""
    edges = np.linspace(0, len(samples), width + 1).astype(int)
    parts = [samples[a : max(b, a + 1)] for a, b in pairwise(edges)]
    top = np.array([p.max(initial=-1.0) for p in parts])
    bottom = np.array([p.min(initial=1.0) for p in parts])
    height = 1 - 2 * (np.arange(rows) + 0.5)[:, None] / rows
    inside = (height <= top + 1 / rows) & (height >= bottom - 1 / rows)
    return np.where(inside[..., None], np.uint8(_WAVE_COLOUR), np.uint8(_WAVE_GROUND))


def png_bytes(picture: np.ndarray) -> bytes:
    """Return an RGB picture, uint8 (height, width, 3), in PNG format (ISO/IEC 15948)."""
    height, width, _ = picture.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, width * 3)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

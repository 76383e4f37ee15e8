"""Audio files as float samples at any rate: read, resample, cut or pad to a length."""

import hashlib
import math
import os
import struct
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import soundfile
import soxr

from studio.core.errors import InputError

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".w64", ".caf")
FULL_SCALE = 32768
MAX_SAMPLES = 2**29

_STREAMED = 0x7FFF0000


class Clip(msgspec.Struct, frozen=True, eq=False):
    """Mono samples, float32, full scale at 1, with their rate in Hz; `channels` is what the file had."""

    samples: np.ndarray
    rate: int
    channels: int = 1


def read_clip(path: Path) -> Clip:
    """Read a WAV, FLAC or OGG file of any rate and depth; channels are averaged.

    Raises InputError naming the file where it is missing, empty, no audio, cut short, or holds NaN or infinite samples.
    """
    _check_file(path)
    try:
        with soundfile.SoundFile(path) as file:
            _check_header(file, path)
            samples = file.read(dtype="float32", always_2d=True)
            rate, promised = file.samplerate, file.frames
    except soundfile.LibsndfileError as error:
        raise InputError(f"this is no audio file that can be read ({error.error_string})", where=str(path), hint=_SAVE_AS) from error
    if len(samples) == 0:
        raise InputError("it holds 0 samples", where=str(path), hint="record it again or leave it out")
    if len(samples) < promised:
        raise InputError(f"it is cut short: {len(samples)} of {promised} samples are there", where=str(path), hint=_COPY_AGAIN)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        bad = int(np.argmin(np.isfinite(mono)))
        raise InputError(f"sample {bad} is not a finite number", where=str(path), hint="export it again as 16 bit PCM")
    return Clip(np.ascontiguousarray(mono), rate, samples.shape[1])


_SAVE_AS = "save it as WAV or FLAC"
_COPY_AGAIN = "copy it again from where it came, or save it anew in an audio editor"


def _check_file(path: Path) -> None:
    """Raise InputError where there is no such file, it is empty, or a WAV's header promises more than is there."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise InputError("the file is empty", where=str(path), hint="record or copy it again")
            missing = _missing_wav_bytes(file, size)
    except FileNotFoundError as error:
        raise InputError("there is no such file", where=str(path), hint="check the path; was it moved or renamed?") from error
    except IsADirectoryError as error:
        raise InputError("this is a folder, not an audio file", where=str(path), hint="name a file in it") from error
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", where=str(path), hint="check its permissions") from error
    if missing:
        raise InputError(f"it is cut short: {missing} bytes of sound are missing", where=str(path), hint=_COPY_AGAIN)


def _missing_wav_bytes(file: BinaryIO, size: int) -> int:
    """Return how many bytes fewer a RIFF file has than its data chunk says; 0 for other files.

    libsndfile reads such a file without a word. Programs that write to a pipe leave the size at its greatest value.
    """
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    at = 12
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            return 0 if length >= _STREAMED else max(0, at + 8 + length - size)
        at += 8 + length + (length & 1)
    return 0


def _check_header(file: soundfile.SoundFile, path: Path) -> None:
    if file.samplerate < 1000 or file.samplerate > 768_000:
        raise InputError(f"its rate is {file.samplerate} Hz", where=str(path), hint="1 to 768 kHz can be read")
    if file.frames * file.channels > MAX_SAMPLES:
        hours = file.frames / file.samplerate / 3600
        raise InputError(f"it lasts {hours:.1f} hours", where=str(path), hint="cut it into pieces of at most an hour")


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Change the rate, band-limited (soxr, HQ); the same input always gives the same output."""
    if rate == new_rate:
        return samples
    return soxr.resample(samples, rate, new_rate, quality="HQ")


def fit(samples: np.ndarray, count: int) -> np.ndarray:
    """Cut or pad to `count` samples, as a short word wants it.

    A longer clip is cut to its loudest part (of equally loud cuts, the one with the sound nearest its middle). A shorter one is put in the middle of silence, where a shift in training moves it without cutting it.
    """
    extra = len(samples) - count
    if extra == 0:
        return samples
    if extra < 0:
        before = -extra // 2
        return np.pad(samples, (before, -extra - before))
    start = loudest_start(samples, count)
    return samples[start : start + count]


def loudest_start(samples: np.ndarray, count: int) -> int:
    """Return where the loudest `count` samples start; of equally loud parts, the one with the sound nearest its middle."""
    energy = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    loudness = energy[count:] - energy[:-count]
    best = np.flatnonzero(loudness >= 0.999 * loudness.max())
    return int(best[np.argmin(np.abs(best + count / 2 - _centre(samples, best[0], count)))])


def _centre(samples: np.ndarray, start: int, count: int) -> float:
    """Return where the energy of a part has its centre, as an index into the whole."""
    power = np.square(samples[start : start + count], dtype=np.float64)
    total = power.sum()
    return start + (float(power @ np.arange(count)) / total if total > 0 else count / 2)


def to_pcm(samples: np.ndarray) -> np.ndarray:
    """Return the int16 samples that a kit would get: x * 32768, rounded to nearest (halves to even), clipped.

    16 bit files read by `read_clip` come back bit for bit.
    """
    return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def from_pcm(pcm: np.ndarray) -> np.ndarray:
    """Return int16 samples as float32 in [-1, 1): exactly pcm / 32768."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def next_power_of_two(count: int) -> int:
    """Return the least power of two that is not below the count."""
    return 1 << math.ceil(math.log2(max(1, count)))

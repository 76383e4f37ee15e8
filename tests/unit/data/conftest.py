"""Small recordings to read and import."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OTOLITH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def tone() -> Callable[..., np.ndarray]:
    """Make a tone of some seconds."""

    def make(seconds: float = 0.3, rate: int = 8000, hz: float = 440.0, peak: float = 0.5) -> np.ndarray:
        return (peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)

    return make


@pytest.fixture
def write(tmp_path, tone) -> Callable[..., Path]:
    """Write a WAV (or FLAC, OGG by its suffix) below tmp_path; each has its own pitch, so no two are the same."""
    count = 0

    def make(name: str, samples: np.ndarray | None = None, rate: int = 8000, **options: str) -> Path:
        nonlocal count
        count += 1
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(hz=200.0 + count) if samples is None else samples, rate, **options)
        return path

    return make

"""A small project of tones, made of real WAV files: it trains in seconds."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from studio.blocks.templates import chain
from studio.core.project import Augmentation, Recipe
from studio.storage.new import create_from_folder

RATE = 8000
TONES = {"low": 300.0, "middle": 900.0, "high": 2500.0}


@pytest.fixture(scope="session")
def tones(tmp_path_factory) -> Path:
    """Recordings of three tones in noise, 20 each."""
    folder = tmp_path_factory.mktemp("tones")
    rng = np.random.default_rng(0)
    time = np.arange(RATE // 4) / RATE
    for label, hertz in TONES.items():
        (folder / label).mkdir()
        for i in range(20):
            tone = 0.3 * np.sin(2 * np.pi * hertz * rng.uniform(0.9, 1.1) * time + rng.uniform(0, 6))
            soundfile.write(folder / label / f"{i}.wav", tone + rng.normal(0, 0.05, len(time)), RATE)
    return folder


@pytest.fixture
def project(tones, tmp_path, monkeypatch):
    """A project of the tones with a very small graph; clips are decoded into a cache of the test's own."""
    monkeypatch.setenv("OTOLITH_CACHE", str(tmp_path / "cache"))
    folder, _ = create_from_folder(tmp_path / "tones", tones, seed=3)
    graph = chain(
        (
            ("conv2d", {"filters": 6, "stride": (2, 2), "use_bias": False}),
            ("batch_norm", {}),
            ("relu", {}),
            ("max_pool", {"kernel": (4, 2), "stride": (4, 2)}),
            ("flatten", {}),
            ("dense", {"units": 3}),
            ("softmax", {}),
        )
    )
    recipe = Recipe(epochs=8, batch=8, learning_rate=0.02, augmentation=Augmentation(shift_ms=20.0))
    folder.save(msgspec.structs.replace(folder.project, graph=graph, recipe=recipe))
    return folder

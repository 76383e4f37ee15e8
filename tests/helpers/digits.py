"""Train the Free Spoken Digit Dataset as it comes, in a child process as the command line does."""

from pathlib import Path
from typing import Any

from studio.jobs.events import JobSpec
from studio.jobs.parent import run
from studio.storage.new import create_from_folder

PATTERN = "{label}_{speaker}_{index}.wav"


def train_digits(recordings: Path, folder: Path, split: str) -> dict[str, Any]:
    """Make a project in `folder` from the recordings where they lie, train it, and return the job's result."""
    create_from_folder(folder, recordings, name="digits", pattern=PATTERN, split=split, reference=True)
    return run(JobSpec("studio.ml.train:run", {"project": str(folder)}), timeout=1200)

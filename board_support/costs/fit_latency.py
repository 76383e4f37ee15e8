"""Fit the latency bands to the published times: python board_support/costs/fit_latency.py writes latency_fit.toml beside it."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from studio.boards import shipped_boards  # noqa: E402
from studio.estimate.calibrate import fit_document  # noqa: E402
from studio.estimate.latency import FIT_FILE  # noqa: E402


def main() -> None:
    """Write the fit."""
    (FOLDER / FIT_FILE).write_text(fit_document(shipped_boards()), encoding="utf-8")


if __name__ == "__main__":
    main()

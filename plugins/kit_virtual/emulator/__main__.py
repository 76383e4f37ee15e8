"""Run one job, given as a JSON file: prints {"fraction": ...} lines while it runs, then {"result": {...}}."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from console import Console
from machine import Machine


def say(event: dict[str, Any]) -> None:
    """Print an event as one line."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def progress() -> Any:
    """Return a function that says how far the input is read, at most five times a second."""
    last = [time.monotonic()]

    def report(fraction: float) -> None:
        if time.monotonic() - last[0] > 0.2:
            last[0] = time.monotonic()
            say({"fraction": round(fraction, 4)})

    return report


def main(path: str) -> None:
    """Run the job in the file."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    with Path(job["output"]).open("wb", buffering=0) as output:
        console = Console(Path(job["input"]).read_bytes(), output, progress())
        machine = Machine(job, console)
        machine.run()
    say({"result": machine.result()})


main(sys.argv[1])

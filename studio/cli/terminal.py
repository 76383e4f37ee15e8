"""How results reach a terminal: tables, progress with the time left, JSON."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from studio.jobs import Event


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)


def table(rows: Sequence[Sequence[object]], header: Sequence[str] = (), numeric: Sequence[int] = ()) -> str:
    """Align columns; those numbered in `numeric` to the right."""
    cells = [[str(c) for c in row] for row in ([list(header)] if header else []) + [list(r) for r in rows]]
    if not cells:
        return ""
    widths = [max(_width(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(_pad(c, w, i in numeric) for i, (c, w) in enumerate(zip(row, widths, strict=True))).rstrip() for row in cells]
    if header:
        lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def _width(text: str) -> int:
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


class Progress:
    """A bar on standard error where that is a terminal; elsewhere one line a step, or nothing when quiet."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.live = self.stream.isatty() and not quiet
        self.message = ""
        self.drawn = 0.0

    def __call__(self, event: "Event") -> None:
        """Show one event of a job."""
        from studio import jobs

        if isinstance(event, jobs.Progress):
            self.show(event.fraction, event.message, event.seconds_left)
        elif isinstance(event, jobs.Log) and not self.quiet:
            self.line(event.text)

    def show(self, fraction: float, message: str, seconds_left: float | None = None) -> None:
        """Draw the bar, at most ten times a second."""
        if self.live:
            now = time.monotonic()
            if fraction >= 1 or message != self.message or now - self.drawn > 0.1:
                self.drawn, self.message = now, message
                filled = round(24 * min(1.0, max(0.0, fraction)))
                left = f" · {format_seconds(seconds_left)} left" if seconds_left is not None else ""
                self.stream.write(f"\r\x1b[K{'█' * filled}{'░' * (24 - filled)} {fraction:4.0%} {message}{left}")
                self.stream.flush()
        elif not self.quiet and message.split(":")[0] != self.message.split(":")[0]:
            self.message = message
            self.stream.write(f"{message}\n")
            self.stream.flush()

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self.stream.write(f"{text}\n")

    def clear(self) -> None:
        """Take the bar away."""
        if self.live:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def format_seconds(seconds: float) -> str:
    """Write a duration as people read it: "8 s", "2 min 10 s"."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def run_job(entry: str, args: Mapping[str, Any], quiet: bool) -> dict[str, Any]:
    """Run a job in its own process, with its progress shown; return its result."""
    from studio import jobs

    progress = Progress(quiet)
    name = entry.split(":")[0].rsplit(".", 1)[-1]
    try:
        return jobs.run(jobs.JobSpec(entry, dict(args), name), progress)
    finally:
        progress.clear()

"""Run the command line as a user would."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Read standard output as one JSON document."""
        return json.loads(self.out)


def otolith(*args: object, cwd: Path | None = None, timeout: float = 280) -> Outcome:
    """Run `otolith` in a process of its own."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); from studio.__main__ import main; sys.exit(main())"]
    done = subprocess.run([*command, *map(str, args)], capture_output=True, text=True, encoding="utf-8", cwd=cwd, timeout=timeout)
    return Outcome(done.returncode, done.stdout, done.stderr)

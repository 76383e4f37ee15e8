"""Build the counting hooks for this computer, once; without a compiler the emulator counts in Python, some ten times slower."""

import hashlib
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from studio.api import cache

_SOURCE = Path(__file__).parent / "emulator" / "watching.c"
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


def library() -> Path | None:
    """Return the hooks' shared library, building it where it is not there yet; None where it cannot be built."""
    digest = hashlib.sha256(_SOURCE.read_bytes() + sys.version.encode()).hexdigest()[:16]
    path = cache() / "kits" / f"watching-{digest}{_SUFFIX}"
    return path if path.is_file() or _build(path) else None


def _build(path: Path) -> bool:
    if find_spec("ziglang") is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        # Windows needs the library's entry point from zig's C library; the others need nothing.
        bare = [] if sys.platform == "win32" else ["-nostdlib"]
        command = [sys.executable, "-m", "ziglang", "cc", "-shared", "-O2", "-fno-sanitize=all", *bare, "-o", str(made), str(_SOURCE)]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True)
        except (OSError, subprocess.SubprocessError):
            return False
        made.replace(path)
    return True

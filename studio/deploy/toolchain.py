"""Compilers: what they are called, how they are started, and how they are stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from studio.core.errors import Cancelled, InputError, StudioError, ToolMissing
from studio.core.places import cache
from studio.core.protocols import JobContext
from studio.core.target import Core

TOOLCHAINS = ("zig", "gcc")

_COMMON = (
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-ffreestanding",
    "-fomit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
)
_LINK = ("-nostdlib", "-g", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-e,Reset_Handler")


class Toolchain(msgspec.Struct, frozen=True):
    """A compiler for one core: `command` starts it, `version` is its name and version as people read it."""

    id: str
    version: str
    command: tuple[str, ...]
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    libraries: tuple[str, ...]
    environment: Mapping[str, str]


def find_toolchain(name: str, core: Core) -> Toolchain:
    """Find a compiler; raise ToolMissing with what to install, InputError where the name is unknown."""
    if name not in TOOLCHAINS:
        raise InputError(f"there is no tool chain {name!r}", where="toolchain", hint="known: " + ", ".join(TOOLCHAINS))
    if not core.zig_target:
        hint = "export the C sources and build them with the vendor's own tools"
        raise ToolMissing(f"the studio does not compile for {core.name}", where=core.id, hint=hint)
    return _zig(core) if name == "zig" else _gcc(core)


def _zig(core: Core) -> Toolchain:
    spec = find_spec("ziglang")
    binary = Path(spec.origin).parent / ("zig.exe" if sys.platform == "win32" else "zig") if spec and spec.origin else None
    if binary is None or not binary.is_file():
        raise ToolMissing("the compiler zig is not installed", where="zig", hint="run: python -m pip install ziglang")
    # Its folders hold the compiler's own run-time library, built once for each core.
    environment = {"ZIG_GLOBAL_CACHE_DIR": str(cache() / "zig"), "ZIG_LOCAL_CACHE_DIR": str(cache() / "zig")}
    machine = ("-target", core.zig_target, f"-mcpu={core.zig_cpu}")
    version = "zig " + _first_line((str(binary), "version"))
    return Toolchain(
        "zig", version, (str(binary), "cc"), (*machine, *_COMMON, "-fno-sanitize=all"), (*machine, *_LINK), ("-lcompiler_rt",), environment
    )


def _gcc(core: Core) -> Toolchain:
    binary = shutil.which("arm-none-eabi-gcc")
    if binary is None:
        hint = "on Debian: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi; or build with zig"
        raise ToolMissing("arm-none-eabi-gcc is not on the PATH", where="gcc", hint=hint)
    version = "arm-none-eabi-gcc " + _first_line((binary, "-dumpfullversion"))
    libraries = ("-Wl,--start-group", "-lc", "-lgcc", "-Wl,--end-group")
    return Toolchain("gcc", version, (binary,), (*core.gcc_flags, *_COMMON), (*core.gcc_flags, *_LINK), libraries, {})


def _first_line(command: Sequence[str]) -> str:
    code, said = run(command, Path.cwd(), {}, 60)
    if code:
        raise ToolMissing(f"{command[0]} does not start", where=command[0], hint=said.strip()[:200])
    return said.strip().splitlines()[0]


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout_s: float, context: JobContext | None = None
) -> tuple[int, str]:
    """Run a command to its end and return its exit code and all that it printed.

    Its whole family of processes is killed where the user cancels (Cancelled) or the time is up (StudioError).
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as e:
        raise ToolMissing(f"cannot be started: {e.strerror}", where=command[0], hint="install it again") from e
    try:
        said = _listen(process, time.monotonic() + timeout_s, context)
    except BaseException:
        kill(process)
        raise
    if said is None:
        kill(process)
        raise StudioError(f"did not end within {timeout_s:g} s", where=Path(command[0]).name, hint="try again; is the machine overloaded?")
    return process.returncode, said.decode(errors="replace")


def _listen(process: "subprocess.Popen[bytes]", deadline: float, context: JobContext | None) -> bytes | None:
    while time.monotonic() < deadline:
        try:
            return process.communicate(timeout=0.1)[0]
        except subprocess.TimeoutExpired:
            if context is not None and context.cancelled:
                raise Cancelled("the build was stopped") from None
    return None


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and those that it started, and wait for it."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

"""Program and run a virtual kit. The emulator runs in a process of its own: neither its crash nor its licence reaches the studio."""

import json
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from studio.api import CallCount, Cancelled, CheckFailed, Image, InputError, JobContext, KitRun, Probe, TargetDevice, flash_bank, locate

from . import watcher

ID = "kit_virtual"
_EMULATOR = Path(__file__).parent / "emulator"
_MARK = re.compile(r"mark_(\w+)_begin")
_GRACE_S = 20.0


class VirtualKit:
    """The flasher of all virtual kits."""

    id = ID
    title = "Virtual kit (unicorn)"

    def supports(self, target: TargetDevice) -> bool:
        """Whether the target is emulated: the record names this flasher and the core is known."""
        return bool(target.core.unicorn_cpu) and any(m.flasher == ID for m in target.flash_methods)

    def find(self) -> tuple[Probe, ...]:
        """A virtual kit is always plugged in."""
        return (Probe("virtual", "virtual kit"),)

    def program(self, image: Image, target: TargetDevice, probe: str, context: JobContext) -> None:
        """Write the image into the kit's flash file and read it back."""
        _check_probe(probe)
        context.progress(0.0, f"programming {target.name}")
        flash_bank.write(image, target)
        context.progress(1.0, f"programmed {target.name}")

    def run(
        self, image: Image, target: TargetDevice, probe: str, input: bytes, timeout_s: float, context: JobContext, counted_passes: int = 1
    ) -> KitRun:
        """Run what stands in flash. `cycles` are an estimate from the core's documented timings, at zero wait states."""
        _check_probe(probe)
        if not target.core.unicorn_cpu:
            raise InputError(f"{target.core.name} is not emulated", where=target.id, hint="choose a virtual kit from `otolith boards`")
        bank = flash_bank.programmed(image, target)
        with tempfile.TemporaryDirectory(prefix="otolith-kit-") as folder:
            console = Path(folder)
            (console / "input").write_bytes(input)
            job = _job(image, target, bank, console, timeout_s, counted_passes)
            (console / "job.json").write_text(json.dumps(job), encoding="utf-8")
            started = time.monotonic()
            result = _emulate(console / "job.json", timeout_s, context)
            seconds = time.monotonic() - started
            said = console / "output"
            return _answer(result, said.read_bytes() if said.exists() else b"", image, seconds)


def _check_probe(probe: str) -> None:
    if probe not in ("", "virtual"):
        raise InputError(f"there is no probe {probe!r} on a virtual kit", where="probe", hint="leave it out")


def _job(image: Image, target: TargetDevice, bank: Path, console: Path, timeout_s: float, counted_passes: int) -> dict[str, Any]:
    return {
        "core": target.core.id,
        "cpu": target.core.unicorn_cpu,
        "flash": [target.flash.origin, target.flash.size],
        "ram": [target.ram.origin, target.ram.size],
        "vectors": target.flash.origin + target.flash.reserved,
        "bank": str(bank),
        "input": str(console / "input"),
        "output": str(console / "output"),
        "stack": [image.stack_limit, image.stack_top],
        "regions": _regions(image.symbols),
        "caller": _extent(image.symbols, "model_run"),
        "counted_passes": counted_passes,
        "watcher": _text(watcher.library()),
        "timeout_s": timeout_s,
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _regions(symbols: Mapping[str, int]) -> dict[str, list[int]]:
    found = {}
    for name, address in symbols.items():
        match = _MARK.fullmatch(name)
        if match and f"mark_{match[1]}_end" in symbols:
            found[match[1]] = [address, symbols[f"mark_{match[1]}_end"]]
    return found


def _extent(symbols: Mapping[str, int], name: str) -> list[int]:
    """Return where a function begins and where the next symbol does; zeros where there is none of the name."""
    start = symbols.get(name)
    following = [address for address in symbols.values() if start is not None and address > start]
    return [start, min(following)] if start is not None and following else [0, 0]


def _calls(passes: Sequence[Sequence[Sequence[int | None]]]) -> tuple[CallCount, ...]:
    """Return the mean of some passes; () where they differ in the calls that they made."""
    if len({len(calls) for calls in passes}) != 1:
        return ()
    return tuple(CallCount(*(_mean(figures) for figures in zip(*call, strict=True))) for call in zip(*passes, strict=True))


def _mean(values: Sequence[int | None]) -> int | None:
    known = [v for v in values if v is not None]
    return round(sum(known) / len(known)) if known else None


def _emulate(job: Path, timeout_s: float, context: JobContext) -> dict[str, Any]:
    """Run the emulator on a job and return its result; it keeps the time itself, and is killed where it does not."""
    command = [sys.executable, str(_EMULATOR), str(job)]
    with (job.parent / "errors").open("w+b") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=_read_lines, args=(process.stdout, lines.put), daemon=True)
        reader.start()
        try:
            result = _listen(lines, time.monotonic() + timeout_s + _GRACE_S, context)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join()
            process.stdout.close()
        if result is None:
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().splitlines()[-1:]
            raise CheckFailed(
                f"the emulator broke down (exit code {process.returncode}){': ' + last[0] if last else ''}",
                where=ID,
                hint="run it again; if it stays, report it with the program",
            )
        return result


def _read_lines(stream: IO[bytes], put: Callable[[str], None]) -> None:
    for line in stream:
        put(line.decode(errors="replace"))
    put("")


def _listen(lines: "queue.Queue[str]", deadline: float, context: JobContext) -> dict[str, Any] | None:
    while time.monotonic() < deadline:
        if context.cancelled:
            raise Cancelled("the kit was stopped")
        try:
            line = lines.get(timeout=0.1)
        except queue.Empty:
            continue
        if not line:
            return None
        event = json.loads(line)
        if "result" in event:
            result: dict[str, Any] = event["result"]
            return result
        context.progress(event["fraction"], "running on the virtual kit")
    return None


def _answer(result: dict[str, Any], output: bytes, image: Image, seconds: float) -> KitRun:
    fault = result["fault"]
    room = image.stack_top - image.stack_limit
    if result["stack"] >= room:
        fault = f"stack overflow: it needs more than its {room} bytes" + (f" ({fault})" if fault else "")
    if fault:
        fault += "; at " + _place(image.symbols, result["pc"], result["lr"] & ~1)
    return KitRun(
        output=output,
        exit_code=result["exit_code"],
        regions=result["instructions"],
        cycles=result["cycles"],
        calls=_calls(result["calls"].get("run", ())),
        stack_bytes=result["stack"],
        seconds=seconds,
        fault=fault,
    )


def _place(symbols: Mapping[str, int], pc: int, lr: int) -> str:
    place = locate(symbols, pc)
    return f"{place}, called from {locate(symbols, lr)}" if place.startswith("0x") else place


FLASHER = VirtualKit()

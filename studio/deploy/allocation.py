"""TensorFlow Lite Micro's own allocator, from the tflite-micro wheel, asked what it plans.

What that verifies: the planned part of the arena (the head) by the greedy planner with the scratch of the reference kernels, equal on
any machine. Not the rest: the wheel's structures are those of a 64-bit host, and it has no CMSIS-NN.
"""

import os
import re
import sys
import tempfile
from importlib.metadata import version

from studio.core.errors import StudioError
from studio.core.network import Network
from studio.core.refinement import Check
from studio.deploy import oracle
from studio.estimate.tflm import arena, offline_plan
from studio.estimate.tflm.support import check_supported
from studio.lower.tflite import write_tflite

HEAD, FOLLOWED = "arena head", "arena head, plan in the file"
_HEAD_LINE = re.compile(r"Arena allocation head (\d+) bytes")


def tool() -> str:
    """Return what allocates, as people read it."""
    return f"tflite-micro {version('tflite_micro')}"


def allocation_checks(planned: Network, network: Network, tflite: bytes | None = None) -> tuple[Check, ...]:
    """Hold the plan of one network's arena against what TFLM allocates for another of the same design, which has weights.

    `tflite` is the file that the latter was read from, where there is one. Raises ToolMissing without the wheel, UnsupportedOperator where
    TFLM has no such operator, InputError where it refuses the file.
    """
    oracle.require()
    check_supported(planned)
    checks = [Check(HEAD, arena(planned, "reference").head, _head(network, write_tflite(network) if tflite is None else tflite))]
    plan = offline_plan(network, "reference") if tflite is None else None
    if plan is not None:
        checks.append(Check(FOLLOWED, plan.arena.head, _head(network, write_tflite(network, plan.offsets))))
    return tuple(checks)


def _head(network: Network, tflite: bytes) -> int:
    try:
        kit = oracle.interpreter(network, tflite)
    except RuntimeError as error:
        raise oracle.refused(network) from error
    said = _said(kit.print_allocations)
    match = _HEAD_LINE.search(said)
    if match is None:
        raise StudioError("the allocator did not say what it planned", where=tool(), hint=said.strip()[:200])
    return int(match[1])


def _said(speak) -> str:
    """Call what prints from C on stderr; return that instead."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        try:
            os.dup2(file.fileno(), 2)
            speak()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        file.seek(0)
        return file.read().decode(errors="replace")

"""Runtime `c`: a Network becomes a Program of kernel calls, and the C sources that it needs."""

from studio.lower.engine.build import RUNTIMES, Memory, kernel_parts, program, runtime_files, variant_for
from studio.lower.engine.sketch import Sketch, sketch

__all__ = ["RUNTIMES", "Memory", "Sketch", "kernel_parts", "program", "runtime_files", "sketch", "variant_for"]

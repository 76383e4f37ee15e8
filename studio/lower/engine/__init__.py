"""Runtime `c`: a Network becomes a Program of kernel calls, and the C sources that it needs."""

from studio.lower.engine.build import kernel_parts, program, runtime_files, variant_for

__all__ = ["kernel_parts", "program", "runtime_files", "variant_for"]

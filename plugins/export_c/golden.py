"""The self-test: golden vectors, the programs that run them here and on the kit."""

import zlib
from collections.abc import Iterator

from studio.api import ExportJob, c_header, c_rows, linker_script

from .templates import text

_KIT_SOURCES = ("semihosting.c", "semihosting.h", "startup.c")


def golden_files(job: ExportJob) -> Iterator[tuple[str, str]]:
    """Yield the files of the self-test by their names."""
    yield "selftest/golden.h", golden_header(job)
    yield "selftest/golden.c", golden_source(job)
    yield "selftest/selftest.h", text("selftest.h")
    yield "selftest/selftest.c", text("selftest.c")
    yield "selftest/main.c", text("selftest_main.c")
    yield "kit/main.c", text("kit_main.c")
    for name in _KIT_SOURCES:
        yield f"kit/{name}", (job.runtime.folder / "app" / name).read_text(encoding="utf-8")
    yield "kit/kit.ld", linker_script(job.target)


def golden_crc(job: ExportJob) -> int:
    """Return the CRC-32 of all golden outputs, one after another."""
    return zlib.crc32(b"".join(g.outputs for g in job.golden))


def golden_header(job: ExportJob) -> str:
    """Write golden.h."""
    intro = c_header(["Inputs, and the outputs that TensorFlow Lite for Microcontrollers gives for them."])
    return f"""{intro}#ifndef GOLDEN_H
#define GOLDEN_H

#include "model.h"

#define GOLDEN_COUNT {len(job.golden)}
#define GOLDEN_CRC 0x{golden_crc(job):08x}u /* CRC-32 of all outputs, one after another */

extern const int8_t golden_inputs[GOLDEN_COUNT][MODEL_INPUT_BYTES];
extern const int8_t golden_outputs[GOLDEN_COUNT][MODEL_OUTPUT_BYTES];

#endif
"""


def golden_source(job: ExportJob) -> str:
    """Write golden.c."""
    inputs = "".join(_vector(g.inputs) for g in job.golden)
    outputs = "".join(_vector(g.outputs) for g in job.golden)
    return f"""#include "golden.h"

const int8_t golden_inputs[GOLDEN_COUNT][MODEL_INPUT_BYTES] = {{
{inputs}}};

const int8_t golden_outputs[GOLDEN_COUNT][MODEL_OUTPUT_BYTES] = {{
{outputs}}};
"""


def _vector(data: bytes) -> str:
    words = [str(b - 256 if b > 127 else b) for b in data]
    return f"  {{\n{c_rows(words, '    ')}  }},\n"

"""The exporter `export_tflm`: all that a TensorFlow Lite Micro application needs of a design."""

import shutil
from pathlib import Path

from studio.api import (
    Exporter,
    ExportJob,
    InputError,
    JobContext,
    c_identifier,
    c_rows,
    c_string,
    frontend_config,
    frontend_source,
)

from .readme import readme
from .resolver import header

ARENA_COUNTS = """\
// The smallest arena, planned for a 32-bit core, with which AllocateTensors() and Invoke() succeed with the CMSIS-NN
// kernels: activations, kernels' scratch buffers, and the interpreter's records of tensors and operators. Stack, model
// and the interpreter object itself lie elsewhere. The reference kernels need no more.
"""
PLANNED = """\
// The model carries a plan of the arena (metadata OfflineMemoryAllocation), which TFLM follows; its own would need {} bytes.
"""


class TflmExporter:
    """Writes model.tflite, its C array, the resolver, settings, golden vectors and the front end."""

    id = "export_tflm"
    title = "TensorFlow Lite Micro"

    def export(self, job: ExportJob, out: Path, context: JobContext) -> tuple[Path, ...]:
        """Write the files into `out`; raise UnsupportedOperator for an operator that TFLM lacks."""
        _check(job)
        texts = _texts(job)
        context.progress(0.2, "writing the model")
        (out / "model.tflite").write_bytes(job.tflite)
        for name, text in texts.items():
            _write(out / name, text)
        context.progress(0.8, "writing the front end")
        return (out / "model.tflite", *(out / name for name in texts), *_frontend(job, out))


def _check(job: ExportJob) -> None:
    outputs = job.network.output.elements
    if job.labels and outputs != len(job.labels):
        raise InputError(
            f"the network has {outputs} outputs for {len(job.labels)} labels", where=job.name, hint="give the last layer one unit a label"
        )


def _texts(job: ExportJob) -> dict[str, str]:
    name = c_identifier(job.name)
    return {
        f"{name}_model_data.h": _model_header(name, len(job.tflite)),
        f"{name}_model_data.cc": _model_source(name, job.tflite),
        "gen_micro_mutable_op_resolver.h": header(job.network),
        "model_settings.h": _settings_header(job),
        "model_settings.cc": _settings_source(job),
        "golden_vectors.h": _golden_header(job),
        "golden_vectors.cc": _golden_source(job),
        "README.md": readme(job, name),
    }


def _model_header(name: str, size: int) -> str:
    return f"""\
#pragma once

constexpr unsigned int g_{name}_model_data_size = {size};
extern const unsigned char g_{name}_model_data[];
"""


def _model_source(name: str, data: bytes) -> str:
    return f"""\
#include <cstdint>

#include "{name}_model_data.h"

alignas(16) const unsigned char g_{name}_model_data[] = {{
{byte_rows(data)}}};
"""


def _settings_header(job: ExportJob) -> str:
    return f"""\
#pragma once

{_arena(job)}
constexpr int kInputBytes = {sum(job.network.tensors[i].nbytes for i in job.network.inputs)};
constexpr int kOutputBytes = {sum(job.network.tensors[i].nbytes for i in job.network.outputs)};

// In the order of the network's outputs.
constexpr int kLabelCount = {len(job.labels)};
extern const char *const kLabels[];
"""


def _arena(job: ExportJob) -> str:
    if job.arena_required <= 0:
        return "// The arena's size is not known for these operators: measure it with tflite::RecordingMicroInterpreter.\n"
    planned = PLANNED.format(job.arena_unplanned) if job.arena_unplanned else ""
    return f"{ARENA_COUNTS}{planned}constexpr int kTensorArenaSize = {job.arena_required};\n"


def _settings_source(job: ExportJob) -> str:
    lines = "".join(f"  {c_string(label)},\n" for label in job.labels) or "  nullptr,\n"
    return f"""\
#include "model_settings.h"

const char *const kLabels[] = {{
{lines}}};
"""


def _golden_header(job: ExportJob) -> str:
    return f"""\
#pragma once

#include "model_settings.h"

// Inputs, and the outputs that TFLM's own kernels give for them. Link golden_vectors.cc into a test only.
constexpr int kGoldenCount = {len(job.golden)};
extern const unsigned char kGoldenInputs[][kInputBytes];
extern const unsigned char kGoldenOutputs[][kOutputBytes];
"""


def _golden_source(job: ExportJob) -> str:
    inputs = "".join(f"  {{\n{byte_rows(g.inputs, '    ')}  }},\n" for g in job.golden) or "  {0},\n"
    outputs = "".join(f"  {{\n{byte_rows(g.outputs, '    ')}  }},\n" for g in job.golden) or "  {0},\n"
    return f"""\
#include "golden_vectors.h"

const unsigned char kGoldenInputs[][kInputBytes] = {{
{inputs}}};

const unsigned char kGoldenOutputs[][kOutputBytes] = {{
{outputs}}};
"""


def _frontend(job: ExportJob, out: Path) -> tuple[Path, ...]:
    tables = job.frontend_tables
    if tables is None:
        return ()
    folder = out / "frontend"
    folder.mkdir()
    files = [Path(shutil.copyfile(job.runtime.folder / source, folder / Path(source).name)) for source in tables.sources]
    _write(folder / "frontend_config.h", frontend_config(tables))
    _write(folder / "frontend_tables.c", frontend_source(tables))
    return (*files, folder / "frontend_config.h", folder / "frontend_tables.c")


def byte_rows(data: bytes, indent: str = "  ") -> str:
    """Write bytes as C."""
    return c_rows([f"0x{b:02x}" for b in data], indent)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


EXPORTER: Exporter = TflmExporter()

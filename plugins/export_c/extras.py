"""What goes with the model: labels, front end, golden vectors with their self-test, Makefile, README."""

from studio.api import ExportJob, Program, Tensor, c_header, c_rows, c_string, format_size


def labels_header(job: ExportJob) -> str:
    """Write labels.h."""
    return f"""{c_header(["The labels, in the order of the model's outputs."])}#ifndef LABELS_H
#define LABELS_H

#define MODEL_LABEL_COUNT {len(job.labels)}

/* UTF-8. */
extern const char *const model_labels[];

#endif
"""


def labels_source(job: ExportJob) -> str:
    """Write labels.c."""
    words = "".join(f"  {c_string(label)},\n" for label in job.labels) or "  0,\n"
    return f'#include "labels.h"\n\nconst char *const model_labels[] = {{\n{words}}};\n'


def golden_header(job: ExportJob) -> str:
    """Write golden.h."""
    intro = c_header(["Inputs, and the outputs that TensorFlow Lite for Microcontrollers gives for them."])
    return f"""{intro}#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdint.h>

#include "model.h"

#define GOLDEN_COUNT {len(job.golden)}

extern const int8_t golden_inputs[GOLDEN_COUNT][MODEL_INPUT_BYTES];
extern const int8_t golden_outputs[GOLDEN_COUNT][MODEL_OUTPUT_BYTES];

/* Run the model on all golden inputs, from its initial state, and return how many outputs differ: 0 means that it computes as it
 * should. */
int model_selftest(void);

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


SELFTEST = """/* Runs the model on the golden vectors; prints nothing. With -DMODEL_SELFTEST_MAIN it is a program that returns 0 if all is well. */
#include "golden.h"

int model_selftest(void) {
  int wrong = 0;
  model_init();
  for (int i = 0; i < GOLDEN_COUNT; i++) {
    int8_t *in = model_input();
    for (int j = 0; j < MODEL_INPUT_BYTES; j++) {
      in[j] = golden_inputs[i][j];
    }
    model_run();
    const int8_t *out = model_output();
    int equal = 1;
    for (int j = 0; j < MODEL_OUTPUT_BYTES; j++) {
      equal &= out[j] == golden_outputs[i][j];
    }
    wrong += !equal;
  }
  return wrong;
}

#ifdef MODEL_SELFTEST_MAIN
int main(void) { return model_selftest() != 0; }
#endif
"""


def makefile(job: ExportJob) -> str:
    """Write a Makefile that builds the model for the host and runs its self-test."""
    folders = "kernels frontend" if job.frontend_tables else "kernels"
    return f"""# Builds the model for this computer and runs its self-test. For a kit, add all .c files to your own build.
CC ?= cc
CFLAGS ?= -O2
CFLAGS += -std=c11 -Wall -Wextra -ffreestanding
CPPFLAGS += -I. {" ".join(f"-I{f}" for f in folders.split())}
SOURCES := $(wildcard *.c {" ".join(f"{f}/*.c" for f in folders.split())})

test: selftest
\t./selftest && echo "all golden outputs equal"

selftest: $(SOURCES) $(wildcard *.h */*.h)
\t$(CC) $(CFLAGS) $(CPPFLAGS) -DMODEL_SELFTEST_MAIN -o $@ $(SOURCES)

clean:
\trm -f selftest

.PHONY: test clean
"""


def readme(job: ExportJob, program: Program) -> str:
    """Write README.md."""
    labels = "\n".join(f"{i}. `{c_string(label)[1:-1]}`" for i, label in enumerate(job.labels)) or "none: the model came without labels"
    state = "" if job.trained else "\n**The weights are random: the design has not been trained.**\n"
    return f"""# {job.name} in C

A neural network for {job.target.name} as plain C11, made by Otolith Studio. Nothing but `stdint.h` is included, nothing is
allocated, and nothing outside this folder is needed. Model {program.network.digest()}.
{state}
| | |
|---|---|
| constants (flash) | {format_size(program.const_bytes)} |
| arena (RAM) | {format_size(program.arena_bytes)} |{_frontend_row(job)}
| kernels | {", ".join(program.kernels)} |

## Labels, in the order of the outputs

{labels}

## How to call it

```c
{_usage(job)}```

{_golden_words(job)}Compile with `-O2 -fomit-frame-pointer -ffunction-sections -fdata-sections` and link with `-Wl,--gc-sections`.
The compiler may insert calls of memcpy and memset.
"""


def _golden_words(job: ExportJob) -> str:
    if not job.golden:
        return ""
    return f"""`golden.c` holds {len(job.golden)} inputs with the outputs of TensorFlow Lite for Microcontrollers; `model_selftest()` in
`selftest.c` runs them and returns how many differ. `make` does so on this computer. The linker drops both where they are not called.

"""


def _frontend_row(job: ExportJob) -> str:
    return f"\n| front end (RAM) | {format_size(job.frontend_tables.state_bytes)} |" if job.frontend_tables else ""


def _usage(job: ExportJob) -> str:
    result = _c_type(job.network.output)
    if job.frontend_tables is None:
        given = _c_type(job.network.input)
        return f"""#include "model.h"

{_init_line(job)}{given} *in = model_input();{" " * max(1, 17 - len(given))}/* write {job.network.input.elements} values */
model_run();
const {result} *scores = model_output(); /* {job.network.output.elements} values; the largest is the answer */
"""
    return f"""#include "frontend.h"
#include "model.h"

frontend_init();                     /* once */
{_init_line(job)}frontend_push(pcm, count);           /* as samples come: 16 bits, any count */
frontend_features(model_input());    /* whenever an answer is wanted */
model_run();
const {result} *scores = model_output(); /* one for each label; the largest wins */
"""


def _init_line(job: ExportJob) -> str:
    """Only a model with state needs the call."""
    return "model_init();                        /* once, and wherever a new stream begins */\n" if job.program and job.program.init else ""


def _c_type(tensor: Tensor) -> str:
    return {"float32": "float"}.get(tensor.dtype, f"{tensor.dtype}_t")

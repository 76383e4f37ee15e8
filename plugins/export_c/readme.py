"""README.md of an export: what it is, how to call it, how to build and test it."""

from studio.api import STUDIO_VERSION, ExportJob, Program, c_comment, c_string, format_size

from .model import c_type
from .projects import sketch_name


def readme(job: ExportJob, program: Program) -> str:
    """Write README.md."""
    labels = "\n".join(f"{i}. `{c_string(label)[1:-1]}`" for i, label in enumerate(job.labels)) or "none: the model came without labels"
    state = "" if job.trained else "\n**The weights are random: the design has not been trained.**\n"
    return f"""# {c_comment(job.name)} in C

A neural network for {c_comment(job.target.name)} as plain C11, made by Otolith Studio {STUDIO_VERSION}. Nothing but `stdint.h` is
included, nothing is allocated, and nothing outside this folder is needed. Model {program.network.digest()}.
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

`src/` is all that a program needs: add its files to your build and `src/` to the include path.
Compile with `-O2 -fomit-frame-pointer -ffunction-sections -fdata-sections` and link with `-Wl,--gc-sections`.
The compiler may insert calls of memcpy and memset.

## What is here

| | |
|---|---|
| `src/model.h`, `src/model.c` | the network: arena, constants, one line for each kernel call |
| `src/labels.h`, `src/labels.c` | the labels |
| `src/kernels/` | the operators that it uses |
{_frontend_files(job)}{_golden_files(job)}| `Makefile`, `CMakeLists.txt` | build all this |
| `library.properties`, `examples/` | the folder as an Arduino library: copy it into `libraries/`, then open the example {sketch_name(job)} |
| `LICENSE` | the terms of all code here, MIT: keep this text with it; the weights are yours |

{_build_words(job)}"""


def _frontend_files(job: ExportJob) -> str:
    if not job.frontend_tables:
        return ""
    return "| `src/frontend/` | from sound to the features that the network takes |\n| `demo/` | a program for this computer that reads a WAV file |\n"


def _golden_files(job: ExportJob) -> str:
    if not job.golden:
        return ""
    return """| `selftest/` | inputs, and the outputs that TensorFlow Lite for Microcontrollers gives for them; a program that compares |
| `kit/` | the self-test for the board itself: start-up code, linker script, console |
"""


def _build_words(job: ExportJob) -> str:
    if not job.golden and not job.frontend_tables:
        return "## Build\n\n`make` compiles the model for this computer.\n"
    lines = ["make                        # for this computer"]
    if job.golden:
        lines += [f"make test                   # runs the self-test: {len(job.golden)} outputs and their CRC-32"]
    if job.frontend_tables:
        lines += [f"build/demo sound.wav        # scores of a WAV file: 16-bit PCM, {job.frontend_tables.defines['FE_SAMPLE_RATE']} Hz"]
    if job.golden:
        lines += [f"make kit                    # build/selftest.elf for {c_comment(job.target.name)}, with arm-none-eabi-gcc"]
    words = "\n".join(lines)
    kit = (
        """
`build/selftest.elf` runs under any debugger that serves semihosting (OpenOCD, pyOCD, J-Link) and prints one line there.
"""
        if job.golden
        else ""
    )
    return f"""## Build and test

```sh
{words}
```

CMake does the same; the first lines of `CMakeLists.txt` say how.
{kit}"""


def _frontend_row(job: ExportJob) -> str:
    return f"\n| front end (RAM) | {format_size(job.frontend_tables.state_bytes)} |" if job.frontend_tables else ""


def _usage(job: ExportJob) -> str:
    network = job.network
    if job.frontend_tables is None:
        given = f"{c_type(network.input)} *in = model_input();"
        return f"""#include "model.h"

model_init();                          /* once, and wherever a new stream begins */
{given:<38} /* write {network.input.elements} values, before each run */
model_run();
float first = model_score(0);          /* one score for each of {network.output.elements} outputs */
"""
    return """#include "model.h"

frontend_init();                       /* once */
model_init();
frontend_push(pcm, count);             /* as samples come: 16 bits, any count */
frontend_features(model_input());      /* whenever an answer is wanted */
model_run();
float score = model_score(i);          /* of model_labels[i]; the largest wins */
"""

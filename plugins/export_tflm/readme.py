"""README.md of an export: what each file is and how an application uses them."""

from studio.api import ExportJob, Tensor, format_size

_APPLICATION = """\
## In an application

```cpp
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

#include "gen_micro_mutable_op_resolver.h"
#include "model_settings.h"
#include "{name}_model_data.h"

alignas(16) static uint8_t tensor_arena[kTensorArenaSize];

void setup() {{
  static auto resolver = get_resolver();
  static tflite::MicroInterpreter interpreter(tflite::GetModel(g_{name}_model_data), resolver, tensor_arena, kTensorArenaSize);
  interpreter.AllocateTensors();
  TfLiteTensor *input = interpreter.input(0);    // {input}
  TfLiteTensor *output = interpreter.output(0);  // {output}
}}
```
"""

_FRONTEND = """\
## The front end

`frontend/` turns 16-bit PCM at {rate} Hz into the network's int8 input, with the input tensor's quantisation folded in. It is plain
C11 without libraries; it keeps {state} of state.

```cpp
extern "C" {{
#include "frontend/frontend.h"
}}

frontend_init();                              // once
frontend_push(samples, count);                // as sound arrives; returns the number of new frames
frontend_features(input->data.int8);          // {frames} frames of {mels} bands, oldest first
```
"""


def readme(job: ExportJob, name: str) -> str:
    """Return the text."""
    parts = [
        f"# {' '.join(job.name.split())} for TensorFlow Lite Micro\n\n{_state(job)}",
        _files(job, name),
        _APPLICATION.format(name=name, input=_tensor(job.network.input), output=_tensor(job.network.output)),
    ]
    if job.frontend is not None and job.frontend_tables is not None:
        fe, state = job.frontend, format_size(job.frontend_tables.state_bytes)
        parts.append(_FRONTEND.format(rate=fe.sample_rate, state=state, frames=fe.frames, mels=fe.mels))
    return "\n".join(parts)


def _state(job: ExportJob) -> str:
    if job.trained:
        return "The network is trained.\n"
    return "**The network is not trained: its weights are random.** Good for measuring size and speed, for nothing else.\n"


def _files(job: ExportJob, name: str) -> str:
    rows = {
        "model.tflite": f"the network, {format_size(len(job.tflite))}{_plan(job)}",
        f"{name}_model_data.h, .cc": "the same bytes as a C array",
        "gen_micro_mutable_op_resolver.h": "registers the operators that it uses and no others",
        "model_settings.h, .cc": "the arena's size and the labels, in the order of the outputs",
        "golden_vectors.h, .cc": f"{len(job.golden)} inputs with the outputs that the kit must give; for a test, not for the product",
    }
    if job.frontend_tables is not None:
        rows["frontend/"] = "sound to features, the same arithmetic as in the studio"
    return "| file | what it is |\n|---|---|\n" + "".join(f"| {file} | {what} |\n" for file, what in rows.items())


def _plan(job: ExportJob) -> str:
    if not job.arena_unplanned:
        return ""
    saved = format_size(job.arena_unplanned - job.arena_required)
    return f", with a plan of the arena in its metadata that saves {saved} against TFLM's own"


def _tensor(tensor: Tensor) -> str:
    shape = " x ".join(map(str, tensor.shape))
    quant = tensor.quant
    if quant is None or not quant.scale:
        return f"{tensor.dtype}, {shape}"
    return f"{tensor.dtype}, {shape}; real = {quant.scale[0]:.9g} * (q - {quant.zero_point[0]})"

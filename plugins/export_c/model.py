"""model.h and model.c: the arena, the constants and one line for each kernel call."""

from studio.api import (
    STUDIO_VERSION,
    Call,
    ConstRecord,
    ExportJob,
    Program,
    Shape,
    Tensor,
    c_array,
    c_comment,
    c_float,
    c_header,
    format_size,
)

from . import stream


def header(job: ExportJob, program: Program) -> str:
    """Write model.h."""
    network = program.network
    frontend = '#include "frontend/frontend.h"\n' if job.frontend_tables else ""
    return f"""{c_header([*_made(job), "", *_calls(job)])}#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

{frontend}#include "labels.h"

/* {_tensor_words("input", network.input)} */
#define MODEL_INPUT_BYTES {network.input.nbytes}
/* {_tensor_words("output", network.output)} */
#define MODEL_OUTPUT_BYTES {network.output.nbytes}
#define MODEL_SCORES {network.output.elements}
#define MODEL_ARENA_BYTES {program.arena_bytes} /* RAM that the model takes, input and output in it */

{_init_words(program)}
/* Where to write the input. model_run may overwrite it: write it anew before each run. */
void *model_input(void);

/* Run the network once. */
void model_run(void);

/* Where the output of the last run stands, until the next input is written. */
const void *model_output(void);

/* Output i as the number that it stands for. */
static inline float model_score(int i) {{ return {_score(network.output)}; }}

#ifdef __cplusplus
}}
#endif

#endif
"""


_LABELS_SHOWN = 12


def _made(job: ExportJob) -> list[str]:
    """Say what made the file, of which model, for which labels."""
    state = "" if job.trained else ", NOT trained: its weights are random"
    named = [label for number, label in enumerate(job.labels) if label != str(number)]
    shown = [", ".join(job.labels[:_LABELS_SHOWN]) + (", ..." if len(job.labels) > _LABELS_SHOWN else "")] if named else []
    return [
        f"{job.name}: a neural network in C, made by Otolith Studio {STUDIO_VERSION}. Do not edit: export it again.",
        "",
        f"model   {job.network.digest()}{state}",
        *(f"labels  {words}" for words in shown),
    ]


def _calls(job: ExportJob) -> list[str]:
    if not job.frontend_tables:
        return ["Call model_init once; then write model_input(), call model_run and read model_score or model_output."]
    return [
        "Call frontend_init and model_init once, frontend_push as samples come, and whenever an answer is wanted",
        "frontend_features(model_input()), model_run and model_score: one score for each of model_labels.",
    ]


def c_type(tensor: Tensor) -> str:
    """Return the C type of a tensor's elements."""
    return {"float32": "float", "bool": "uint8_t"}.get(tensor.dtype, f"{tensor.dtype}_t")


def _score(tensor: Tensor) -> str:
    value = f"((const {c_type(tensor)} *)model_output())[i]"
    if tensor.quant is None:
        return value if tensor.dtype == "float32" else f"(float){value}"
    zero = tensor.quant.zero_point[0]
    shifted = f"{value} - {zero}" if zero > 0 else f"{value} + {-zero}" if zero else value
    return f"{c_float(tensor.quant.scale[0])} * (float)({shifted})"


def _init_words(program: Program) -> str:
    if not program.init:
        return """/* Nothing to do: this model keeps no state from run to run. */
static inline void model_init(void) {}
"""
    return """/* Set the state that the model keeps from run to run to its first values: call it once before the first model_run, and again
 * wherever a new stream begins. */
void model_init(void);
"""


def _header(program: Program) -> str:
    return "ot_stream.h" if any(call.layers for call in program.calls) else "ot_kernels.h"


def source(job: ExportJob, program: Program) -> str:
    """Write model.c."""
    return "\n".join(
        [
            c_header(_intro(job, program)),
            f'#include "model.h"\n\n#include "kernels/{_header(program)}"\n\n#include <stdint.h>\n',
            "static _Alignas(4) int8_t arena[MODEL_ARENA_BYTES];\n",
            *(c_array(const) for const in program.consts),
            *(_record(call.record) for call in program.all_calls if call.record),
            *(stream.table(call) for call in program.calls if call.layers),
            _ends(program),
            *([_init(program)] if program.init else []),
            _run(program),
        ]
    )


def _intro(job: ExportJob, program: Program) -> list[str]:
    return [
        *_made(job),
        "",
        f"{len(program.calls)} kernel calls, kernels for cores {_VARIANTS[program.variant]}",
        f"constants {format_size(program.const_bytes)}, arena {format_size(program.arena_bytes)}",
    ]


_VARIANTS = {
    "helium": "with Helium (Cortex-M55)",
    "dsp": "with the DSP extension (Cortex-M4, M7, M33)",
    "plain": "without the DSP extension (Cortex-M0, M3)",
}


def _tensor_words(what: str, tensor: Tensor) -> str:
    shape = _shape(tensor.shape)
    if tensor.quant is None:
        return f"{what}: {tensor.dtype} {shape}"
    return f"{what}: {tensor.dtype} {shape}, value = {tensor.quant.scale[0]:.9g} * (q - ({tensor.quant.zero_point[0]}))"


def _shape(shape: Shape) -> str:
    return " x ".join(map(str, shape[1:] if len(shape) > 1 else shape)) or "1"


def _record(record: ConstRecord) -> str:
    words = [f".{name} = {value}" for name, value in record.fields.items()]
    lines = "".join(f"  {', '.join(words[i : i + 4])},\n" for i in range(0, len(words), 4))
    return f"static const {record.ctype} {record.name} = {{\n{lines}}};\n"


def _ends(program: Program) -> str:
    into, out = program.buffers[program.input_buffer].offset, program.buffers[program.output_buffer].offset
    return f"void *model_input(void) {{ return arena + {into}; }}\n\nconst void *model_output(void) {{ return arena + {out}; }}\n"


def _init(program: Program) -> str:
    names = {call.args: program.network.ops[call.op].options["shared_name"] for call in program.init}
    lines = "".join(f"  /* {c_comment(names[call.args])} */\n  {call.kernel}({', '.join(call.args)});\n" for call in program.init)
    return f"void model_init(void) {{\n{lines}}}\n"


def _run(program: Program) -> str:
    lines = "".join(f"  /* {_call_words(program, call)} */\n  {call.kernel}({', '.join(call.args)});\n" for call in program.calls)
    return f"void model_run(void) {{\n{lines}}}\n"


def _call_words(program: Program, call: Call) -> str:
    network, op = program.network, program.network.ops[call.op]
    if call.layers:
        last = network.tensors[network.ops[call.layers[-1].call.op].outputs[0]]
        first = network.tensors[op.inputs[0]]
        return c_comment(f"{len(call.layers)} kernels, {call.args[2]} rows at a time: {_shape(first.shape)} -> {_shape(last.shape)}")
    tensors = [network.tensors[i] for i in op.inputs if i >= 0]
    shapes = " + ".join(_shape(t.shape) for t in tensors if not t.constant and t.dtype != "resource")
    made = f" -> {_shape(network.tensors[op.outputs[0]].shape)}" if op.outputs else ""
    return c_comment(f"{call.block or op.kind}: {shapes}{made}")

"""Variables: stretches of the arena that keep their values from run to run, for streaming models.

A variable is read, and mostly written too, where it lies: a copy is made only where the old values are still wanted.
"""

import numpy as np

from studio.lower.engine.dims import copy_dims
from studio.lower.engine.draft import Draft, Drafter, Operand, values


def var_handle(d: Drafter) -> None:
    """No call: further handles of one variable are the first."""
    handle = d.op.outputs[0]
    if d.variables.of[handle] != handle:
        d.aliases.append((d.variables.of[handle], handle))


def read_variable(d: Drafter) -> None:
    """Take the variable itself where that is safe, else a copy."""
    handle, out = _handle(d), d.op.outputs[0]
    d.quant(d.out)
    if d.variables.reads_in_place(d.op):
        d.aliases.append((handle, out))
    else:
        _copy(d, handle, out)


def assign_variable(d: Drafter) -> None:
    """Let the values be made in the variable where that is safe, else copy them."""
    handle, source = _handle(d), d.activation(1)
    if d.variables.stores_in_place(d.op):
        d.aliases.append((handle, source))
    else:
        _copy(d, source, handle)


def _handle(d: Drafter) -> int:
    if d.op.inputs[0] not in d.variables.of:
        d.refuse("its variable is not one of the model's")
    handle = d.variables.of[d.op.inputs[0]]
    if d.variables.sizes[handle] != (d.out if d.op.outputs else d.tensor(1)).nbytes:
        d.refuse("its variable is used with two sizes")
    return handle


def _copy(d: Drafter, source: int, target: int) -> None:
    count = d.variables.sizes[d.variables.of.get(source, d.variables.of.get(target, -1))]
    text = (Operand(source), Operand(target), "1", str(count), str(count))
    d.drafts.append(Draft("ot_concatenate", text, (source,), target, copy_dims(1, count), d.number, d.op.block))


def call_once(d: Drafter) -> None:
    """No call: what the subgraph assigns are the variables' first values."""
    number = d.op.options["init_subgraph_index"] - 1
    if not 0 <= number < len(d.network.subgraphs):
        d.refuse("its subgraph is missing")
    sub = d.network.subgraphs[number]
    names: dict[int, str] = {}
    for op in sub.ops:
        if op.kind == "var_handle":
            names[op.outputs[0]] = op.options["shared_name"]
        elif op.kind == "assign_variable" and sub.tensors[op.inputs[1]].constant:
            variable = d.variables.names.get(names.get(op.inputs[0], ""), -1)
            if variable in d.variables.sizes:
                d.first_values[variable] = values(sub.tensors[op.inputs[1]])
        else:
            d.refuse(f"its subgraph does {op.kind}, where it may only assign constants to variables")


def first_values(d: Drafter) -> list[Draft]:
    """Draft the calls that give each variable its first values; zeros where the model gives none, as TFLM does."""
    return [_first_value(d, variable, size) for variable, size in d.variables.sizes.items()]


def _first_value(d: Drafter, variable: int, size: int) -> Draft:
    first = d.first_values.get(variable)
    if first is None:
        first = np.full(size, d.quant(d.variables.held(variable)).zero_point[0], np.int8)
    d.take(next(number for number, op in enumerate(d.network.ops) if op.outputs[:1] == (variable,)))
    target = Operand(variable)
    if (first == first.flat[0]).all():
        args: tuple[Operand | str, ...] = (target, str(size), str(int(first.flat[0])))
        return Draft("ot_fill", args, (), variable, {"calls": 1, "elements": size}, d.number, "")
    const = d.const("first", "int8_t", size, lambda: first.ravel(), part="first values")
    return Draft("ot_concatenate", (const, target, "1", str(size), str(size)), (), variable, copy_dims(1, size), d.number, "")

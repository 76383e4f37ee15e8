"""Quantize and dequantize: floats at the ends of a network, and changes of quantisation."""

from studio.core.network import Quantisation
from studio.lower.engine.arithmetic import float32
from studio.lower.engine.draft import Drafter, Operand
from studio.lower.engine.simple import lookup


def quantize(d: Drafter) -> None:
    """Draft the conversion of a float32 tensor; between int8 and uint8 a table does it."""
    if d.tensor(0).dtype != "float32":
        lookup(d)
        return
    _check(d, d.op.inputs[0])
    quant = d.quant(d.out)
    args = (Operand(d.op.inputs[0]), Operand(d.op.outputs[0]), *_numbers(quant), str(d.out.elements))
    d.call("ot_quantise", args, {"calls": 1, "elements": d.out.elements}, shares=d.op.inputs)


def dequantize(d: Drafter) -> None:
    """Draft the conversion to a float32 tensor."""
    _check(d, d.op.outputs[0])
    quant = d.quant(d.tensor(0))
    args = (Operand(d.activation(0)), Operand(d.op.outputs[0]), *_numbers(quant), str(d.out.elements))
    d.call("ot_dequantise", args, {"calls": 1, "elements": d.out.elements})


def _check(d: Drafter, number: int) -> None:
    tensor = d.network.tensors[number]
    if tensor.dtype != "float32" or tensor.constant:
        d.refuse(f"{tensor.name} is {tensor.dtype}; only float32 is converted")


def _numbers(quant: Quantisation) -> tuple[str, str]:
    """Return scale and zero point as C text; nine digits hold any float32."""
    text = f"{float32(quant.scale[0]):.9g}"
    return f"{text if set('.e') & set(text) else text + '.0'}f", str(quant.zero_point[0])

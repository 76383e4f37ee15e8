"""The arithmetic oracle: TensorFlow Lite Micro's own kernels, from the tflite-micro wheel, run on the host."""

import importlib.util
from collections.abc import Sequence

import numpy as np

from studio.core.errors import InputError, ToolMissing
from studio.core.network import Network, Tensor
from studio.lower.engine.nibbles import has_nibbles, without_nibbles

NAME = "tflite-micro"
_MODULE = "tflite_micro"
_DTYPES = {
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "float32": np.float32,
    "bool": np.bool_,
}
# The wheel crashes the process where the arena is too small: this much holds any network that fits a microcontroller.
_SPARE_ARENA = 16 << 20


def available() -> bool:
    """Whether the wheel is installed; it is made for Linux on x86-64 only."""
    return importlib.util.find_spec(_MODULE) is not None


def require() -> None:
    """Raise ToolMissing where the wheel is not installed."""
    if not available():
        raise ToolMissing(
            "the oracle, tflite-micro, is not installed",
            hint="python -m pip install tflite-micro (Linux on x86-64, Python 3.11 to 3.13); export and flash work without it",
        )


def run(network: Network, inputs: Sequence[bytes], tflite: bytes | None = None) -> list[bytes]:
    """Run the network on each input and return the outputs, as bytes of the tensors' own types.

    An input holds the network's input tensors one after another, an output likewise. A network with state sees the inputs in
    their order. `tflite` is the network's file where it came from one. Weights of four bits, which TFLM takes in some operators
    only, are handed to it as the same values in int8. Raises ToolMissing, and InputError for an operator
    that TFLM lacks or inputs of another size.
    """
    require()
    if has_nibbles(network):
        network, tflite = without_nibbles(network), None
    model = tflite if tflite is not None else _write(network)
    ins = [network.tensors[i] for i in network.inputs]
    size = sum(t.nbytes for t in ins)
    for number, given in enumerate(inputs):
        if len(given) != size:
            raise InputError(f"input {number} has {len(given)} bytes", where=network.name, hint=f"it takes {size}")
    try:
        kit = interpreter(network, model)
        return [_invoke(kit, ins, len(network.outputs), given) for given in inputs]
    except RuntimeError as error:
        raise refused(network) from error


def values(data: bytes, tensor: Tensor) -> np.ndarray:
    """Return a tensor's bytes as a flat array of its own type."""
    return np.frombuffer(data, _DTYPES[tensor.dtype], tensor.elements)


def _write(network: Network) -> bytes:
    from studio.lower.tflite import write_tflite

    return write_tflite(network)


def interpreter(network: Network, model: bytes):
    """Start TFLM on a network's file, with an arena that holds whatever it needs; raise RuntimeError where it refuses the file."""
    from tflite_micro import runtime

    arena = _SPARE_ARENA + len(model) + 2 * sum(t.nbytes for t in network.tensors if not t.constant)
    return runtime.Interpreter.from_bytes(model, arena_size=arena)


def _invoke(kit, ins: Sequence[Tensor], outputs: int, given: bytes) -> bytes:
    at = 0
    for index, tensor in enumerate(ins):
        values = np.frombuffer(given, _DTYPES[tensor.dtype], tensor.elements, at)
        kit.set_input(values.reshape(tensor.shape), index)
        at += tensor.nbytes
    kit.invoke()
    return b"".join(np.ascontiguousarray(kit.get_output(i)).tobytes() for i in range(outputs))


def refused(network: Network) -> InputError:
    """Return the error for a network that TFLM does not take."""
    kinds = ", ".join(sorted({op.kind for op in network.ops}))
    return InputError("TensorFlow Lite Micro does not take this network", where=network.name, hint=f"its operators: {kinds}")

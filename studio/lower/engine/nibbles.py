"""4-bit weights, two a byte in flash: convolutions and dense layers of int8 values.

Rows of two output channels share their bytes, so that one load brings both; a depthwise filter is unpacked before use.
"""

import copy
from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

import msgspec
import numpy as np

from studio.core.network import Network, Tensor
from studio.core.program import ConstArray
from studio.lower.engine import convolution
from studio.lower.engine.arithmetic import activation_range
from studio.lower.engine.dims import gather_dims, tile_dims
from studio.lower.engine.draft import SCRATCH, Drafter, Operand, halves, small, values, words
from studio.lower.engine.weights import channel_consts
from studio.lower.engine.windows import bias_of, check_activation, check_convolution, window_fields

_UNPACKED = ("ot_depthwise_conv", "ot_depthwise_conv_dsp", "ot_depthwise_conv_3x3_dsp", "ot_depthwise_conv_3x3_packed_dsp")


def unpacked(tensor: Tensor) -> Tensor:
    """Return a 4-bit tensor (two values a byte, the first in the lower half) as int8."""
    if tensor.data is None:
        return msgspec.structs.replace(tensor, dtype="int8")
    both = np.frombuffer(tensor.data, np.int8)
    halves_ = np.stack([(both << 4).astype(np.int8) >> 4, both >> 4], axis=1).ravel()[: tensor.elements]
    return msgspec.structs.replace(tensor, dtype="int8", data=halves_.tobytes())


def has_nibbles(network: Network) -> bool:
    """Say whether some tensor has four bits a value."""
    return any(tensor.dtype == "int4" for tensor in network.tensors)


def without_nibbles(network: Network) -> Network:
    """Return the network with the same weights in int8."""
    tensors = tuple(unpacked(tensor) if tensor.dtype == "int4" else tensor for tensor in network.tensors)
    return msgspec.structs.replace(network, tensors=tensors)


def packed(numbers: np.ndarray) -> np.ndarray:
    """Put int8 values from -8 to 7 two into a byte, the first into the lower half; an odd last one is paired with zero."""
    flat = np.pad(numbers.ravel(), (0, numbers.size % 2))
    return ((flat[1::2] << 4) | (flat[::2] & 15)).astype(np.int8)


def paired(rows: np.ndarray, multiple: int) -> np.ndarray:
    """Put pairs of rows (channels, inputs) into bytes, the first row into the upper half; fill inputs up to a multiple with zeros."""
    channels, inputs = rows.shape
    full = np.pad(rows, ((0, channels % 2), (0, -inputs % multiple)))
    return ((full[::2] << 4) | (full[1::2] & 15)).astype(np.int8)


def conv_2d(d: Drafter) -> None:
    """Draft a convolution of any window and groups."""
    d = _as_int8(d)
    check_convolution(d)
    filters = d.tensor(1)
    _general(d, filters, d.tensor(0).shape[3] // filters.shape[3], lambda f: f.reshape(len(f), -1))


def depthwise_conv_2d(d: Drafter) -> None:
    """Draft it as with int8 filters, then pack them; over one input channel it is an ordinary convolution."""
    d = _as_int8(d)
    check_convolution(d)
    if d.tensor(0).shape[3] == 1:
        _general(d, d.tensor(1), 1, lambda f: f[0].transpose(2, 0, 1).reshape(f.shape[3], -1))
        return
    kept = len(d.drafts), len(d.consts)
    convolution.depthwise_conv_2d(d, whole=False)
    if d.drafts[-1].kernel not in _UNPACKED:
        del d.drafts[kept[0] :], d.consts[kept[1] :]
        d.dsp = False
        convolution.depthwise_conv_2d(d, whole=False)
    _unpack_first(d)


def fully_connected(d: Drafter) -> None:
    """Draft a dense layer over the last axis of the weights."""
    d = _as_int8(d)
    check_activation(d)
    weights = d.tensor(1)
    if not weights.constant:
        d.refuse("its weights are not constant")
    outputs, inputs = weights.shape
    rows = d.tensor(0).elements // inputs
    pack = (lambda: paired(values(weights), 1)) if weights.data is not None else None
    pointers = {"weights": d.const("weights", "int8_t", -(-outputs // 2) * inputs, pack)}
    pointers |= channel_consts(d, weights, lambda w: w, bias_of(d), outputs)
    low, high = activation_range(d.op.options["activation"], d.quant(d.out))
    fields = words(inputs=inputs, outputs=outputs, rows=rows)
    fields |= small(out_zero=d.quant(d.out).zero_point[0], low=low, high=high)
    dims = {"calls": 1, "rows": rows, **_pair_dims(d.dsp, rows, outputs, inputs)}
    ends = (Operand(d.activation(0)), Operand(d.op.outputs[0]))
    d.call(f"ot_fully_connected_w4{d.suffix}", ends, dims, record=d.record("ot_dense", pointers, **fields))


def _as_int8(d: Drafter) -> Drafter:
    """Return a drafter that sees the operator's weights as int8 and adds to the same calls and constants."""
    index = d.op.inputs[1]
    tensors = list(d.network.tensors)
    tensors[index] = unpacked(tensors[index])
    other = copy.copy(d)
    other.network = msgspec.structs.replace(d.network, tensors=tuple(tensors))
    return other


def _pair_dims(dsp: bool, lines: int, channels: int, inputs: int) -> dict[str, int]:
    """Count pairs of rows for each line of inputs, and the steps in a pair: four inputs with DSP, else one."""
    pairs = lines * -(-channels // 2)
    steps = {"steps": pairs * (inputs // 4), "tail": pairs * (inputs % 4)} if dsp else {"steps": pairs * inputs}
    return {"pairs": pairs, "outputs": lines * channels, **steps}


def _general(d: Drafter, filters: Tensor, groups: int, rows: Callable[[np.ndarray], np.ndarray]) -> None:
    source, out = d.tensor(0), d.out
    channels, inputs = out.shape[3], prod(filters.shape[1:3]) * source.shape[3] // groups
    multiple = 4 if d.dsp else 1
    count = groups * -(-channels // groups // 2) * -(-inputs // multiple) * multiple

    def pack() -> np.ndarray:
        return np.concatenate([paired(part, multiple).ravel() for part in np.split(rows(values(filters)), groups)])

    pointers = {"filters": d.const("filters", "int8_t", count, pack if filters.data is not None else None)}
    pointers |= channel_consts(d, filters, rows, bias_of(d), channels)
    sizes, window = window_fields(d, source, filters, out)
    low, high = activation_range(d.op.options["activation"], d.quant(out))
    zeros = {"in_zero": d.quant(source).zero_point[0], "out_zero": d.quant(out).zero_point[0]}
    fields = halves(**sizes, out_channels=channels, **window, groups=groups) | small(**zeros, low=low, high=high)
    pixels = out.shape[1] * out.shape[2]
    if d.dsp:
        dims = tile_dims(True, pixels, channels // groups, inputs, groups) | {"outputs": pixels * channels}
    else:
        dims = {"calls": 1, "pixels": pixels * groups, **_pair_dims(False, pixels * groups, channels // groups, inputs)}
    d.call(
        f"ot_conv_2d_w4{d.suffix}",
        (Operand(d.activation(0)), Operand(d.op.outputs[0]), SCRATCH),
        dims | gather_dims(source.shape, out.shape, window, groups),
        scratch=28 * -(-inputs // 4) if d.dsp else inputs,
        record=d.record("ot_conv", pointers, **fields),
    )


def _unpack_first(d: Drafter) -> None:
    """Let the last call unpack its filters to the front of its scratch, and pack the constant that it takes."""
    name = f"{d.op.kind}_{d.number}_filters"
    number = next(i for i, const in enumerate(d.consts) if const.name == name)
    const = d.consts[number]
    count = -(-const.count // 4) * 4
    data = None if const.data is None else packed(np.pad(np.frombuffer(const.data, np.int8), (0, count - const.count))).tobytes()
    d.consts[number] = ConstArray(name, "int8_t", count // 2, 1, data, const.part)
    draft = d.drafts[-1]
    d.drafts[-1] = msgspec.structs.replace(
        draft,
        kernel=draft.kernel.replace("ot_depthwise_conv", "ot_depthwise_conv_w4"),
        args=(*draft.args[:3], str(count), *draft.args[3:]),
        dims={**draft.dims, "unpacked": count},
        scratch=draft.scratch + count,
    )


RULES: Mapping[str, Callable[[Drafter], None]] = MappingProxyType(
    {"conv_2d": conv_2d, "depthwise_conv_2d": depthwise_conv_2d, "fully_connected": fully_connected}
)

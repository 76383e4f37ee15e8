"""Run a float network in numpy: the reference for int8, and what calibration measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, overload

import numpy as np

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.network import Network, Op, Shape, require_weights, window_size

Array = np.ndarray
Constants = Mapping[int, Array]
_CHUNK_VALUES = 1 << 21


@overload
def run_float(network: Network, x: Array, keep: tuple[()] = ()) -> Array: ...
@overload
def run_float(network: Network, x: Array, keep: Collection[str]) -> tuple[Array, dict[str, Array]]: ...
def run_float(network: Network, x: Array, keep: Collection[str] = ()) -> Any:
    """Run n inputs (n, ...) and return the outputs (n, ...), float32.

    With `keep`, names of tensors, return also a dictionary of those tensors' values (n, ...).
    Raises InputError where weights are missing or the input's shape is wrong, UnsupportedOperator at other operators.
    """
    require_weights(network)
    wanted = {i: t.name for i, t in enumerate(network.tensors) if t.name in keep}
    kept: dict[str, list[Array]] = {n: [] for n in wanted.values()}
    outputs: list[Array] = []
    for values in run_chunks(network, x, constants(network)):
        outputs.append(values[network.outputs[0]])
        for index, name in wanted.items():
            kept[name].append(values[index])
    output = np.concatenate(outputs)
    return (output, {n: np.concatenate(v) for n, v in kept.items()}) if keep else output


def constants(network: Network) -> dict[int, Array]:
    """Return the constants' values by tensor, as stored (not dequantised)."""
    return {
        i: np.frombuffer(t.data, np.dtype(t.dtype).newbyteorder("<")).reshape(t.shape)
        for i, t in enumerate(network.tensors)
        if t.data is not None and t.dtype in _NUMPY_TYPES
    }


_NUMPY_TYPES = frozenset(["float32", "int8", "int16", "int32", "int64", "uint8", "bool", "float16"])


def run_chunks(network: Network, x: Array, known: Constants) -> Iterator[dict[int, Array]]:
    """Run the inputs a few at a time; yield each time the values of all tensors that were computed."""
    x = np.asarray(x, np.float32)
    if x.shape[1:] != network.input.shape[1:]:
        raise InputError(
            f"inputs of {x.shape[1:]} do not fit the network's {network.input.shape[1:]}",
            where=network.name,
            hint="compute the features with the project's front end",
        )
    largest = max(t.elements for t in network.tensors)
    step = max(1, min(64, _CHUNK_VALUES // largest))
    for first in range(0, len(x), step):
        yield run_all(network, x[first : first + step], known)


def run_all(network: Network, x: Array, known: Constants) -> dict[int, Array]:
    """Run the inputs at once in float32, data types ignored; return the values of all tensors that were computed."""
    values: dict[int, Array] = {network.inputs[0]: x}
    for op in network.ops:
        run_op(network, op, values, known)
    return values


def run_op(network: Network, op: Op, values: dict[int, Array], known: Constants) -> None:
    """Run one operator: read its inputs from `values` and `known`, write its outputs to `values`."""
    kernel = _KERNELS.get(op.kind)
    activation = ACTIVATIONS.get(op.options.get("activation", "none"))
    if kernel is None or activation is None:
        raise UnsupportedOperator(f"the float reference has no operator {op.kind!r}", where=op.kind, hint="use the .tflite as it is")
    inputs = [_read(values, known, i) for i in op.inputs if i >= 0]
    results = kernel(op.options, network.tensors[op.outputs[0]].shape, *inputs)
    for tensor, result in zip(op.outputs, results if isinstance(results, list) else [results], strict=True):
        values[tensor] = np.asarray(activation(result), np.float32)


def _read(values: Mapping[int, Array], known: Constants, index: int) -> Array:
    return values[index] if index in values else known[index]


def _relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _sigmoid(x: Array) -> Array:
    return 0.5 * (np.tanh(0.5 * x) + 1)


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"none": lambda x: x, "relu": _relu, "relu6": _relu6, "relu_n1_to_1": lambda x: np.clip(x, -1, 1), "tanh": np.tanh}
)


def _padded(options: Mapping[str, Any], x: Array, kernel: Shape, fill: float = 0.0) -> tuple[Array, Shape]:
    """Pad a map for its windows; return it and the output's height and width."""
    stride, dilation = options["stride"], options.get("dilation", (1, 1))
    pads, out = [(0, 0)], []
    for axis in (0, 1):
        size = x.shape[axis + 1]
        count, before = window_size(size, kernel[axis], stride[axis], dilation[axis], options["padding"])
        reach = (count - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1
        pads.append((before, max(0, reach - size - before)))
        out.append(count)
    return np.pad(x, (*pads, (0, 0)), constant_values=fill), tuple(out)


def _taps(options: Mapping[str, Any], x: Array, kernel: Shape, out: Shape) -> Iterator[tuple[int, int, Array]]:
    """Yield for each place in the kernel the values it meets, (n, height, width, channels)."""
    (sh, sw), (dh, dw) = options["stride"], options.get("dilation", (1, 1))
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            rows = slice(i * dh, i * dh + (out[0] - 1) * sh + 1, sh)
            yield i, j, x[:, rows, j * dw : j * dw + (out[1] - 1) * sw + 1 : sw]


def _conv(options: Mapping[str, Any], shape: Shape, x: Array, w: Array, bias: Array | None = None) -> Array:
    kernel, depth = w.shape[1:3], w.shape[3]
    x, out = _padded(options, x, kernel)
    columns = np.stack([tap for _, _, tap in _taps(options, x, kernel, out)], axis=3)
    groups = x.shape[3] // depth
    per_group = w.shape[0] // groups
    parts = []
    for g in range(groups):
        part = columns[..., g * depth : (g + 1) * depth].reshape(-1, kernel[0] * kernel[1] * depth)
        parts.append(part @ w[g * per_group : (g + 1) * per_group].reshape(per_group, -1).T)
    result = np.concatenate(parts, axis=1) if groups > 1 else parts[0]
    return _plus(result.reshape(len(x), *out, w.shape[0]), bias)


def _depthwise(options: Mapping[str, Any], shape: Shape, x: Array, w: Array, bias: Array | None = None) -> Array:
    kernel = w.shape[1:3]
    x, out = _padded(options, np.repeat(x, w.shape[3] // x.shape[3], axis=3), kernel)
    total = np.zeros((len(x), *out, w.shape[3]), np.float32)
    for i, j, tap in _taps(options, x, kernel, out):
        total += tap * w[0, i, j]
    return _plus(total, bias)


def _plus(x: Array, bias: Array | None) -> Array:
    return x if bias is None else x + bias


def _dense(options: Mapping[str, Any], shape: Shape, x: Array, w: Array, bias: Array | None = None) -> Array:
    return _plus(x.reshape(-1, w.shape[1]) @ w.T, bias).reshape(len(x), *shape[1:])


def _max_pool(options: Mapping[str, Any], shape: Shape, x: Array) -> Array:
    x, out = _padded(options, x, options["kernel"], fill=-np.inf)
    return np.maximum.reduce([tap for _, _, tap in _taps(options, x, options["kernel"], out)])


def _average_pool(options: Mapping[str, Any], shape: Shape, x: Array) -> Array:
    ones, out = _padded(options, np.ones_like(x[:1, :, :, :1]), options["kernel"])
    x, _ = _padded(options, x, options["kernel"])
    counts = sum(tap for _, _, tap in _taps(options, ones, options["kernel"], out))
    return sum(tap for _, _, tap in _taps(options, x, options["kernel"], out)) / counts


def _softmax(options: Mapping[str, Any], shape: Shape, x: Array) -> Array:
    e = np.exp(options["beta"] * (x - x.max(axis=-1, keepdims=True)))
    return e / e.sum(axis=-1, keepdims=True)


def _batch_norm(options: Mapping[str, Any], shape: Shape, x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    return (x - mean) * (gamma / np.sqrt(variance + options["epsilon"])) + beta


def _reshape(options: Mapping[str, Any], shape: Shape, x: Array, *target: Array) -> Array:
    return x.reshape(len(x), *shape[1:])


def _mean(options: Mapping[str, Any], shape: Shape, x: Array, axes: Array) -> Array:
    return x.mean(axis=tuple(int(a) % x.ndim for a in axes.ravel()), keepdims=options["keep_dims"])


def _pad(options: Mapping[str, Any], shape: Shape, x: Array, pads: Array) -> Array:
    return np.pad(x, [tuple(int(v) for v in row) for row in pads])


def _concatenation(options: Mapping[str, Any], shape: Shape, *parts: Array) -> Array:
    count = max(len(p) for p in parts)
    return np.concatenate([np.broadcast_to(p, (count, *p.shape[1:])) for p in parts], axis=options["axis"])


def _transpose(options: Mapping[str, Any], shape: Shape, x: Array, order: Array) -> Array:
    return x.transpose([int(a) for a in order])


def _split(options: Mapping[str, Any], shape: Shape, axis: Array, x: Array) -> list[Array]:
    return np.split(x, options["num_splits"], axis=int(axis.ravel()[0]))


def _split_v(options: Mapping[str, Any], shape: Shape, x: Array, sizes: Array, axis: Array) -> list[Array]:
    return np.split(x, np.cumsum(sizes)[:-1], axis=int(axis.ravel()[0]))


_KERNELS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "conv_2d": _conv,
        "depthwise_conv_2d": _depthwise,
        "fully_connected": _dense,
        "max_pool_2d": _max_pool,
        "average_pool_2d": _average_pool,
        "add": lambda options, shape, a, b: a + b,
        "sub": lambda options, shape, a, b: a - b,
        "mul": lambda options, shape, a, b: a * b,
        "concatenation": _concatenation,
        "softmax": _softmax,
        "reshape": _reshape,
        "batch_norm": _batch_norm,
        "mean": _mean,
        "pad": _pad,
        "transpose": _transpose,
        "split": _split,
        "split_v": _split_v,
        "relu": lambda options, shape, x: _relu(x),
        "relu6": lambda options, shape, x: _relu6(x),
        "relu_n1_to_1": lambda options, shape, x: np.clip(x, -1, 1),
        "logistic": lambda options, shape, x: _sigmoid(x),
        "tanh": lambda options, shape, x: np.tanh(x),
        "hard_swish": lambda options, shape, x: x * _relu6(x + 3) / 6,
        "quantize": lambda options, shape, x: x,
        "dequantize": lambda options, shape, x: x,
    }
)

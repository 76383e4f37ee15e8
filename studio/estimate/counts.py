"""Exact counts that hold on every target: multiply-accumulates in two conventions, parameters and weight bytes."""

from collections.abc import Callable
from math import prod
from types import MappingProxyType

import msgspec

from studio.core.network import Network, Op
from studio.core.remember import remembered
from studio.core.report import ModelFigures
from studio.lower.forms import Form, forms

SOFTMAX_MACC = 15


def figures(network: Network) -> ModelFigures:
    """Return the exact figures of a network: MACs, ST's MACC, parameters, bytes of weights and biases."""
    return remembered(_figures, network)


def _figures(network: Network) -> ModelFigures:
    stored = [network.tensors[i] for i in _stored_once(network)]
    return ModelFigures(
        network.name,
        sum([count.macs for count in op_counts(network)]),
        sum([form.fact(op_macc_st) for form in forms(network)]),
        sum([tensor.elements for tensor in stored]),
        sum([tensor.nbytes for tensor in stored]),
    )


def _stored_once(network: Network) -> tuple[int, ...]:
    """Weights and biases, those that share one stored array counted once."""
    seen: set[int] = set()
    stored = []
    for i in remembered(Network.weight_tensors, network):
        data = network.tensors[i].data
        # Bytes of length 0 and 1 are shared by Python itself, so their identity says nothing.
        if data is not None and len(data) > 1:
            if id(data) in seen:
                continue
            seen.add(id(data))
        stored.append(i)
    return tuple(stored)


def op_macs(network: Network, op: Op) -> int:
    """Return the multiply-accumulates of one operator.

    A convolution counts outputs x kernel x input channels of a filter, a depthwise one outputs x kernel, a dense layer rows x outputs x
    inputs, an LSTM time steps x all gate weights. Bias, activation, pooling and softmax count nothing.
    """
    count = _MACS.get(op.kind)
    return count(network, op) if count else 0


def op_macc_st(network: Network, op: Op) -> int:
    """Return ST's MACC of one operator, as X-CUBE-AI 10.2 and stedgeai print it.

    Convolutions and dense layers add one for each bias, pooling counts its kernel per output, a softmax 15 per class, an activation that
    stands alone one per element; in float every activation does. Recovered from a published report (float 39,736, int8 37,768) and
    reproduced to the unit.
    """
    macs, elements = op_macs(network, op), network.tensors[op.outputs[0]].elements if op.outputs else 0
    if macs:
        return macs + _biases(network, op) + (elements if _activation_alone(network, op) else 0)
    return elements * _ST_PER_OUTPUT.get(op.kind, 0) + (elements * prod(op.options["kernel"]) if op.kind in _POOLS else 0)


def unverified_macc(network: Network) -> tuple[str, ...]:
    """List the kinds of operators whose ST MACC no published report has confirmed; views count nothing and are left out."""
    return tuple(dict.fromkeys(op.kind for op in network.ops if op.kind not in _ST_VERIFIED))


class OpCount(msgspec.Struct, frozen=True):
    """What holds for one operator on every target: `where` is its block in a graph, else its output's name."""

    where: str
    macs: int
    weights_bytes: int


def op_counts(network: Network) -> tuple[OpCount, ...]:
    """Count every operator of a network; worked out once for all targets and runtimes."""
    return remembered(_op_counts, network)


def _op_counts(network: Network) -> tuple[OpCount, ...]:
    return tuple([_counted(network, op, form) for op, form in zip(network.ops, forms(network), strict=True)])


def _counted(network: Network, op: Op, form: Form) -> OpCount:
    """Return the very count that the form has, where it is the same: what is derived from it holds then too."""
    kept: OpCount | None = form.count
    if kept is not None and form.fact(_weighs_alone):
        return kept
    made = OpCount(form.where, form.fact(op_macs), op_weights_bytes(network, op))
    if made != kept:
        kept = form.count = made
    return kept


def op_weights_bytes(network: Network, op: Op) -> int:
    """Return the bytes of the weights and biases that this operator reads."""
    weights = remembered(_weights, network)
    return sum(network.tensors[i].nbytes for i in set(op.inputs) & weights)


def _weights(network: Network) -> frozenset[int]:
    return frozenset(remembered(Network.weight_tensors, network))


def _weighs_alone(network: Network, op: Op) -> bool:
    """Whether no constant that this operator reads can be a weight by another operator's use of it alone."""
    weights = remembered(_weights, network)
    return all(i in weights or not t.constant or t.dtype == "int64" for i, t in enumerate(network.tensors))


def _biases(network: Network, op: Op) -> int:
    if len(op.inputs) < 3 or op.inputs[2] < 0 or op.kind not in _WITH_BIAS:
        return 0
    return network.tensors[op.inputs[2]].elements


def _activation_alone(network: Network, op: Op) -> bool:
    return op.options.get("activation", "none") != "none" and network.tensors[op.outputs[0]].dtype == "float32"


def _conv(network: Network, op: Op) -> int:
    filters, out = network.tensors[op.inputs[1]].shape, network.tensors[op.outputs[0]]
    return out.elements * filters[1] * filters[2] * filters[3]


def _depthwise(network: Network, op: Op) -> int:
    filters, out = network.tensors[op.inputs[1]].shape, network.tensors[op.outputs[0]]
    return out.elements * filters[1] * filters[2]


def _dense(network: Network, op: Op) -> int:
    filters, out = network.tensors[op.inputs[1]].shape, network.tensors[op.outputs[0]]
    return out.elements * filters[1]


def _transpose_conv(network: Network, op: Op) -> int:
    filters, source = network.tensors[op.inputs[1]].shape, network.tensors[op.inputs[2]]
    return source.elements * filters[0] * filters[1] * filters[2]


def _lstm(network: Network, op: Op) -> int:
    shape = network.tensors[op.inputs[0]].shape
    steps = shape[0] if op.options.get("time_major") else shape[1]
    batch = shape[1] if op.options.get("time_major") else shape[0]
    gates = sum(network.tensors[i].elements for i in op.inputs[1:9] if i >= 0)
    return batch * steps * gates


def _svdf(network: Network, op: Op) -> int:
    return sum(network.tensors[i].elements for i in op.inputs[1:3])


_MACS: MappingProxyType[str, Callable[[Network, Op], int]] = MappingProxyType(
    {
        "conv_2d": _conv,
        "depthwise_conv_2d": _depthwise,
        "fully_connected": _dense,
        "transpose_conv": _transpose_conv,
        "unidirectional_sequence_lstm": _lstm,
        "svdf": _svdf,
    }
)
_WITH_BIAS = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected"])
_POOLS = frozenset(["max_pool_2d", "average_pool_2d"])
_ST_VERIFIED = frozenset(
    ["conv_2d", "depthwise_conv_2d", "fully_connected", "max_pool_2d", "relu", "softmax", "reshape", "squeeze", "expand_dims"]
)
_ST_PER_OUTPUT = MappingProxyType(
    {
        "softmax": SOFTMAX_MACC,
        "relu": 1,
        "relu6": 1,
        "logistic": 1,
        "tanh": 1,
        "hard_swish": 1,
        "leaky_relu": 1,
        "add": 1,
        "sub": 1,
        "mul": 1,
    }
)

"""Networks for tests: drawn at random, or of one operator; and the tflite-micro wheel that runs them."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from studio.blocks import registry
from studio.core.graph import INPUT_KIND, ModelGraph, Node, infer
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.lower.tflite import write_tflite

BLOCKS = registry()


def tflm(data: bytes, inputs: np.ndarray, arena: int = 1 << 20) -> np.ndarray:
    """Run inputs (n, ...) in the tflite-micro wheel, each in a fresh state; return the first outputs."""
    return tflm_all(data, inputs, 1, arena)[0]


def tflm_all(data: bytes, inputs: np.ndarray, outputs: int, arena: int = 1 << 20) -> list[np.ndarray]:
    runtime = pytest.importorskip("tflite_micro").runtime
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=arena)
    found: list[list[np.ndarray]] = [[] for _ in range(outputs)]
    for x in inputs:
        interpreter.set_input(x[None], 0)
        interpreter.invoke()
        for i in range(outputs):
            found[i].append(interpreter.get_output(i).copy()[0])
    return [np.array(f) for f in found]


def all_outputs(network: Network) -> Network:
    """Make every int8 activation an output."""
    written = tuple(t for op in network.ops for t in op.outputs if network.tensors[t].dtype == "int8")
    return msgspec.structs.replace(network, outputs=written)


def without_blocks(network: Network) -> Network:
    """Forget which block each operator came from; a .tflite does not say."""
    return msgspec.structs.replace(network, ops=tuple(msgspec.structs.replace(op, block="") for op in network.ops))


def int8_inputs(network: Network, count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, (count, *network.input.shape[1:])).astype(np.int8)


def single_op(kind, shapes, out_shape, options=None, consts=(), scale=0.05, zero_point=3, out_scale=None, out_zero=None) -> Network:
    """Build an int8 network of one operator: activations, then int32 constants (a list of arrays)."""
    quant = Quantisation((float(np.float32(scale)),), (zero_point,))
    out = Quantisation((float(np.float32(out_scale or scale)),), (zero_point if out_zero is None else out_zero,))
    tensors = [Tensor(f"in{i}", s, "int8", quant) for i, s in enumerate(shapes)]
    for i, values in enumerate(consts):
        array = np.asarray(values, "<i4")
        tensors.append(Tensor(f"c{i}", array.shape, "int32", None, True, array.tobytes()))
    outs = out_shape if isinstance(out_shape, list) else [out_shape]
    first = len(tensors)
    tensors += [Tensor(f"out{i}", s, "int8", out) for i, s in enumerate(outs)]
    op = Op(kind, tuple(range(first)), tuple(range(first, len(tensors))), options or {})
    return Network(kind, tuple(tensors), (op,), tuple(range(len(shapes))), op.outputs)


def real(values: np.ndarray, quant: Quantisation) -> np.ndarray:
    return (values.astype(np.float64) - quant.zero_point[0]) * quant.scale[0]


def random_weights(graph: ModelGraph, input_shape, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw weights for every block, in Keras' layouts; variances are positive."""
    rng = np.random.default_rng(seed)
    shapes = infer(graph, BLOCKS, input_shape).shapes
    weights = {}
    for node in graph.nodes:
        if node.kind == INPUT_KIND:
            continue
        block = BLOCKS.get(node.kind)
        for spec in block.weights(node.params, [shapes[s] for s in graph.sources[node.id]]):
            fan_in = max(1, int(np.prod(spec.shape[:-1]))) if spec.role == "kernel" else 4
            values = rng.normal(0, fan_in**-0.5, spec.shape)
            weights[f"{node.id}/{spec.name}"] = (np.abs(values) + 0.5 if spec.role in ("variance", "gamma") else values).astype(np.float32)
    return weights


def random_graph(seed: int, input_shape=(12, 10, 1), steps: int = 6) -> ModelGraph:
    """Draw a graph that is runnable: windows, activations, norms, residuals and joins, then a dense head."""
    rng = np.random.default_rng(seed)
    graph, last = ModelGraph((Node(INPUT_KIND, INPUT_KIND),)), INPUT_KIND
    for _ in range(steps):
        graph, last = _grow(graph, last, input_shape, rng)
    head = ["flatten"] if rng.random() < 0.4 else [str(rng.choice(["global_average_pool", "global_max_pool"]))]
    for kind in [*head, *(["batch_norm"] if rng.random() < 0.3 else []), "dense", *(["softmax"] if rng.random() < 0.7 else [])]:
        graph, last = _append(graph, kind, {"units": 5} if kind == "dense" else {}, (last,))
    return graph


def _append(graph, kind, params, sources):
    id = graph.fresh_id(kind)
    graph = graph.add(BLOCKS.get(kind), params, id)
    for port, source in enumerate(sources):
        graph = graph.connect(source, id, port)
    return graph, id


def _grow(graph, last, input_shape, rng):
    kinds = [
        "conv2d",
        "depthwise_conv2d",
        "separable_conv2d",
        "max_pool",
        "average_pool",
        "batch_norm",
        "relu",
        "relu6",
        "dropout",
        "add",
        "concatenate",
    ]
    kind = str(rng.choice(kinds))
    if kind in ("add", "concatenate"):
        grown, side = _append(graph, "conv2d", {"filters": 4, "kernel": (1, 3)}, (last,))
        grown, other = _append(grown, "conv2d", {"filters": 4, "kernel": (3, 1), "activation": "relu"}, (last,))
        return _append(grown, kind, {}, (side, other))
    params = {}
    stride = int(rng.integers(1, 3))
    if "conv" in kind or "pool" in kind:
        params = {"kernel": (int(rng.integers(1, 4)), int(rng.integers(1, 4))), "stride": (stride, stride)}
        params["padding"] = str(rng.choice(["same", "valid"]))
    if kind in ("conv2d", "separable_conv2d"):
        params["filters"] = int(rng.integers(1, 9))
    if "conv" in kind:
        params |= {"use_bias": bool(rng.random() < 0.5), "activation": str(rng.choice(["none", "relu", "relu6"]))}
    grown, id = _append(graph, kind, params, (last,))
    shape = infer(grown, BLOCKS, input_shape).shapes.get(id)
    return (grown, id) if shape is not None else (graph, last)


def unsupported_model(folder: Path) -> Path:
    """Write a model that TFLM runs and the engine does not."""
    quant = Quantisation((0.1,), (0,))
    tensors = tuple(Tensor(name, (1, 8), "int8", quant) for name in ("in", "out"))
    network = Network("elu", tensors, (Op("elu", (0,), (1,)),), (0,), (1,))
    path = folder / "elu.tflite"
    path.write_bytes(write_tflite(network))
    return path

"""The trained graph as an int8 network, and what it hears."""

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata

import numpy as np

from studio.core.block import Block
from studio.core.errors import ToolMissing
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.core.project import Project
from studio.core.registry import Registry
from studio.deploy import oracle
from studio.dsp.log_mel import quantise_features
from studio.lower.graph import lower_graph
from studio.lower.quantise import calibrate, quantise

_CLIPS_AT_ONCE = 32


def convert(project: Project, blocks: Registry[Block], weights: Mapping[str, np.ndarray], examples: np.ndarray) -> Network:
    """Fold, calibrate on example features (n, frames, mels, 1) and quantise to int8."""
    network = lower_graph(project.graph, blocks, project.frontend.shape, weights, project.name)
    return quantise(network, calibrate(network, examples))


def hear(
    network: Network, tflite: bytes, frontend: FrontEnd, features: np.ndarray, on_share: Callable[[float], None]
) -> tuple[np.ndarray, str]:
    """Run the int8 network on features; return the outputs (n, labels) as int8 and the engine's name.

    TFLM's own kernels where the tflite-micro wheel is there, else LiteRT's reference kernels; `on_share` hears the share done.
    Raises ToolMissing without either.
    """
    inputs = quantise_features(frontend, features, network.input.quant)
    outputs = []
    for start in range(0, len(inputs), _CLIPS_AT_ONCE):
        part = inputs[start : start + _CLIPS_AT_ONCE]
        outputs.append(_hear_tflm(network, tflite, part) if oracle.available() else _hear_litert(tflite, part))
        on_share(min(1.0, (start + _CLIPS_AT_ONCE) / len(inputs)))
    engine = f"tflite-micro {_version('tflite-micro')}" if oracle.available() else f"LiteRT {_version('ai-edge-litert')}, reference kernels"
    return np.concatenate(outputs), engine


def _hear_tflm(network: Network, tflite: bytes, inputs: np.ndarray) -> np.ndarray:
    return np.stack([np.frombuffer(o, np.int8) for o in oracle.run(network, [x.tobytes() for x in inputs], tflite)])


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "?"


def _hear_litert(tflite: bytes, inputs: Sequence[np.ndarray]) -> np.ndarray:
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError:
        raise ToolMissing("nothing here can run an int8 model", hint="python -m pip install ai-edge-litert") from None
    interpreter = Interpreter(model_content=tflite, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    first, last = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for x in inputs:
        interpreter.set_tensor(first, x[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(last)[0].copy())
    return np.stack(outputs)

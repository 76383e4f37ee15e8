"""The activations of X-CUBE-AI's plan: the largest step, where a layer's output may lie over the input that it uses up.

A step holds the layer's input, output and scratch and whatever else lives. Sharing follows ST's own offsets: the output starts a row before
the input or ends a margin before its end (see layers), and is chosen where it saves. Published plans of "balanced" equal this to the byte
where one step rules; where several shared buffers hang together they are up to 5 % larger, for residual networks 11 %.
"""

from studio.core.network import Network
from studio.core.remember import remembered
from studio.estimate.xcubeai.layers import Layer, layers

ALIGNMENT = 4


def activation_bytes(network: Network) -> int:
    """Return the bytes of the activations, the network's inputs and outputs among them."""
    return remembered(_activation_bytes, network)


def _activation_bytes(network: Network) -> int:
    made = layers(network)
    last = _last_uses(network, made)
    sizes = [_aligned(t.nbytes) for t in network.tensors]
    alive: dict[int, int] = {i: sizes[i] for i in network.inputs}
    most = sum(alive.values())
    for number, layer in enumerate(made):
        source = layer.reads[0] if layer.reads else -1
        dies = source >= 0 and last.get(source, -1) <= number
        others = sum([size for tensor, size in alive.items() if tensor != source])
        most = max(most, others + _step(layer, alive.get(source, 0), sizes[layer.writes], dies))
        alive[layer.writes] = sizes[layer.writes]
        alive = {tensor: size for tensor, size in alive.items() if last.get(tensor, -1) > number}
    return most


def _last_uses(network: Network, made: tuple[Layer, ...]) -> dict[int, int]:
    """Return the last layer that reads each tensor; the network's outputs outlive all."""
    last: dict[int, int] = {}
    for number, layer in enumerate(made):
        last.update(dict.fromkeys(layer.reads, number))
    last.update(dict.fromkeys([made[-1].writes] if made else [], len(made)))
    return last | dict.fromkeys(network.outputs, len(made))


def _step(layer: Layer, source: int, out: int, dies: bool) -> int:
    """Return what a layer's own buffers take."""
    scratch = _aligned(layer.scratch)
    if layer.padded:
        # The padded copy grows over the input where that dies; the output then starts a row before it.
        padded = _aligned(layer.padded)
        kept = 0 if dies else source
        return max(kept + padded, kept + min(padded + layer.lead, padded + out) + scratch)
    apart = source + out + scratch
    if not (dies and layer.shares):
        return apart
    return min(apart, max(source + layer.lead, out + layer.trail) + scratch)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT

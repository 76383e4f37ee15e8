"""Random networks of the layers that the packed kernels take: behind ReLUs, with the odd sizes and hard weights that these must bear."""

from math import prod, sqrt

import msgspec
import numpy as np

from studio.core.network import Network, Quantisation
from tests.helpers.random_networks import RandomNetwork

DEAD = 1e-9
"""A channel's scale that rounds every sum to zero."""


class PackedNetwork(RandomNetwork):
    """Draws convolutions without groups and dilation, depthwise 3 x 3 layers and averages; dense layers end it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.hard = self.chance(0.3)

    def quant(self, scale=None):
        quant = super().quant(scale)
        return Quantisation(quant.scale, (-128,)) if self.chance(0.6) else quant

    def filters(self, shape, inputs):
        """Return weights from -127 to 127; hard ones make the sums as large as they get."""
        if self.hard:
            return np.full(shape, self.rng.choice([-127, 127]), np.int8)
        return self.rng.integers(-127, 128, shape, np.int8)

    def layer(self, shape, channels, axis, inputs, per_channel=True):
        """Return filter and bias tensors and the output's quantisation; some channels are dead."""
        scales = 10 ** self.rng.uniform(-3, -2, channels if per_channel else 1)
        scales[self.rng.random(len(scales)) < 0.1 * per_channel] = DEAD
        scales = tuple(float(np.float32(s)) for s in scales)
        weights = self.tensor(shape, Quantisation(scales, (0,) * len(scales), axis), data=self.filters(shape, inputs))
        reach = 75 * 75 * sqrt(inputs)
        product = tuple(float(np.float32(np.float32(self.scale) * np.float32(s))) for s in scales)
        quant = Quantisation(product, (0,) * len(scales))
        bias = self.tensor((channels,), quant, "int32", self.rng.integers(-int(reach), int(reach) + 1, channels).astype("<i4"))
        return (weights, bias), self.quant(max(self.scale * 0.006 * reach / 50 * 10 ** self.rng.uniform(-0.7, 0.7), self.scale * 0.03))

    def convolve(self, kernel, stride, depthwise=False) -> None:
        padding = str(self.rng.choice(["same", "valid"]))
        size = self.output_size(kernel, stride, (1, 1), padding)
        if size is None:
            return
        channels, taken = (self.shape[3],) * 2 if depthwise else (self.channels(), self.shape[3])
        inputs = prod(kernel) * (1 if depthwise else taken)
        shape, axis = ((1, *kernel, channels), 3) if depthwise else ((channels, *kernel, taken), 0)
        consts, quant = self.layer(shape, channels, axis, inputs)
        activation = str(self.rng.choice(["none", "relu", "relu6"]))
        options = {"stride": stride, "dilation": (1, 1), "padding": padding, "activation": activation}
        kind = "depthwise_conv_2d" if depthwise else "conv_2d"
        self.add(kind, (self.now, *consts), (1, *size, channels), quant, options | ({"multiplier": 1} if depthwise else {}))

    def step(self) -> None:
        kind = self.draw(0, 4)
        if kind < 2:
            self.convolve((3, 3), (1, self.draw(1, 2)), depthwise=True)
        elif kind == 2:
            self.convolve((1, 1), (1, 1))
        elif kind == 3:
            self.convolve((self.draw(1, 5), self.draw(1, 4)), (self.draw(1, 3), self.draw(1, 3)))
        else:
            self.pool()

    def head(self) -> None:
        inputs = prod(self.shape)
        self.add("reshape", (self.now, self.integers(1, inputs)), (1, inputs), self.tensors[self.now].quant)
        for _ in range(self.draw(1, 2)):
            inputs, outputs = self.shape[1], self.draw(1, 23)
            consts, quant = self.layer((outputs, inputs), outputs, 0, inputs, self.chance(0.5))
            self.add("fully_connected", (self.now, *consts), (1, outputs), quant, {"activation": "none", "keep_dims": False})


def packed_network(seed: int) -> Network:
    """Draw a network of two to five such layers and a dense head."""
    made = PackedNetwork(seed)
    for _ in range(made.draw(2, 5)):
        made.step()
    made.head()
    return made.network()


def with_first_weight(network: Network, value: int) -> Network:
    """Return the network with another first weight in every layer."""
    filters = {op.inputs[1] for op in network.ops if op.kind in ("conv_2d", "depthwise_conv_2d", "fully_connected")}
    tensors = [
        msgspec.structs.replace(t, data=np.int8(value).tobytes() + t.data[1:]) if i in filters else t for i, t in enumerate(network.tensors)
    ]
    return msgspec.structs.replace(network, tensors=tuple(tensors))

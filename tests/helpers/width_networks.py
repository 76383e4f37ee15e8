"""Random networks of int16 values, and of 4-bit weights."""

from math import sqrt

import msgspec
import numpy as np

from studio.core.network import Network, Op, Quantisation
from studio.lower.engine.nibbles import packed
from tests.helpers.random_networks import ACTIVATIONS, COMMON, RandomNetwork, grow

FRACTIONS = Quantisation((1 / 32768,), (0,))
WEIGHTED = ("conv_2d", "depthwise_conv_2d", "fully_connected")


class WideNetwork(RandomNetwork):
    """Draws networks of int16 values; floats or int8 stand at the ends of some."""

    dtype = "int16"

    def quant(self, scale=None):
        return Quantisation((float(np.float32(scale or 10 ** self.rng.uniform(-5, -2))),), (0,))

    def weights(self, shape, channels, axis, inputs, per_channel=True):
        """Return filter and bias tensors and an output quantisation that uses the range, more or less."""
        base = 10 ** self.rng.uniform(-3, -1)
        scales = base * 10 ** (self.rng.uniform(-0.5, 0.5, channels if per_channel else 1) * (not self.chance(0.25)))
        scales = tuple(float(np.float32(s)) for s in scales)
        filters = self.tensor(shape, Quantisation(scales, (0,) * len(scales), axis), data=self.rng.integers(-127, 128, shape, np.int8))
        reach = 19000 * 75 * sqrt(inputs)
        narrow = axis == 0 and self.chance(0.2)
        bias = self.rng.integers(-int(reach), int(reach) + 1, channels).astype("<i4" if narrow else "<i8")
        product = tuple(float(np.float32(np.float32(self.scale) * np.float32(s))) for s in scales)
        extra = (self.tensor((channels,), Quantisation(product, (0,) * len(scales)), bias.dtype.name, bias),)
        return (filters, *(extra if self.chance(0.85) else ())), self.quant(
            self.scale * base * reach / 12000 * 10 ** self.rng.uniform(-0.7, 0.7)
        )

    def add(self, kind, inputs, shape, quant, options=None) -> None:
        """Let some layers without a bias sum in 32 bits."""
        if kind in ("conv_2d", "fully_connected") and len(inputs) == 2 and self.chance(0.4):
            options = {**options, "quantized_bias_type": "int32"}
        super().add(kind, inputs, shape, quant, options)

    def sum(self) -> None:
        """Add an earlier tensor of this shape, or this one to itself."""
        other = int(self.rng.choice([i for i, t in enumerate(self.tensors) if t.shape == self.shape and t.dtype == "int16"]))
        scale = max(self.scale, self.tensors[other].quant.scale[0]) * self.rng.uniform(0.5, 2)
        pair = (self.now, other) if self.chance(0.5) else (other, self.now)
        self.add("add", pair, self.shape, self.quant(scale), {"activation": str(self.rng.choice(ACTIVATIONS))})

    def unary(self) -> None:
        kind = str(self.rng.choice(["relu", "relu6", "quantize", "logistic", "tanh"]))
        if kind in ("logistic", "tanh"):
            self._curve(kind)
        else:
            same = self.tensors[self.now].quant
            self.add(kind, (self.now,), self.shape, same if kind == "relu6" else self.quant(self.scale * self.rng.uniform(0.3, 3)))

    def _curve(self, kind) -> None:
        """Bring the input to a scale at which the curve bends, a power of two in some."""
        scale = float(2.0 ** -int(self.rng.integers(10, 14))) if self.chance(0.4) else 10 ** self.rng.uniform(-4.5, -2.5)
        self.add("quantize", (self.now,), self.shape, self.quant(scale))
        self.add(kind, (self.now,), self.shape, FRACTIONS)

    def ends(self) -> None:
        """Put a conversion from floats or int8 before the network, and one behind."""
        first = str(self.rng.choice(["int16", "float32", "int8"]))
        if first != "int16":
            quant = RandomNetwork.quant(self) if first == "int8" else None
            self.input = self.tensor(self.tensors[0].shape, quant, first)
            self.ops.insert(0, Op("quantize", (self.input,), (0,), {}, "first"))
        last = str(self.rng.choice(["int16", "float32", "int8"]))
        if last != "int16":
            quant = Quantisation((self.scale * 256,), (self.draw(-128, 127),)) if last == "int8" else None
            made = self.tensor(self.shape, quant, last)
            self.ops.append(Op("quantize" if quant else "dequantize", (self.now,), (made,), {}, "last"))
            self.now = made


WIDE = {
    WideNetwork.conv_2d: 0.26,
    WideNetwork.depthwise_conv_2d: 0.18,
    WideNetwork.pool: 0.12,
    WideNetwork.sum: 0.1,
    WideNetwork.unary: 0.1,
    WideNetwork.reshape: 0.03,
    WideNetwork.mean: 0.04,
    WideNetwork.concatenation: 0.05,
    WideNetwork.pad: 0.03,
    WideNetwork.transpose: 0.03,
    WideNetwork.strided_slice: 0.03,
    WideNetwork.split: 0.03,
}


def wide_network(seed: int) -> Network:
    """Draw a network of int16 values and int8 weights."""
    made = grow(WideNetwork(seed), WIDE, FRACTIONS)
    made.ends()
    return made.network()


class NibbleNetwork(RandomNetwork):
    """Draws int8 networks whose weights fit into four bits."""

    def tensor(self, shape, quant=None, dtype="", data=None) -> int:
        small = data is not None and quant is not None and data.dtype == np.int8
        return super().tensor(shape, quant, dtype, data >> 4 if small else data)


def nibble_networks(seed: int) -> tuple[Network, Network]:
    """Draw a network; return it with weights of four bits, and with the same weights in int8."""
    plain = grow(NibbleNetwork(seed), COMMON).network()
    return with_nibbles(plain), plain


def with_nibbles(network: Network) -> Network:
    """Store the weights of convolutions and dense layers as int4."""
    tensors = list(network.tensors)
    for number in {op.inputs[1] for op in network.ops if op.kind in WEIGHTED}:
        data = packed(np.frombuffer(tensors[number].data, np.int8)).tobytes()
        tensors[number] = msgspec.structs.replace(tensors[number], dtype="int4", data=data)
    return msgspec.structs.replace(network, tensors=tuple(tensors))

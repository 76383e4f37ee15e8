"""Networks of int16 values, and of 4-bit weights and transposed convolutions, on which their kernels are measured."""

import numpy as np
from engine_operators import Chain

from studio.core.network import Network, Quantisation, window_size

WIDTH_NETWORKS = 20
_WEIGHTS = Quantisation((0.01,), (0,))
_RECTIFIED = Quantisation((0.05,), (-128,))
_FRACTIONS = Quantisation((1 / 32768,), (0,))
_KERNELS = ((3, 3), (3, 3), (5, 3), (1, 5), (2, 2), (4, 6))


class _Layers(Chain):
    """Adds layers with weights; `bits` are those of a weight."""

    bits = 8

    def any(self, *values):
        """Draw one of the values."""
        return values[int(self.rng.integers(len(values)))]

    def weights(self, shape: tuple[int, ...]) -> int:
        """Add weights of eight or four bits."""
        if self.bits == 8:
            return self.const(self.rng.integers(-127, 128, shape, np.int8), _WEIGHTS)
        data = self.rng.integers(-128, 128, -(-int(np.prod(shape)) // 2), np.int8).tobytes()
        return self.constant("int4", shape, data, _WEIGHTS)

    def bias(self, channels: int) -> int:
        wide = self.tensors[self.now].dtype == "int16"
        return self.const(self.rng.integers(-9999, 9999, channels).astype("<i8" if wide else "<i4"), _WEIGHTS)

    def _windows(self, kernel, stride, padding, dilation=(1, 1)):
        pairs = zip(self.shape[1:3], kernel, stride, dilation, strict=True)
        return tuple(window_size(n, k, s, d, padding)[0] for n, k, s, d in pairs)

    def conv(self, kernel=None, groups=1) -> None:
        kernel, stride = kernel or self.any(*_KERNELS), self.any((1, 1), (1, 1), (2, 1))
        channels = groups * self.any(5, 8, 12, 17)
        size = self._windows(kernel, stride, "same")
        inputs = (self.now, self.weights((channels, *kernel, self.shape[3] // groups)), self.bias(channels))
        self.add("conv_2d", inputs, (1, *size, channels), stride=stride, dilation=(1, 1), padding="same", activation="none")

    def depthwise(self, kernel, dilation=(1, 1), activation="none", stride=None) -> None:
        padding = self.any("same", "valid") if min(self.shape[1:3]) > 7 else "same"
        if stride is None:
            stride = self.any((1, 1), (1, 1), (2, 1), (1, 2)) if activation == "none" and dilation == (1, 1) else (1, 1)
        size, channels = self._windows(kernel, stride, padding, dilation), self.shape[3]
        options = {"stride": stride, "dilation": dilation, "padding": padding, "activation": activation, "multiplier": 1}
        inputs = (self.now, self.weights((1, *kernel, channels)), self.bias(channels))
        self.add("depthwise_conv_2d", inputs, (1, *size, channels), **options)

    def transposed(self) -> None:
        """Enlarge the map; its range is narrower in some."""
        kernel, stride, channels = self.any(*_KERNELS), self.any((2, 2), (2, 1), (1, 1)), self.any(3, 8, 13)
        shape = (1, *(n * s for n, s in zip(self.shape[1:3], stride, strict=True)), channels)
        inputs = (self.integers(*shape), self.weights((channels, *kernel, self.shape[3])), self.now, self.bias(channels))
        self.add("transpose_conv", inputs, shape, stride=stride, padding="same", activation=self.any("none", "relu6"))

    def pool(self, kind: str) -> None:
        options = {"kernel": self.any((2, 2), (3, 2)), "stride": self.any((2, 1), (1, 1)), "padding": "same"}
        size = self._windows(options["kernel"], options["stride"], "same")
        self.add(kind, (self.now,), (1, *size, self.shape[3]), **options, activation="none")

    def dense(self, outputs: int) -> None:
        inputs = int(np.prod(self.shape))
        self.add("reshape", (self.now, self.integers(1, inputs)), (1, inputs))
        self.add("fully_connected", (self.now, self.weights((outputs, inputs)), self.bias(outputs)), (1, outputs), activation="none")


def _wide_network(number: int) -> Network:
    layers = _Layers(number)
    layers.dtype, layers.quant = "int16", Quantisation((0.001,), (0,))
    layers.add("quantize", (0,), layers.shape)
    layers.conv()
    layers.pool("max_pool_2d")
    layers.add("add", (layers.now, layers.now), layers.shape, activation="none")
    layers.depthwise(layers.any(*_KERNELS))
    layers.add("relu", (layers.now,), layers.shape)
    layers.conv((1, 1))
    layers.depthwise(layers.any(*_KERNELS), layers.any((1, 1), (2, 2)))
    layers.pool("average_pool_2d")
    layers.conv((3, 3), layers.any(*(g for g in (1, 2, 4) if layers.shape[3] % g == 0)))
    kept = layers.quant
    for kind in ("logistic", "tanh"):
        layers.quant = _FRACTIONS
        layers.add(kind, (layers.now,), layers.shape)
        layers.quant = kept
        layers.conv((1, 1))
    layers.mean()
    layers.dense(layers.any(3, 8, 13))
    layers.quant = _FRACTIONS
    layers.add("softmax", (layers.now,), layers.shape, beta=1.0)
    layers.add("dequantize", (layers.now,), layers.shape)
    return layers.network()


def _narrow_network(number: int) -> Network:
    layers = _Layers(number)
    layers.add("quantize", (0,), layers.shape)
    layers.bits = 4
    layers.conv((3, 3))
    for kernel, dilation in (((3, 3), (1, 1)), ((5, 3), (1, 1)), ((3, 3), (2, 1))):
        layers.depthwise(kernel, dilation)
    if number % 4 == 1:  # strides down are not for the packed kernel
        layers.depthwise((3, 3), stride=(2, 1))
    layers.quant = _RECTIFIED
    layers.depthwise((3, 3), activation="relu")
    layers.quant = Chain.quant
    layers.conv((1, 1))
    layers.conv(layers.any(*_KERNELS), layers.any(*(g for g in (1, 2, 3, 4) if layers.shape[3] % g == 0)))
    layers.bits = 8
    layers.transposed()
    layers.bits = 4
    layers.conv()
    layers.dense(layers.any(4, 9, 12))
    layers.dense(layers.any(2, 7))
    return layers.network()


def width_network(number: int) -> Network:
    """Return a chain of layers with drawn sizes and operands: int16 in the even ones, 4-bit weights in the odd."""
    return (_narrow_network if number % 2 else _wide_network)(number)

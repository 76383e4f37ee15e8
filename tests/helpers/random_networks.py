"""Random int8 networks of every operator that the engine runs, with odd shapes and any scales."""

from math import prod, sqrt

import numpy as np

from studio.core.network import Network, Op, Quantisation, Tensor, window_size

ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")
SOFTMAX = Quantisation((1 / 256,), (-128,))


class RandomNetwork:
    """Adds operators one after another, drawing what they need; `now` is the tensor at hand."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        shape = (1, int(self.rng.integers(1, 14)), int(self.rng.integers(1, 12)), self.channels())
        self.now = self.tensor(shape, self.quant())

    def channels(self) -> int:
        return int(self.rng.choice([1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 31, 33, 64, 67]))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def draw(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def quant(self, scale: float | None = None) -> Quantisation:
        zero = -128 if self.chance(0.4) else self.draw(-128, 127)
        return Quantisation((float(np.float32(scale or 10 ** self.rng.uniform(-3, 0.5))),), (zero,))

    def tensor(self, shape, quant=None, dtype="int8", data=None) -> int:
        raw = None if data is None else np.ascontiguousarray(data).tobytes()
        self.tensors.append(Tensor(f"t{len(self.tensors)}", tuple(map(int, shape)), dtype, quant, data is not None, raw))
        return len(self.tensors) - 1

    def add(self, kind, inputs, shape, quant, options=None) -> None:
        out = self.tensor(shape, quant)
        self.ops.append(Op(kind, tuple(inputs), (out,), options or {}, f"{kind}_{len(self.ops)}"))
        self.now = out

    @property
    def shape(self):
        return self.tensors[self.now].shape

    @property
    def scale(self) -> float:
        return self.tensors[self.now].quant.scale[0]

    def weights(self, shape, channels, axis, inputs, per_channel=True):
        """Return filter and bias tensors and an output quantisation that uses the range, more or less."""
        base = 10 ** self.rng.uniform(-3, -1)
        # Factors near powers of two make ties, in which the last bit of a multiplier decides.
        ties = self.chance(0.25)
        spread = base * 10 ** (self.rng.uniform(-0.5, 0.5, channels if per_channel else 1) * (not ties))
        scales = tuple(float(np.float32(s)) for s in spread)
        filters = self.tensor(shape, Quantisation(scales, (0,) * len(scales), axis), data=self.rng.integers(-127, 128, shape, np.int8))
        reach = 75 * 75 * sqrt(inputs)
        bias = self.rng.integers(-int(reach), int(reach) + 1, channels).astype("<i4")
        product = tuple(float(np.float32(np.float32(self.scale) * np.float32(s))) for s in scales)
        extra = (self.tensor((channels,), Quantisation(product, (0,) * len(scales)), "int32", bias),) if self.chance(0.85) else ()
        if ties:
            return (filters, *extra), self.quant(self.scale * scales[0] * 2 ** round(np.log2(reach / 50)))
        return (filters, *extra), self.quant(self.scale * base * reach / 50 * 10 ** self.rng.uniform(-0.7, 0.7))

    def window(self, largest=5):
        kernel = self.draw(1, largest), self.draw(1, largest)
        if self.chance(0.25):
            kernel = (3, 3)
        stride = (self.draw(1, 3), self.draw(1, 3)) if self.chance(0.5) else (1, 1)
        return kernel, stride, str(self.rng.choice(["same", "valid"]))

    def output_size(self, kernel, stride, dilation, padding):
        pairs = zip(self.shape[1:3], kernel, stride, dilation, strict=True)
        size = tuple(window_size(s, k, t, d, padding)[0] for s, k, t, d in pairs)
        return size if min(size) >= 1 else None

    def conv_window(self):
        while True:
            kernel, stride, padding = self.window()
            dilation = (self.draw(1, 3), self.draw(1, 3)) if self.chance(0.25) else (1, 1)
            size = self.output_size(kernel, stride, dilation, padding)
            if size:
                options = {"stride": stride, "dilation": dilation, "padding": padding, "activation": str(self.rng.choice(ACTIVATIONS))}
                return kernel, size, options

    def conv_2d(self) -> None:
        kernel, size, options = self.conv_window()
        taken = self.shape[3]
        groups = int(self.rng.choice([g for g in range(1, taken + 1) if taken % g == 0])) if self.chance(0.3) else 1
        channels = self.channels() if groups == 1 else groups * self.draw(1, 3)
        if self.chance(0.3):
            kernel, size, options = (1, 1), self.shape[1:3], options | {"stride": (1, 1), "dilation": (1, 1)}
        inputs = taken // groups * prod(kernel)
        consts, quant = self.weights((channels, *kernel, taken // groups), channels, 0, inputs)
        self.add("conv_2d", (self.now, *consts), (1, *size, channels), quant, options)

    def depthwise_conv_2d(self) -> None:
        kernel, size, options = self.conv_window()
        depth = self.draw(1, 4) if self.chance(0.3) or self.shape[3] == 1 else 1
        channels = self.shape[3] * depth
        consts, quant = self.weights((1, *kernel, channels), channels, 3, prod(kernel))
        self.add("depthwise_conv_2d", (self.now, *consts), (1, *size, channels), quant, options | {"multiplier": depth})

    def pool(self) -> None:
        kernel, stride, padding = self.window(4)
        size = self.output_size(kernel, stride, (1, 1), padding)
        if self.chance(0.2):
            kernel, stride, padding, size = self.shape[1:3], (1, 1), "valid", (1, 1)
        if size:
            kind = str(self.rng.choice(["max_pool_2d", "average_pool_2d"]))
            options = {"kernel": kernel, "stride": stride, "padding": padding, "activation": str(self.rng.choice(ACTIVATIONS))}
            self.add(kind, (self.now,), (1, *size, self.shape[3]), self.tensors[self.now].quant, options)

    def sum(self) -> None:
        """Add an earlier tensor of this shape, or this one to itself."""
        same = [i for i, t in enumerate(self.tensors) if t.shape == self.shape and not t.constant and t.dtype == "int8"]
        other = int(self.rng.choice(same))
        scale = max(self.scale, self.tensors[other].quant.scale[0]) * self.rng.uniform(0.5, 2)
        pair = (self.now, other) if self.chance(0.5) else (other, self.now)
        self.add("add", pair, self.shape, self.quant(scale), {"activation": str(self.rng.choice(ACTIVATIONS))})

    def concatenation(self) -> None:
        quant, axis = self.tensors[self.now].quant, self.draw(1, 3)
        like = [i for i, t in enumerate(self.tensors) if not t.constant and t.quant == quant and self._joins(t, axis)]
        parts = [int(i) for i in self.rng.choice(like, self.draw(2, 3))]
        parts[self.draw(0, len(parts) - 1)] = self.now
        shape = list(self.shape)
        shape[axis] = sum(self.tensors[i].shape[axis] for i in parts)
        if prod(shape) < 20000:
            self.add("concatenation", parts, shape, quant, {"axis": axis - 4 if self.chance(0.3) else axis, "activation": "none"})

    def _joins(self, tensor, axis) -> bool:
        return len(tensor.shape) == 4 and all(tensor.shape[a] == self.shape[a] for a in range(4) if a != axis)

    def unary(self) -> None:
        kind = str(self.rng.choice(["relu", "relu6", "quantize", "logistic"]))
        if kind == "logistic":
            self.add(kind, (self.now,), self.shape, SOFTMAX)
            return
        same = self.tensors[self.now].quant
        self.add(kind, (self.now,), self.shape, same if kind == "relu6" else self.quant(self.scale * self.rng.uniform(0.3, 3)))

    def reshape(self) -> None:
        _, height, width, channels = self.shape
        shape = (1, width, height, channels) if self.chance(0.5) else (1, 1, height * width, channels)
        self.add("reshape", (self.now, self.tensor((4,), None, "int32", np.array(shape, "<i4"))), shape, self.tensors[self.now].quant)

    def dense(self) -> None:
        inputs = prod(self.shape)
        shape = np.array((1, inputs), "<i4")
        self.add("reshape", (self.now, self.tensor((2,), None, "int32", shape)), (1, inputs), self.tensors[self.now].quant)
        for _ in range(self.draw(1, 2)):
            inputs, outputs = self.shape[1], self.draw(1, 35)
            consts, quant = self.weights((outputs, inputs), outputs, 0, inputs, self.chance(0.5))
            options = {"activation": str(self.rng.choice(ACTIVATIONS)), "keep_dims": False}
            self.add("fully_connected", (self.now, *consts), (1, outputs), quant, options)

    def network(self) -> Network:
        return Network("random", tuple(self.tensors), tuple(self.ops), (0,), (self.now,))


def random_network(seed: int) -> Network:
    """Draw a network of three to eight operators, with a dense head in most."""
    made = RandomNetwork(seed)
    steps = [made.conv_2d, made.depthwise_conv_2d, made.pool, made.sum, made.concatenation, made.unary, made.reshape]
    for _ in range(made.draw(3, 8)):
        steps[int(made.rng.choice(7, p=[0.26, 0.24, 0.14, 0.12, 0.1, 0.08, 0.06]))]()
    if made.chance(0.6) or not made.ops:
        made.dense()
    if made.chance(0.6):
        made.add("softmax", (made.now,), made.shape, SOFTMAX, {"beta": 1.0 if made.chance(0.7) else made.rng.uniform(0.3, 2)})
    return made.network()

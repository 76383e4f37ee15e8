"""Random int8 networks of every operator that the engine runs, with odd shapes and any scales."""

from math import prod, sqrt

import numpy as np

from studio.core.network import Network, Op, Quantisation, Tensor, window_size
from studio.lower.engine.simple import SOFTMAX_LARGEST

ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")
SOFTMAX = Quantisation((1 / 256,), (-128,))
TANH = Quantisation((1 / 128,), (0,))


class RandomNetwork:
    """Adds operators one after another, drawing what they need; `now` is the tensor at hand."""

    dtype = "int8"

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        shape = (1, int(self.rng.integers(1, 14)), int(self.rng.integers(1, 12)), self.channels())
        self.now = self.tensor(shape, self.quant())
        self.input = 0

    def channels(self) -> int:
        return int(self.rng.choice([1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 31, 33, 64, 67]))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def draw(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def quant(self, scale: float | None = None) -> Quantisation:
        zero = -128 if self.chance(0.4) else self.draw(-128, 127)
        return Quantisation((float(np.float32(scale or 10 ** self.rng.uniform(-3, 0.5))),), (zero,))

    def tensor(self, shape, quant=None, dtype="", data=None) -> int:
        """Add a tensor; without a data type a constant is int8, a computed one of the network's."""
        dtype = dtype or (self.dtype if data is None else "int8")
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

    def transpose_conv(self) -> None:
        """Enlarge the map by the stride, with any kernel."""
        kernel, stride, padding = self.window()
        size = [(n - 1) * t + k if padding == "valid" else n * t for n, t, k in zip(self.shape[1:3], stride, kernel, strict=True)]
        if padding == "valid" and self.chance(0.5):
            size = [n + self.draw(0, max(0, t - 1)) for n, t in zip(size, stride, strict=True)]
        if padding == "same" and self.chance(0.4):
            size = [n - self.draw(0, t - 1) for n, t in zip(size, stride, strict=True)]
        taken, channels = self.shape[3], self.channels()
        if prod(size) * channels > 20000:
            return
        shape = self.integers(1, *size, channels)
        (filters, *bias), quant = self.weights((channels, *kernel, taken), channels, 0, max(1, taken * prod(kernel) // prod(stride)))
        options = {"stride": stride, "padding": padding, "activation": str(self.rng.choice(ACTIVATIONS))}
        self.add("transpose_conv", (shape, filters, self.now, *bias), (1, *size, channels), quant, options)

    def depthwise_conv_2d(self) -> None:
        kernel, size, options = self.conv_window()
        depth = self.draw(1, 4) if self.chance(0.3) or self.shape[3] == 1 else 1
        channels = self.shape[3] * depth
        consts, quant = self.weights((1, *kernel, channels), channels, 3, prod(kernel))
        self.add("depthwise_conv_2d", (self.now, *consts), (1, *size, channels), quant, options | {"multiplier": depth})

    def whole_depthwise(self) -> None:
        """Weigh all places of each channel."""
        channels = self.shape[3]
        consts, quant = self.weights((1, *self.shape[1:]), channels, 3, prod(self.shape[1:3]))
        options = {
            "stride": (1, 1),
            "dilation": (1, 1),
            "padding": "valid",
            "activation": str(self.rng.choice(ACTIVATIONS)),
            "multiplier": 1,
        }
        self.add("depthwise_conv_2d", (self.now, *consts), (1, 1, 1, channels), quant, options)

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

    def _lookup(self, kind) -> None:
        out = {"tanh": TANH, "logistic": SOFTMAX}.get(kind) or self.quant(self.scale * self.rng.uniform(0.05, 3))
        self.add(kind, (self.now,), self.shape, out)

    def curve(self) -> None:
        self._lookup(str(self.rng.choice(["tanh", "hard_swish"])))

    def integers(self, *numbers) -> int:
        return self.tensor((len(numbers),), None, "int32", np.array(numbers, "<i4"))

    def mean(self) -> None:
        """Reduce height and width, or some axes side by side."""
        axes = [(1, 2), (1, 2), (1,), (2,), (3,), (2, 3), (-2, -3), (1, 2, 3)][self.draw(0, 7)]
        keep = [1 if a in {x % 4 for x in axes} else size for a, size in enumerate(self.shape)]
        self.add("mean", (self.now, self.integers(*axes)), keep, self.quant(self.scale * self.rng.uniform(0.1, 2)), {"keep_dims": True})

    def squeezing_mean(self) -> None:
        """Reduce height and width to nothing, as a global pool before a dense layer does."""
        quant = self.quant(self.scale * self.rng.uniform(0.1, 2))
        self.add("mean", (self.now, self.integers(1, 2)), (1, self.shape[3]), quant, {"keep_dims": False})

    def pad(self) -> None:
        before, after = self.rng.integers(0, 3, (2, 4)) * (0, 1, 1, self.chance(0.4))
        shape = tuple(int(s) for s in np.array(self.shape) + before + after)
        if prod(shape) < 20000:
            paddings = self.tensor((4, 2), None, "int32", np.stack([before, after], 1).astype("<i4"))
            quant = self.tensors[self.now].quant
            self.add("pad", (self.now, paddings), shape, quant)

    def elementwise(self) -> None:
        """Multiply, subtract or add, with an operand that is repeated, constant, or neither."""
        kind = str(self.rng.choice(["mul", "mul", "sub", "add"]))
        shape = [1, *(1 if self.chance(0.4) else size for size in self.shape[1:])]
        shape = shape[self.draw(0, 3) :] if self.chance(0.3) else shape
        same = [i for i, t in enumerate(self.tensors) if t.shape == self.shape and not t.constant and t.dtype == "int8"]
        if self.chance(0.3):
            other = int(self.rng.choice(same))
        else:
            other = self.tensor(shape, self.quant(), data=self.rng.integers(-128, 128, shape, np.int8))
        far = self.tensors[other].quant.scale[0]
        scale = self.scale * far * 300 * self.rng.uniform(0.05, 1) if kind == "mul" else max(self.scale, far) * self.rng.uniform(0.5, 2)
        pair = (self.now, other) if self.chance(0.6) else (other, self.now)
        self.add(kind, pair, self.shape, self.quant(scale), {"activation": str(self.rng.choice(ACTIVATIONS))})

    def transpose(self) -> None:
        order = (0, *(int(a) for a in self.rng.permutation([1, 2, 3])))
        self.add("transpose", (self.now, self.integers(*order)), [self.shape[a] for a in order], self.tensors[self.now].quant)

    def strided_slice(self) -> None:
        """Cut from any of the axes, forwards or backwards, with masks and bounds from either end."""
        begins, ends, strides, masks, shape = [0], [1], [1], [1, 1], [1]
        for axis, size in enumerate(self.shape[1:], 1):
            stride = int(self.rng.choice([1, 1, 1, 2, 3, -1]))
            first, last = sorted(int(i) for i in self.rng.integers(0, size + 1, 2))
            if self.chance(0.4) or first == last:
                masks = [m | 1 << axis for m in masks]
                first, last = 0, size
            elif stride < 0:
                first, last = last - 1, first - 1 if first else -size - 1
            elif self.chance(0.4):
                first, last = first - size, last
            begins.append(first)
            ends.append(last)
            strides.append(stride)
            shape.append(len(range(size)[slice(*((None, None) if masks[0] >> axis & 1 else (first, last)), stride)]))
        options = {"begin_mask": masks[0], "end_mask": masks[1]}
        options |= {"ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0, "offset": False}
        bounds = tuple(self.integers(*numbers) for numbers in (begins, ends, strides))
        self.add("strided_slice", (self.now, *bounds), shape, self.tensors[self.now].quant, options)

    def split(self) -> None:
        """Go on with one of the parts; later operators may take the others."""
        axis = self.draw(1, 3)
        size, quant = self.shape[axis], self.tensors[self.now].quant
        parts = int(self.rng.choice([n for n in (1, 2, 3, 4, 5, 7) if size % n == 0]))
        shape = [s // parts if a == axis else s for a, s in enumerate(self.shape)]
        outs = tuple(self.tensor(shape, quant) for _ in range(parts))
        source = self.now
        number = self.tensor((), None, "int32", np.array(axis, "<i4"))
        self.ops.append(Op("split", (number, source), outs, {"num_splits": parts}, f"split_{len(self.ops)}"))
        self.now = outs[self.draw(0, parts - 1)]

    def float_input(self) -> None:
        source = self.tensor(self.tensors[0].shape, None, "float32")
        self.input = source
        self.ops.insert(0, Op("quantize", (source,), (0,), {}, "quantise_input"))

    def reshape(self) -> None:
        _, height, width, channels = self.shape
        shape = (1, width, height, channels) if self.chance(0.5) else (1, 1, height * width, channels)
        self.add("reshape", (self.now, self.tensor((4,), None, "int32", np.array(shape, "<i4"))), shape, self.tensors[self.now].quant)

    def fold(self) -> None:
        """Add an axis of one and take it away, as one-dimensional convolutions do."""
        shape, quant, axis = self.shape, self.tensors[self.now].quant, self.draw(0, 3)
        self.add("expand_dims", (self.now, self.integers(axis)), (*shape[:axis], 1, *shape[axis:]), quant)
        self.add("squeeze", (self.now,), shape, quant, {"squeeze_dims": (axis,)})

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
        return Network("random", tuple(self.tensors), tuple(self.ops), (self.input,), (self.now,))


COMMON = {
    RandomNetwork.conv_2d: 0.26,
    RandomNetwork.depthwise_conv_2d: 0.24,
    RandomNetwork.pool: 0.14,
    RandomNetwork.sum: 0.12,
    RandomNetwork.concatenation: 0.1,
    RandomNetwork.unary: 0.08,
    RandomNetwork.reshape: 0.06,
}
RARE = {
    RandomNetwork.conv_2d: 0.05,
    RandomNetwork.depthwise_conv_2d: 0.05,
    RandomNetwork.transpose_conv: 0.15,
    RandomNetwork.elementwise: 0.2,
    RandomNetwork.mean: 0.06,
    RandomNetwork.pad: 0.1,
    RandomNetwork.curve: 0.1,
    RandomNetwork.transpose: 0.08,
    RandomNetwork.strided_slice: 0.1,
    RandomNetwork.split: 0.08,
    RandomNetwork.fold: 0.03,
}


def random_network(seed: int) -> Network:
    """Draw a network of three to eight operators, with a dense head in most."""
    return grow(RandomNetwork(seed), COMMON).network()


def whole_network(seed: int) -> Network:
    """Draw a depthwise convolution whose window is all of the input."""
    made = RandomNetwork(seed)
    made.whole_depthwise()
    return made.network()


def rare_network(seed: int) -> Network:
    """Draw a network of the operators that fewer models hold, with floats or uint8 at the ends of some."""
    made = grow(RandomNetwork(seed), RARE)
    if made.chance(0.3):
        made.float_input()
    if made.chance(0.3):
        made.ops.append(Op("dequantize", (made.now,), (made.tensor(made.shape, None, "float32"),), {}, "dequantise_output"))
        made.now = len(made.tensors) - 1
    elif made.chance(0.4):
        quant = made.tensors[made.now].quant
        same = Quantisation(quant.scale, (quant.zero_point[0] + 128,))
        other = Quantisation((quant.scale[0] * made.rng.uniform(0.5, 2),), (made.draw(0, 255),))
        made.ops.append(Op("quantize", (made.now,), (made.tensor(made.shape, same if made.chance(0.5) else other, "uint8"),), {}, "uint8"))
        made.now = len(made.tensors) - 1
    return made.network()


def grow(made: RandomNetwork, steps, shares=SOFTMAX) -> RandomNetwork:
    """Add three to eight operators, a dense head in most, and a softmax, whose output is quantised as `shares`, in some."""
    kinds, odds = list(steps), list(steps.values())
    for _ in range(made.draw(3, 8)):
        kinds[int(made.rng.choice(len(kinds), p=odds))](made)
    if steps is RARE and made.chance(0.4):
        made.squeezing_mean()
    if made.chance(0.6) or not made.ops:
        made.dense()
    if made.chance(0.6) and made.shape[-1] <= SOFTMAX_LARGEST:
        made.add("softmax", (made.now,), made.shape, shares, {"beta": 1.0 if made.chance(0.7) else made.rng.uniform(0.3, 2)})
    return made

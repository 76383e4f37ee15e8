"""Networks of the operators that keyword models seldom hold, on which their kernels are measured."""

import numpy as np

from studio.core.network import Network, Op, Quantisation, Shape, Tensor

OPERATOR_NETWORKS = 18
_QUANT = Quantisation((0.05,), (-3,))


class Chain:
    """Adds operators one behind another, whose outputs have one data type and quantisation."""

    dtype = "int8"
    quant = _QUANT

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.ops: list[Op] = []
        shape = (1, *(int(n) for n in self.rng.integers((9, 6, 5), (26, 16, 33))))
        self.tensors = [Tensor("input", shape, "float32")]
        self.now = 0

    @property
    def shape(self) -> Shape:
        return self.tensors[self.now].shape

    def const(self, data: np.ndarray, quant: Quantisation | None = None) -> int:
        return self.constant(data.dtype.name, data.shape, data.tobytes(), quant)

    def constant(self, dtype: str, shape: Shape, data: bytes, quant: Quantisation | None) -> int:
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, dtype, quant, True, data))
        return len(self.tensors) - 1

    def integers(self, *numbers: object) -> int:
        return self.const(np.array(numbers, "<i4"))

    def add(self, kind: str, inputs: tuple[int, ...], shape: Shape, **options: object) -> None:
        float_out = kind == "dequantize"
        self.tensors.append(
            Tensor(f"t{len(self.tensors)}", shape, "float32" if float_out else self.dtype, None if float_out else self.quant)
        )
        self.now = len(self.tensors) - 1
        self.ops.append(Op(kind, inputs, (self.now,), options))

    def pad(self) -> None:
        pads = np.array([(0, 0), *self.rng.integers(0, 3, (2, 2)), (0, 0)], "<i4")
        self.add("pad", (self.now, self.const(pads)), tuple(int(n) for n in np.array(self.shape) + pads.sum(1)))

    def binary(self, kind: str) -> None:
        """Use a whole second operand, one value a channel, or one value a place."""
        shape = [self.shape, self.shape[3:], (*self.shape[:3], 1)][int(self.rng.integers(3))]
        other = self.const(self.rng.integers(-128, 128, shape, np.int8), _QUANT)
        self.add(kind, (self.now, other), self.shape, activation="none")

    def transpose(self) -> None:
        order = (0, *(int(a) for a in self.rng.permutation([1, 2, 3])))
        self.add("transpose", (self.now, self.integers(*order)), tuple(self.shape[a] for a in order))

    def cut(self) -> None:
        shape = (1, *(max(2, n - int(self.rng.integers(1, 3))) for n in self.shape[1:]))
        bounds = tuple(self.integers(*b) for b in ((0,) * 4, shape, (1,) * 4))
        self.add("strided_slice", (self.now, *bounds), shape, begin_mask=0, end_mask=0)

    def weigh(self) -> None:
        """Weigh all places of each channel."""
        quant = Quantisation((0.01,) * self.shape[3], (0,) * self.shape[3], 3)
        filters = self.const(self.rng.integers(-127, 128, self.shape, np.int8), quant)
        options = {"stride": (1, 1), "dilation": (1, 1), "padding": "valid", "activation": "none"}
        self.add("depthwise_conv_2d", (self.now, filters), (1, 1, 1, self.shape[3]), **options)

    def mean(self) -> None:
        axes = [(1, 2), (1, 2), (1,), (3,), (2, 3)][int(self.rng.integers(5))]
        shape = tuple(1 if a in axes else n for a, n in enumerate(self.shape))
        self.add("mean", (self.now, self.integers(*axes)), shape, keep_dims=True)

    def network(self) -> Network:
        return Network("operators", tuple(self.tensors), tuple(self.ops), (0,), (self.now,))


def operator_network(number: int) -> Network:
    """Return a chain of every such operator, with drawn sizes and operands."""
    chain = Chain(number)
    chain.add("quantize", (0,), chain.shape)
    for step in (chain.pad, lambda: chain.binary("mul"), chain.transpose, lambda: chain.binary("sub"), chain.cut):
        step()
    if number % 3 == 2:
        chain.weigh()
    chain.mean()
    chain.add("dequantize", (chain.now,), chain.shape)
    return chain.network()


def mean_network(number: int) -> Network:
    """Return a short chain that ends in the mean of each channel."""
    chain = Chain(number)
    chain.add("quantize", (0,), chain.shape)
    for _ in range(2):
        chain.add("relu", (chain.now,), chain.shape)
    chain.add("mean", (chain.now, chain.integers(1, 2)), (1, 1, 1, chain.shape[3]), keep_dims=True)
    return chain.network()


def least_network() -> Network:
    """Return a network of one call that takes hardly any stack: what a program without a model takes shows."""
    chain = Chain(0)
    chain.tensors[0] = Tensor("input", (1, 4, 4, 4), "int8", _QUANT)
    chain.add("relu", (0,), (1, 4, 4, 4))
    return chain.network()

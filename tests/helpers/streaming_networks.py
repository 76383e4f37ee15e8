"""Random networks with state: rings of past values before convolutions, and delays that read after they store."""

import numpy as np

from studio.core.network import Network, Op, Tensor
from tests.helpers.random_networks import RandomNetwork


class StreamingNetwork(RandomNetwork):
    """Keeps the variables' first values for the subgraph that call_once runs."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.first: list[tuple[str, Tensor]] = []

    def variable(self, shape) -> int:
        """Add a handle; two variables in three get first values."""
        name, quant = f"state_{len(self.ops)}", self.tensors[self.now].quant
        if self.chance(0.66):
            alike = np.full(shape, quant.zero_point[0], np.int8)
            data = alike if self.chance(0.5) else self.rng.integers(-128, 128, shape, np.int8)
            self.first.append((name, Tensor(name, tuple(shape), "int8", quant, True, data.tobytes())))
        return self._do("var_handle", (), (), None, "resource", {"container": "", "shared_name": name})

    def _do(self, kind, inputs, shape, quant, dtype="int8", options=None) -> int:
        out = self.tensor(shape, quant, dtype)
        self.ops.append(Op(kind, tuple(inputs), (out,), options or {}))
        return out

    def store(self, handle, tensor) -> None:
        self.ops.append(Op("assign_variable", (handle, tensor), ()))

    def ring(self) -> None:
        """Put past rows before the new ones, keep the last of them, and convolve or pool over all."""
        _, rows, width, channels = self.shape
        past, quant = self.draw(1, 6), self.tensors[self.now].quant
        handle = self.variable((1, past, width, channels))
        old = self._do("read_variable", (handle,), (1, past, width, channels), quant)
        self.add("concatenation", (old, self.now), (1, past + rows, width, channels), quant, {"axis": 1, "activation": "none"})
        whole = self.now
        bounds = (self.integers(0, -past, 0, 0), self.integers(0, 0, 0, 0), self.integers(1, 1, 1, 1))
        options = {"begin_mask": 13, "end_mask": 15, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0, "offset": False}
        kept = self._do("strided_slice", (whole, *bounds), (1, past, width, channels), quant, options=options)
        self.store(handle, kept)
        self.now = whole
        (self.conv_2d if self.chance(0.6) else self.pool)()

    def delay(self) -> None:
        """Add the values of the run before; read before or after the new ones are stored."""
        quant, now = self.tensors[self.now].quant, self.now
        handle = self.variable(self.shape)
        if self.chance(0.3):
            self.store(handle, now)
            old = self._do("read_variable", (handle,), self.shape, quant)
        else:
            old = self._do("read_variable", (handle,), self.shape, quant)
            self.store(handle, now)
        self.add("add", (now, old), self.shape, self.quant(self.scale * 1.5), {"activation": "none"})

    def network(self) -> Network:
        tensors, ops = [], []
        for name, data in self.first:
            tensors += [Tensor(f"{name}_handle", (), "resource"), data]
            at = len(tensors) - 2
            ops += [Op("var_handle", (), (at,), {"container": "", "shared_name": name}), Op("assign_variable", (at, at + 1), ())]
        made = super().network()
        if not ops:
            return made
        once = Op("call_once", (), (), {"init_subgraph_index": 1})
        sub = Network("first values", tuple(tensors), tuple(ops), (), ())
        return Network(made.name, made.tensors, (once, *made.ops), made.inputs, made.outputs, (sub,))


def streaming_network(seed: int) -> Network:
    """Draw a network of a few rings and delays with other operators between them."""
    made = StreamingNetwork(seed)
    for _ in range(made.draw(2, 4)):
        kinds = [made.ring, made.delay, made.conv_2d, made.elementwise]
        kinds[int(made.rng.choice(4, p=[0.5, 0.3, 0.1, 0.1]))]()
    if made.chance(0.5):
        made.dense()
    return made.network()

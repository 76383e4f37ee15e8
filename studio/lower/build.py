"""A network under construction: what blocks build with and what the folding changes in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio.core.errors import InputError
from studio.core.network import Network, Op, Shape, Tensor
from studio.core.remember import Memory

Weights = Mapping[str, np.ndarray]

NO_OPTIONS: Mapping[str, Any] = {}


class Draft:
    """Tensors, operators and the values of constants; tensors are numbers. The NetworkBuilder that blocks are handed.

    `dtypes` has the type of each constant and None for the others, `values` a float32 or integer array for each constant whose values are known.
    """

    def __init__(self, weights: Weights | None = None) -> None:
        self.names: list[str] = []
        self.shapes: list[Shape] = []
        self.dtypes: list[str | None] = []
        self.values: dict[int, np.ndarray] = {}
        self.ops: list[Op] = []
        self.block = ""
        self._weights = weights

    @property
    def trained(self) -> bool:
        """Whether weights were given."""
        return self._weights is not None

    def tensor(self, name: str, shape: Shape) -> int:
        """Add a tensor that some operator writes, or the input."""
        self.names.append(name)
        self.shapes.append(shape)
        self.dtypes.append(None)
        return len(self.names) - 1

    def add_constant(self, name: str, shape: Shape, dtype: str, values: np.ndarray | None) -> int:
        """Add a constant, with or without values."""
        index = self.tensor(name, shape)
        self.dtypes[index] = dtype
        if values is not None:
            self.values[index] = values
        return index

    def shape(self, tensor: int) -> Shape:
        """Shape of a tensor, with the batch of 1 first."""
        return self.shapes[tensor]

    def weight(self, name: str, shape: Shape, permute: tuple[int, ...] = (), reshape: Shape = ()) -> int:
        """Add the current block's weight `name` (shape in Keras' layout), permuted, then reshaped."""
        turned = tuple(shape[p] for p in permute) if permute else shape
        full = f"{self.block}/{name}"
        if self._weights is None:
            return self.add_constant(full, reshape or turned, "float32", None)
        values = _values_of(self._weights, full, shape)
        values = values.transpose(permute) if permute else values
        return self.add_constant(full, reshape or turned, "float32", values.reshape(reshape or turned))

    def constant(self, name: str, shape: Shape, values: Sequence[int], dtype: str = "int32") -> int:
        """Add a small constant such as axes or a target shape."""
        return self.add_constant(f"{self.block}/{name}", shape, dtype, np.asarray(values, dtype).reshape(shape))

    def op(self, kind: str, inputs: Sequence[int], shape: Shape, options: Mapping[str, Any] | None = None) -> int:
        """Add an operator with one output of this shape (batch first); return the output."""
        output = self.tensor(f"{self.block}/{kind}", shape)
        self.ops.append(Op(kind, tuple(inputs), (output,), options or NO_OPTIONS, self.block))
        return output

    def network(self, name: str, input: int, output: int) -> Network:
        """Number the tensors in the order of use and return the Network; what no operator uses is left out."""
        used = {input: None}
        for op in self.ops:
            used.update(dict.fromkeys(op.inputs + op.outputs))
        order = {tensor: number for number, tensor in enumerate(used)}
        of = order.__getitem__
        ops = tuple([Op(op.kind, tuple(map(of, op.inputs)), tuple(map(of, op.outputs)), op.options, op.block) for op in self.ops])
        tensors = [self._trained(t) for t in order] if self.trained else [self._bare(t) for t in order]
        return Network(name, tuple(tensors), ops, (0,), (order[output],))

    def _trained(self, index: int) -> Tensor:
        dtype, values = self.dtypes[index], self.values.get(index)
        data = None if values is None else np.ascontiguousarray(values, dtype).tobytes()
        return Tensor(self.names[index], self.shapes[index], dtype or "float32", None, dtype is not None, data)

    def _bare(self, index: int) -> Tensor:
        """Return a tensor of a network without weights; one that an edit leaves as it was is the same object afterwards."""
        name, shape, dtype = self.names[index], self.shapes[index], self.dtypes[index]
        data = np.ascontiguousarray(self.values[index], dtype).tobytes() if index in self.values else None
        key = (name, shape, dtype, data)
        return _TENSORS[key] or _TENSORS.keep(key, Tensor(name, shape, dtype or "float32", None, dtype is not None, data))


_TENSORS = Memory(8192)


def _values_of(weights: Weights, name: str, shape: Shape) -> np.ndarray:
    if name not in weights:
        raise InputError(f"there is no weight {name!r}", where=name, hint="the weights belong to another graph; train again")
    values = np.asarray(weights[name], np.float32)
    if values.shape != shape:
        raise InputError(
            f"it has the shape {values.shape} instead of {shape}", where=name, hint="the weights belong to another graph; train again"
        )
    if not np.isfinite(values).all():
        raise InputError("it holds numbers that are not finite", where=name, hint="the training diverged; lower the learning rate")
    return values

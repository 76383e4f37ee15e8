"""What an operator block is: ports, parameters, shape rule, lowering, Keras builder."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from studio.core.errors import ParameterError
from studio.core.network import Shape

Params = Mapping[str, Any]
Category = Literal["input", "convolution", "pooling", "dense", "activation", "merge", "shape", "normalisation", "regularisation"]


class Port(msgspec.Struct, frozen=True):
    """An input port; a variadic port takes any number of wires (port numbers from its own upwards)."""

    name: str
    help: str = ""
    variadic: bool = False


class Param(msgspec.Struct, frozen=True):
    """A parameter: its type, range, default and help. A "pair" is (height, width) = (time, frequency)."""

    name: str
    kind: Literal["int", "float", "bool", "choice", "pair", "shape"]
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""

    def check(self, value: Any, block: str) -> Any:
        """Return the value in its canonical type (lists become tuples) or raise ParameterError."""
        if self.kind in ("pair", "shape"):
            return self._check_tuple(value, block)
        if self.kind == "choice":
            if value not in self.choices:
                raise self._error(value, block, "one of " + ", ".join(self.choices))
            return value
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise self._error(value, block, "true or false")
            return value
        return self._check_number(value, block)

    def _check_number(self, value: Any, block: str) -> Any:
        allowed: tuple[type, ...] = (int,) if self.kind == "int" else (int, float)
        low = self.minimum if self.minimum is not None else float("-inf")
        high = self.maximum if self.maximum is not None else float("inf")
        if isinstance(value, bool) or not isinstance(value, allowed) or not low <= value <= high:
            raise self._error(value, block, f"a{' whole' if self.kind == 'int' else ''} number from {low:g} to {high:g}")
        return value

    def _check_tuple(self, value: Any, block: str) -> tuple[int, ...]:
        low = self.minimum if self.minimum is not None else 1
        high = self.maximum if self.maximum is not None else 2**20
        right_length = isinstance(value, (list, tuple)) and (len(value) == 2 if self.kind == "pair" else 1 <= len(value) <= 4)
        if not right_length or any(isinstance(v, bool) or not isinstance(v, int) or not low <= v <= high for v in value):
            what = "two whole numbers, height and width," if self.kind == "pair" else "1 to 4 whole numbers"
            raise self._error(value, block, f"{what} from {low:g} to {high:g} each")
        return tuple(value)

    def _error(self, value: Any, block: str, allowed: str) -> ParameterError:
        return ParameterError(f"{self.name} = {value!r} is not allowed", where=block, hint=f"{self.name} takes {allowed}")


class WeightSpec(msgspec.Struct, frozen=True):
    """A weight of a block in Keras' order and Keras' shape (kernels HWIO, dense (in, out))."""

    name: str
    shape: Shape
    role: Literal["kernel", "bias", "gamma", "beta", "mean", "variance"]
    trainable: bool = True


class NetworkBuilder(Protocol):
    """What a block's `lower` builds with; tensors are numbers."""

    def shape(self, tensor: int) -> Shape:
        """Shape of a tensor, with the batch of 1 first."""

    def weight(self, name: str, shape: Shape, permute: tuple[int, ...] = (), reshape: Shape = ()) -> int:
        """Add the block's weight `name` (shape in Keras' layout), permuted, then reshaped, as a constant."""

    def constant(self, name: str, shape: Shape, values: Sequence[int], dtype: str = "int32") -> int:
        """Add a small constant such as axes or a target shape."""

    def op(self, kind: str, inputs: Sequence[int], shape: Shape, options: Mapping[str, Any] | None = None) -> int:
        """Add an operator with one output of this shape (batch first); return the output."""


class Block(Protocol):
    """An operator of the palette. Shapes given and returned here leave out the batch."""

    kind: str
    title: str
    category: Category
    help: str
    inputs: tuple[Port, ...]
    params: tuple[Param, ...]

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        """Return the output's shape, or raise ShapeError with the reason in words."""

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        """List the weights in Keras' order."""

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        """Add this block's operators (float, unfused) to the builder; return the output tensor."""

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        """Apply the Keras layer of this name to the inputs; `keras` is the module, handed in."""

    def summary(self, params: Params) -> str:
        """Return the one deciding parameter line: "24 · 5x5 · stride 2"."""


def complete_params(block: Block, given: Params, where: str) -> dict[str, Any]:
    """Check the given parameters, fill in the defaults, and return all in the block's order."""
    known = {p.name for p in block.params}
    for name in given:
        if name not in known:
            raise ParameterError(
                f"{block.kind} has no parameter {name!r}", where=where, hint="it has " + (", ".join(sorted(known)) or "none")
            )
    return {p.name: p.check(given.get(p.name, p.default), where) for p in block.params}

"""Sum of maps, as in residual networks."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import describe
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.errors import ShapeError
from studio.core.network import Shape


class Add:
    """Element by element; all inputs have one shape."""

    kind = "add"
    title = "Add"
    category = "merge"
    help = "Adds two or more maps of one shape: a short cut past a few blocks, which lets deep networks learn."
    inputs = (Port("first"), Port("more", "one or more of the first's shape", variadic=True))
    params: tuple[Param, ...] = ()

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        if len(set(inputs)) != 1:
            shapes = ", ".join(describe(s) for s in inputs)
            raise ShapeError(f"its inputs differ in shape: {shapes}", hint="a 1x1 convolution fits the channels, its stride the map")
        return inputs[0]

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        total = inputs[0]
        for other in inputs[1:]:
            total = builder.op("add", (total, other), builder.shape(total), {"activation": "none"})
        return total

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.Add(name=name)(list(inputs))

    def summary(self, params: Params) -> str:
        return ""


block = Add()

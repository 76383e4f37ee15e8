"""A map as one vector."""

from collections.abc import Sequence
from math import prod
from typing import Any

from studio.blocks.common import lower_reshape
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class Flatten:
    """Row-major order: the channel runs fastest."""

    kind = "flatten"
    title = "Flatten"
    category = "shape"
    help = "Lays a map out as one vector for a dense layer, which then has a weight for every place in it."
    inputs = (Port("input"),)
    params: tuple[Param, ...] = ()

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        return (prod(inputs[0]),)

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        return lower_reshape(builder, inputs[0], self.shape(params, (builder.shape(inputs[0])[1:],)))

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.Flatten(name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return ""


block = Flatten()

"""Softmax over the last axis."""

from collections.abc import Sequence
from typing import Any

from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class Softmax:
    """Shares that sum to one."""

    kind = "softmax"
    title = "Softmax"
    category = "activation"
    help = "Turns the last layer's numbers into shares that sum to one, a share for each label."
    inputs = (Port("input"),)
    params: tuple[Param, ...] = ()

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        (shape,) = inputs
        return shape

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        return builder.op("softmax", inputs, builder.shape(inputs[0]), {"beta": 1.0})

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.Softmax(name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return ""


block = Softmax()
